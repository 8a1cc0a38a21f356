//! One man page: plain man(7) macros in ASCII, which groff and mandoc set without a warning.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use crate::exit::Exit;

/// The page of the command with this full name.
pub(super) fn page(name: &str, command: &Command) -> String {
    let title = name.replace(' ', "-");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = format!(
        ".TH {} 1 \"\" \"promptuary {}\" \"Promptuary Manual\"\n.SH NAME\n{} \\- {}\n",
        escaped(&title.to_uppercase()),
        env!("CARGO_PKG_VERSION"),
        escaped(&title),
        text(&about),
    );
    page.push_str(".SH SYNOPSIS\n");
    page.push_str(&synopsis(name, command));
    page.push_str(".SH DESCRIPTION\n");
    page.push_str(&description(&about, command));
    let top = name == "promptuary";
    // The program's own options are told once.
    let shown = |arg: &&Arg| !arg.is_hide_set() && (top || !(arg.is_global_set() || arg.get_id() == "help"));
    let (positional, options): (Vec<_>, Vec<_>) =
        command.get_arguments().filter(shown).partition(|arg| arg.is_positional());
    for (heading, args) in [("ARGUMENTS", positional), ("OPTIONS", options)] {
        if !args.is_empty() {
            let _ = writeln!(page, ".SH {heading}");
            args.into_iter().for_each(|arg| page.push_str(&argument(arg)));
        }
    }
    if !top {
        page.push_str(".PP\nThe options of\n.BR promptuary (1)\nhold too.\n");
    }
    let subs: Vec<_> = command.get_subcommands().filter(|sub| !sub.is_hide_set()).collect();
    if !subs.is_empty() {
        page.push_str(".SH COMMANDS\n");
    }
    for sub in &subs {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(page, ".TP\n.BR {}\\-{} (1)\n{}\n", escaped(&title), escaped(sub.get_name()), text(&about));
    }
    page.push_str(".SH \"EXIT STATUS\"\n");
    for (exit, means) in Exit::TABLE {
        let _ = write!(page, ".TP\n.B {}\n{}\n", exit.code(), text(means));
    }
    if let Some((above, _)) = name.rsplit_once(' ') {
        let _ = write!(page, ".SH \"SEE ALSO\"\n.BR {} (1)\n", escaped(&above.replace(' ', "-")));
    }
    page
}

/// Every option with its value, then what stands without one.
fn synopsis(name: &str, command: &Command) -> String {
    let mut line = format!(".HP\n.ad l\n\\fB{}\\fR", escaped(name).replace(' ', "\\ "));
    let shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    let own = |arg: &&Arg| name == "promptuary" || !arg.is_global_set();
    let args: Vec<_> = command.get_arguments().filter(shown).filter(own).collect();
    let (positional, options): (Vec<_>, Vec<_>) = args.into_iter().partition(|arg| arg.is_positional());
    for arg in options.into_iter().chain(positional) {
        let written = match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => format!("\\fB\\-\\-{}\\fR{}", escaped(long), value(arg, "\\ ")),
            (None, Some(short)) => format!("\\fB\\-{short}\\fR{}", value(arg, "\\ ")),
            (None, None) => value(arg, ""),
        };
        let again = if repeats(arg) { "\\ ..." } else { "" };
        let (open, close) = if arg.is_required_set() { ("", "") } else { ("[", "]") };
        let _ = write!(line, "\n{open}{written}{close}{again}");
    }
    if command.has_subcommands() {
        line.push_str("\n\\fICOMMAND\\fR ...");
    }
    line + "\n.ad b\n"
}

fn repeats(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// The names of the values that it takes, after `before`.
fn value(arg: &Arg, before: &str) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let id = arg.get_id().as_str().to_uppercase();
    let names = arg.get_value_names().map_or(vec![id], |names| names.iter().map(ToString::to_string).collect());
    let names: Vec<_> = names.iter().map(|name| format!("\\fI{}\\fR", escaped(name))).collect();
    format!("{before}{}", names.join("\\ "))
}

/// What the command's help says beyond its first line; that line where there is no more.
fn description(about: &str, command: &Command) -> String {
    let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let more = long.strip_prefix(about).unwrap_or(&long).trim();
    let mut said = paragraphs(if more.is_empty() { about } else { more }, ".PP");
    if said.lines().last().is_some_and(|line| !line.ends_with(['.', '?', ':'])) {
        said = format!("{}.\n", said.trim_end());
    }
    said
}

