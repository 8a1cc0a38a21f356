//! Slips of people who write YAML by hand: what was probably meant, and where the parser only noticed it.

use crate::characters::code;
use crate::{Finding, Place, Span, Text};

/// A space that is not one of YAML's: no-break and typographic spaces, which look the same.
pub(super) fn is_odd_space(c: char) -> bool {
    c.is_whitespace() && !c.is_ascii()
}

/// Two spaces for every tab that indents.
pub(super) fn tabs(source: &str, base: u32) -> Vec<(Span, String)> {
    let mut edits = Vec::new();
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tabs = line[..indent].match_indices('\t').map(|(i, _)| Span::new(at + i, at + i + 1).shifted(base));
        edits.extend(tabs.filter(|_| !line.trim().is_empty()).map(|span| (span, "  ".to_owned())));
        at += line.len();
    }
    edits
}

/// The line of `at` and the one above it, each with where it starts.
fn lines_near(source: &str, at: usize) -> impl Iterator<Item = (usize, &str)> {
    let line = source[..at].rfind('\n').map_or(0, |i| i + 1);
    let above = source[..line.saturating_sub(1)].rfind('\n').map_or(0, |i| i + 1);
    [line, above].into_iter().map(|start| (start, source[start..].lines().next().unwrap_or("")))
}

/// `risk:<TAB>low`.
pub(super) fn tab_after_key(text: &Text, source: &str, base: u32, at: usize) -> Option<Finding> {
    let (start, line) = lines_near(source, at).find(|(_, line)| line.contains(":\t"))?;
    let tab = start + line.find(":\t")? + 1;
    let run = source[tab..].len() - source[tab..].trim_start_matches('\t').len();
    let span = Span::new(tab, tab + run).shifted(base);
    let finding = Finding::new("yaml-syntax", Place::new(text, span), "a tab stands between a key and its value");
    Some(finding.help("write a space").fix(vec![(span, " ".to_owned())]))
}

/// A space that YAML takes for a letter, in an indentation or after a colon.
pub(super) fn odd_space(text: &Text, source: &str, base: u32, at: usize) -> Option<Finding> {
    lines_near(source, at).find_map(|(start, line)| {
        let indent = line.len() - line.trim_start().len();
        let in_indent = line[..indent].find(is_odd_space);
        let at = in_indent
            .or_else(|| line.match_indices(':').map(|(i, _)| i + 1).find(|&i| line[i..].starts_with(is_odd_space)))?;
        let run = line[at..].len() - line[at..].trim_start_matches(is_odd_space).len();
        let span = Span::new(start + at, start + at + run).shifted(base);
        Some(odd(Place::new(text, span)))
    })
}

/// The same, found as the beginning of a key.
pub(super) fn odd_indent(mut place: Place) -> Finding {
    let typed = place.text.slice(place.span);
    let run = typed.len() - typed.trim_start_matches(is_odd_space).len();
    place.span.end = place.span.start + u32::try_from(run).unwrap_or(0);
    odd(place)
}

fn odd(place: Place) -> Finding {
    let typed = place.text.slice(place.span);
    let spaces = " ".repeat(typed.chars().count());
    let first = typed.chars().next().map_or_else(String::new, code);
    let message = format!("{first} stands where YAML wants a space");
    let span = place.span;
    Finding::new("yaml-syntax", place, message).help("write a space").fix(vec![(span, spaces)])
}

/// An item of a list between the keys of a mapping, or the other way round.
pub(super) fn list_item(text: &Text, source: &str, base: u32, at: usize, info: &str) -> Option<Finding> {
    let (start, line) = lines_near(source, at).next()?;
    let from = start + line.len() - line.trim_start().len();
    let end = start + line.len();
    let place = |from: usize, to: usize| Place::new(text, Span::new(from, to).shifted(base));
    if info.contains("did not find expected '-' indicator") {
        let message = "a key stands among the items of a list";
        let finding = Finding::new("yaml-syntax", place(from, end), message);
        let dashed =
            source[..start].lines().rev().find(|l| l.trim_start().starts_with("- ")).is_some_and(|l| l.contains(": "));
        if let Some(help) = misindented(text, &source[..start], line) {
            return Some(finding.help(help));
        }
        let help = "put `- ` in front of it, or, in a mapping such as `inputs`, take the `-` from the lines above";
        return Some(finding.help(if dashed { help } else { "put `- ` in front of it" }));
    }
    if info.contains("did not find expected key") && line.trim_start().starts_with("- ") {
        let message = "an item of a list stands among the keys of a mapping";
        return Some(Finding::new("yaml-syntax", place(from, end), message).help("drop the `-`: `name: value`"));
    }
    None
}

/// How far `line`, a key, is to be indented, where an item of a list `above` it begins with a key that it belongs beside.
fn misindented(text: &Text, above: &str, line: &str) -> Option<String> {
    let columns = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let here = columns(line);
    for item in above.lines().rev() {
        let Some(rest) = item.trim_start_matches(' ').strip_prefix('-').filter(|rest| rest.starts_with(' ')) else {
            continue;
        };
        let (dash, beside) = (columns(item), columns(item) + 1 + columns(rest));
        let Some((key, _)) = rest.trim_start().split_once(':') else { continue };
        let help = format!("indent it as `{}` is: {beside} spaces", key.trim());
        match dash {
            dash if dash < here && here < beside => return Some(help),
            // The tests of a suite are mappings: a key that stands under the dash is seldom one of its own.
            dash if dash == here && text.path().as_str().starts_with("evals/") => {
                return Some(format!("{help}, or put `- ` in front of it where another item begins"));
            }
            dash if dash < here => return None,
            _ => {}
        }
    }
    None
}

