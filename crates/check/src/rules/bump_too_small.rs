//! A version that announces less than what changed.

use prompt::Prompt;
use source::{Finding, Place, Version};

use crate::catalogue::Scope;
use crate::contract::{Bump, Change, ChangeKind};
use crate::{Compared, Subject, bump};
use crate::subject::at;

pub(super) const ID: &str = "bump-too-small";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let version = &prompt.front_matter.version;
    if let Some(from) = bump::went_below(subject, prompt) {
        found.extend(lowered(subject, prompt, from));
        return;
    }
    let Some(compared) = unannounced(subject, prompt) else { return };
    let changes = compared.contract.changes.iter().filter(|change| change.kind.rule() == ID);
    let Some(gravest) = changes.max_by_key(|change| change.kind.bump()) else { return };
    if gravest.kind.bump().is_announced(compared.version, version) {
        return;
    }
    found.push(finding(subject, prompt, compared, ID, gravest));
}

/// What changed since the base, where the version does not say so. The release of this very version is not a bump too
/// small but none at all, which is another rule's to say.
pub(super) fn unannounced<'s>(subject: &'s Subject<'_>, prompt: &Prompt) -> Option<&'s Compared<'s>> {
    let compared = subject.compared(prompt)?;
    let version = &prompt.front_matter.version;
    let announced = compared.contract.demanded().is_announced(compared.version, version);
    (!announced && *compared.version != *version).then_some(compared)
}

/// The findings about one kind of change that only a major version may bring.
pub(super) fn breaking(subject: &Subject<'_>, prompt: &Prompt, kind: ChangeKind, found: &mut Vec<Finding>) {
    let Some(compared) = subject.compared(prompt) else { return };
    if Bump::Major.is_announced(compared.version, &prompt.front_matter.version) {
        return;
    }
    for change in compared.contract.changes.iter().filter(|change| change.kind == kind) {
        let mut finding = match kind {
            ChangeKind::SchemaIncomparable => question(prompt, compared, change),
            _ => finding(subject, prompt, compared, kind.rule(), change),
        };
        if let Some(place) = place(prompt, change) {
            finding.at = place;
        }
        found.push(finding);
    }
}

/// Where the promise stands that was broken; the version says it for promises that are gone.
fn place(prompt: &Prompt, change: &Change) -> Option<Place> {
    let value = |path: &[&str]| prompt.value_place(path);
    match (change.kind, &change.name) {
        (ChangeKind::InputRequired | ChangeKind::InputNarrowed | ChangeKind::SchemaIncomparable, Some(name)) => {
            prompt.key_place(&["inputs", name])
        }
        (ChangeKind::OutputWidened | ChangeKind::SchemaIncomparable, None) => {
            value(&["output", "schema"]).or_else(|| value(&["output"]))
        }
        (ChangeKind::OutputFormatChanged, _) => value(&["output", "format"]).or_else(|| value(&["output"])),
        (ChangeKind::ToolAdded | ChangeKind::ToolWidened, Some(name)) => {
            let at = prompt.front_matter.tools.iter().position(|tool| tool.name == *name)?;
            value(&["tools", &at.to_string(), "name"])
        }
        _ => None,
    }
}

/// A version that is lower than the one it follows, whatever else changed.
fn lowered(subject: &Subject<'_>, prompt: &Prompt, base: &Version) -> Option<Finding> {
    let next = bump::honest(subject, prompt)?;
    let version = &prompt.front_matter.version;
    let message = format!("the version went down, from {base} to {version}");
    let mut finding = Finding::new(ID, at(prompt, &["version"]), message)
        .help(format!("write `version: {next}`, or run `{}`", subject.history.bump_command(&prompt.id)));
    finding.fix = bump::rewrite(prompt, &next);
    Some(finding)
}

fn finding(
    subject: &Subject<'_>,
    prompt: &Prompt,
    compared: &Compared<'_>,
    rule: &'static str,
    change: &Change,
) -> Finding {
    let base = compared.version;
    let bump = change.kind.bump();
    let next = bump::next(subject, prompt, compared, &[]);
    let message = format!("{}, which takes version {} or higher", change.message, bump.due(base, &prompt.front_matter.version));
    let mut finding = Finding::new(rule, at(prompt, &["version"]), message)
        .help(format!("write `version: {next}`, or run `{}`", subject.history.bump_command(&prompt.id)));
    finding.fix = bump::rewrite(prompt, &next);
    finding
}

/// A question that a person has to answer: nothing is written for them.
fn question(prompt: &Prompt, compared: &Compared<'_>, change: &Change) -> Finding {
    let next = Bump::Major.next(compared.version);
    Finding::new(change.kind.rule(), at(prompt, &["version"]), change.message.clone())
        .help(format!("write `version: {next}` if callers may break"))
}