fn argument(arg: &Arg) -> String {
    let mut head = Vec::new();
    head.extend(arg.get_short().map(|short| format!("\\fB\\-{short}\\fR")));
    head.extend(arg.get_long().map(|long| format!("\\fB\\-\\-{}\\fR", escaped(long))));
    let head = head.join(", ");
    let value = value(arg, if head.is_empty() { "" } else { "\\ " });
    let again = if arg.is_positional() && repeats(arg) { "\\ ..." } else { "" };
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut written = format!(".TP\n{head}{value}{again}\n{}", paragraphs(&help, ".IP"));
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        let _ = write!(written, ".IP\nDefault: {}\n", text(&defaults.join(", ")));
    }
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        written.push_str(".RS\n");
        for value in values {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            let _ = write!(written, ".TP\n.B {}\n{}", escaped(value.get_name()), paragraphs(&help, ".IP"));
        }
        written.push_str(".RE\n");
    }
    written
}

/// Paragraphs of plain text, each after the first behind `between`; lines that are indented stay as they are.
fn paragraphs(said: &str, between: &str) -> String {
    let mut written = String::new();
    for paragraph in said.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|p| !p.trim().is_empty()) {
        if !written.is_empty() {
            let _ = writeln!(written, "{between}");
        }
        if paragraph.starts_with(' ') {
            let lines: String = paragraph.lines().map(|line| format!("{}\n", guarded(&escaped(line)))).collect();
            let _ = write!(written, ".nf\n{lines}.fi\n");
        } else {
            written.push_str(&format!("{}\n", text(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "))));
        }
    }
    written
}

/// One line of running text: what stands in backticks is bold.
fn text(said: &str) -> String {
    let parts: Vec<_> = said.split('`').collect();
    if parts.len() % 2 == 0 {
        return guarded(&escaped(said));
    }
    let styled = |(n, part): (usize, &&str)| {
        if n % 2 == 1 { format!("\\fB{}\\fR", escaped(part)) } else { escaped(part) }
    };
    guarded(&parts.iter().enumerate().map(styled).collect::<String>())
}

/// A line that begins with a macro's character is no macro.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

/// Characters as roff spells them, so that they come out as they are here and can be copied.
fn escaped(said: &str) -> String {
    let mut written = String::new();
    for c in said.chars() {
        match c {
            '\\' => written.push_str("\\e"),
            '-' => written.push_str("\\-"),
            '\'' => written.push_str("\\(aq"),
            '`' => written.push_str("\\(ga"),
            '^' => written.push_str("\\(ha"),
            '~' => written.push_str("\\(ti"),
            '…' => written.push_str("..."),
            c if c.is_ascii() => written.push(c),
            c => drop(write!(written, "\\[u{:04X}]", u32::from(c))),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::super::pages;

    #[test]
    fn every_page_is_ascii_and_says_what_to_type() {
        for (name, page) in pages() {
            assert!(page.is_ascii(), "{name}");
            for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH \"EXIT STATUS\""] {
                assert!(page.contains(section), "{name} has no {section}");
            }
            assert!(!page.contains(".SH EXTRA") && !page.lines().any(str::is_empty), "{name}");
        }
        let pages = pages();
        let (_, eval) = pages.iter().find(|(name, _)| name == "promptuary-eval.1").unwrap();
        assert!(eval.contains("[\\fB\\-\\-shard\\fR\\ \\fII/N\\fR]\n"), "{eval}");
    }

    /// groff, and what mandoc has for a lint, where they are installed.
    #[test]
    fn typesetters_have_nothing_to_say() {
        for (program, args) in
            [("groff", ["-man", "-ww", "-Tascii", "-z"]), ("mandoc", ["-man", "-T", "lint", "-Wwarning"])]
        {
            if Command::new(program).arg("--version").stdin(Stdio::null()).output().is_err() {
                continue;
            }
            for (name, page) in pages() {
                let mut child = Command::new(program);
                child.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = child.spawn().unwrap();
                child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
                let output = child.wait_with_output().unwrap();
                let said =
                    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
                // A page without a date says nothing that is not so.
                let said: Vec<_> = said.lines().filter(|line| !line.contains("missing date")).collect();
                assert!(said.is_empty(), "{name}: {program}: {said:#?}");
            }
        }
    }
}
