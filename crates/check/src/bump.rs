//! Writing a version into a prompt's front matter: one edit, everything else stays as it was typed.

use prompt::Prompt;
use source::{Fix, Version};

use crate::{Released, Subject};

/// The edit that makes `version` the version of `prompt`, quotes and comments kept.
pub fn rewrite(prompt: &Prompt, version: &Version) -> Option<Fix> {
    let span = prompt.value_place(&["version"])?.span;
    let written = prompt.text.slice(span);
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let text = match quote {
        Some(quote) => format!("{quote}{version}{quote}"),
        None => version.to_string(),
    };
    Some(Fix { edits: vec![(span, text)] })
}

/// The lowest version from `wanted` on that is not released yet, the patch number counted up.
pub fn free(releases: &[Released], wanted: Version) -> Version {
    let mut version = wanted;
    while releases.iter().any(|released| released.version == version) {
        let (major, minor, patch) = version.core();
        version = Version::from_core(major, minor, patch + 1);
    }
    version
}

/// The version that `prompt` should have after what changed since its base; `None` where its own says enough.
pub fn honest(subject: &Subject<'_>, prompt: &Prompt) -> Option<Version> {
    let compared = subject.compared(prompt)?;
    let (base, needed) = (compared.version, compared.contract.bump());
    if needed.is_announced(base, &prompt.front_matter.version) {
        return None;
    }
    Some(free(subject.history.releases(&prompt.id), needed.next(base)))
}
