//! What a shell proposes when Tab is pressed: commands and options as clap knows them, and what this repository has:
//! prompts, releases, environments, branches, inputs, cases, models, and the names of rules.
//!
//! Reads the prompt that the line names and the suites of that one, else file names, ref names and policy; whatever cannot
//! be read proposes nothing. Shells put what is proposed into the line as it is, so a name that means something to a shell
//! is no proposal: who names a file or a branch does not choose what runs.

mod line;
mod values;

use std::io::Write;

use clap::ValueHint;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter};
use clap_complete::env::Shells;

/// The variable by which a shell's script asks.
const ASKED: &str = "COMPLETE";

/// Answers a shell's script and ends the process, where it is one that asks.
pub(crate) fn answer() {
    if std::env::var_os(ASKED).is_some() {
        CompleteEnv::with_factory(command).var(ASKED).complete();
    }
}

/// The script for `shell`, one of those that clap names.
///
/// Bash and zsh have one of our own: clap's hands bash words that it has taken apart at every colon.
pub(crate) fn script(shell: &str, out: &mut impl Write) -> std::io::Result<()> {
    let own = match shell {
        "bash" => include_str!("complete/bash.sh"),
        "zsh" => include_str!("complete/zsh.sh"),
        _ => {
            let unknown = || std::io::Error::other(format!("there is no script for {shell}"));
            let name = "promptuary";
            return Shells::builtins()
                .completer(shell)
                .ok_or_else(unknown)?
                .write_registration(ASKED, name, name, name, out);
        }
    };
    out.write_all(own.replace("VARIABLE=", &format!("{ASKED}=")).as_bytes())
}

/// The whole surface, with what stands for each kind of value.
fn command() -> clap::Command {
    completed(crate::args::command())
}

fn completed(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        if !arg.get_action().takes_values() {
            return arg;
        }
        let name = arg
            .get_value_names()
            .and_then(<[_]>::first)
            .map_or_else(|| arg.get_id().to_string().to_uppercase(), ToString::to_string);
        let candidates = match name.as_str() {
            "ID" | "IDS" | "ID[@VERSION]" => ArgValueCandidates::new(values::prompts),
            "ID@VERSION" => ArgValueCandidates::new(values::releases),
            "VERSION" => ArgValueCandidates::new(values::versions),
            "ENV" => ArgValueCandidates::new(values::environments),
            "REV" => ArgValueCandidates::new(values::branches),
            "RULE" => ArgValueCandidates::new(values::rules),
            "A" | "B" => ArgValueCandidates::new(values::references),
            "BASELINE" => ArgValueCandidates::new(values::baselines),
            "NAME=VALUE" => ArgValueCandidates::new(values::inputs),
            "CASE" => ArgValueCandidates::new(values::cases),
            "MODELS" => ArgValueCandidates::new(values::models),
            "NAME" if arg.get_long() == Some("by") => ArgValueCandidates::new(values::principals),
            "COMMAND" => ArgValueCandidates::new(values::commands),
            _ if arg.get_value_hint() == ValueHint::AnyPath => return arg.add(ArgValueCompleter::new(values::paths)),
            _ => return arg,
        };
        arg.add(candidates)
    });
    command.mut_subcommands(completed)
}
