//! Configuration that was given for one run: `GIT_CONFIG_COUNT` and its pairs, and what `git -c` leaves for its children.

use gix_config::file::Metadata;
use gix_config::{File, KeyRef, Source};

use crate::{Environment, Error, Result};

/// A key and its value; no value means that only the key was given, which git takes for true.
pub(super) type Pair = (String, Option<String>);

/// `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_0`, `GIT_CONFIG_VALUE_0`, …
pub(super) fn counted(environment: &Environment) -> Result<Vec<Pair>> {
    let Some(count) = environment.text("GIT_CONFIG_COUNT") else { return Ok(Vec::new()) };
    let wrong = |what: &str| Error::Config(format!("{what} is missing or malformed"));
    let count: u32 = count.trim().parse().map_err(|_| wrong("GIT_CONFIG_COUNT"))?;
    let pair = |i| {
        let (key, value) = (format!("GIT_CONFIG_KEY_{i}"), format!("GIT_CONFIG_VALUE_{i}"));
        let found = environment.text(&key).ok_or_else(|| wrong(&key))?;
        Ok((found.to_owned(), Some(environment.text(&value).unwrap_or("").to_owned())))
    };
    (0..count.min(10_000)).map(pair).collect()
}

/// `GIT_CONFIG_PARAMETERS`: `'key'='value'`, or `'key=value'` as older versions of git wrote it, quoted for a shell.
pub(super) fn parameters(environment: &Environment) -> Result<Vec<Pair>> {
    let Some(text) = environment.text("GIT_CONFIG_PARAMETERS") else { return Ok(Vec::new()) };
    let wrong = || Error::Config("GIT_CONFIG_PARAMETERS is malformed".to_owned());
    let mut rest = text.trim();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (first, after) = quoted(rest).ok_or_else(wrong)?;
        let pair = match after.strip_prefix('=') {
            Some(value) if value.starts_with('\'') => {
                let (value, after) = quoted(value).ok_or_else(wrong)?;
                rest = after;
                (first, Some(value))
            }
            Some(after) => {
                rest = after;
                (first, None)
            }
            None => {
                rest = after;
                match first.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                    None => (first, None),
                }
            }
        };
        pairs.push(pair);
        rest = rest.trim_start();
    }
    Ok(pairs)
}

/// Reads one word in single quotes, in which `'\''` and `'\!'` stand for a quote and an exclamation mark.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut word = String::new();
    loop {
        let end = rest.find('\'')?;
        word.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix("\\'").map(|r| ('\'', r)).or_else(|| rest.strip_prefix("\\!").map(|r| ('!', r))) {
            Some((c, after)) => {
                word.push(c);
                rest = after.strip_prefix('\'')?;
            }
            None => return Some((word, rest)),
        }
    }
}

/// Adds one value at the end.
pub(super) fn push(file: &mut File, source: Source, key: &str, value: Option<&str>) -> Result<()> {
    let wrong = || Error::Config(format!("`{key}` is no key"));
    let parsed = KeyRef::parse_unvalidated(key.into()).ok_or_else(wrong)?;
    let mut one = File::new(Metadata::from(source));
    let mut section =
        one.new_section(parsed.section_name, parsed.subsection_name.map(ToOwned::to_owned)).map_err(|_| wrong())?;
    section.push(parsed.value_name, value.map(Into::into)).map_err(|_| wrong())?;
    file.append(one).map_err(|_| wrong())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn quoted_pairs_read_back(key in "[a-z]{1,8}\\.[a-zA-Z0-9 ]{1,8}", value in "[ -~]{0,20}") {
            let quote = |s: &str| format!("'{}'", s.replace('\'', "'\\''").replace('!', "'\\!'"));
            let text = format!("{}={}", quote(&key), quote(&value));
            let read = parameters(&Environment::new([("GIT_CONFIG_PARAMETERS", text)])).unwrap();
            proptest::prop_assert_eq!(read, [(key, Some(value))]);
        }

        #[test]
        fn no_text_is_too_strange(text: String) {
            let _ = parameters(&Environment::new([("GIT_CONFIG_PARAMETERS", text)]));
        }
    }

    #[test]
    fn what_git_leaves_for_its_children_is_read() {
        let read = |text: &str| parameters(&Environment::new([("GIT_CONFIG_PARAMETERS", text)]));
        let pair = |k: &str, v: Option<&str>| (k.to_owned(), v.map(str::to_owned));
        assert_eq!(
            read("'user.name'='it'\\''s me' 'core.bare'= 'old.key=a=b'").unwrap(),
            [pair("user.name", Some("it's me")), pair("core.bare", None), pair("old.key", Some("a=b"))]
        );
        assert!(read("'open").is_err());
        assert!(read("bare=word").is_err());
    }
}
