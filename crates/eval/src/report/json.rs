//! JSON: the whole of it as one document, or a line for each outcome. Both shapes only ever grow.

use serde::Deserialize;
use serde_json::{Value, json as object};

use super::{Reported, conclusion};
use crate::gate::Baseline;
use crate::run::{Part, Results};

/// `{format, conclusion, suites: [{verdict, results, baseline?}]}`.
pub fn json(reported: &[Reported<'_>]) -> Value {
    let suite = |r: &Reported<'_>| {
        let mut suite = object!({ "verdict": r.verdict, "results": r.results });
        if let Some(baseline) = r.baseline {
            suite["baseline"] = object!(baseline);
        }
        suite
    };
    object!({
        "format": 1,
        "conclusion": conclusion(reported).as_str(),
        "suites": reported.iter().map(suite).collect::<Vec<_>>(),
    })
}

/// A line for each outcome: `{suite, prompt, model, outcome}`, one after another to `take`.
pub fn lines(reported: &[Reported<'_>], take: &mut dyn FnMut(&str)) {
    for Reported { results, .. } in reported {
        for outcome in &results.outcomes {
            let line = object!({
                "suite": results.suite,
                "prompt": results.prompt,
                "model": results.models.get(outcome.model),
                "outcome": outcome,
            });
            take(&format!("{line}\n"));
        }
    }
}

/// Reads the runs back from what [`json`] wrote; what they came to is left aside, whoever merges them judges anew.
pub fn read(text: &str) -> Result<Vec<Part>, String> {
    #[derive(Deserialize)]
    struct Document {
        format: u64,
        suites: Vec<Suite>,
    }
    #[derive(Deserialize)]
    struct Suite {
        results: Results,
        baseline: Option<Baseline>,
    }
    let document: Document = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if document.format != 1 {
        return Err(format!("it is of format {}, this program reads format 1", document.format));
    }
    let part = |s: Suite| Part { results: s.results, baseline: s.baseline };
    Ok(document.suites.into_iter().map(part).collect())
}
