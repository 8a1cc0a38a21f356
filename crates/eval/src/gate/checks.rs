//! The checks that need no baseline.

use std::collections::BTreeMap;

use source::PromptId;
use source::render::counted;

use super::absolute::{Sampled, Summary};
use super::units::CaseUnit;
use super::verdict::Verdict;
use super::{Conclusion, Demands};
use crate::run::{Ended, Results};
use crate::suite::{Bound, Suite};

/// What stands before the command that asks for what is not on file.
const ASK: &str = "; to ask for what is missing: ";

/// The shortest command that asks for it.
fn shortest(prompt: &str, how: &str) -> String {
    format!("promptuary eval {prompt} {how}")
}

/// `by`, and that cases in quarantine are counted.
fn with(all: &Summary, without: &Summary, by: &str) -> String {
    let aside = counted(all.cases.saturating_sub(without.cases), "case");
    format!("{by}, which counts the {aside} in quarantine, too")
}

impl Verdict {
    /// What is missing on one side of the comparison or the other: it was cut off, or answers are not on file.
    pub(super) fn ended(&mut self, results: &Results, open: usize, missing: usize, whose: &str) {
        let was_begun = open < results.outcomes.len() || results.spent.requests > 0;
        let open = format!("{}{whose} to go", counted(open, "answer"));
        match results.ended {
            Ended::Complete => {}
            Ended::Interrupted => {
                let text = match was_begun {
                    true => format!("interrupted with {open}"),
                    false => format!("not run: interrupted before it began, with {open}"),
                };
                self.note("complete", None, Conclusion::Interrupted, text);
            }
            Ended::BudgetSpent => {
                let which = results.stop.as_ref().map_or_else(String::new, |stop| format!(": {stop}"));
                let text = format!("the budget is spent with {open}{which}");
                self.note("complete", None, Conclusion::BudgetSpent, text);
            }
        }
        if missing > 0 {
            self.missing(results, missing, whose);
        }
    }

    /// That only `cases` were to be run is told beside what they come to; a part of a run, which is not judged, is no sample.
    pub(super) fn sampled(&mut self, suite: &Suite, results: &Results, cases: usize) -> Option<Sampled> {
        let sample = results.sample.as_ref().filter(|_| results.shard.is_none())?;
        let of = suite.cases.len();
        let sampled = (cases < of).then_some(Sampled { cases, of, seed: sample.seed })?;
        self.note("sample", None, Conclusion::Pass, format!("judged by {sampled}"));
        Some(sampled)
    }

    /// Answers that recordings lack.
    fn missing(&mut self, results: &Results, missing: usize, whose: &str) {
        let nearest = results.misses.first().map_or_else(String::new, |m| format!("; {}: {}", m.case, m.nearest));
        let answers = counted(missing, "answer");
        let helping = results.misses.first().and_then(|m| m.helping);
        let helping = helping.filter(|_| results.misses.iter().all(|m| m.helping == helping));
        let what = match helping {
            Some(helping) => format!("{} is not on file for {answers}{whose}", helping.gives()),
            None => format!("{answers}{whose} {} not on file", if missing == 1 { "is" } else { "are" }),
        };
        let sealed = results.misses.first().is_some_and(|m| m.nearest == crate::sealed::NEVER_ON_FILE);
        let how = if sealed { "--live" } else { "--record" };
        let text = format!("{what}{nearest}{ASK}{}", shortest(&results.prompt, how));
        self.note("recordings", None, Conclusion::RecordingMissing, text);
    }

    /// Has what is missing asked for by the command that `again` makes of `--record` or `--live`, instead of the shortest
    /// one: whoever gave options wants them kept.
    pub fn ask_by(&mut self, prompt: &PromptId, again: impl Fn(&str) -> String) {
        for check in self.checks.iter_mut().filter(|check| check.name == "recordings") {
            let how = ["--record", "--live"].map(|how| (how, format!("{ASK}{}", shortest(prompt.as_str(), how))));
            if let Some((how, said)) = how.iter().find(|(_, said)| check.text.ends_with(said)) {
                check.text.truncate(check.text.len() - said.len());
                check.text += &format!("{ASK}{}", again(how));
            }
        }
    }

