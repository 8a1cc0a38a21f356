//! The names that tags, paths and records carry: parsed once, then trusted.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::RepoPath;

/// Why a text is none of the names of this module. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{text}` as {what}: {why}")]
pub struct NameError {
    /// What was given.
    pub text: String,
    /// What it should have been: `a prompt id`, `an environment`, …
    pub what: &'static str,
    /// The rule it breaks.
    pub why: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let rule: fn(&str) -> Result<(), &'static str> = $rule;
                rule(text).map_err(|why| NameError { text: text.to_owned(), what: $what, why })?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// A prompt's id: its path under `prompts/` without `.md`.
    PromptId,
    "a prompt id",
    |text| {
        segments(text)?;
        if text.starts_with("blocks") && matches!(text.as_bytes().get(6), None | Some(b'/')) {
            return Err("`blocks/` holds blocks, not prompts");
        }
        Ok(())
    }
);

name!(
    /// A block's name as an include spells it: `blocks/json-only.md`.
    BlockName,
    "a block name",
    |text| {
        let inner = text.strip_prefix("blocks/").ok_or("a block lies under `blocks/`")?;
        segments(inner.strip_suffix(".md").ok_or("a block ends in `.md`")?)
    }
);

name!(
    /// An environment: dev, staging, prod, as policy names them.
    EnvName,
    "an environment",
    |text| {
        let bytes = text.as_bytes();
        let inner = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        match (bytes.first(), bytes.last()) {
            (Some(b'a'..=b'z'), Some(last)) if bytes.len() <= 32 && *last != b'-' && bytes.iter().all(inner) => Ok(()),
            _ => Err("1 to 32 of a-z, 0-9 and `-`, starting with a letter and not ending in `-`"),
        }
    }
);

