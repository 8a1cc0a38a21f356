//! What was wrong, as findings: syntax errors of either parser, and values that are not what a type wants.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

mod slips;

use super::Entry;
use crate::{Finding, Place, Span, Text, nearest};

/// A syntax error at byte `at` of `source`, which starts at `base` in `text`; `info` is the parser's own word for it.
pub(super) fn syntax(text: &Text, source: &str, base: u32, at: usize, info: &str) -> Finding {
    let at = floor(source, at);
    if let Some(tab) = tab_near(source, at, info.contains("tab")) {
        let span = Span::new(tab, tab + 1).shifted(base);
        return Finding::new("yaml-syntax", Place::new(text, span), "a tab stands where YAML indents")
            .help("indent with spaces")
            .fix(slips::tabs(source, base));
    }
    if let Some(finding) =
        slips::tab_after_key(text, source, base, at).or_else(|| slips::odd_space(text, source, base, at))
    {
        return finding;
    }
    if let Some(finding) = slips::list_item(text, source, base, at, info) {
        return finding;
    }
    let place = |from: usize, to: usize| Place::new(text, Span::new(from, to).shifted(base));
    if info.contains("unknown anchor") {
        let word = source[at..].split([' ', '\t', '\n', '\r', ',', ']', '}']).next().unwrap_or("");
        let message = format!("alias `{word}` stands for a value written elsewhere");
        let finding = Finding::new("yaml-anchor", place(at, at + word.len()), message);
        return finding.help(instead_of_alias(text));
    }
    let speaks_of_flow = ["',' or", "mapping values", "illegal placement", "simple key", "end of stream", "flow"];
    if speaks_of_flow.iter().any(|word| info.contains(word))
        && let Some(open) = never_closed(source).filter(|open| *open < at)
    {
        let (bracket, closing) = if source[open..].starts_with('[') { ('[', ']') } else { ('{', '}') };
        let message = format!("this `{bracket}` is never closed");
        let finding = Finding::new("yaml-syntax", place(open, open + 1), message);
        return finding.help(format!("add the missing `,` or `{closing}`"));
    }
    // Many parsers notice a fault only at the next token: the end of the line before it is where to look.
    let at = if source[at..].trim().is_empty() { source.trim_end().len().min(at) } else { at };
    let (message, help) = plain_words(info);
    if is_colon_missing(info)
        && let Some((from, to)) = without_colon(source, at)
    {
        let mut finding = Finding::new("yaml-syntax", place(from, to), message);
        finding.help = help.map(str::to_owned);
        return finding;
    }
    let at = if source[..at].ends_with("- ") && info.contains("did not find expected key") { at - 2 } else { at };
    let width = source[at..].chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
    let span = Span::new(at, at + width).shifted(base);
    let mut finding = Finding::new("yaml-syntax", Place::new(text, span), message);
    finding.help = help.map(str::to_owned);
    finding
}

/// What to write instead of an alias: prompts have blocks for what they share, suites have `defaultTest`.
pub(super) fn instead_of_alias(text: &Text) -> &'static str {
    match text.path().as_str().split('/').next() {
        Some("evals") => "write the value out, or put what all tests share under `defaultTest`",
        Some("policies") => "write the value out",
        _ => "write the value out; use a block for text that prompts share",
    }
}

/// The parser's words in ours, with what to do about it where that is likely.
fn plain_words(info: &str) -> (String, Option<&'static str>) {
    let (message, help) = match info {
        "simple key expect ':'" | "simple key expected" | "could not find expected ':'" => {
            ("a line is neither `key: value` nor part of a value", Some("add the colon and a space after the key"))
        }
        "mapping values are not allowed in this context" | "illegal placement of ':' indicator" => {
            ("a `:` stands where no key can be", Some("write text that contains `: ` in quotes"))
        }
        "while scanning a quoted scalar, found unexpected end of stream"
        | "found unexpected end of stream"
        | "while scanning a quoted scalar, found unexpected document indicator" => {
            ("a quoted text is never closed", Some("close the quote"))
        }
        "invalid indentation in quoted scalar" => {
            ("a quoted text goes on at too small an indentation", Some("close the quote, or indent the line further"))
        }
        "while parsing a quoted scalar, found unknown escape character" | "found unknown escape character" => {
            ("a backslash in double quotes starts no known escape", Some("write `\\\\` for a backslash, or use '…'"))
        }
        "invalid trailing content after double-quoted scalar" => {
            ("text goes on after a closing quote", Some("put the whole value in quotes"))
        }
        "while parsing a flow mapping, did not find expected ',' or '}'" | "did not find expected ',' or '}'" => {
            ("a `{` is not closed", Some("add the missing `,` or `}`"))
        }
        "while parsing a flow sequence, expected ',' or ']'" | "did not find expected ',' or ']'" => {
            ("a `[` is not closed", Some("add the missing `,` or `]`"))
        }
        "misplaced bracket" => ("a bracket closes what was not opened", Some("remove it")),
        "while parsing a block mapping, did not find expected key" | "did not find expected key" => {
            ("a key was expected here", Some("indent the line as the keys around it"))
        }
        "invalid indentation" | "wrongly indented line in block scalar" | "invalid indentation in flow construct" => {
            ("the indentation fits no line above", Some("indent it as the lines it belongs to"))
        }
        "block sequence entries are not allowed in this context" => {
            ("a list item stands where no list can be", Some("put the list on its own lines, below the key"))
        }
        "comment intercepting the multiline text" => {
            ("a comment interrupts a value that goes on", Some("write the value in quotes or as a `|` block"))
        }
        "a byte order mark must not appear inside a document" => {
            ("a byte order mark (U+FEFF) stands inside the document", Some("remove it"))
        }
        "found unprintable character" => ("a NUL character has no place in YAML", Some("remove it")),
        _ => match info.strip_prefix("unexpected character: `").and_then(|rest| rest.chars().next()) {
            Some(c) => return (format!("no value can start with `{c}`"), Some("write it in quotes")),
            None => return (format!("not YAML: {}", info.replace(['<', '>'], "`")), None),
        },
    };
    (message.to_owned(), help)
}

