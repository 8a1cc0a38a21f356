//! Text that we did not write (prompts, reasons, model answers, ref names), made harmless for the place it is shown in.
//!
//! One function a sink. What cannot be shown is shown as an escape such as `\u{202e}`, so that a reader sees that it is
//! there; nothing is dropped. None of these is for text that a program reads back.

mod markdown;

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::characters::{is_of_scripts, is_unseen};

pub use markdown::{markdown, markdown_code, markdown_fence};

/// Whether `c` is a character that people do not see or that changes how they see others: controls (line ends and tabs
/// included), direction overrides and isolates, and whatever else [`is_unseen`] knows.
///
/// Joiners, direction marks and the variation selectors of emoji are not: Persian, Hindi and emoji need them.
pub fn is_hidden(c: char) -> bool {
    is_unseen(c) && !is_of_scripts(c)
}

/// For a terminal, on one line: hidden characters become escapes, line ends `\n` and tabs `\t`.
///
/// Terminal output also ends up in CI logs, so what a runner would take for a command (`::` at the start of a line, `##[`
/// and its like, `##vso[` and `##teamcity[`, anywhere) is broken too.
pub fn terminal(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

/// For a terminal, as [`terminal`] but keeping line ends and tabs.
pub fn terminal_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

/// For the message of a GitHub workflow command: no line end, and nothing that ends the command.
pub fn workflow(text: &str) -> String {
    percent(text, &['%', '\r', '\n'])
}

/// For a property of a GitHub workflow command (`file=…,title=…`).
pub fn workflow_property(text: &str) -> String {
    percent(text, &['%', '\r', '\n', ':', ','])
}

/// One word of a command to paste: quoted where a shell would read it otherwise.
pub fn shell(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-@~^=+:,%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', r"'\''"))),
    }
}

/// For XML 1.0 by way of a writer that escapes markup itself: characters that XML cannot hold become escapes.
pub fn xml(text: &str) -> Cow<'_, str> {
    let sound = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && !quiet(c);
    if text.chars().all(sound) {
        return unheard(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if sound(c) { out.push(c) } else { code(&mut out, c) }
    }
    Cow::Owned(unheard(&out).into_owned())
}

/// For JSON that is printed: what nobody would see, and what a runner would take for a command, becomes `\uXXXX`, so that
/// it reads back as the same value.
pub fn json(text: &str) -> Cow<'_, str> {
    // Most of what is printed is plain: one look at each byte tells.
    if text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let odd = |i: usize, c: char| (c != '\n' && is_hidden(c)) || opens_command(text, i, c);
    if !text.char_indices().any(|(i, c)| odd(i, c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, c) in text.char_indices() {
        if odd(i, c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// For HTML, in text and in quoted attributes; line ends and tabs stay, hidden characters become escapes.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut starts = true;
    for (i, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            // What a CI runner takes for a command anywhere in a line.
            '[' if out.ends_with("##") => out.push_str("&#91;"),
            '\n' | '\t' => out.push(c),
            _ if is_hidden(c) => code(&mut out, c),
            '[' if opens_command(text, i, c) => out.push_str("&#91;"),
            ':' if starts && text[i..].starts_with("::") => out.push_str("&#58;"),
            _ => out.push(c),
        }
        starts = c == '\n' || (starts && c.is_whitespace());
    }
    out
}

/// Hidden, but not one of the controls that texts are made of.
fn quiet(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\t' | '\n' | '\r')
}

fn shown(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && !keep(c)) && !text.contains("##") && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut starts = true;
    for (i, c) in text.char_indices() {
        let rest = &text[i..];
        match c {
            _ if keep(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if is_hidden(c) => code(&mut out, c),
            ':' if starts && rest.starts_with("::") => code(&mut out, c),
            '[' if opens_command(text, i, c) => code(&mut out, c),
            _ => out.push(c),
        }
        starts = c == '\n' || (starts && (c.is_whitespace() || is_hidden(c)));
    }
    Cow::Owned(out)
}

/// Without what a runner would take for a command; nothing else is changed.
fn unheard(text: &str) -> Cow<'_, str> {
    shown(text, |c| c != '[' && c != ':')
}

/// Whether `c`, at byte `i`, is the bracket of `##[error]`, `##vso[task…]` or `##teamcity[…]`.
fn opens_command(text: &str, i: usize, c: char) -> bool {
    c == '[' && text[..i].trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##")
}

fn code(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
}

