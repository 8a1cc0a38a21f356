//! From a message to a record. Refuses by shape only; what the fields must mean together is checked in `sound`.

use std::str::FromStr;

use source::{Digest, Risk, Timestamp};

use super::lines::{Lines, clip};
use super::{
    ApprovalBody, Body, Decision, EvidenceBody, FORMAT, Mode, PointerAction, PointerBody, PolicyApprovalBody,
    PolicyBody, Position, Reason, Record, ReleaseBody, Verdict,
};
use crate::{Code, Refusal, Sequence};

pub(super) fn record(message: &str) -> Result<Record, Refusal> {
    let (subject, mut lines) = Lines::of(message)?;
    format(lines.required("Format")?)?;
    let kind = lines.required("Kind")?;
    let repository = or_none(lines.required("Repository")?, "Repository", Digest::from_tagged)?;
    let by = value(lines.required("By")?, "By")?;
    let body = match kind {
        "policy" => Body::Policy(policy(&mut lines)?),
        "release" => Body::Release(release(&mut lines)?),
        "approval" => approval(&mut lines)?,
        "evidence" => Body::Evidence(evidence(&mut lines)?),
        "pointer" => Body::Pointer(pointer(&mut lines)?),
        other => return Err(unreadable("Kind", other)),
    };
    let policy = or_none(lines.required("Policy")?, "Policy", str::parse)?;
    let reason = match lines.optional("Reason") {
        None => None,
        Some(text) => Some(Reason::new(text).map_err(|e| Refusal::new(Code::ReasonUnfit, e.to_string()))?),
    };
    lines.finish()?;
    let record = Record { repository, by, body, policy, reason };
    if record.subject() != subject {
        let detail = format!("the subject is `{}`, the fields say `{}`", clip(subject), record.subject());
        return Err(Refusal::new(Code::SubjectMismatch, detail));
    }
    Ok(record)
}

/// Tells a newer format from one that never was.
fn format(text: &str) -> Result<(), Refusal> {
    match text.parse::<u32>() {
        Ok(n) if n.to_string() != text || n == 0 => Err(unreadable("Format", text)),
        Ok(FORMAT) => Ok(()),
        Ok(n) if n > FORMAT => {
            Err(Refusal::new(Code::FormatNewer, format!("it has record format {n}, this program reads {FORMAT}")))
        }
        _ => Err(unreadable("Format", text)),
    }
}

fn policy(lines: &mut Lines<'_>) -> Result<PolicyBody, Refusal> {
    Ok(PolicyBody {
        position: position(lines)?,
        root: value(lines.required("Root")?, "Root")?,
        documents: digest(lines, "Documents")?,
        minimum_format: {
            let text = lines.required("Minimum-Format")?;
            let n: u32 = value(text, "Minimum-Format")?;
            if n == 0 || n.to_string() != text {
                return Err(unreadable("Minimum-Format", text));
            }
            n
        },
        approvals: digests(lines, "Approval")?,
    })
}

fn release(lines: &mut Lines<'_>) -> Result<ReleaseBody, Refusal> {
    Ok(ReleaseBody {
        prompt: value(lines.required("Prompt")?, "Prompt")?,
        version: value(lines.required("Version")?, "Version")?,
        content: digest(lines, "Content")?,
        risk: risk(lines)?,
    })
}

fn approval(lines: &mut Lines<'_>) -> Result<Body, Refusal> {
    let Some(environment) = lines.optional("Environment") else {
        return Ok(Body::PolicyApproval(PolicyApprovalBody {
            sequence: value(lines.required("Sequence")?, "Sequence")?,
            previous: value(lines.required("Previous")?, "Previous")?,
            documents: digest(lines, "Documents")?,
            decision: decision(lines)?,
            expires: expires(lines)?,
        }));
    };
    Ok(Body::Approval(ApprovalBody {
        environment: value(environment, "Environment")?,
        prompt: value(lines.required("Prompt")?, "Prompt")?,
        sequence: value(lines.required("Sequence")?, "Sequence")?,
        previous: or_none(lines.required("Previous")?, "Previous", str::parse)?,
        release: digest(lines, "Release")?,
        content: digest(lines, "Content")?,
        decision: decision(lines)?,
        expires: expires(lines)?,
    }))
}