name!(
    /// A model as routes, suites and policy spell it: `provider/model`, where the model may hold further slashes.
    ModelName,
    "a model",
    |text| {
        let (provider, model) = text.split_once('/').ok_or("a model is written `provider/model`")?;
        let sound = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if provider.is_empty() || !provider.bytes().all(sound) {
            return Err("a provider's name is made of a-z, 0-9, `_` and `-`");
        }
        let fits = !model.is_empty() && text.len() <= 200;
        let plain = model.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`' | b'\\'));
        if fits && plain { Ok(()) } else { Err("a model's name is 1 to 200 printable ASCII characters without spaces or quotes") }
    }
);

impl ModelName {
    /// The part before the first slash.
    pub fn provider(&self) -> &str {
        self.0.split_once('/').map_or("", |(provider, _)| provider)
    }

    /// The part after the first slash, as the provider knows it.
    pub fn model(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, model)| model)
    }
}

impl PromptId {
    /// The file it names, below the prompt root.
    pub fn path(&self) -> RepoPath {
        RepoPath::new(&format!("prompts/{self}.md")).expect("an id has only sound segments")
    }

    /// The id of the file at `path`; `None` where the path lies elsewhere than `prompts/**.md`, blocks included.
    pub fn of_path(path: &RepoPath) -> Option<Result<Self, NameError>> {
        let stem = path.below("prompts")?.strip_suffix(".md")?;
        if stem.starts_with("blocks/") { None } else { Some(stem.parse()) }
    }

    /// The id that the suite at `path` tests, `evals/<id>.yaml` or `evals/<id>.<name>.yaml`; `None` where the path lies elsewhere
    /// or names no prompt.
    pub fn of_suite(path: &RepoPath) -> Option<Self> {
        let name = path.below("evals")?.strip_suffix(".yaml")?;
        let file = name.rfind('/').map_or(0, |slash| slash + 1);
        let end = name[file..].find('.').map_or(name.len(), |dot| file + dot);
        name[..end].parse().ok()
    }
}

impl BlockName {
    /// The file it names, below the prompt root.
    pub fn path(&self) -> RepoPath {
        RepoPath::new(&format!("prompts/{self}")).expect("a block name has only sound segments")
    }

    /// The block in the file at `path`; `None` where the path lies elsewhere than `prompts/blocks/**.md`.
    pub fn of_path(path: &RepoPath) -> Option<Result<Self, NameError>> {
        let name = path.below("prompts")?;
        (name.starts_with("blocks/") && name.ends_with(".md")).then(|| name.parse())
    }
}

/// 1 to 6 segments of `[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?`, at most 180 bytes, none a Windows device.
fn segments(text: &str) -> Result<(), &'static str> {
    if text.len() > 180 {
        return Err("at most 180 bytes");
    }
    if text.split('/').count() > 6 {
        return Err("at most 6 segments");
    }
    text.split('/').try_for_each(segment)
}

fn segment(s: &str) -> Result<(), &'static str> {
    let end = |b: Option<&u8>| matches!(b, Some(b'a'..=b'z' | b'0'..=b'9'));
    let bytes = s.as_bytes();
    let inner = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    if !end(bytes.first()) || !end(bytes.last()) || bytes.len() > 64 || !bytes.iter().all(inner) {
        return Err("each segment is 1 to 64 of a-z, 0-9, `_` and `-`, starting and ending with a letter or digit");
    }
    let device = matches!(s, "con" | "prn" | "aux" | "nul")
        || (s.len() == 4 && (s.starts_with("com") || s.starts_with("lpt")) && bytes[3].is_ascii_digit());
    if device { Err("Windows reserves this name for a device") } else { Ok(()) }
}

/// A prompt's version: `x.y.z` with an optional lower-case pre-release, ordered as Semantic Versioning 2.0.0 says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

impl Version {
    /// The three numbers.
    pub fn core(&self) -> (u64, u64, u64) {
        (self.0.major, self.0.minor, self.0.patch)
    }

    /// Whether it carries a pre-release.
    pub fn is_pre_release(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The smallest release from here that says "major": `1.4.2` → `2.0.0`, `2.0.0-rc.1` → `2.0.0`.
    #[must_use]
    pub fn next_major(&self) -> Self {
        let (major, minor, patch) = self.core();
        let reached = self.is_pre_release() && (minor, patch) == (0, 0);
        Self::from_core(if reached { major } else { major.saturating_add(1) }, 0, 0)
    }

    /// The smallest release from here that says "minor": `1.4.2` → `1.5.0`, `1.5.0-rc.1` → `1.5.0`.
    #[must_use]
    pub fn next_minor(&self) -> Self {
        let (major, minor, patch) = self.core();
        let reached = self.is_pre_release() && patch == 0;
        Self::from_core(major, if reached { minor } else { minor.saturating_add(1) }, 0)
    }

    /// The smallest release from here that says "patch": `1.4.2` → `1.4.3`, `1.4.3-rc.1` → `1.4.3`.
    #[must_use]
    pub fn next_patch(&self) -> Self {
        let (major, minor, patch) = self.core();
        Self::from_core(major, minor, if self.is_pre_release() { patch } else { patch.saturating_add(1) })
    }

    /// The version of three numbers.
    pub fn from_core(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }
}

impl FromStr for Version {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = |why| NameError { text: text.to_owned(), what: "a version", why };
        if text.len() > 64 {
            return Err(wrong("at most 64 bytes"));
        }
        let version = semver::Version::parse(text)
            .map_err(|_| wrong("three numbers such as 1.4.0, with an optional pre-release such as 1.4.0-rc.1"))?;
        if !version.build.is_empty() {
            return Err(wrong("build metadata has no place in a version"));
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(wrong("a pre-release is lower-case"));
        }
        if text.ends_with(".lock") {
            return Err(wrong("git refuses names that end in `.lock`"));
        }
        Ok(Self(version))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_every_file_system_and_git_accept() {
        for good in ["a", "support/triage", "a/b/c/d/e/f", "blocksmith", "x_y-z9"] {
            assert!(good.parse::<PromptId>().is_ok(), "{good}");
        }
        for bad in
            ["", "A", "a/", "a//b", "a.b", "-a", "a-", "con", "x/lpt1", "blocks", "blocks/x", "a/b/c/d/e/f/g", "é"]
        {
            assert!(bad.parse::<PromptId>().is_err(), "{bad}");
        }
        assert!("a".repeat(65).parse::<PromptId>().is_err());
        assert_eq!("a/b".parse::<PromptId>().unwrap().path().as_str(), "prompts/a/b.md");
    }

    #[test]
    fn versions_order_as_semver_and_stay_plain() {
        let v = |s: &str| s.parse::<Version>().unwrap();
        assert!(v("1.0.0-rc.1") < v("1.0.0") && v("1.9.0") < v("1.10.0"));
        for bad in ["1.0", "v1.0.0", "1.0.0+x", "1.0.0-RC", "1.0.0-x.lock", "01.0.0"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
    }

    #[test]
    fn next_versions_are_the_smallest_that_say_so() {
        let next = |s: &str| {
            let v: Version = s.parse().unwrap();
            [v.next_major(), v.next_minor(), v.next_patch()].map(|v| v.to_string())
        };
        assert_eq!(next("1.4.2"), ["2.0.0", "1.5.0", "1.4.3"]);
        assert_eq!(next("1.4.2-rc.1"), ["2.0.0", "1.5.0", "1.4.2"]);
        assert_eq!(next("2.0.0-rc.1"), ["2.0.0", "2.0.0", "2.0.0"]);
    }

    #[test]
    fn environments_are_one_short_segment() {
        for bad in ["", "Prod", "1dev", "dev-", "a/b", &"e".repeat(33)] {
            assert!(bad.parse::<EnvName>().is_err(), "{bad}");
        }
        assert!("prod-eu".parse::<EnvName>().is_ok());
    }

    #[test]
    fn a_model_names_its_provider_first() {
        let m: ModelName = "openrouter/meta/llama-4:free".parse().unwrap();
        assert_eq!((m.provider(), m.model()), ("openrouter", "meta/llama-4:free"));
        for bad in ["gpt-5", "/x", "OpenAI/x", "openai/", "openai/a b"] {
            assert!(bad.parse::<ModelName>().is_err(), "{bad}");
        }
    }
}