fn is_colon_missing(info: &str) -> bool {
    matches!(info, "simple key expect ':'" | "simple key expected" | "could not find expected ':'")
}

/// The line that lacks its colon: the one at `at`, or the last before it, since the next key is where it is noticed.
fn without_colon(source: &str, at: usize) -> Option<(usize, usize)> {
    let mut end = source[at..].find('\n').map_or(source.len(), |i| at + i);
    loop {
        let start = source[..end].rfind('\n').map_or(0, |i| i + 1);
        let line = source[start..end].trim();
        let says_nothing = line.is_empty() || line.starts_with('#');
        if !says_nothing && !line.contains(": ") && !line.ends_with(':') {
            let from = start + source[start..end].len() - source[start..end].trim_start().len();
            return Some((from, from + line.len()));
        }
        // Only the line itself and the first above it that says something.
        if (!says_nothing && start <= at && source[start..at.max(start)].find('\n').is_some()) || start == 0 {
            return None;
        }
        end = start - 1;
    }
}

/// The innermost bracket that opens a value and is closed nowhere. Quotes and comments are passed over; a bracket inside
/// plain text opens nothing.
fn never_closed(source: &str) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut before = '\n';
    let mut chars = source.char_indices().peekable();
    let mut last = '\n';
    while let Some((at, c)) = chars.next() {
        let begins = matches!(before, '\n' | ':' | '-' | ',' | '[' | '{' | '?');
        match c {
            '#' if last.is_whitespace() => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '"' | '\'' if begins => {
                while let Some((_, inner)) = chars.next() {
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && c == '"' {
                        chars.next();
                    }
                }
                before = c;
            }
            '[' | '{' if begins => {
                open.push(at);
                before = c;
            }
            ']' | '}' if !open.is_empty() => {
                open.pop();
                before = c;
            }
            '\n' if open.is_empty() => before = c,
            c if c.is_whitespace() => {}
            c => before = c,
        }
        last = c;
    }
    open.pop()
}

/// A tab in the indentation of the line of `at` or the one before it; of any later one where the parser speaks of tabs.
fn tab_near(source: &str, at: usize, spoken_of: bool) -> Option<usize> {
    let line = source[..at].rfind('\n').map_or(0, |i| i + 1);
    let above = source[..line.saturating_sub(1)].rfind('\n').map_or(0, |i| i + 1);
    let below = source[at..].match_indices('\n').map(|(i, _)| at + i + 1).filter(|_| spoken_of);
    [line, above].into_iter().chain(below).find_map(|start| {
        let indent = source[start..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let blank = matches!(source.as_bytes().get(start + indent), None | Some(b'\n' | b'\r'));
        let tab = source[start..start + indent].find('\t')?;
        (!blank).then_some(start + tab)
    })
}

fn floor(source: &str, at: usize) -> usize {
    let at = at.min(source.len());
    (0..=at).rev().find(|&i| source.is_char_boundary(i)).unwrap_or(0)
}

/// A value that is not what a type wants.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: What,
    /// Where, once known: the identity of the innermost node, and its bytes.
    pub(super) at: Option<(usize, Span)>,
    /// The bytes to point at.
    pub(super) shown: Option<Span>,
}

#[derive(Debug)]
pub(super) enum What {
    Key { key: String, known: &'static [&'static str] },
    Missing { key: &'static str },
    Twice { key: &'static str },
    Variant { given: String, known: &'static [&'static str] },
    Type { found: String, wanted: String, scalar: bool },
    Other(String),
}

