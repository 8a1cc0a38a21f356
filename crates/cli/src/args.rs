//! What was typed, as plain data: nothing is looked up here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _};

use crate::command::Command;
use crate::exit::Exit;
use crate::report::Format;
use crate::terminal::{Terminal, Voice};

/// The whole command line.
#[derive(Debug)]
pub(crate) struct LowArgs {
    /// Where to work.
    pub(crate) dir: PathBuf,
    /// How much to say.
    pub(crate) voice: Voice,
    /// How findings are shown where they are the answer to a command that was asked for another one.
    pub(crate) findings: Format,
    /// What to do.
    pub(crate) command: Command,
    /// All of it, as it was typed, without the program's name.
    pub(crate) words: Vec<String>,
}

/// The program's name.
const NAME: &str = "promptuary";

/// Turns prompt changes into controlled releases
///
/// Prompts live as files in a git repository. One program checks them, composes shared blocks, compares versions, runs
/// evals, and writes signed tags that say which version is live where. There is no server and no database.
#[derive(Debug, clap::Parser)]
#[command(name = NAME, version, disable_help_subcommand = true, subcommand_required = true)]
#[command(max_term_width = 100, infer_long_args = false)]
struct Typed {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Command,
}

/// What may stand before a command and after it.
#[derive(Debug, clap::Args)]
struct Everywhere {
    /// Work in DIR instead of the current directory
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Say only answers, failures and warnings
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Also say how it was done
    #[arg(long, short, global = true)]
    verbose: bool,
}

/// The commands by what people come for; the overview shows them in this order.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Start", &["init", "tour"]),
    (
        "Write prompts",
        &["check", "explain", "render", "diff", "impact", "bump", "eval", "recordings", "review", "schema"],
    ),
    ("Release them", &["policy", "release", "approve", "promote", "rollback", "hold", "retire", "seal"]),
    ("Look and prove", &["status", "log", "evidence", "verify", "audit", "resolve", "trust", "sync"]),
    ("Fit in", &["hook", "completions", "help", "man"]),
];

/// What people type who know other tools, and the command that does it here.
const ELSEWHERE: [(&[&str], &str); 19] = [
    (&["new", "create", "scaffold", "setup", "start"], "init"),
    (&["demo", "tutorial", "example"], "tour"),
    (&["lint", "validate", "format", "fmt", "fix", "doctor"], "check"),
    (&["rule", "rules", "why"], "explain"),
    (&["show", "preview", "run", "print", "cat"], "render"),
    (&["compare", "changes"], "diff"),
    (&["test", "tests", "evals", "evaluate", "bench"], "eval"),
    (&["version"], "--version"),
    (&["publish", "tag"], "release"),
    (&["deploy", "push", "ship", "rollout"], "promote"),
    (&["unhold", "unfreeze", "resume", "unlock", "continue"], "promote"),
    (&["revert", "undo", "reset", "back"], "rollback"),
    (&["freeze", "pause", "lock", "stop"], "hold"),
    (&["remove", "rm", "delete", "unpublish"], "retire"),
    (&["reject", "sign"], "approve"),
    (&["list", "ls", "live", "info"], "status"),
    (&["history", "blame"], "log"),
    (&["fetch", "pull", "update"], "sync"),
    (&["get", "fetch-prompt", "load"], "resolve"),
];

/// What clap has to say instead of giving arguments: help, a version, or why they make no sense.
pub(crate) struct Said(clap::Error);

impl LowArgs {
    /// Reads the command line; `Err` carries help and version too.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, Said> {
        let words: Vec<OsString> = words.into_iter().collect();
        // Whatever the one command makes nothing of is asked of the whole surface, which knows what to say.
        let quick = named(&words).and_then(|alone| alone.try_get_matches_from(&words).ok());
        let matches = quick.map_or_else(|| command().try_get_matches_from(&words).map_err(Said), Ok)?;
        let typed = Typed::from_arg_matches(&matches).map_err(Said)?;
        let voice = match (typed.everywhere.quiet, typed.everywhere.verbose) {
            (true, _) => Voice::Quiet,
            (_, true) => Voice::Verbose,
            _ => Voice::Normal,
        };
        let words = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let (dir, findings) = (typed.everywhere.dir, findings(&matches));
        Ok(Self { dir, voice, findings, command: typed.command, words })
    }
}

