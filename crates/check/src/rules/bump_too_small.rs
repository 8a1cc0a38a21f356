//! A version that announces less than what changed.

use prompt::Prompt;
use source::{Finding, Place};

use crate::catalogue::Scope;
use crate::contract::{Bump, ChangeKind};
use crate::{Compared, Subject, bump};

pub(super) const ID: &str = "bump-too-small";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(compared) = unannounced(subject, prompt) else { return };
    let changes = compared.contract.changes.iter().filter(|change| change.kind.rule() == ID);
    let Some(gravest) = changes.max_by_key(|change| change.kind.bump()) else { return };
    if gravest.kind.bump().is_announced(&compared.base.version, &prompt.front_matter.version) {
        return;
    }
    found.push(finding(subject, prompt, compared, ID, &gravest.message));
}

/// What changed since the base, where the version does not say so. The release of this very version is not a bump too
/// small but none at all, which is another rule's to say.
pub(super) fn unannounced<'s>(subject: &'s Subject<'_>, prompt: &Prompt) -> Option<&'s Compared<'s>> {
    let compared = subject.compared(prompt)?;
    let version = &prompt.front_matter.version;
    let announced = compared.contract.bump().is_announced(&compared.base.version, version);
    (!announced && compared.base.version != *version).then_some(compared)
}

/// The findings about one kind of change that only a major version may bring.
pub(super) fn breaking(subject: &Subject<'_>, prompt: &Prompt, kind: ChangeKind, found: &mut Vec<Finding>) {
    let Some(compared) = subject.compared(prompt) else { return };
    if Bump::Major.is_announced(&compared.base.version, &prompt.front_matter.version) {
        return;
    }
    for change in compared.contract.changes.iter().filter(|change| change.kind == kind) {
        let mut finding = finding(subject, prompt, compared, kind.rule(), &change.message);
        let value = |path: &[&str]| prompt.value_span(path);
        let span = match (&change.name, kind) {
            (Some(name), ChangeKind::InputRequired | ChangeKind::InputNarrowed) => prompt.key_span(&["inputs", name]),
            (None, ChangeKind::OutputWidened) => value(&["output", "schema"]).or_else(|| value(&["output"])),
            (None, ChangeKind::OutputFormatChanged) => value(&["output", "format"]).or_else(|| value(&["output"])),
            (Some(name), ChangeKind::SchemaIncomparable) => prompt.key_span(&["inputs", name]),
            _ => None,
        };
        if let Some(span) = span {
            finding.at = Place::new(&prompt.text, span);
            finding.fix = None;
        }
        found.push(finding);
    }
}

fn finding(
    subject: &Subject<'_>,
    prompt: &Prompt,
    compared: &Compared<'_>,
    rule: &'static str,
    what: &str,
) -> Finding {
    let base = &compared.base.version;
    let next = bump::free(subject.history.releases(&prompt.id), compared.contract.bump().next(base));
    let span = prompt.value_span(&["version"]).unwrap_or_default();
    let mut finding = Finding::new(rule, Place::new(&prompt.text, span), format!("{what} since {base}"))
        .help(format!("write `version: {next}`, or run `promptuary bump {}`", prompt.id));
    finding.fix = bump::rewrite(prompt, &next);
    finding
}