fn evidence(lines: &mut Lines<'_>) -> Result<EvidenceBody, Refusal> {
    Ok(EvidenceBody {
        content: digest(lines, "Content")?,
        position: position(lines)?,
        suite: value(lines.required("Suite")?, "Suite")?,
        dataset: digest(lines, "Dataset")?,
        mode: word(lines, "Mode", &[Mode::Live, Mode::Replay], Mode::as_str)?,
        models: value(lines.required("Models")?, "Models")?,
        cases: value(lines.required("Cases")?, "Cases")?,
        verdict: {
            let all = [Verdict::Passed, Verdict::Inconclusive, Verdict::Failed];
            word(lines, "Verdict", &all, Verdict::as_str)?
        },
        report: digest(lines, "Report")?,
    })
}

fn pointer(lines: &mut Lines<'_>) -> Result<PointerBody, Refusal> {
    use PointerAction::{Hold, Promote, Retire, Rollback, Seal};
    // A pointer's own fields stand between its Sequence and its Previous.
    let environment = value(lines.required("Environment")?, "Environment")?;
    let prompt = value(lines.required("Prompt")?, "Prompt")?;
    let sequence = value(lines.required("Sequence")?, "Sequence")?;
    let action = word(lines, "Action", &[Promote, Rollback, Hold, Retire, Seal], PointerAction::as_str)?;
    Ok(PointerBody {
        environment,
        prompt,
        action,
        version: value(lines.required("Version")?, "Version")?,
        release: digest(lines, "Release")?,
        content: digest(lines, "Content")?,
        risk: risk(lines)?,
        position: position_after(lines, sequence)?,
        after: values(lines, "After")?,
        approvals: digests(lines, "Approval")?,
        evidence: digests(lines, "Evidence")?,
    })
}

fn position(lines: &mut Lines<'_>) -> Result<Position, Refusal> {
    let sequence = value(lines.required("Sequence")?, "Sequence")?;
    position_after(lines, sequence)
}

fn position_after(lines: &mut Lines<'_>, sequence: Sequence) -> Result<Position, Refusal> {
    let previous = or_none(lines.required("Previous")?, "Previous", str::parse)?;
    Ok(Position { sequence, previous, skip: values(lines, "Skip")? })
}

fn decision(lines: &mut Lines<'_>) -> Result<Decision, Refusal> {
    word(lines, "Decision", &[Decision::Approve, Decision::Reject], Decision::as_str)
}

fn risk(lines: &mut Lines<'_>) -> Result<Risk, Refusal> {
    value(lines.required("Risk")?, "Risk")
}

fn expires(lines: &mut Lines<'_>) -> Result<Option<Timestamp>, Refusal> {
    // Other spellings of the same moment are refused because they are not written back alike.
    or_none(lines.required("Expires")?, "Expires", Timestamp::parse)
}

fn digest(lines: &mut Lines<'_>, key: &'static str) -> Result<Digest, Refusal> {
    let text = lines.required(key)?;
    Digest::from_tagged(text).map_err(|_| unreadable(key, text))
}

fn digests(lines: &mut Lines<'_>, key: &'static str) -> Result<Vec<Digest>, Refusal> {
    lines.repeated(key).into_iter().map(|t| Digest::from_tagged(t).map_err(|_| unreadable(key, t))).collect()
}

fn values<T: FromStr>(lines: &mut Lines<'_>, key: &'static str) -> Result<Vec<T>, Refusal> {
    lines.repeated(key).into_iter().map(|text| value(text, key)).collect()
}

fn value<T: FromStr>(text: &str, key: &'static str) -> Result<T, Refusal> {
    text.parse().map_err(|_| unreadable(key, text))
}

fn or_none<'a, T, E>(
    text: &'a str,
    key: &'static str,
    read: impl Fn(&'a str) -> Result<T, E>,
) -> Result<Option<T>, Refusal> {
    if text == "none" { Ok(None) } else { read(text).map(Some).map_err(|_| unreadable(key, text)) }
}

fn word<T: Copy>(
    lines: &mut Lines<'_>,
    key: &'static str,
    all: &[T],
    spelled: impl Fn(T) -> &'static str,
) -> Result<T, Refusal> {
    let text = lines.required(key)?;
    all.iter().copied().find(|w| spelled(*w) == text).ok_or_else(|| unreadable(key, text))
}

fn unreadable(key: &str, text: &str) -> Refusal {
    Refusal::new(Code::RecordMalformed, format!("`{}` is no value for `{key}`", clip(text)))
}
