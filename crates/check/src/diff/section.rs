//! One text against another: hunks of lines, and the words that changed inside them.

use std::borrow::Cow;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use source::Veil;

use super::lines::joined;

/// One text of a prompt, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is: `system message`, `blocks/json-only.md`, …
    pub title: String,
    /// What became of it.
    pub state: State,
    /// Lines that are new.
    pub added: usize,
    /// Lines that are gone.
    pub removed: usize,
    /// The changed lines with three unchanged ones around.
    pub hunks: Vec<Hunk>,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing.
    Same,
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It reads differently.
    Changed,
}

/// Neighbouring changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// The lines, unchanged ones among them.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Whether it stands on both sides.
    pub mark: Mark,
    /// Its number before, from 1.
    pub old: Option<usize>,
    /// Its number after, from 1.
    pub new: Option<usize>,
    /// Its text without the line end, cut where emphasis begins and ends.
    pub parts: Vec<Part>,
}

/// On which sides a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// On both.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it is what changed inside the line.
    pub changed: bool,
}

/// How many unchanged lines stand around a change.
const CONTEXT: usize = 3;

impl Section {
    /// Compares two texts; `None` stands for a text that is not there. Secrets are compared, and not shown.
    pub fn compare(title: impl Into<String>, old: Option<&str>, new: Option<&str>) -> Self {
        let state = match (old, new) {
            (Some(old), Some(new)) if old == new => State::Same,
            (Some(_), Some(_)) => State::Changed,
            (None, _) => State::Added,
            (Some(_), None) => State::Removed,
        };
        let mut veil = Veil::default();
        let mut shown = |text: Option<&str>| veil.over(text.unwrap_or("")).into_owned();
        let hunks = match state {
            State::Same => Vec::new(),
            _ => hunks(&shown(old), &shown(new)),
        };
        let count = |mark| hunks.iter().flat_map(|h| &h.lines).filter(|line| line.mark == mark).count();
        Self { title: title.into(), state, added: count(Mark::Added), removed: count(Mark::Removed), hunks }
    }
}

fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    // A last line without an end says what the same line says with one; it counts where nothing else differs.
    let (ended_old, ended_new) = (ended(old), ended(new));
    let (old, new) = if ended_old == ended_new { (old, new) } else { (&*ended_old, &*ended_new) };
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    let lines = |ops: &Vec<similar::DiffOp>| ops.iter().flat_map(|op| lines(&diff, op)).collect();
    groups.iter().map(|ops| Hunk { lines: lines(ops) }).collect()
}

fn ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) }
}

fn lines(diff: &TextDiff<'_, '_, str>, op: &similar::DiffOp) -> Vec<Line> {
    let inline = diff.iter_inline_changes(op).map(|change| {
        let parts = change.iter_strings_lossy().map(|(changed, text)| Part { text: text.into_owned(), changed });
        Line {
            mark: match change.tag() {
                ChangeTag::Equal => Mark::Same,
                ChangeTag::Delete => Mark::Removed,
                ChangeTag::Insert => Mark::Added,
            },
            old: change.old_index().map(|n| n + 1),
            new: change.new_index().map(|n| n + 1),
            parts: tidied(parts.collect()),
        }
    });
    inline.collect()
}

/// Without the line end, neighbours that are alike joined; a line that changed as a whole carries no emphasis.
fn tidied(mut parts: Vec<Part>) -> Vec<Part> {
    while let Some(last) = parts.last_mut() {
        let cut = last.text.trim_end_matches(['\n', '\r']).len();
        last.text.truncate(cut);
        if !last.text.is_empty() {
            break;
        }
        parts.pop();
    }
    // A blank between two words that changed belongs to them: one mark is read more easily than two.
    let blank = |at: usize| {
        let beside = |at: Option<usize>| at.and_then(|at| parts.get(at)).is_some_and(|part| part.changed);
        parts[at].text.trim().is_empty() && beside(at.checked_sub(1)) && beside(Some(at + 1))
    };
    let changed: Vec<bool> = (0..parts.len()).map(|at| parts[at].changed || blank(at)).collect();
    let marked = parts.iter().zip(changed);
    let chars: Vec<_> = marked.flat_map(|(part, changed)| part.text.chars().map(move |c| (c, changed))).collect();
    let mut parts = joined(&chars);
    if parts.iter().all(|part| part.changed) {
        parts.iter_mut().for_each(|part| part.changed = false);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_word_is_emphasised_and_a_whole_line_is_not() {
        let s = Section::compare("m", Some("a\nbe kind and short\nz\n"), Some("a\nbe kind and brief\nz\nnew line\n"));
        assert_eq!((s.state, s.added, s.removed), (State::Changed, 2, 1));
        let emphasised: Vec<_> = s.hunks[0].lines.iter().flat_map(|l| &l.parts).filter(|p| p.changed).collect();
        assert_eq!(emphasised.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["short", "brief"]);
        assert_eq!(s.hunks[0].lines.last().unwrap().new, Some(4));
    }

    #[test]
    fn a_secret_changes_and_is_not_shown() {
        let [one, other] = ["q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk", "Zc8VbN2mK5jH7gF4dS1aQ9wE6rT3yU0iOpLx"]
            .map(|tail| format!("a\nuse {}{tail}\n", "ghp_"));
        let s = Section::compare("m", Some(&one), Some(&other));
        assert_eq!((s.added, s.removed), (1, 1));
        let text: String =
            s.hunks[0].lines.iter().flat_map(|line| &line.parts).map(|part| part.text.as_str()).collect();
        assert_eq!(text, "ause [a GitHub token]use [a GitHub token, no. 2]");
    }

    #[test]
    fn a_text_that_is_new_is_all_added() {
        let s = Section::compare("m", Some("a\nlast"), Some("a\nlast\n\nmore"));
        assert_eq!((s.added, s.removed), (2, 0), "a line that is the last no longer is the same line");
        let s = Section::compare("m", Some("last"), Some("last\n"));
        assert_eq!((s.added, s.removed), (1, 1));
        let s = Section::compare("m", None, Some("x\ny\n"));
        assert_eq!((s.state, s.added, s.removed), (State::Added, 2, 0));
        assert_eq!(Section::compare("m", Some("x"), Some("x")).hunks, []);
    }
}
