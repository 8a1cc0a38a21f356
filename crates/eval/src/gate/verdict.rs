//! Everything a gate holds against results, and what it comes to.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Demands;
use super::absolute::{Summary, summary};
use super::compare::{Comparison, Found, Refusal, compare};
use super::units::{self, CaseUnit};
use crate::run::{Ended, Results};
use crate::stats::holm;
use crate::suite::{Bound, Suite};

/// What a run comes to. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The gate holds.
    Pass,
    /// There are too few cases to tell whether it fell.
    Inconclusive,
    /// The gate does not hold.
    Fail,
    /// Providers or graders failed more often than the gate allows.
    Error,
    /// The budget ended the run.
    BudgetSpent,
    /// Answers are not on file.
    RecordingMissing,
    /// Somebody ended the run.
    Interrupted,
}

impl Conclusion {
    /// The program's exit code; `strict` makes an inconclusive run 3.
    pub const fn exit_code(self, strict: bool) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Inconclusive => {
                if strict {
                    3
                } else {
                    0
                }
            }
            Self::Fail => 1,
            Self::Error => 4,
            Self::BudgetSpent => 5,
            Self::RecordingMissing => 6,
            Self::Interrupted => 130,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::BudgetSpent => "budget-spent",
            Self::RecordingMissing => "recording-missing",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One thing that the gate asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `min-pass-rate`, `must-pass`, `max-error-rate`, `compare`, …
    pub name: &'static str,
    /// What it comes to by itself.
    pub conclusion: Conclusion,
    /// One sentence with the numbers.
    pub text: String,
}

/// What a run comes to, with everything that led there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The suite.
    pub suite: String,
    /// What it comes to: the worst of the checks.
    pub conclusion: Conclusion,
    /// The checks, in the order of the gate.
    pub checks: Vec<Check>,
    /// Each model's numbers.
    pub models: Vec<Summary>,
    /// Each model's comparison with the baseline.
    pub comparisons: Vec<Comparison>,
    /// The cases that are in quarantine today.
    pub quarantined: Vec<String>,
    /// Whether an inconclusive comparison fails.
    fail_inconclusive: bool,
}

pub(super) fn judge(suite: &Suite, results: &Results, baseline: Option<&Results>, demands: &Demands) -> Verdict {
    let quarantined: BTreeSet<&str> = suite
        .gate
        .quarantine
        .iter()
        .filter(|q| demands.today.as_deref().is_some_and(|today| today <= q.until.as_str()))
        .map(|q| q.id.as_str())
        .collect();
    let mut verdict = Verdict {
        suite: suite.name.clone(),
        conclusion: Conclusion::Pass,
        checks: Vec::new(),
        models: Vec::new(),
        comparisons: Vec::new(),
        quarantined: quarantined.iter().map(|q| (*q).to_owned()).collect(),
        fail_inconclusive: demands.fail_inconclusive,
    };
    verdict.ended(results);
    for model in 0..results.models.len() {
        let cases = units::cases(suite, results, model, &quarantined);
        let summary = summary(results, model, &cases);
        verdict.errors(suite, &summary, demands);
        verdict.rate(suite, &summary, demands);
        verdict.must_pass(suite, &summary.model, &cases);
        verdict.metrics(suite, &summary);
        if let (Some(wanted), Some(baseline)) = (&suite.gate.compare, baseline) {
            let compared = comparable(results, baseline, model).and_then(|old| {
                let before = units::cases(suite, baseline, old, &quarantined);
                compare(&summary.model, wanted, &before, &cases, &suite.dataset)
            });
            verdict.compared(compared);
        }
        verdict.models.push(summary);
    }
    if suite.gate.compare.is_some() && baseline.is_none() && !demands.without_baseline {
        verdict.note("compare", Conclusion::Inconclusive, "there is no baseline to compare with".to_owned());
    }
    verdict.close();
    verdict
}

