//! A prompt that calls itself less risky than its family allows.

use prompt::Prompt;
use source::Finding;

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "risk-too-low";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(least) = subject.policy.and_then(|policy| policy.min_risk(&prompt.id)) else { return };
    let declared = prompt.front_matter.risk;
    if declared < least.value {
        let at = at(prompt, &["risk"]);
        let span = at.span;
        let message = format!("the risk is {declared}, but this family's is at least {}", least.value);
        found.push(
            Finding::new(ID, at, message)
                .also(least.at, "the family's minimum")
                .help(format!("write `risk: {}`: promotion treats it so anyway", least.value))
                .fix(vec![(span, least.value.to_string())]),
        );
    }
}
