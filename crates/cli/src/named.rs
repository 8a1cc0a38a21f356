//! Names as they are typed on the command line, with errors that read well there.

use std::str::FromStr;

use ledger::RefName;
use ledger::record::Reason;
use source::{Digest, NameError, PromptId, RepoPath, Timestamp, Version};

/// Reads an id, an environment or a version.
pub(crate) fn name<T: FromStr<Err = NameError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: NameError| format!("not {}: {}", e.what, e.why))
}

/// Reads a prompt's id, or the path of its file as it is typed from the top of the prompt root or above:
/// `prompts/mail/reply.md` is `mail/reply`.
pub(crate) fn prompt(text: &str) -> Result<PromptId, String> {
    if let Some((id, _)) = text.split_once('@').filter(|(id, _)| name::<PromptId>(id).is_ok()) {
        return Err(format!("write the id alone, {id}"));
    }
    let Some(path) = text.strip_suffix(".md") else { return name(text) };
    let path = path.trim_start_matches("./").replace('\\', "/");
    let id = match path.split_once("prompts/") {
        Some((above, id)) if above.is_empty() || above.ends_with('/') => id,
        _ => &path,
    };
    name(id).map_err(|why| format!("{why}: write the id, the path below prompts/ without .md"))
}

/// What is run or looked after: every suite of a prompt, or one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tested {
    /// The suites of this prompt.
    Prompt(PromptId),
    /// This suite.
    Suite(RepoPath),
}

/// Reads a prompt's id or file, or the path of a suite: `evals/mail/reply.smoke.yaml`.
pub(crate) fn tested(text: &str) -> Result<Tested, String> {
    if !text.ends_with(".yaml") {
        return prompt(text).map(Tested::Prompt).map_err(|why| match text.contains('.') && !text.contains('@') {
            true => format!("{why}; one suite alone is named by its path: evals/{text}.yaml"),
            false => why,
        });
    }
    let path = text.trim_start_matches("./").replace('\\', "/");
    let below = match path.split_once("evals/") {
        Some((above, below)) if above.is_empty() || above.ends_with('/') => below,
        _ => &path,
    };
    let path = RepoPath::new(&format!("evals/{below}")).ok().filter(|path| eval::suite::prompt_of(path).is_some());
    path.map(Tested::Suite).ok_or_else(|| "not the path of a suite, such as evals/support/triage.yaml".to_owned())
}

/// The same for a command that takes a version as `--to`.
pub(crate) fn prompt_to(text: &str) -> Result<PromptId, String> {
    prompt(text).map_err(|why| match text.split_once('@') {
        Some((_, version)) => format!("{why}; the version is given as --to {version}"),
        None => why,
    })
}

/// Reads a digest as records carry it.
pub(crate) fn digest(text: &str) -> Result<Digest, String> {
    Digest::from_tagged(text).map_err(|_| "not a digest: write sha256: and 64 lower-case hex digits".to_owned())
}

/// Reads the name of a ledger tag, as it is printed or in full.
pub(crate) fn tag(text: &str) -> Result<RefName, String> {
    let short = text.strip_prefix("refs/tags/").unwrap_or(text);
    short.parse().map_err(|_| "not the name of an entry, such as env/prod/support/triage@00000002".to_owned())
}

/// Reads a reason.
pub(crate) fn reason(text: &str) -> Result<Reason, String> {
    let bare =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '”' | '<' | '>' | '[' | ']'));
    if matches!(bare, "…" | "..." | "REASON") {
        return Err("that only stands for a reason: say why, in your own words".to_owned());
    }
    Reason::new(text).map_err(|e| e.0.to_owned())
}

/// Reads a moment.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || "not a time such as 2026-11-22T15:00:00Z or 2026-11-22".to_owned();
    // As moments beyond the calendar are shown.
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().map(Timestamp).map_err(|_| wrong());
    }
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    let hours = time.rsplit_once(['+', '-']).and_then(|(_, offset)| offset.get(..2)?.parse::<u8>().ok());
    if hours.is_some_and(|hours| hours > 23) {
        return Err(wrong());
    }
    Timestamp::parse(text).map_err(|_| wrong())
}

