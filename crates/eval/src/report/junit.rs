//! `JUnit` XML with reasons: a test suite for each suite and model, a test case for each case and repeat.

use source::escape::{html, xml};

use super::Reported;
use crate::gate::{Check, Conclusion, Quarantined};
use crate::run::{Outcome, Status};

/// The document, in pieces that are given to `take`.
pub fn junit(reported: &[Reported<'_>], take: &mut dyn FnMut(&str)) {
    take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"promptuary eval\">\n");
    for one in reported {
        let counts = counts(one);
        for (index, (model, counts)) in one.results.models.iter().zip(counts).enumerate() {
            take(&format!(
                "  <testsuite name=\"{} [{}]\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
                text(&one.results.suite),
                text(model.as_str()),
                counts.all,
                counts.failures,
                counts.errors,
                counts.skipped,
                seconds(counts.ms),
            ));
            for outcome in one.results.outcomes.iter().filter(|o| o.model == index) {
                let aside = one.verdict.quarantine.iter().find(|q| !q.ended && q.id == outcome.case);
                let mut out = String::new();
                case(&mut out, &one.results.suite, &outcome, aside);
                take(&out);
            }
            take("  </testsuite>\n");
        }
        let mut out = String::new();
        gate(&mut out, one);
        take(&out);
    }
    take("</testsuites>\n");
}

/// What stands at the head of a model's results.
#[derive(Clone, Default)]
struct Counts {
    all: usize,
    failures: usize,
    errors: usize,
    /// Those that were not reached, and those in quarantine that do not pass.
    skipped: usize,
    ms: u64,
}

fn counts(one: &Reported<'_>) -> Vec<Counts> {
    let mut all = vec![Counts::default(); one.results.models.len()];
    for outcome in &one.results.outcomes {
        let Some(counts) = all.get_mut(outcome.model) else { continue };
        counts.all += 1;
        counts.ms += outcome.latency_ms.unwrap_or(0);
        match outcome.status {
            Status::Passed => {}
            _ if one.verdict.quarantined.contains(&outcome.case) => counts.skipped += 1,
            Status::Skipped => counts.skipped += 1,
            Status::Failed => counts.failures += 1,
            Status::Error | Status::Missing => counts.errors += 1,
        }
    }
    all
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
            _ => format!("{head}><failure type=\"{}\" message=\"{said}\">{said}</failure></testcase>\n", check.name),
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
    let kind = match outcome.status {
        Status::Failed => outcome.components.iter().find(|c| !c.pass).map_or("threshold", |c| c.kind.as_str()),
        Status::Missing => "recording-missing",
        _ => "error",
    };
    let mut detail: String = outcome
        .components
        .iter()
        .map(|c| format!("{} {} ({:.2}): {}\n", if c.pass { "holds" } else { "fails" }, c.kind, c.score, c.reason))
        .collect();
    if let Some(output) = &outcome.output {
        detail.push_str(&format!("output:\n{}\n", crate::ecma::text_of(output)));
    }
    out.push_str(&format!(
        ">\n      <{tag} type=\"{}\" message=\"{}\">{}</{tag}>\n    </testcase>\n",
        text(kind),
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
