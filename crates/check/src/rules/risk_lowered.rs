//! A prompt that was riskier when it was last released.

use prompt::Prompt;
use source::Finding;

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "risk-lowered";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let front = &prompt.front_matter;
    let Some(base) = subject.history.base_of(&prompt.id, &front.version) else { return };
    if front.risk < base.risk {
        let at = at(prompt, &["risk"]);
        let message = format!("the risk went from {} in {} to {}", base.risk, base.version, front.risk);
        found.push(
            Finding::new(ID, at, message)
                .help("say in the pull request why a wrong answer does less harm now, or put the risk back"),
        );
    }
}
