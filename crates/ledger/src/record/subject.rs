//! The first line of a record: what its fields say, in words, for `git log`, `git tag -n` and every git web page.

use super::{Body, PointerAction, Record};

pub(super) fn of(record: &Record) -> String {
    match &record.body {
        Body::Policy(b) => format!("publish policy {}", b.position.sequence),
        Body::Release(b) => format!("release {} {}", b.prompt, b.version),
        Body::Approval(b) => {
            let verb = b.decision.as_str();
            format!("{verb} {} as entry {} of {}", b.prompt, b.sequence, b.environment)
        }
        Body::PolicyApproval(b) => format!("{} policy {}", b.decision.as_str(), b.sequence),
        Body::Evidence(b) => format!("attest {}: {}", b.suite.path, b.verdict.as_str()),
        Body::Pointer(b) => {
            let (prompt, version, env) = (&b.prompt, &b.version, &b.environment);
            match b.action {
                PointerAction::Promote => format!("promote {prompt} {version} to {env}"),
                PointerAction::Rollback => format!("roll back {prompt} to {version} in {env}"),
                PointerAction::Hold => format!("hold {prompt} {version} in {env}"),
                PointerAction::Retire => format!("retire {prompt} {version} from {env}"),
                PointerAction::Seal => format!("seal {prompt} {version} in {env}"),
            }
        }
    }
}
