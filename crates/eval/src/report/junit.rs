//! `JUnit` XML with reasons: a test suite for each suite and model, a test case for each case and repeat.

use source::escape::{html, xml};

use super::Reported;
use crate::gate::{Check, Conclusion, Quarantined};
use crate::run::{Outcome, Status};

/// The document.
pub fn junit(reported: &[Reported<'_>]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"promptuary eval\">\n".to_owned();
    for one in reported {
        for (index, model) in one.results.models.iter().enumerate() {
            let outcomes: Vec<&Outcome> = one.results.outcomes.iter().filter(|o| o.model == index).collect();
            let held = |o: &Outcome| one.verdict.quarantined.contains(&o.case) && o.status != Status::Passed;
            let set_aside = outcomes.iter().filter(|o| held(o) && o.status != Status::Skipped).count();
            let count = |status: &[Status]| {
                outcomes.iter().filter(|o| status.contains(&o.status) && !held(o)).count()
                    + if status == [Status::Skipped] {
                        outcomes.iter().filter(|o| held(o) && o.status == Status::Skipped).count()
                    } else {
                        0
                    }
            };
            out.push_str(&format!(
                "  <testsuite name=\"{} [{}]\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
                text(&one.results.suite),
                text(model.as_str()),
                outcomes.len(),
                count(&[Status::Failed]),
                count(&[Status::Error, Status::Missing]),
                count(&[Status::Skipped]) + set_aside,
                seconds(outcomes.iter().filter_map(|o| o.latency_ms).sum()),
            ));
            for outcome in outcomes {
                let aside = one.verdict.quarantine.iter().find(|q| !q.ended && q.id == outcome.case);
                case(&mut out, &one.results.suite, outcome, aside);
            }
            out.push_str("  </testsuite>\n");
        }
        gate(&mut out, one);
    }
    out.push_str("</testsuites>\n");
    out
}

/// What the gate says of the whole: a run may fail although no case does, and hold although some do.
fn gate(out: &mut String, one: &Reported<'_>) {
    let checks = &one.verdict.checks;
    let fails = |c: &&Check| c.conclusion > Conclusion::Inconclusive;
    let unclear = |c: &&Check| c.conclusion == Conclusion::Inconclusive;
    out.push_str(&format!(
        "  <testsuite name=\"{} [gate]\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0.000\">\n",
        text(&one.results.suite),
        checks.len(),
        checks.iter().filter(fails).count(),
        checks.iter().filter(unclear).count(),
    ));
    for check in checks {
        let model = check.model.as_ref().map_or_else(String::new, |m| format!(" [{m}]"));
        let name = text(&format!("{}{model}", check.name));
        let said = text(&check.text);
        let head =
            format!("    <testcase classname=\"{} gate\" name=\"{name}\" time=\"0.000\"", text(&one.results.suite));
        out.push_str(&match check.conclusion {
            Conclusion::Pass => format!("{head}/>\n"),
            Conclusion::Inconclusive => format!("{head}><skipped message=\"{said}\"/></testcase>\n"),
            _ => format!("{head}><failure message=\"{said}\">{said}</failure></testcase>\n"),
        });
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, suite: &str, outcome: &Outcome, aside: Option<&Quarantined>) {
    let repeat = if outcome.sample > 0 { format!(" (repeat {})", outcome.sample + 1) } else { String::new() };
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}{repeat}\" time=\"{}\"",
        text(suite),
        text(&outcome.case),
        seconds(outcome.latency_ms.unwrap_or(0))
    );
    out.push_str(&head);
    if let Some(held) = aside.filter(|_| outcome.status != Status::Passed) {
        let why = format!("in quarantine until {} ({}): {}", held.until, held.owner, outcome.reason);
        return out.push_str(&format!("><skipped message=\"{}\"/></testcase>\n", text(&why)));
    }
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