/// What to write instead of a value of another type, and the correction where nothing else can be meant.
pub(super) fn meant(text: &Text, span: Span, found: &str, wanted: &str) -> Option<(String, Option<String>)> {
    let raw = text.slice(span);
    let bare = raw.trim_matches(['"', '\'']);
    let is_text = found.starts_with("the text ");
    if found == "nothing" {
        let end = span.end as usize;
        let rest = text.as_str().get(end..)?.lines().next()?.trim_start().trim_start_matches(':').trim_start();
        return rest.starts_with('#').then(|| ("`#` starts a comment: write the value in quotes".to_owned(), None));
    }
    if wanted.starts_with("a list") && is_text && !raw.contains(['\n', '[', ']', '{', '}']) {
        let list = format!("[{raw}]");
        return Some((format!("write a list: `{list}`"), (!raw.contains(',')).then_some(list)));
    }
    if wanted.starts_with("a mapping") && found == "a list" {
        return Some(("drop the `-` or the brackets: each line is `name: value`".to_owned(), None));
    }
    if wanted.contains("number") && is_text {
        if bare.parse::<f64>().is_ok_and(f64::is_finite) {
            return Some((format!("write it without quotes: `{bare}`"), (bare != raw).then(|| bare.to_owned())));
        }
        let share = bare.strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok());
        if let Some(n) = share {
            return Some((format!("write the share as a number: `{}`", n / 100.0), None));
        }
        let digits: String =
            bare.trim_start_matches(['$', '€']).chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        return digits
            .parse::<f64>()
            .ok()
            .map(|_| (format!("write the number alone, without its unit: `{digits}`"), None));
    }
    if wanted.contains("`true`") && is_text {
        let word = match bare.to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" => "true",
            "no" | "off" | "false" => "false",
            _ => return None,
        };
        return Some((format!("write `{word}`: YAML takes `{bare}` for a text"), Some(word.to_owned())));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::yaml::{Limits, parse};
    use crate::{RepoPath, Span, Text};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Shape {
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        number: f64,
        #[serde(default)]
        flag: bool,
        #[serde(default)]
        owner: String,
        #[serde(default)]
        map: std::collections::BTreeMap<String, String>,
    }

    /// The first finding: message, help, and the text after its correction.
    fn first(source: &str) -> (String, String, String) {
        let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), source);
        let finding = parse::<Shape>(&text, Span::new(0, source.len()), &Limits::FRONT_MATTER).unwrap_err().remove(0);
        let mut fixed = source.to_owned();
        for (span, edit) in finding.fix.iter().flat_map(|fix| fix.edits.iter().rev()) {
            fixed.replace_range(span.range(), edit);
        }
        (finding.message, finding.help.unwrap_or_default(), if fixed == source { String::new() } else { fixed })
    }

    #[test]
    fn what_was_meant_is_said_and_mended_where_it_is_sure() {
        let said = |source: &str| (first(source).1, first(source).2);
        let is = |help: &str, fixed: &str| (help.to_owned(), fixed.to_owned());
        assert_eq!(said("tags: claims\n"), is("write a list: `[claims]`", "tags: [claims]\n"));
        assert_eq!(said("number: \"0\"\n"), is("write it without quotes: `0`", "number: 0\n"));
        assert_eq!(said("number: 80%\n"), is("write the share as a number: `0.8`", ""));
        assert_eq!(said("number: $0.01\n"), is("write the number alone, without its unit: `0.01`", ""));
        assert_eq!(said("flag: no\n"), is("write `false`: YAML takes `no` for a text", "flag: false\n"));
        assert_eq!(said("owner: #x\n").0, "`#` starts a comment: write the value in quotes");
        assert_eq!(said("map: [a]\n").0, "drop the `-` or the brackets: each line is `name: value`");
        assert_eq!(said("flga: true\n"), is("did you mean `flag`?", "flag: true\n"));
        assert_eq!(said("flga: true\nflag: true\n").1, "");
    }

    #[test]
    fn spaces_that_are_none_and_tabs_are_named_and_mended() {
        assert_eq!(first("owner:\tx\n").0, "a tab stands between a key and its value");
        assert_eq!(first("owner:\tx\n").2, "owner: x\n");
        assert_eq!(first("map:\n\ta: b\n\tc: d\n").2, "map:\n  a: b\n  c: d\n");
        let (message, _, fixed) = first("map:\n  a: b\n\u{a0}\u{a0}c: d\n");
        assert_eq!(message, "U+00A0 NO-BREAK SPACE stands where YAML wants a space");
        assert_eq!(fixed, "map:\n  a: b\n  c: d\n");
    }

    #[test]
    fn lists_and_mappings_are_told_apart() {
        assert_eq!(first("map:\n  - a: b\n  c: d\n").0, "a key stands among the items of a list");
        assert_eq!(first("map:\n  a: b\n  - c: d\n").1, "drop the `-`: `name: value`");
        let short = "tags:\n  - vars: { a: b }\n   assert: [c]\n";
        assert_eq!(first(short).1, "indent it as `vars` is: 4 spaces");
        assert_eq!(first("tags:\n  - a: b\n    c:\n      - d: e\n   f: g\n").1, "indent it as `a` is: 4 spaces");
        assert_eq!(first("tags:\n  -   a: b\n    c: d\n").1, "indent it as `a` is: 6 spaces");
    }
}