/// The command for what other tools call `word`.
pub(crate) fn elsewhere(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    ELSEWHERE.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, command)| *command)
}

/// The surface with nothing but the command that was typed, where that is plain to see.
fn named(words: &[OsString]) -> Option<clap::Command> {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let name = loop {
        match words.next()? {
            "-C" => drop(words.next()?),
            "-q" | "--quiet" | "-v" | "--verbose" => {}
            word => break word,
        }
    };
    let all = Everywhere::augment_args(clap::Command::new(NAME)).version(env!("CARGO_PKG_VERSION"));
    Some(all.subcommand_required(true).disable_help_subcommand(true).subcommand(crate::command::alone(name)?))
}

/// The shape of findings that goes with a command's `--format`: who reads JSON can read nothing else.
fn findings(matches: &ArgMatches) -> Format {
    let mut innermost = matches;
    while let Some((_, below)) = innermost.subcommand() {
        innermost = below;
    }
    let format = innermost.try_get_raw("format").ok().flatten().and_then(|mut words| words.next_back());
    match format.and_then(|word| word.to_str()) {
        Some("json" | "messages" | "openai" | "anthropic") => Format::Json,
        Some("jsonl") => Format::Jsonl,
        Some("junit") => Format::Junit,
        _ => Format::Human,
    }
}

impl Said {
    /// Prints it where it belongs.
    pub(crate) fn show(self) -> std::process::ExitCode {
        if !self.0.use_stderr() {
            let terminal = Terminal::new(Voice::Normal);
            let text = self.0.render();
            terminal.answer(if terminal.colour { text.ansi().to_string() } else { text.to_string() });
            return terminal.close(Exit::Clean).into();
        }
        // Without styles: what was typed may come from elsewhere, and is shown rather than obeyed.
        let text = self.0.render().to_string();
        let terminal = Terminal::new(Voice::Normal);
        if self.0.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            terminal.say(text.trim_end());
            return Exit::Usage.into();
        }
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let why = first.split_once("error:").map_or(first, |(_, why)| why);
        let rest = rest.trim_matches('\n');
        match self.meant() {
            // What clap finds similar in letters (`init` for `lint`) is not what was meant.
            Some(command) => {
                let rest: Vec<_> = rest.lines().filter(|line| !line.trim_start().starts_with("tip:")).collect();
                let rest = rest.join("\n");
                terminal.misread(
                    why.trim(),
                    &format!("  tip: `promptuary {command}` does this\n\n{}", rest.trim_matches('\n')),
                );
            }
            None => {
                // To take a flag for a value is never what was meant.
                let rest: Vec<_> = rest.lines().filter(|line| !line.contains("as a value, use '-- ")).collect();
                let rest = rest.join("\n");
                let tip =
                    self.flag().map_or(String::new(), |flag| format!("  tip: the environment is {flag} here\n\n"));
                terminal.misread(why.trim(), &format!("{tip}{}", rest.trim_matches('\n')));
            }
        }
        Exit::Usage.into()
    }

    /// How this command calls the environment, where another command's flag for it was typed.
    fn flag(&self) -> Option<&'static str> {
        let Some(ContextValue::String(typed)) = self.0.get(ContextKind::InvalidArg) else { return None };
        let usage = self.0.get(ContextKind::Usage)?.to_string();
        let of = |command: &str| usage.contains(&format!("promptuary {command} "));
        match typed.as_str() {
            "--env" if of("promote") => Some("--to"),
            "--to" if ["approve", "hold", "retire", "seal"].into_iter().any(of) => Some("--env"),
            _ => None,
        }
    }

    /// The command for what other tools call by the word that was typed.
    fn meant(&self) -> Option<&'static str> {
        let Some(ContextValue::String(word)) = self.0.get(ContextKind::InvalidSubcommand) else { return None };
        let usage = self.0.get(ContextKind::Usage)?.to_string();
        let of_the_program = usage.contains("promptuary [OPTIONS] <COMMAND>");
        elsewhere(word).filter(|_| of_the_program)
    }
}

