//! Globs over prompt ids: `support/*`, `legal/**`, `**`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use source::PromptId;

/// A glob over prompt ids: `*` stands for any text inside one segment, a segment `**` for any number of segments.
///
/// Deliberately no `?`, classes or braces: a person must see at once whom a pattern lets in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(String);

/// Why a text is no [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pattern over prompt ids: {why}")]
pub struct PatternError {
    /// What was given.
    pub text: String,
    /// What is wrong.
    pub why: &'static str,
}

impl Pattern {
    /// Whether the pattern covers `id`.
    pub fn matches(&self, id: &PromptId) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let id: Vec<&str> = id.as_str().split('/').collect();
        segments_match(&pattern, &id)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every id is covered.
    pub fn is_everything(&self) -> bool {
        self.0.split('/').all(|segment| segment == "**")
    }

    /// An id that the pattern covers, made by putting `any` in place of each wildcard; for asking "could anybody …".
    pub fn example(&self) -> Option<PromptId> {
        self.0.replace("**", "any").replace('*', "any").parse().ok()
    }
}

/// Ids have at most six segments, so plain backtracking over `**` stays small.
fn segments_match(pattern: &[&str], id: &[&str]) -> bool {
    match (pattern.split_first(), id.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=id.len()).any(|n| segments_match(rest, &id[n..])),
        (Some((p, patterns)), Some((s, segments))) => segment_matches(p, s) && segments_match(patterns, segments),
        _ => false,
    }
}

/// First literal at the start, last at the end, those between in order, leftmost first.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == segment };
    let Some(mut middle) = segment.strip_prefix(first) else { return false };
    let (between, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for literal in between.split('*').filter(|l| !l.is_empty()) {
        match middle.find(literal) {
            Some(at) => middle = &middle[at + literal.len()..],
            None => return false,
        }
    }
    middle.ends_with(last)
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let wrong = |why| Err(PatternError { text: text.to_owned(), why });
        if text.len() > 180 || text.split('/').count() > 12 {
            return wrong("it is longer than any id");
        }
        let known = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/');
        if !text.bytes().all(known) {
            return wrong("ids are made of a-z, 0-9, `_`, `-` and `/`, patterns also of `*` and `**`");
        }
        if text.split('/').any(|segment| segment.is_empty()) {
            return wrong("no segment may be empty");
        }
        if text.split('/').any(|segment| segment != "**" && segment.contains("**")) {
            return wrong("`**` stands alone between slashes");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^(\*\*|\*|\*?[a-z0-9_-]+(\*[a-z0-9_-]+)*\*?)(/(\*\*|\*|\*?[a-z0-9_-]+(\*[a-z0-9_-]+)*\*?))*$",
            "description": "A glob over prompt ids: `support/*`, `legal/**`, `**`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_one_reads() {
        let covers = |p: &str, id: &str| p.parse::<Pattern>().unwrap().matches(&id.parse().unwrap());
        for (p, id) in [
            ("**", "a"),
            ("**", "a/b/c"),
            ("support/*", "support/triage"),
            ("support/**", "support/a/b"),
            ("**/triage", "triage"),
            ("**/triage", "a/b/triage"),
            ("a/**/z", "a/z"),
            ("a/**/z", "a/b/c/z"),
            ("sup*/t*-*x", "support/tri-age-x"),
            ("*ab*", "abab"),
            ("a*a", "aba"),
        ] {
            assert!(covers(p, id), "{p} {id}");
        }
        for (p, id) in [
            ("*", "a/b"),
            ("support/*", "support/a/b"),
            ("support/**", "supporting/x"),
            ("support", "support/x"),
            ("a*a", "a"),
            ("*ab*ab", "ab"),
            ("a/**/z", "a/zz"),
        ] {
            assert!(!covers(p, id), "{p} {id}");
        }
    }

    #[test]
    fn only_plain_globs_are_patterns() {
        for bad in ["", "/a", "a/", "a//b", "A", "a?", "[a]", "{a,b}", "a**", "a/b**/c", ".", "../x", "é"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
        assert_eq!("legal/**".parse::<Pattern>().unwrap().example().unwrap().as_str(), "legal/any");
    }
}
