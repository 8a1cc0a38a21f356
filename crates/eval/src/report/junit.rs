//! `JUnit` XML with reasons: a test suite for each suite and model, a test case for each case and repeat, and one for each
//! check of the gate. What fails here is what fails the run: answers that the gate lets by are skipped with a reason.

use std::collections::BTreeMap;

use source::escape::{html, xml};
use source::render::path;
use source::{Report, Severity};

use super::Reported;
use crate::gate::{Check, Conclusion};
use crate::run::{Outcome, Status};

/// The document, in pieces that are given to `take`; an error among `found` fails the run whatever suites came to.
pub fn junit(reported: &[Reported<'_>], found: &Report, take: &mut dyn FnMut(&str)) {
    take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"promptuary eval\">\n");
    findings(found, take);
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
            if let Some(sample) = one.verdict.models.get(index).and_then(|model| model.sample) {
                let sample = text(&sample.to_string());
                take(&format!(
                    "    <properties>\n      <property name=\"cases\" value=\"{sample}\"/>\n    </properties>\n"
                ));
            }
            for outcome in one.results.outcomes.iter().filter(|o| o.model == index) {
                let mut out = String::new();
                case(&mut out, one, &outcome, &shown(one, &outcome));
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

/// A test case for each finding: one that fails for an error, else one that is skipped with what it says.
fn findings(found: &Report, take: &mut dyn FnMut(&str)) {
    if found.findings().is_empty() {
        return;
    }
    let (n, failures) = (found.findings().len(), found.count(Severity::Error));
    let skipped = n - failures;
    take(&format!(
        "  <testsuite name=\"findings\" tests=\"{n}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0.000\">\n"
    ));
    for finding in found.findings() {
        let (rule, said) = (finding.rule, text(&finding.message));
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {}", text(help)));
        let outcome = match finding.severity {
            Severity::Error => format!("<failure type=\"{rule}\" message=\"{said}\">{said}{help}</failure>"),
            _ => format!("<skipped message=\"{said}\"/>"),
        };
        take(&format!(
            "    <testcase classname=\"{}\" name=\"{rule}\" time=\"0.000\">{outcome}</testcase>\n",
            text(&path(found, &finding.at)),
        ));
    }
    take("  </testsuite>\n");
}

/// What stands at the head of a model's results.
#[derive(Clone, Default)]
struct Counts {
    all: usize,
    failures: usize,
    errors: usize,
    /// Those that were not reached, and those that the gate lets by.
    skipped: usize,
    ms: u64,
}

fn counts(one: &Reported<'_>) -> Vec<Counts> {
    let mut all = vec![Counts::default(); one.results.models.len()];
    for outcome in &one.results.outcomes {
        let Some(counts) = all.get_mut(outcome.model) else { continue };
        counts.all += 1;
        counts.ms += outcome.latency_ms.unwrap_or(0);
        match shown(one, &outcome) {
            As::Pass => {}
            As::Skipped | As::LetBy(_) => counts.skipped += 1,
            As::Failure => counts.failures += 1,
            As::Error => counts.errors += 1,
        }
    }
    all
}

/// How CI is to take an answer. It knows only tests that pass and tests that fail, and one that fails ends the job; so
/// what the gate lets by is skipped, with what it was and why.
enum As {
    Pass,
    Failure,
    Error,
    Skipped,
    LetBy(String),
}

fn shown(one: &Reported<'_>, outcome: &Outcome) -> As {
    let verdict = one.verdict;
    let what = match outcome.status {
        Status::Passed => return As::Pass,
        Status::Skipped => return As::Skipped,
        Status::Failed => "failed",
        Status::Error => "error",
        Status::Missing => "no answer on file",
    };
    let why = if let Some(held) = verdict.quarantine.iter().find(|q| !q.ended && q.id == outcome.case) {
        format!("in quarantine until {} ({})", held.until, held.owner)
    } else if outcome.status == Status::Missing {
        return As::Error;
    } else if !verdict.counts(outcome) {
        "its `flaky` is met".to_owned()
    } else if one.results.shard.is_some() {
        "judged when the parts are merged".to_owned()
    } else if one.results.models.get(outcome.model).is_some_and(|model| verdict.lets_by(model.as_str())) {
        "its model fails no check of the gate".to_owned()
    } else {
        return if outcome.status == Status::Failed { As::Failure } else { As::Error };
    };
    As::LetBy(format!("{what}, but {why}: {}", outcome.reason))
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
    // Of tests with one name CI shows one: what policy asks besides the suite is told apart.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for check in checks {
        let model = check.model.as_ref().map_or_else(String::new, |m| format!(" [{m}]"));
        let name = format!("{}{model}", check.name);
        let n = seen.entry(name.clone()).or_default();
        *n += 1;
        let name = text(&if *n > 1 { format!("{name} ({n})") } else { name });
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

fn case(out: &mut String, one: &Reported<'_>, outcome: &Outcome, shown: &As) {
    let mut name = super::named(outcome);
    if outcome.sample > 0 {
        name += &format!(" (repeat {})", outcome.sample + 1);
    }
    if let Some(model) = one.results.models.get(outcome.model).filter(|_| one.results.models.len() > 1) {
        name += &format!(" [{model}]");
    }
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
        text(&one.results.suite),
        text(&name),
        seconds(outcome.latency_ms.unwrap_or(0))
    );
    out.push_str(&head);
    let (reason, kind) = (text(&outcome.reason), text(kind(outcome)));
    out.push_str(&match shown {
        As::Pass => "/>\n".to_owned(),
        As::Skipped => format!("><skipped message=\"{reason}\"/></testcase>\n"),
        As::LetBy(why) => format!(
            ">\n      <skipped message=\"{}\"/>\n      <system-out>{}</system-out>\n    </testcase>\n",
            text(why),
            detail(outcome)
        ),
        As::Failure | As::Error => {
            let tag = if matches!(shown, As::Failure) { "failure" } else { "error" };
            format!(
                ">\n      <{tag} type=\"{kind}\" message=\"{reason}\">{}</{tag}>\n    </testcase>\n",
                detail(outcome)
            )
        }
    });
}

/// What does not hold, in a word: readers of `JUnit` group by it.
fn kind(outcome: &Outcome) -> &str {
    match outcome.status {
        Status::Failed => outcome.components.iter().find(|c| !c.pass).map_or("threshold", |c| c.kind.as_str()),
        Status::Missing => "recording-missing",
        _ => "error",
    }
}

/// What each assertion says, and what was answered.
fn detail(outcome: &Outcome) -> String {
    let mut detail: String = outcome
        .components
        .iter()
        .map(|c| format!("{} {} ({:.2}): {}\n", if c.pass { "holds" } else { "fails" }, c.kind, c.score, c.reason))
        .collect();
    if let Some(output) = &outcome.output {
        detail.push_str(&format!("output:\n{}\n", crate::ecma::text_of(output)));
    }
    text(&detail)
}

fn text(raw: &str) -> String {
    html(&xml(raw))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