fn percent(text: &str, specials: &[char]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if specials.contains(&c) {
            let _ = write!(out, "%{:02X}", u32::from(c));
        } else if quiet(c) {
            code(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_shell_reads_one_word() {
        assert_eq!(shell("env/prod/a@00000001"), "env/prod/a@00000001");
        assert_eq!(shell("/my folder/it's"), r"'/my folder/it'\''s'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn terminals_show_what_hides() {
        assert_eq!(terminal("a\x1b[31m\u{202e}b\u{9b}\n\tc\u{7f}"), "a\\u{1b}[31m\\u{202e}b\\u{9b}\\n\\tc\\u{7f}");
        assert_eq!(terminal_lines("a\n\tb\r"), "a\n\tb\\r");
        assert_eq!(terminal("سلام‌ها 👨‍👩‍👧 é"), "سلام‌ها 👨‍👩‍👧 é");
        assert_eq!(
            terminal_lines("a\n  ::add-mask::x\nb::c ##[error]d"),
            "a\n  \\u{3a}:add-mask::x\nb::c ##\\u{5b}error]d"
        );
        assert_eq!(terminal("x ##vso[task.setvariable]y ## [z] a[0]"), "x ##vso\\u{5b}task.setvariable]y ## [z] a[0]");
    }

    #[test]
    fn shells_read_words_back() {
        assert_eq!(shell("policy@00000001"), "policy@00000001");
        assert_eq!(shell("env/$(touch${IFS}x)'s"), r"'env/$(touch${IFS}x)'\''s'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn workflow_commands_end_where_we_end_them() {
        assert_eq!(workflow("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(workflow_property("a,b:c"), "a%2Cb%3Ac");
    }

    #[test]
    fn xml_and_html_hold_only_what_they_can() {
        assert_eq!(xml("a\u{b}b\u{ffff}<\n"), "a\\u{b}b\\u{ffff}<\n");
        assert_eq!(html("<a href='x'>&\u{202e}"), "&lt;a href=&#39;x&#39;&gt;&amp;\\u{202e}");
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let value = serde_json::json!({ "a": "\u{202e}\u{7f}\u{9b}::x ##[stop-commands]y \u{e0041}", "b": [1, "é"] });
        let plain = format!("{value:#}\n");
        let shown = json(&plain);
        assert!(!shown.chars().any(|c| c != '\n' && is_hidden(c)) && !shown.contains("##["), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert!(matches!(json("{\"a\": \"##\"}"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_form_starts_a_line_with_a_command() {
        let hostile = "a\n ::stop-commands::x\n##[group]y ##vso[task.complete]";
        for shown in [html(hostile), xml(hostile).into_owned(), markdown_fence(hostile, ""), markdown_code(hostile)] {
            assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
            assert!(!shown.contains("##[") && !shown.contains("##vso["), "{shown}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                "::",
                "##[",
                "\n",
                "\r\n",
                " ",
                "`",
                "```",
                "~~~",
                "<!--",
                "-->",
                "<",
                "@a",
                "#1",
                "[x](y)",
                "![",
                "|",
                "\\",
                "*",
                "_",
                "\u{202e}",
                "\u{1b}[",
                "https://x",
                "www.x",
                "&",
                "- ",
                "1. ",
                "    ",
                "$",
            ])
            .prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn one_line_stays_one_line(text in hostile()) {
            let line = terminal(&text);
            prop_assert!(!line.chars().any(is_hidden) && !line.trim_start().starts_with("::") && !line.contains("##["));
            prop_assert_eq!(terminal(&line), line.clone());
            for line in terminal_lines(&text).split('\n') {
                prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["));
                prop_assert!(!line.chars().any(|c| is_hidden(c) && c != '\t'));
            }
            prop_assert!(!workflow(&text).chars().any(is_hidden_but_tab));
            prop_assert!(!workflow_property(&text).contains([',', ':', '\n']));
        }

        #[test]
        fn markup_never_escapes(text in hostile()) {
            prop_assert!(!html(&text).contains(['<', '>', '"', '\'', '`']));
            let holds = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
            prop_assert!(xml(&text).chars().all(holds));
        }

        #[test]
        fn markdown_stays_inline(text in hostile()) {
            let inline = markdown(&text);
            prop_assert!(!inline.contains(['<', '>', '\n', '\r']), "{}", inline);
            let bytes = inline.as_bytes();
            for (i, b) in bytes.iter().enumerate().filter(|(_, b)| b"`*_[]|~$".contains(b)) {
                let slashes = bytes[..i].iter().rev().take_while(|&&b| b == b'\\').count();
                prop_assert!(slashes % 2 == 1, "{} in {}", char::from(*b), inline);
            }
            for (i, _) in inline.match_indices('@') {
                prop_assert!(inline[i + 1..].starts_with("&#8203;"));
            }
        }

        #[test]
        fn code_and_fences_hold(text in hostile()) {
            let block = markdown_fence(&text, "diff");
            let fence: String = block.chars().take_while(|&c| c == '`').collect();
            let body = block.strip_prefix(&format!("{fence}diff\n")).unwrap().strip_suffix(&format!("\n{fence}")).unwrap();
            prop_assert!(fence.len() >= 3 && !body.contains(&fence) && !body.contains("<!--"));
            let span = markdown_code(&text);
            let fence: String = span.chars().take_while(|&c| c == '`').collect();
            let body = span.strip_prefix(&fence).unwrap().strip_suffix(&fence).unwrap();
            prop_assert!(!body.contains(['\n', '\r']) && !body.is_empty());
            let runs = body.split(|c| c != '`').any(|run| run.len() == fence.len());
            prop_assert!(!runs, "{}", span);
        }
    }

    fn is_hidden_but_tab(c: char) -> bool {
        is_hidden(c) && c != '\t'
    }
}