/// Reads a moment up to which something counts: a bare date means its last second.
pub(crate) fn end(text: &str) -> Result<Timestamp, String> {
    let Timestamp(start) = moment(text)?;
    Ok(Timestamp(if text.len() == 10 { start + 86_399 } else { start }))
}

/// Reads a span of time in seconds.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    let span: Result<policy::Duration, _> = text.parse();
    span.map(|span| span.0).map_err(|e| e.to_string())
}

/// A moment to come, or how long it is until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// At this moment.
    At(Timestamp),
    /// So many seconds from now.
    In(u64),
}

impl Until {
    /// The moment.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::In(seconds) => Timestamp(now.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))),
        }
    }
}

/// Reads a moment to come.
pub(crate) fn until(text: &str) -> Result<Until, String> {
    let wrong = |_| "not a span such as 3d or 12h, nor a time such as 2026-11-22T15:00:00Z".to_owned();
    seconds(text).map(Until::In).or_else(|_| Timestamp::parse(text).map(Until::At)).map_err(wrong)
}

/// A prompt, or one release of it: `support/triage`, `support/triage@1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The prompt.
    pub(crate) id: PromptId,
    /// The version, where one is named.
    pub(crate) version: Option<Version>,
}

impl FromStr for Meant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            Some((id, version)) => Ok(Self { id: prompt(id)?, version: Some(name(version)?) }),
            None => Ok(Self { id: prompt(text)?, version: None }),
        }
    }
}

/// A release as people write it: `support/triage@1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Released {
    /// The prompt.
    pub(crate) id: PromptId,
    /// The version.
    pub(crate) version: Version,
}

impl FromStr for Released {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, version) = text.split_once('@').ok_or("write it as ID@VERSION, such as support/triage@1.2.0")?;
        Ok(Self { id: prompt(id)?, version: name(version)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_the_id_it_names() {
        for typed in [
            "mail/reply",
            "prompts/mail/reply.md",
            "./prompts/mail/reply.md",
            "mail/reply.md",
            "a/b/prompts/mail/reply.md",
        ] {
            assert_eq!(prompt(typed).map(|id| id.to_string()).as_deref(), Ok("mail/reply"), "{typed}");
        }
        for typed in ["Mail/reply", "prompts/blocks/tone.md", "../x.md"] {
            assert!(prompt(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_suite_is_named_by_its_path() {
        for typed in ["evals/a/b.smoke.yaml", "./evals/a/b.smoke.yaml", "a/b.smoke.yaml", "x/evals/a/b.smoke.yaml"] {
            let Ok(Tested::Suite(path)) = tested(typed) else { panic!("{typed}") };
            assert_eq!(path.as_str(), "evals/a/b.smoke.yaml", "{typed}");
        }
        assert_eq!(tested("prompts/a/b.md"), Ok(Tested::Prompt("a/b".parse().unwrap())));
        assert!(tested("b.smoke").unwrap_err().ends_with("named by its path: evals/b.smoke.yaml"));
        assert!(tested("evals/A b.yaml").is_err() && tested("../x.yaml").is_err());
    }

    #[test]
    fn a_placeholder_is_no_reason() {
        for typed in ["…", "\"…\"", "...", " “…” ", "<REASON>"] {
            assert!(reason(typed).is_err(), "{typed}");
        }
        assert!(reason("it answers in French …").is_ok());
    }

    #[test]
    fn a_moment_may_carry_any_zone() {
        let utc = moment("2026-11-22T15:00:00Z").unwrap();
        for same in ["2026-11-22T16:00:00+01:00", "2026-11-22T09:30:00-05:30", "2026-11-23T00:00:00+09:00"] {
            assert_eq!(moment(same), Ok(utc), "{same}");
        }
        assert_eq!(moment(&format!("@{}", utc.0)), Ok(utc));
        assert_eq!(moment("2026-11-22"), moment("2026-11-22T00:00:00Z"));
        for wrong in ["2026-11-22T15:00:00+24:00", "2026-11-22T15:00:00-99:00", "yesterday", "", "@", "2026-13-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