    /// Has what was cut off, by its budget or by somebody, say how to go on.
    pub fn go_on_by(&mut self, how: &str) {
        for check in self.checks.iter_mut().filter(|check| check.name == "complete") {
            check.text += &format!("; {how}");
        }
    }

    /// Errors, and how many cases there are; `all` counts the cases in quarantine, where there are any.
    pub(super) fn errors(&mut self, suite: &Suite, summary: &Summary, all: Option<&Summary>, demands: &Demands) {
        let own = suite.gate.max_error_rate;
        match (demands.max_error_rate, all) {
            (Some(policies), Some(all)) => {
                self.error_rate(summary, own, "");
                self.error_rate(all, policies, &with(all, summary, " by policy"));
            }
            (policies, _) => self.error_rate(summary, policies.map_or(own, |policies| policies.min(own)), ""),
        }
        let model = Some(summary.model.as_str());
        let summary = all.unwrap_or(summary);
        if let Some(least) = demands.min_cases.filter(|least| (summary.questions as u64) < *least) {
            let cases = match summary.questions == summary.cases {
                true => counted(summary.cases, "case"),
                false => format!("{} in {} cases", counted(summary.questions, "question"), summary.cases),
            };
            let text = format!("{}: {cases}, policy asks for {least}", summary.model);
            self.note("min-cases", model, Conclusion::Fail, text);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    fn error_rate(&mut self, summary: &Summary, allowed: f64, by: &str) {
        let asked = summary.passed + summary.failed + summary.errors;
        let rate = if asked == 0 { 0.0 } else { summary.errors as f64 / asked as f64 };
        let conclusion = if rate > allowed { Conclusion::Error } else { Conclusion::Pass };
        if summary.errors > 0 || allowed > 0.0 {
            let text = format!(
                "{}: {} of {asked} answers ended in an error, at most {:.1} % may{by}",
                summary.model,
                summary.errors,
                allowed * 100.0
            );
            self.note("max-error-rate", Some(&summary.model), conclusion, text);
        }
    }

    /// That cases ask what others ask is told beside what they come to.
    pub(super) fn questions(&mut self, suite: &Suite, summary: &Summary) {
        let (Some([one, other]), true) = (&suite.questions.twins, summary.questions < summary.cases) else { return };
        let text = format!(
            "{} cases ask {}, each of which counts once: {other} asks what {one} asks",
            summary.cases,
            counted(summary.questions, "question")
        );
        if !self.checks.iter().any(|check| check.name == "questions") {
            self.note("questions", None, Conclusion::Pass, text);
        }
    }

    /// Rates; `all` counts the cases in quarantine, where there are any: the suite's own gate leaves them out, policy does not.
    pub(super) fn rate(&mut self, suite: &Suite, summary: &Summary, all: Option<&Summary>, demands: &Demands) {
        let gate = &suite.gate;
        let (Some(rate), Some(interval)) = (summary.pass_rate, summary.interval) else {
            return self.nothing_to_judge(summary);
        };
        if let Some(all) = all.filter(|all| all.missing > 0 && !demands.rates.is_empty()) {
            let is = if all.missing == 1 { "is" } else { "are" };
            let answers = counted(all.missing, "answer");
            let text = format!(
                "{answers} to cases in quarantine, which policy counts, {is} not on file{ASK}{}",
                shortest(suite.prompt.as_str(), "--record")
            );
            return self.note("recordings", None, Conclusion::RecordingMissing, text);
        }
        let own = gate.least_rate().map(|least| (least, gate.bound, String::new(), (rate, interval)));
        let whole = all.and_then(|all| Some((all.pass_rate?, all.interval?))).unwrap_or((rate, interval));
        let by =
            |whose: &str| all.map_or_else(|| format!(" by {whose}"), |all| with(all, summary, &format!(" by {whose}")));
        let policies = demands.rates.iter().map(|r| (r.least, r.bound, by(&r.whose), whole));
        for (least, bound, by, (rate, interval)) in own.into_iter().chain(policies) {
            let (value, what) = match bound {
                Bound::Wilson => (interval.0, "the 95 % lower bound of the pass rate"),
                Bound::Point => (rate, "the pass rate"),
            };
            // Shares of repeats are sums of thirds and fifths: compare with a grain of salt.
            let conclusion = if value + 1e-12 >= least { Conclusion::Pass } else { Conclusion::Fail };
            let text = format!(
                "{}: {what} is {:.1} %, at least {:.1} % asked{by}",
                summary.model,
                value * 100.0,
                least * 100.0
            );
            self.note("min-pass-rate", Some(&summary.model), conclusion, text);
        }
    }

    /// No rate holds where nothing was graded, whatever the suite asks.
    fn nothing_to_judge(&mut self, summary: &Summary) {
        let Summary { model, cases, aside, errors, .. } = summary;
        let (conclusion, text) = match (cases, aside) {
            (0, 1..) => (Conclusion::Fail, format!("{model}: every case is in quarantine: nothing is left to judge")),
            _ if *errors > 0 => {
                (Conclusion::Error, format!("{model}: no answer could be graded: {}", counted(*errors, "error")))
            }
            _ => return,
        };
        self.note("min-pass-rate", Some(model), conclusion, text);
    }

    pub(super) fn must_pass(&mut self, suite: &Suite, model: &str, cases: &BTreeMap<String, CaseUnit>) {
        for id in &suite.gate.must_pass {
            let Some(case) = cases.get(id) else { continue };
            if case.share < 1.0 && case.graded > 0 {
                let text = format!("{model}: the case {id} must pass: {}", case.reason);
                self.note("must-pass", Some(model), Conclusion::Fail, text);
            } else if case.graded == 0 && case.errors > 0 {
                let text = format!("{model}: the case {id} must pass, but ended in an error: {}", case.reason);
                self.note("must-pass", Some(model), Conclusion::Error, text);
            }
        }
        let held = suite.gate.must_pass.len();
        let done = |id: &String| cases.get(id).is_some_and(|c| c.graded > 0 && c.share == 1.0);
        if held > 0 && suite.gate.must_pass.iter().all(done) {
            let text = match held {
                1 => format!("{model}: the case that must pass does"),
                many => format!("{model}: the {many} cases that must pass do"),
            };
            self.note("must-pass", Some(model), Conclusion::Pass, text);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of verdicts")]
    pub(super) fn judge_agreement(&mut self, suite: &Suite, summary: &Summary) {
        let (Some(least), Some(judge)) = (suite.gate.min_judge_agreement, &summary.judge) else { return };
        let share = judge.unanimous as f64 / judge.verdicts.max(1) as f64;
        let conclusion = if share + 1e-12 >= least { Conclusion::Pass } else { Conclusion::Fail };
        let mut text = format!(
            "{}: the judge agrees with itself on {:.1} % of {} verdicts, at least {:.1} % asked",
            summary.model,
            share * 100.0,
            judge.verdicts,
            least * 100.0
        );
        if conclusion == Conclusion::Fail {
            text += "; say in the rubric what decides between the two readings, or name another judge";
        }
        self.note("min-judge-agreement", Some(&summary.model), conclusion, text);
    }

    pub(super) fn metrics(&mut self, suite: &Suite, summary: &Summary) {
        for (name, least) in &suite.gate.min_metrics {
            let value = summary.metrics.get(name).copied().unwrap_or(0.0);
            let conclusion = if value + 1e-12 >= *least { Conclusion::Pass } else { Conclusion::Fail };
            let text = format!("{}: the metric {name} is {value:.3}, at least {least} asked", summary.model);
            self.note("min-metrics", Some(&summary.model), conclusion, text);
        }
    }
}