impl What {
    pub(super) fn finding(self, text: &Text, span: Span) -> Finding {
        let place = Place::new(text, span);
        match self {
            Self::Key { key, known } => unknown_key(place, &key, known),
            Self::Missing { key } => {
                Finding::new("key-missing", place, format!("key `{key}` is missing")).help(format!("add `{key}:`"))
            }
            Self::Twice { key } => {
                Finding::new("key-duplicate", place, format!("key `{key}` is given twice")).help("keep one of the two")
            }
            Self::Variant { given, known } => {
                let message = format!("`{given}` is none of {}", listed(known));
                let finding = with_nearest(Finding::new("value-invalid", place, message), &given, known);
                // Only the case of its letters is wrong: nothing else can be meant.
                match known.iter().find(|word| word.eq_ignore_ascii_case(&given)) {
                    Some(word) if text.slice(span) == given => finding.fix(vec![(span, (*word).to_owned())]),
                    _ => finding,
                }
            }
            Self::Type { found, wanted, scalar } => {
                let finding = Finding::new("value-invalid", place, format!("expected {wanted}, found {found}"));
                let raw = text.slice(span);
                if let Some((help, edit)) = slips::meant(text, span, &found, &wanted) {
                    let finding = finding.help(help);
                    return if let Some(edit) = edit { finding.fix(vec![(span, edit)]) } else { finding };
                }
                if wanted == "text" && scalar && !raw.is_empty() && !raw.contains(['"', '\\', '\n']) {
                    let quoted = format!("\"{raw}\"");
                    finding.help(format!("write it in quotes: `{quoted}`")).fix(vec![(span, quoted)])
                } else {
                    finding
                }
            }
            // Our own types say why they refuse a text in a clause that fits after "could not".
            Self::Other(why) if why.starts_with("read `") => {
                Finding::new("value-invalid", place, format!("could not {why}"))
            }
            Self::Other(why) => {
                let advice = ["; did you mean ", ": write "].into_iter().find_map(|word| {
                    let (message, rest) = why.split_once(word)?;
                    Some((message.to_owned(), format!("{}{rest}", word.trim_start_matches([';', ':', ' ']))))
                });
                match advice {
                    Some((message, help)) => Finding::new("value-invalid", place, message).help(help),
                    None => Finding::new("value-invalid", place, why),
                }
            }
        }
    }
}

pub(super) fn unknown_key(place: Place, key: &str, known: &'static [&'static str]) -> Finding {
    if key.starts_with(slips::is_odd_space) {
        return slips::odd_indent(place);
    }
    let finding = Finding::new("key-unknown", place, format!("unknown key `{key}`"));
    with_nearest(finding, key, known)
}

/// The key that `key` was meant to be, where no other key of the mapping is it or may be it.
pub(super) fn only_meant(key: &str, others: &[Entry], known: &'static [&'static str]) -> Option<&'static str> {
    let meant = nearest(key, known.iter().copied())?;
    let taken = |other: &Entry| {
        let unknown = !known.contains(&other.key.as_str());
        other.key == meant || (unknown && other.key != key && nearest(&other.key, known.iter().copied()) == Some(meant))
    };
    (!others.iter().any(taken)).then_some(meant)
}

fn with_nearest(finding: Finding, given: &str, known: &[&str]) -> Finding {
    match nearest(given, known.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None if known.is_empty() => finding.help("remove it"),
        None => finding.help(format!("use one of {}", listed(known))),
    }
}

/// `` `a`, `b` or `c` ``.
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}

impl Fault {
    pub(super) fn new(what: What) -> Self {
        Self { what, at: None, shown: None }
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::new(What::Other(why.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let (found, scalar) = unexpected(found);
        Self::new(What::Type { found, wanted: plain(&wanted.to_string()), scalar })
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let (found, _) = unexpected(found);
        Self::new(What::Type { found, wanted: plain(&wanted.to_string()), scalar: false })
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::Variant { given: given.to_owned(), known })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::Key { key: key.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(What::Missing { key })
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::new(What::Twice { key })
    }
}

/// What was found, and whether it is a scalar that quotes would turn into text.
fn unexpected(found: Unexpected<'_>) -> (String, bool) {
    match found {
        Unexpected::Bool(b) => (format!("`{b}`"), true),
        Unexpected::Unsigned(n) => (format!("the number `{n}`"), true),
        Unexpected::Signed(n) => (format!("the number `{n}`"), true),
        Unexpected::Float(n) => (format!("the number `{n}`"), true),
        Unexpected::Char(c) => (format!("the text `{c}`"), false),
        Unexpected::Str(s) => (format!("the text `{s}`"), false),
        Unexpected::Unit | Unexpected::Option => ("nothing".to_owned(), false),
        Unexpected::Seq => ("a list".to_owned(), false),
        Unexpected::Map => ("a mapping".to_owned(), false),
        other => (other.to_string(), false),
    }
}

/// serde's words for types in those of people who write YAML.
fn plain(wanted: &str) -> String {
    let words = match wanted {
        "a string" | "string" | "a borrowed string" => "text",
        "a boolean" => "`true` or `false`",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a mapping",
        "unit" => "nothing",
        "a nonzero u8" | "a nonzero u16" | "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => {
            "a whole number from 1"
        }
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum ") => "a mapping",
        other => other,
    };
    words.to_owned()
}
