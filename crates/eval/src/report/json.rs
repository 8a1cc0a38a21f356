//! JSON: the whole of it as one document, or a line for each outcome. Both shapes only ever grow.

use serde_json::{Value, json as object};

use super::{Reported, conclusion};

/// `{format, conclusion, suites: [{verdict, results}]}`.
pub fn json(reported: &[Reported<'_>]) -> Value {
    let suite = |r: &Reported<'_>| object!({ "verdict": r.verdict, "results": r.results });
    object!({
        "format": 1,
        "conclusion": conclusion(reported).as_str(),
        "suites": reported.iter().map(suite).collect::<Vec<_>>(),
    })
}

/// A line for each outcome: `{suite, prompt, model, outcome}`.
pub fn lines(reported: &[Reported<'_>]) -> String {
    let mut text = String::new();
    for Reported { results, .. } in reported {
        for outcome in &results.outcomes {
            let line = object!({
                "suite": results.suite,
                "prompt": results.prompt,
                "model": results.models.get(outcome.model),
                "outcome": outcome,
            });
            text.push_str(&line.to_string());
            text.push('\n');
        }
    }
    text
}
