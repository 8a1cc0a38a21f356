//! Guards for what minijinja's fuel does not cover: operators on lists and mappings.
//!
//! A list may hold another many times over, so that a few lines name a tree of 2^60 branches; to compare two of them, or
//! to print, join or drop what was built so, would take for ever or overflow the stack. There is no hook for operators.
//! So the source that is run is the author's with a filter around each operand that may be such a value; it takes no
//! more than a pair of brackets on the same line, so that lines stay what they are. Most tags need none.

use std::borrow::Cow;
use std::ops::Range;

mod pieces;

use pieces::{Kind, Piece, tags};

/// Measures all of a value and charges for it.
pub(super) const WHOLE: &str = "__whole";
/// Limits how many items a list has.
pub(super) const SIZED: &str = "__sized";
/// Makes a list of what would be listed again and again.
pub(super) const FLAT: &str = "__flat";
/// Takes texts and integers only.
pub(super) const KEY: &str = "__key";

/// `source` with its guards. Where it cannot be read it stays as it is: minijinja says why.
pub(crate) fn guarded(source: &str) -> Cow<'_, str> {
    let Some(tags) = tags(source) else { return Cow::Borrowed(source) };
    let mut guards = Vec::new();
    for tag in &tags {
        Tag { source, tokens: tag, guards: &mut guards }.guard();
    }
    if guards.is_empty() { Cow::Borrowed(source) } else { Cow::Owned(written(source, &guards)) }
}

/// A piece of code as the author wrote it, for messages: each guard goes with the two brackets that came with it, so
/// that an author's own `((` stays.
pub(super) fn bare(code: &str) -> Cow<'_, str> {
    if !code.contains(")|__") {
        return Cow::Borrowed(code);
    }
    let mut out = String::with_capacity(code.len());
    // Where the open brackets stand in `out`, and the quote that a text is in.
    let (mut open, mut quote): (Vec<usize>, Option<char>) = (Vec::new(), None);
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        if quote.is_none()
            && let Some(after) = past_guard(rest)
        {
            // A piece may end before the outer bracket does: the guard itself is what failed.
            let whole = after.strip_prefix(')');
            let inner = open.pop();
            let outer = whole.and_then(|_| open.pop());
            for at in inner.into_iter().chain(outer) {
                out.remove(at);
            }
            rest = whole.unwrap_or(after);
            continue;
        }
        let mut length = c.len_utf8();
        match (quote, c) {
            (None, '(') => open.push(out.len()),
            (None, ')') => drop(open.pop()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(_), '\\') => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Some(closing), _) if closing == c => quote = None,
            _ => {}
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

/// What follows the guard that `code` starts with, from the bracket before the filter.
fn past_guard(code: &str) -> Option<&str> {
    let filter = code.strip_prefix(")|")?;
    [WHOLE, SIZED, FLAT, KEY].into_iter().find_map(|name| filter.strip_prefix(name))
}

fn written(source: &str, guards: &[(Range<usize>, &'static str)]) -> String {
    let mut pieces: Vec<(usize, String)> = Vec::with_capacity(guards.len() * 2);
    for (at, name) in guards {
        // In brackets on both sides of the filter, so that a subscript may follow.
        pieces.push((at.start, "((".to_owned()));
        pieces.push((at.end, format!(")|{name})")));
    }
    // Stable: of two that end together the inner one was found first.
    pieces.sort_by_key(|(at, _)| *at);
    let mut whole = String::with_capacity(source.len() + guards.len() * 12);
    let mut done = 0;
    for (at, piece) in pieces {
        whole.push_str(&source[done..at]);
        whole.push_str(&piece);
        done = at;
    }
    whole.push_str(&source[done..]);
    whole
}

struct Tag<'t> {
    source: &'t str,
    tokens: &'t [Piece],
    guards: &'t mut Vec<(Range<usize>, &'static str)>,
}

/// What brackets enclose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing, or an expression in brackets, or arguments.
    Plain,
    /// The items of a list or tuple, or arguments that are kept.
    Items,
    Mapping,
}

