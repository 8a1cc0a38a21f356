//! A review for programs. The shape is stable; members are only ever added: `docs/json.md`.

use check::diff::json as diff;
use serde_json::{Value, json};
use source::Report;
use source::render::finding_json;

use super::changed::{Edited, Reviewed};
use super::evals::Suite;
use super::{Review, Standing};
use crate::suite_changes::{Changed, Fate};
use check::Judged;

/// The review as one value; `exit` is the code that the program ends with.
pub fn json(review: &Review, exit: u8) -> Value {
    let side = |(name, commit): &(String, Option<source::ObjectId>)| json!({ "name": name, "commit": commit.map(|c| c.to_string()) });
    let mut report = Report::default();
    report.root.clone_from(&review.root);
    let findings = &review.findings;
    json!({
        "format": 1,
        "conclusion": review.conclusion(),
        "exit": exit,
        "base": side(&review.base),
        "head": side(&review.head),
        "findings": {
            "new": findings.new.iter().map(|judged| finding(&report, judged)).collect::<Vec<_>>(),
            "before": { "errors": findings.errors_before, "others": findings.others_before },
            "mended": findings.mended,
            "two_policies": findings.two_policies,
        },
        "prompts": review.prompts.iter().map(prompt).collect::<Vec<_>>(),
        "blocks": review.blocks.iter().map(block).collect::<Vec<_>>(),
        "routes": review.routes,
        "policies": review.policies.iter().map(policy).collect::<Vec<_>>(),
        "suites": review.suites.iter().map(suite).collect::<Vec<_>>(),
        "changed_suites": review.changed_suites.iter().map(changed).collect::<Vec<_>>(),
        "ruling": review.ruling,
        "ledger": ledger(&review.standing),
    })
}

fn finding(report: &Report, judged: &Judged) -> Value {
    let mut value = finding_json(report, &judged.finding);
    value["by_base"] = json!(judged.by_base);
    value["by_head"] = json!(judged.by_head);
    value
}

fn prompt(prompt: &Reviewed) -> Value {
    let costs = prompt.costs().map(|cost| cost.map(diff::cost));
    json!({
        "id": prompt.id,
        "state": prompt.kind,
        "causes": prompt.causes,
        "versions": prompt.versions,
        "risks": prompt.risks,
        "bump": prompt.bump(),
        "needs_version": prompt.honest,
        "version_taken": prompt.taken,
        "live": prompt.live,
        "costs": costs,
        "twin": prompt.diff.as_ref().and_then(|diff| diff.twin.as_ref()),
        "diff": prompt.diff.as_ref().map(diff::json),
        "file": prompt.file,
        "releasing": prompt.needs,
    })
}

fn block(block: &Edited) -> Value {
    let reach = |(id, way): &(source::PromptId, Vec<source::BlockName>)| json!({ "prompt": id, "path": way });
    json!({ "name": block.name, "text": block.section, "reaches": block.reaches.iter().map(reach).collect::<Vec<_>>() })
}

fn policy(change: &policy::diff::Change) -> Value {
    let at = json!({ "path": change.at.path(), "line": change.at.start().line });
    json!({ "effect": change.effect, "what": change.what, "at": at })
}

fn suite(suite: &Suite) -> Value {
    let verdict = suite.verdict.as_ref();
    json!({
        "suite": suite.path,
        "prompt": suite.prompt,
        "why": suite.why.as_deref().or(verdict.is_none().then_some("it has errors")),
        "conclusion": verdict.map(|verdict| verdict.conclusion),
        "checks": verdict.map(|verdict| &verdict.checks),
        "comparisons": verdict.map(|verdict| &verdict.comparisons),
        "passed": suite.passed,
        "answers": suite.answers,
        "missing": suite.missing,
        "before": suite.before,
        "newly_failing": suite.newly_failing,
        "less_often": suite.less_often,
        "failing": suite.failing,
        "newly_passing": suite.newly_passing,
    })
}

fn changed(suite: &Changed) -> Value {
    let (fate, was) = match &suite.fate {
        Fate::New => ("new", None),
        Fate::Edited => ("edited", None),
        Fate::Renamed(was) => ("renamed", Some(was)),
        Fate::Removed => ("removed", None),
        Fate::Gone => ("gone", None),
    };
    let change = |change: &eval::suite::diff::Change| {
        let at = json!({ "path": change.at.path(), "line": change.at.start().line });
        let mut value = json!(change);
        value["at"] = at;
        value
    };
    json!({
        "suite": suite.path,
        "prompt": suite.prompt,
        "prompt_was": suite.prompt_was,
        "fate": fate,
        "was": was,
        "compared": suite.is_compared,
        "changes": suite.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn ledger(standing: &Standing) -> Value {
    match standing {
        Standing::InEffect(known) => json!({ "policy": known.sequence, "environments": known.environments }),
        Standing::Nothing => Value::Null,
        Standing::Unknown { why, remedy } => json!({ "unknown": why, "remedy": remedy }),
    }
}
