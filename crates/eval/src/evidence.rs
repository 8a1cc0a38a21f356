//! What an attested run says: an in-toto statement with verdicts, scores and digests, and no text of any answer.
//!
//! Format: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>; the bytes are canonical JSON, so that
//! the digest that a ledger's evidence entry carries can be computed again.

use serde_json::{Value, json};
use source::{Digest, canonical};

use crate::gate::Verdict;
use crate::run::{Origin, Outcome, Results};

/// The predicate's type.
pub const PREDICATE: &str = "https://promptuary.dev/eval/v1";

/// A larger statement cannot be attested.
pub const LARGEST: usize = 1 << 20;

/// Why there is no statement. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It is too large.
    #[error("attest {cases} answers: the statement has {bytes} bytes, at most {LARGEST} fit; attest a sample")]
    Large {
        /// How many answers.
        cases: usize,
        /// How large it is.
        bytes: usize,
    },
    /// A number has no canonical form.
    #[error("attest: {0}")]
    Number(#[from] canonical::CanonicalError),
}

/// The statement's bytes and their digest.
pub fn statement(results: &Results, verdict: &Verdict) -> Result<(String, Digest), EvidenceError> {
    let cases: Vec<Value> = results.outcomes.iter().map(case).collect();
    let subject = json!({ "name": results.prompt, "digest": { "sha256": results.content.to_string() } });
    let value = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": PREDICATE,
        "predicate": {
            "suite": { "name": results.suite, "digest": results.suite_digest, "dataset": results.dataset },
            "mode": mode(results),
            "models": results.models,
            "parameters": results.parameters,
            "conclusion": verdict.conclusion.as_str(),
            "checks": verdict.checks.iter().map(|c| json!({ "name": c.name, "conclusion": c.conclusion })).collect::<Vec<_>>(),
            "quarantined": verdict.quarantined,
            "cases": cases,
        },
    });
    let text = canonical::to_string(&value)?;
    if text.len() > LARGEST {
        return Err(EvidenceError::Large { cases: results.outcomes.len(), bytes: text.len() });
    }
    let digest = Digest::of(text.as_bytes());
    Ok((text, digest))
}

/// `live` only where every answer came from a provider in this run: one recording makes the run a replay.
pub fn mode(results: &Results) -> &'static str {
    let live = results.outcomes.iter().all(|o| o.origin == Some(Origin::Live));
    if live && !results.outcomes.is_empty() { "live" } else { "replay" }
}

fn case(outcome: &Outcome) -> Value {
    json!({
        "id": outcome.case,
        "model": outcome.model,
        "sample": outcome.sample,
        "status": outcome.status,
        "score": outcome.score,
        "output": outcome.output_digest,
        "inputs": outcome.inputs,
        "grader": outcome.grader,
    })
}
