//! Writing a version into a prompt's front matter: one edit, everything else stays as it was typed.

use prompt::Prompt;
use source::{Fix, Version};

use crate::contract::{Bump, Contract};
use crate::{Released, Subject};

/// The rules that a higher version settles.
pub const RULES: [&str; 10] = [
    "bump-too-small",
    "input-narrowed",
    "input-removed",
    "input-required",
    "output-format-changed",
    "output-widened",
    "schema-incomparable",
    "tool-added",
    "tool-widened",
    "version-not-bumped",
];

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

/// The version that `version`, which follows `base`, should be after what `contract` tells; `None` where it says enough.
///
/// One that is lower than its base never does. Where nothing changed beside it, the base's own is the honest one.
pub fn due(base: &Version, version: &Version, contract: &Contract, releases: &[Released]) -> Option<Version> {
    let demanded = contract.demanded();
    if demanded.is_announced(base, version) {
        return None;
    }
    Some(match demanded {
        Bump::None => base.clone(),
        _ => free(releases, demanded.next(base)),
    })
}

/// The version that `prompt` should have after what changed since its base; `None` where its own says enough.
pub fn honest(subject: &Subject<'_>, prompt: &Prompt) -> Option<Version> {
    let compared = subject.compared(prompt)?;
    let releases = subject.history.releases(&prompt.id);
    due(compared.version, &prompt.front_matter.version, &compared.contract, releases)
}

/// Whether the version of `prompt` can be judged: its template compiles, and what it differs from could be read.
pub fn is_judged(subject: &Subject<'_>, prompt: &Prompt) -> bool {
    let Some(content) = subject.content(prompt) else { return false };
    let base = subject.history.base_of(&prompt.id, &prompt.front_matter.version);
    subject.compared(prompt).is_some() || base.is_none_or(|base| !base.is_left_by(content, &prompt.front_matter))
}
