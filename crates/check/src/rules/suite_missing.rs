//! A prompt without the eval suite that policy demands.

use prompt::Prompt;
use source::Finding;

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "suite-missing";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    let live = subject.history.live.iter().filter(|live| live.prompt == prompt.id);
    let live = live.filter_map(|live| subject.history.base_of(&live.prompt, &live.version)).map(|r| r.risk).max();
    let risk = policy.effective_risk(&prompt.id, prompt.front_matter.risk, live).risk;
    let Some(demanded) = policy.suite_demand(&prompt.id, risk).required else { return };
    let path = format!("evals/{}.yaml", prompt.id);
    let named = format!("evals/{}.", prompt.id);
    let files = &subject.snapshot.files;
    let of_this = |path: &str| path.strip_prefix(&named).is_some_and(|rest| rest.ends_with("yaml") && !rest.contains('/'));
    let first = files.range::<str, _>((std::ops::Bound::Included(named.as_str()), std::ops::Bound::Unbounded));
    if first.map(|(path, _)| path.as_str()).take_while(|path| path.starts_with(&named)).any(of_this) {
        return;
    }
    let at = at(prompt, &["risk"]);
    found.push(
        Finding::new(ID, at, format!("policy demands a suite, and there is no {path}"))
            .also(demanded, "the demand")
            .help(format!("write {path} with a few cases that a good answer must pass")),
    );
}
