//! Writing a version into a prompt's front matter: one edit, everything else stays as it was typed.

use prompt::Prompt;
use source::{Fix, Version};

use crate::contract::{Bump, bump::next_pre_release};
use crate::history::base_among;
use crate::{Compared, Released, Subject};

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

/// The lowest version from `wanted` on that is not released yet: the patch number counted up, or the number of a pre-release.
pub fn free(releases: &[Released], wanted: Version) -> Version {
    let mut version = wanted;
    while releases.iter().any(|released| released.version == version) {
        let (major, minor, patch) = version.core();
        version = next_pre_release(&version).unwrap_or_else(|| Version::from_core(major, minor, patch + 1));
    }
    version
}

/// The version that `prompt` should have after what changed since its base; `None` where its own says enough.
pub fn honest(subject: &Subject<'_>, prompt: &Prompt) -> Option<Version> {
    honest_beside(subject, prompt, &[])
}

/// The same where `taken` was released beside what `subject` is compared with: no number is given twice.
pub fn honest_beside(subject: &Subject<'_>, prompt: &Prompt, taken: &[Released]) -> Option<Version> {
    let compared = subject.compared(prompt)?;
    let version = &prompt.front_matter.version;
    if went_below(subject, prompt).is_some() || !compared.contract.demanded().is_announced(compared.version, version) {
        return Some(next(subject, prompt, compared, taken));
    }
    let settled = settled(subject, prompt, compared, taken, version.clone());
    (taken.iter().any(|released| released.version == *version) && settled != *version).then_some(settled)
}

/// The version that `prompt` went below: that of the revision it is compared with, or of its base.
pub(crate) fn went_below<'s>(subject: &'s Subject<'_>, prompt: &Prompt) -> Option<&'s Version> {
    let floor = subject.history.floor(&prompt.id);
    let base = subject.compared(prompt).map(|compared| compared.version);
    floor.into_iter().chain(base).filter(|known| prompt.front_matter.version < **known).max()
}

/// The version to write into `prompt`: the lowest that says what changed, to whichever release it is then held against.
///
/// One that only went down is what it was. A pre-release that was edited becomes the next one of its line.
pub(crate) fn next(subject: &Subject<'_>, prompt: &Prompt, compared: &Compared<'_>, taken: &[Released]) -> Version {
    let (base, version) = (compared.version, &prompt.front_matter.version);
    let mut start = match compared.contract.demanded() {
        Bump::None => base.clone(),
        bump if base == version => bump.due(base, version),
        bump => bump.next(base),
    };
    if let Some(floor) = subject.history.floor(&prompt.id).filter(|floor| version < floor) {
        let releases = subject.history.releases(&prompt.id);
        let same = releases.iter().find(|released| released.version == *floor).zip(subject.content(prompt));
        if same.is_some_and(|(released, content)| !released.differs_from(content, &prompt.front_matter)) {
            return floor.clone();
        }
        let (major, minor, patch) = floor.core();
        start = start.max(Version::from_core(major, minor, patch));
    }
    settled(subject, prompt, compared, taken, start)
}

/// The lowest version from `start` on that stays honest when it is held against the release that it then follows.
fn settled(
    subject: &Subject<'_>,
    prompt: &Prompt,
    compared: &Compared<'_>,
    taken: &[Released],
    start: Version,
) -> Version {
    let Some(content) = subject.content(prompt) else { return start };
    let mut known = [taken, subject.history.releases(&prompt.id)].concat();
    known.sort_by(|a, b| a.version.cmp(&b.version));
    let bump = compared.contract.demanded();
    let mut version = start;
    // Each step goes above one more release.
    for _ in 0..=known.len() {
        let Some(rival) = base_among(&known, &version).filter(|rival| rival.version != *compared.version) else {
            break;
        };
        let same = !rival.differs_from(content, &prompt.front_matter);
        let against = || subject.against(prompt, content, &rival.version);
        let needed = match (!same).then(against) {
            None => Bump::None,
            Some(Some(contract)) => contract.demanded(),
            // Above the base it differs at least as what was compared does; below it nobody can tell.
            Some(None) if rival.version > *compared.version => bump.max(Bump::Minor),
            Some(None) => Bump::None,
        };
        if rival.version > version || needed.is_announced(&rival.version, &version) {
            break;
        }
        version = needed.due(&rival.version, &version);
    }
    version
}

/// Whether the version of `prompt` can be judged: its template compiles, and what it differs from could be read.
pub fn is_judged(subject: &Subject<'_>, prompt: &Prompt) -> bool {
    let Some(content) = subject.content(prompt) else { return false };
    let base = subject.history.base_of(&prompt.id, &prompt.front_matter.version);
    subject.compared(prompt).is_some() || base.is_none_or(|base| !base.is_left_by(content, &prompt.front_matter))
}

#[cfg(test)]
mod tests {
    use source::{Digest, Risk};

    use super::*;

    #[test]
    fn the_next_number_stays_in_its_line() {
        let release =
            |text: &str| Released { version: text.parse().unwrap(), content: Digest::of(b""), risk: Risk::Low };
        let taken = ["2.0.0-rc.2", "2.0.0-rc.3", "1.1.0"].map(release);
        for (wanted, given) in [("2.0.0-rc.2", "2.0.0-rc.4"), ("2.0.0-rc.1", "2.0.0-rc.1"), ("1.1.0", "1.1.1")] {
            assert_eq!(free(&taken, wanted.parse().unwrap()).to_string(), given);
        }
    }
}