/// The position of the same model in the baseline.
fn comparable(results: &Results, baseline: &Results, model: usize) -> Result<usize, Refusal> {
    if baseline.ended != Ended::Complete {
        return Err(Refusal::Incomplete);
    }
    let name = &results.models[model];
    let Some(old) = baseline.models.iter().position(|m| m == name) else {
        let before = baseline.models.first().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        return Err(Refusal::Model { before, now: name.to_string() });
    };
    if baseline.parameters.get(old) != results.parameters.get(model) { Err(Refusal::Parameters) } else { Ok(old) }
}

impl Verdict {
    fn note(&mut self, name: &'static str, conclusion: Conclusion, text: String) {
        self.checks.push(Check { name, conclusion, text });
    }

    fn ended(&mut self, results: &Results) {
        let open = results.outcomes.iter().filter(|o| o.status == crate::run::Status::Skipped).count();
        let missing = results.outcomes.iter().filter(|o| o.status == crate::run::Status::Missing).count();
        match results.ended {
            Ended::Complete => {}
            Ended::Interrupted => {
                self.note("complete", Conclusion::Interrupted, format!("interrupted with {open} answers to go"));
            }
            Ended::BudgetSpent => {
                let text = format!("the budget is spent with {open} answers to go");
                self.note("complete", Conclusion::BudgetSpent, text);
            }
        }
        if missing > 0 {
            let nearest = results.misses.first().map_or_else(String::new, |m| format!("; {}: {}", m.case, m.nearest));
            let answers = if missing == 1 { "1 answer is".to_owned() } else { format!("{missing} answers are") };
            self.note("recordings", Conclusion::RecordingMissing, format!("{answers} not on file{nearest}"));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    fn errors(&mut self, suite: &Suite, summary: &Summary, demands: &Demands) {
        let allowed = demands.max_error_rate.map_or(suite.gate.max_error_rate, |d| d.min(suite.gate.max_error_rate));
        let asked = summary.passed + summary.failed + summary.errors;
        let rate = if asked == 0 { 0.0 } else { summary.errors as f64 / asked as f64 };
        let conclusion = if rate > allowed { Conclusion::Error } else { Conclusion::Pass };
        if summary.errors > 0 || allowed > 0.0 {
            let text = format!(
                "{}: {} of {asked} answers ended in an error, at most {:.1} % may",
                summary.model,
                summary.errors,
                allowed * 100.0
            );
            self.note("max-error-rate", conclusion, text);
        }
        if let Some(least) = demands.min_cases.filter(|least| (summary.cases as u64) < *least) {
            let text = format!("{}: {} cases, policy asks for {least}", summary.model, summary.cases);
            self.note("min-cases", Conclusion::Fail, text);
        }
    }

    fn rate(&mut self, suite: &Suite, summary: &Summary, demands: &Demands) {
        let gate = &suite.gate;
        // Without any other gate, every case must pass.
        let own = gate.min_pass_rate.or((gate.compare.is_none()).then_some(1.0));
        let asked = [(own, gate.bound == Bound::Wilson, ""), (demands.min_pass_rate, demands.wilson, " by policy")];
        for (least, wilson, by) in asked {
            let Some(least) = least else { continue };
            let (value, what) = if wilson {
                (summary.interval.0, "the 95 % lower bound of the pass rate")
            } else {
                (summary.pass_rate, "the pass rate")
            };
            // Shares of repeats are sums of thirds and fifths: compare with a grain of salt.
            let conclusion = if value + 1e-12 >= least { Conclusion::Pass } else { Conclusion::Fail };
            let text = format!(
                "{}: {what} is {:.1} %, at least {:.1} % asked{by}",
                summary.model,
                value * 100.0,
                least * 100.0
            );
            self.note("min-pass-rate", conclusion, text);
        }
    }

    fn must_pass(&mut self, suite: &Suite, model: &str, cases: &[CaseUnit]) {
        for id in &suite.gate.must_pass {
            let Some(case) = cases.iter().find(|c| c.case == *id) else { continue };
            if case.share < 1.0 && case.graded > 0 {
                let text = format!("{model}: the case {id} must pass: {}", case.reason);
                self.note("must-pass", Conclusion::Fail, text);
            } else if case.graded == 0 && case.errors > 0 {
                let text = format!("{model}: the case {id} must pass, but ended in an error: {}", case.reason);
                self.note("must-pass", Conclusion::Error, text);
            }
        }
        let held = suite.gate.must_pass.len();
        let done = |id: &String| cases.iter().any(|c| c.case == *id && c.graded > 0 && c.share == 1.0);
        if held > 0 && suite.gate.must_pass.iter().all(done) {
            self.note("must-pass", Conclusion::Pass, format!("{model}: {held} that must pass do"));
        }
    }

    fn metrics(&mut self, suite: &Suite, summary: &Summary) {
        for (name, least) in &suite.gate.min_metrics {
            let value = summary.metrics.get(name).copied().unwrap_or(0.0);
            let conclusion = if value + 1e-12 >= *least { Conclusion::Pass } else { Conclusion::Fail };
            let text = format!("{}: the metric {name} is {value:.3}, at least {least} asked", summary.model);
            self.note("min-metrics", conclusion, text);
        }
    }

    fn compared(&mut self, compared: Result<Comparison, Refusal>) {
        match compared {
            Ok(comparison) => self.comparisons.push(comparison),
            Err(refusal) => self.note("compare", Conclusion::Inconclusive, refusal.to_string()),
        }
    }

    /// Says what the comparisons come to and concludes.
    fn close(&mut self) {
        self.checks.retain(|c| c.name != "compare-found");
        let said: Vec<(Conclusion, String)> = self.comparisons.iter().map(said).collect();
        for (conclusion, text) in said {
            self.note("compare-found", conclusion, text);
        }
        let worst = self.checks.iter().map(|c| c.conclusion).max().unwrap_or(Conclusion::Pass);
        self.conclusion = match worst {
            Conclusion::Inconclusive if self.fail_inconclusive => Conclusion::Fail,
            other => other,
        };
    }

    /// The cheapest model that meets every check by itself, where costs are known.
    pub fn cheapest(&self) -> Option<&Summary> {
        let meets = |model: &str| {
            let own = |text: &str| text.starts_with(&format!("{model}: "));
            self.checks.iter().all(|c| c.conclusion <= Conclusion::Inconclusive || !own(&c.text))
        };
        let passing = self.models.iter().filter(|m| m.cost.is_some() && meets(&m.model));
        passing.min_by(|a, b| a.cost.unwrap_or(f64::MAX).total_cmp(&b.cost.unwrap_or(f64::MAX)))
    }
}

fn said(comparison: &Comparison) -> (Conclusion, String) {
    let c = comparison;
    let points = |share: f64| format!("{:+.1} points", share * 100.0);
    let numbers = format!(
        "{}: {} against {} over {} pairs (95 % {} to {}, p {:.3})",
        c.model,
        points(c.now - c.before),
        c.baseline,
        c.pairs,
        points(c.interval.0),
        points(c.interval.1),
        c.p
    );
    match c.finding {
        Found::Fall => (Conclusion::Fail, format!("{numbers}: it fell")),
        Found::NoFall => (Conclusion::Pass, format!("{numbers}: it did not fall")),
        Found::Unclear => {
            let detectable = format!("a fall of {:.1} points would have been seen", c.detectable * 100.0);
            (Conclusion::Inconclusive, format!("{numbers}: too few cases to tell; {detectable}"))
        }
    }
}

/// Holds the comparisons of several suites against one alpha together (Holm's correction, by the smallest alpha), and
/// concludes each anew.
pub fn across(verdicts: &mut [Verdict]) {
    let p_values: Vec<f64> = verdicts.iter().flat_map(|v| &v.comparisons).map(|c| c.p).collect();
    let alpha = verdicts.iter().flat_map(|v| &v.comparisons).map(|c| c.alpha).fold(1.0, f64::min);
    let mut significant = holm(&p_values, alpha).into_iter();
    for verdict in verdicts {
        for comparison in &mut verdict.comparisons {
            if significant.next() == Some(false) {
                comparison.not_significant();
            }
        }
        verdict.close();
    }
}
