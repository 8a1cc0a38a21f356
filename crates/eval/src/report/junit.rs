//! `JUnit` XML with reasons: a test suite for each suite and model, a test case for each case and repeat.

use source::escape::{html, xml};

use super::Reported;
use crate::run::{Outcome, Status};

/// The document.
pub fn junit(reported: &[Reported<'_>]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"promptuary eval\">\n".to_owned();
    for one in reported {
        for (index, model) in one.results.models.iter().enumerate() {
            let outcomes: Vec<&Outcome> = one.results.outcomes.iter().filter(|o| o.model == index).collect();
            let count = |status: &[Status]| outcomes.iter().filter(|o| status.contains(&o.status)).count();
            out.push_str(&format!(
                "  <testsuite name=\"{} [{}]\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
                text(&one.results.suite),
                text(model.as_str()),
                outcomes.len(),
                count(&[Status::Failed]),
                count(&[Status::Error, Status::Missing]),
                count(&[Status::Skipped]),
                seconds(outcomes.iter().filter_map(|o| o.latency_ms).sum()),
            ));
            for outcome in outcomes {
                case(&mut out, &one.results.suite, outcome);
            }
            out.push_str("  </testsuite>\n");
        }
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, suite: &str, outcome: &Outcome) {
    let repeat = if outcome.sample > 0 { format!(" (repeat {})", outcome.sample + 1) } else { String::new() };
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}{repeat}\" time=\"{}\"",
        text(suite),
        text(&outcome.case),
        seconds(outcome.latency_ms.unwrap_or(0))
    );
    out.push_str(&head);
    let tag = match outcome.status {
        Status::Passed => return out.push_str("/>\n"),
        Status::Skipped => return out.push_str("><skipped/></testcase>\n"),
        Status::Failed => "failure",
        Status::Error | Status::Missing => "error",
    };
    let mut detail: String = outcome
        .components
        .iter()
        .map(|c| format!("{} {} ({}): {}\n", if c.pass { "holds" } else { "fails" }, c.kind, c.score, c.reason))
        .collect();
    if let Some(output) = &outcome.output {
        detail.push_str(&format!("output:\n{}\n", crate::ecma::text_of(output)));
    }
    out.push_str(&format!(
        ">\n      <{tag} message=\"{}\">{}</{tag}>\n    </testcase>\n",
        text(&outcome.reason),
        text(&detail)
    ));
}

fn text(raw: &str) -> String {
    html(&xml(raw))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