impl Tag<'_> {
    fn guard(&mut self) {
        // The targets of `set`, `for` and `call` are no expressions.
        let first = self.tokens.first().map(|t| &self.source[t.at.clone()]);
        let end = match first {
            Some("set") => self.tokens.iter().position(|t| t.kind == Kind::Assign),
            Some("for") => self.tokens.iter().skip(1).position(|t| t.kind == Kind::Between).map(|n| n + 1),
            Some("call") if self.tokens.get(1).is_some_and(|t| t.kind == Kind::Open('(')) => Some(self.close(1)),
            _ => None,
        };
        let start = end.map_or(0, |n| n + 1);
        self.level(start..self.tokens.len(), Around::Plain);
    }

    /// The expressions side by side between two brackets: runs of tokens that are parted by words, commas or comparisons.
    fn level(&mut self, range: Range<usize>, around: Around) {
        let (mut runs, mut at): (Vec<Range<usize>>, usize) = (Vec::new(), range.start);
        let mut start = range.start;
        while at < range.end {
            match self.tokens[at].kind {
                Kind::Open(_) => at = self.close(at).min(range.end - 1),
                Kind::Comma | Kind::Colon | Kind::Assign | Kind::Compare | Kind::In | Kind::Between => {
                    runs.push(start..at);
                    start = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        runs.push(start..range.end);
        for (n, run) in runs.iter().enumerate().filter(|(_, run)| !run.is_empty()) {
            self.inside(run.clone());
            let before = run.start.checked_sub(1).filter(|&b| b >= range.start).map(|b| self.tokens[b].kind);
            let after = self.tokens.get(run.end).filter(|_| run.end < range.end).map(|t| t.kind);
            if after == Some(Kind::Assign) || self.is_literal(run) {
                continue;
            }
            let beside = |other: Option<&Range<usize>>| other.is_some_and(|run| !self.is_literal(run));
            let compared = match (before, after) {
                (_, Some(Kind::In)) | (Some(Kind::In), _) => true,
                (Some(Kind::Compare), _) if n > 0 && beside(runs.get(n - 1)) => true,
                (_, Some(Kind::Compare)) => beside(runs.get(n + 1)),
                _ => false,
            };
            let guard = match around {
                Around::Mapping if after == Some(Kind::Colon) => Some(KEY),
                Around::Mapping | Around::Items => Some(WHOLE),
                Around::Plain if compared => Some(WHOLE),
                Around::Plain if self.may_grow(run) => Some(SIZED),
                Around::Plain => None,
            };
            if let Some(guard) = guard {
                self.around(run.clone(), guard);
            }
        }
    }

    /// What stands in the brackets of a run.
    fn inside(&mut self, run: Range<usize>) {
        let mut at = run.start;
        while at < run.end {
            let Kind::Open(bracket) = self.tokens[at].kind else {
                at += 1;
                continue;
            };
            let close = self.close(at);
            let follows =
                at > run.start && matches!(self.tokens[at - 1].kind, Kind::Name | Kind::Close | Kind::Literal);
            let inner = at + 1..close;
            match (bracket, follows) {
                ('[', true) => {
                    self.level(inner.clone(), Around::Plain);
                    if self.has(inner, Kind::Colon) {
                        let chain = self.chain(at, run.start);
                        self.around(chain..at, WHOLE);
                        self.around(chain..close + 1, FLAT);
                    }
                }
                ('(', true) => {
                    let callee = &self.source[self.tokens[at - 1].at.clone()];
                    let kept = matches!(callee, "changed" | "cycle" | "namespace" | "dict");
                    self.level(inner, if kept { Around::Items } else { Around::Plain });
                }
                ('{', _) => self.level(inner, Around::Mapping),
                ('[', false) => self.level(inner, Around::Items),
                _ if self.has(inner.clone(), Kind::Comma) => self.level(inner, Around::Items),
                _ => self.level(inner, Around::Plain),
            }
            at = close + 1;
        }
    }

    fn around(&mut self, tokens: Range<usize>, guard: &'static str) {
        if let (Some(first), Some(last)) = (self.tokens.get(tokens.start), self.tokens.get(tokens.end - 1)) {
            self.guards.push((first.at.start..last.at.end, guard));
        }
    }

    /// The bracket that closes the one at `open`.
    fn close(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (n, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return n;
            }
        }
        self.tokens.len().saturating_sub(1)
    }

    /// Where the value begins that the subscript at `open` is taken of: `a.b(c)[…]`.
    fn chain(&self, open: usize, least: usize) -> usize {
        let mut at = open;
        while at > least {
            let before = &self.tokens[at - 1];
            match before.kind {
                Kind::Close => {
                    let mut opens = (least..at)
                        .filter(|&n| matches!(self.tokens[n].kind, Kind::Open(_)) && self.close(n) == at - 1);
                    at = opens.next_back().unwrap_or(least);
                }
                Kind::Dot => at -= 1,
                Kind::Name | Kind::Literal
                    if at == open || matches!(self.tokens[at].kind, Kind::Dot | Kind::Open('(' | '[')) =>
                {
                    at -= 1;
                }
                _ => break,
            }
        }
        at
    }

    fn has(&self, range: Range<usize>, kind: Kind) -> bool {
        let mut at = range.start;
        while at < range.end {
            match self.tokens[at].kind {
                found if found == kind => return true,
                Kind::Open(_) => at = self.close(at),
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// One short literal: to compare with it takes no time.
    fn is_literal(&self, run: &Range<usize>) -> bool {
        const SHORT: usize = 1_000;
        let tokens = &self.tokens[run.clone()];
        tokens.len() == 1 && tokens[0].kind == Kind::Literal && tokens[0].at.len() <= SHORT
    }

    /// Whether the result may be a longer list than any before: a number or a text at either end of a sum rules that out.
    fn may_grow(&self, run: &Range<usize>) -> bool {
        let times = self.has(run.clone(), Kind::Times);
        let tokens = &self.tokens[run.clone()];
        let literal = |n: usize, beside: usize| {
            tokens.get(n).is_some_and(|t| t.kind == Kind::Literal)
                && tokens.get(beside).is_some_and(|t| t.kind == Kind::Plus)
        };
        let names = tokens.iter().any(|t| matches!(t.kind, Kind::Name | Kind::Open(_)));
        let ruled_out = !times && tokens.len() > 2 && (literal(0, 1) || literal(tokens.len() - 1, tokens.len() - 2));
        names && !ruled_out && (times || self.has(run.clone(), Kind::Plus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_what_the_author_wrote() {
        for source in [
            "((a)) == b",
            "f(((a == b)), ')|__whole) ((', \"it\\\"s (\")",
            "((x.y))[-5:][0] | f",
            "{'a': ((b)), ((c)): (1)}",
            "['é', ((t)), [1, 'a']]",
        ] {
            let tag = format!("{{{{ {source} }}}}");
            let run = guarded(&tag);
            assert_ne!(run, tag, "{source}");
            assert_eq!(bare(&run), tag);
        }
        assert_eq!(bare("(a.b)|__whole"), "a.b");
    }

    #[test]
    fn only_what_can_cost_much_is_guarded() {
        for (source, expected) in [
            ("a {{ b }} c {% if a == 'x' and b.c != 1 %}{% endif %}", None),
            ("{% for x in xs if x.a > 2 %}{{ loop.index + 1 }}{{ '=' * 40 }}{% endfor %}", None),
            ("{% if a == b %}", Some("{% if ((a)|__whole) == ((b)|__whole) %}")),
            ("{% if not a.b not in c|list %}", Some("{% if not ((a.b)|__whole) not in ((c|list)|__whole) %}")),
            ("{% if a is not defined or a < b %}", Some("{% if a is not defined or ((a)|__whole) < ((b)|__whole) %}")),
            ("{% set n.t = n.t + n.t %}", Some("{% set n.t = ((n.t + n.t)|__sized) %}")),
            ("{% set n.t = n.t * 2 %}", Some("{% set n.t = ((n.t * 2)|__sized) %}")),
            (
                "{% set t = [t, [1, 'a'], t] %}",
                Some("{% set t = [((t)|__whole), (([1, 'a'])|__whole), ((t)|__whole)] %}"),
            ),
            ("{{ a.b(1)[1:] }}", Some("{{ ((((a.b(1))|__whole)[1:])|__flat) }}")),
            ("{{ x.y[-5:][0] | f }}", Some("{{ ((((x.y)|__whole)[-5:])|__flat)[0] | f }}")),
            ("{{ {'a': b, c: 1} }}", Some("{{ {'a': ((b)|__whole), ((c)|__key): 1} }}")),
            ("{% set n = namespace(a=b, c=1) %}", Some("{% set n = namespace(a=((b)|__whole), c=1) %}")),
            ("{{ x if a == b else y }}", Some("{{ x if ((a)|__whole) == ((b)|__whole) else y }}")),
        ] {
            assert_eq!(guarded(source), expected.unwrap_or(source), "{source}");
        }
    }
}