/// The whole surface, as clap knows it: for parsing, completions, man pages and the manual.
pub(crate) fn command() -> clap::Command {
    let command = Typed::command();
    let overview = overview(&command);
    command
        .help_template("{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}")
        .before_help(overview)
        .after_help("`promptuary COMMAND --help` tells more; the exit codes stand in `promptuary man`.")
}

fn overview(command: &clap::Command) -> StyledStr {
    use std::fmt::Write as _;

    let heading = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let mut text = StyledStr::new();
    let known = |(_, names): &&(&str, &[&str])| names.iter().any(|name| command.find_subcommand(name).is_some());
    for (place, (group, names)) in GROUPS.iter().filter(known).enumerate() {
        let _ = write!(text, "{}{heading}{group}:{heading:#}", if place == 0 { "" } else { "\n\n" });
        for sub in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = write!(text, "\n  {literal}{:<12}{literal:#} {about}", sub.get_name());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn findings_take_the_shape_of_the_answer() {
        let shape = |line: &str| {
            let words = ["promptuary"].into_iter().chain(line.split(' ')).map(OsString::from);
            LowArgs::read(words).ok().map(|args| args.findings)
        };
        assert_eq!(shape("diff a --format json"), Some(Format::Json));
        assert_eq!(shape("render a --format=openai"), Some(Format::Json));
        assert_eq!(shape("eval --format junit"), Some(Format::Junit));
        assert_eq!(shape("eval merge a --format jsonl"), Some(Format::Jsonl));
        assert_eq!(shape("policy diff --format json"), Some(Format::Json));
        for plain in ["diff a", "diff a --format html", "eval", "sync", "render a"] {
            assert_eq!(shape(plain), Some(Format::Human), "{plain}");
        }
    }

    #[test]
    fn what_other_tools_call_it_is_a_command_here() {
        let said =
            |word: &str| LowArgs::read(["promptuary", word].map(OsString::from)).err().and_then(|said| said.meant());
        for (words, command) in ELSEWHERE {
            let known = command.starts_with('-') || Typed::command().find_subcommand(command).is_some();
            assert!(known, "{command} is no command");
            for word in words {
                assert_eq!(said(word), Some(command), "{word}");
            }
        }
        assert_eq!((said("chekc"), said("lint"), said("bogus")), (None, Some("check"), None));
        let below = LowArgs::read(["promptuary", "policy", "lint"].map(OsString::from));
        assert_eq!(below.err().and_then(|said| said.meant()), None);
    }

    #[test]
    fn a_command_by_itself_is_the_one_of_the_whole_surface() {
        let mut whole = command();
        whole.build();
        for known in whole.get_subcommands() {
            let words = ["promptuary", "-C", "x", "--quiet", known.get_name()].map(OsString::from);
            let mut alone = named(&words).unwrap();
            alone.build();
            let mut alone = alone.find_subcommand(known.get_name()).unwrap().clone();
            assert_eq!(alone.render_long_help().to_string(), known.clone().render_long_help().to_string());
        }
        for other in
            ["promptuary", "promptuary -V", "promptuary --format json check", "promptuary chek", "promptuary -C"]
        {
            let words: Vec<OsString> = other.split(' ').map(OsString::from).collect();
            assert!(named(&words).is_none(), "{other}");
        }
    }

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let typed = Typed::command();
        let mut known: Vec<_> = typed.get_subcommands().map(clap::Command::get_name).collect();
        grouped.retain(|name| known.contains(name));
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }
}
