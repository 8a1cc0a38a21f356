//! A prompt that is not what was released under its version.

use prompt::Prompt;
use source::Finding;

use crate::catalogue::Scope;
use crate::contract::Bump;
use crate::{Subject, bump};
use crate::subject::at;

pub(super) const ID: &str = "version-not-bumped";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let version = &prompt.front_matter.version;
    let Some(base) = subject.history.base_of(&prompt.id, version).filter(|base| base.version == *version) else { return };
    let Some(content) = subject.content(prompt) else { return };
    let what = match (content.digest == base.content, prompt.front_matter.risk == base.risk) {
        (true, true) => return,
        (true, false) => "the risk",
        (false, _) => "the content",
    };
    // Without the contract the smallest change that moves a digest is assumed.
    let next = match subject.compared(prompt) {
        Some(compared) => bump::next(subject, prompt, compared, &[]),
        None => bump::free(subject.history.releases(&prompt.id), Bump::Minor.due(version, version)),
    };
    let at = at(prompt, &["version"]);
    let mut finding = Finding::new(ID, at, format!("{what} changed {}", subject.history.since(version)))
        .help(format!("write `version: {next}`, or run `{}`", subject.history.bump_command(&prompt.id)));
    finding.fix = bump::rewrite(prompt, &next);
    found.push(finding);
}
