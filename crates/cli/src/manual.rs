//! The manual in its written forms, all made from the arguments themselves.

mod roff;

use std::fmt::Write as _;

use clap::builder::StyledStr;

use clap::Command;

use crate::exit::{Exit, Failure};

/// Every man page: its file name and its roff.
pub(crate) fn pages() -> Vec<(String, String)> {
    let all = all();
    let page =
        |(name, command): &(String, Command)| (format!("{}.1", name.replace(' ', "-")), roff::page(name, command));
    all.iter().map(page).collect()
}

/// What `--help` says of the command with these names; of the program for none.
pub(crate) fn help(names: &[String]) -> Option<StyledStr> {
    let mut command = crate::args::command();
    command.build();
    let found = names.iter().try_fold(&mut command, |command, name| command.find_subcommand_mut(name))?;
    Some(found.render_long_help())
}

/// There is no such command.
pub(crate) fn unknown(names: &[String]) -> Failure {
    let typed = names.join(" ");
    let all = all();
    let known = all.iter().filter_map(|(name, _)| name.strip_prefix("promptuary "));
    let failure = Failure::new(Exit::Usage, format!("find a command named `{typed}`"));
    match crate::args::elsewhere(&typed).or_else(|| source::nearest::nearest(&typed, known)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("run `promptuary --help` for the list"),
    }
}

/// The manual as one Markdown document: `docs/cli.md`.
pub(crate) fn markdown() -> String {
    let mut text = String::from(
        "# The command line\n\n\
         Written by `promptuary man --markdown`; a test holds the two together.\n\n\
         The answer goes to stdout, the conversation to stderr. Colour and progress appear only on a terminal, and never \
         where `NO_COLOR` is set. The options of `promptuary` itself (`-C`, `--quiet`, `--verbose`, `--help`) hold for every \
         command.\n\n## Exit codes\n\nOne table for every command. Where a run ends for two reasons, the worse one counts, in the order 0, 3, 2, 1, 4, 5, 6, 8, 7, 9, 130: a report that cannot be written hides no gate that failed.\n\n| code | means |\n|---|---|\n",
    );
    for (exit, means) in Exit::TABLE {
        let _ = writeln!(text, "| {} | {means} |", exit.code());
    }
    for (name, command) in all() {
        let top = name == "promptuary";
        let mut command = command.mut_args(|arg| {
            let said_once = arg.is_global_set() || arg.get_id() == "help";
            if said_once && !top { arg.hide(true) } else { arg }
        });
        let help = command.render_long_help().to_string();
        let help: Vec<_> = help.lines().map(str::trim_end).collect();
        let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim());
    }
    text
}

/// Every visible command under its full name, itself first.
fn all() -> Vec<(String, Command)> {
    let mut root = crate::args::command().term_width(96);
    root.build();
    let mut found = Vec::new();
    gather("promptuary", &root, &mut found);
    found
}

fn gather(name: &str, command: &Command, found: &mut Vec<(String, Command)>) {
    found.push((name.to_owned(), command.clone().bin_name(name).display_name(name.replace(' ', "-"))));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        gather(&format!("{name} {}", sub.get_name()), sub, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_manual_is_the_programs_own() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
        let written = markdown();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &written).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = checked_in.lines().zip(written.lines()).find(|(before, now)| before != now);
        assert!(
            checked_in == written,
            "docs/cli.md is not what the program says, from {differs:?} on: run `BLESS=1 cargo test -p promptuary manual`"
        );
    }

    #[test]
    fn every_argument_is_explained() {
        for (name, command) in all() {
            assert!(command.get_about().is_some(), "{name} says nothing about itself");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name}: {} is not explained", argument.get_id());
            }
        }
    }

    /// What the pages and messages tell people to type has to be there.
    #[test]
    fn every_command_that_is_recommended_exists() {
        let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut texts = vec![(String::from("the ledger's codes"), ledger::code::to_markdown())];
        texts.extend(check::rules().iter().map(|rule| (rule.id.to_owned(), rule.page.to_owned())));
        let pages = std::fs::read_dir(top.join("docs")).unwrap().map(|entry| entry.unwrap().path());
        for path in pages.chain([top.join("README.md")]).filter(|path| path.extension().is_some_and(|e| e == "md")) {
            texts.push((path.display().to_string(), std::fs::read_to_string(path).unwrap()));
        }
        let root = crate::args::command();
        let mut wrong = Vec::new();
        for (place, text) in &texts {
            for (at, _) in text.match_indices("promptuary ") {
                // A command stands in backticks, at the start of a line, after a prompt or after another command.
                let typed = ["`", "\n", "$ ", "&& ", "(", "run: "].iter().any(|before| text[..at].ends_with(before));
                let rest = &text[at + "promptuary ".len()..];
                let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                let known = root.find_subcommand(&word).is_some();
                if typed && !known && !word.is_empty() && !word.starts_with('-') {
                    wrong.push(format!("{place}: promptuary {}", rest.lines().next().unwrap_or("")));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}
