//! What is wrong in a suite's gate, sample, budget and models, beyond their types.

use std::collections::BTreeSet;

use source::render::counted;
use source::yaml::Node;
use source::{EnvName, Finding, Place, Span, Timestamp, Version};

use super::{Bound, Cases, Questions, Suite};
use crate::assertion::Item;
use crate::rules;
use crate::stats::wilson;

pub(super) fn findings(suite: &Suite, root: &Node) -> Vec<Finding> {
    let mut check = Check { suite, root, seen: Seen::of(suite), findings: Vec::new() };
    check.models();
    check.gate();
    check.compare();
    check.named_cases();
    check.sample();
    check.judge();
    check.metrics();
    check.findings
}

/// A lower bound that not even a run without a failure reaches: the gate counts what is independent, not cases.
pub(super) fn out_of_reach(suite: &Suite, questions: &Questions) -> Option<Finding> {
    let rate = suite.gate.min_pass_rate.filter(|rate| suite.gate.bound == Bound::Wilson && *rate <= 1.0)?;
    let (cases, units) = (suite.cases.len(), questions.units(suite));
    let best = wilson(units as u64, units as u64, 0.95).0;
    // The same grain of salt as the gate's.
    if best + 1e-12 >= rate {
        return None;
    }
    let (what, help) = match (units == cases, questions.surplus > 0) {
        (true, _) => (counted(cases, "case"), "add cases, or lower the rate"),
        (_, false) => (
            format!("{} in {}", counted(cases, "case"), counted(units, "independent unit")),
            "add clusters: more cases of the same ones show no more; or lower the rate",
        ),
        (_, true) => (
            format!("{} in {}", counted(cases, "case"), counted(units, "independent unit")),
            "add cases that ask something else, outside these clusters, or lower the rate",
        ),
    };
    let message = format!("{what} can show at most {best:.3} with `bound: wilson`, never {rate}");
    let place = suite.place_of(&["gate", "min_pass_rate"]);
    Some(Finding::new(rules::GATE_CONTRADICTORY, place, message).help(help))
}

struct Check<'a> {
    suite: &'a Suite,
    root: &'a Node,
    seen: Seen,
    findings: Vec<Finding>,
}

/// What one look at all cases tells.
#[derive(Default)]
struct Seen {
    /// Those ids that the gate names.
    ids: BTreeSet<String>,
    embeds: bool,
    judges: bool,
    /// The metrics that assertions count under.
    metrics: BTreeSet<String>,
    /// Whether the name of one is made of variables.
    any_metric: bool,
    /// The first case without what strata are made of.
    unstratified: Option<String>,
}

impl Seen {
    fn of(suite: &Suite) -> Self {
        let gate = &suite.gate;
        let named = gate.must_pass.iter().chain(gate.quarantine.iter().map(|q| &q.id));
        let named: BTreeSet<&str> = named.chain(gate.retired.iter().map(|r| &r.id)).map(String::as_str).collect();
        let by = suite.sample.as_ref().and_then(|sample| sample.stratify_by.as_ref());
        let mut this = Self::default();
        let mut last: Option<std::sync::Arc<[Item]>> = None;
        for case in &suite.cases {
            if named.contains(case.id.as_str()) {
                this.ids.insert(case.id.clone());
            }
            if let Some(by) = by.filter(|_| this.unstratified.is_none())
                && !case.metadata.contains_key(by)
                && !case.vars.map().contains_key(by)
            {
                this.unstratified = Some(case.id.clone());
            }
            // Most cases share what they assert with the one before.
            if !last.as_ref().is_some_and(|last| std::sync::Arc::ptr_eq(last, &case.asserts)) {
                case.asserts.iter().for_each(|item| this.look(item));
                last = Some(std::sync::Arc::clone(&case.asserts));
            }
        }
        this
    }

    fn look(&mut self, item: &Item) {
        let own = match item {
            Item::One(..) => None,
            Item::Set(set, _) => set.metric.as_ref(),
        };
        for metric in own.into_iter().chain(item.asserts().iter().filter_map(|a| a.metric.as_ref())) {
            match metric.plain() {
                Some(plain) => drop(self.metrics.insert(plain.to_owned())),
                None => self.any_metric = true,
            }
        }
        for kind in item.asserts().iter().map(|a| &a.kind) {
            self.embeds |= kind.embeds();
            self.judges |= kind.asks_the_judge();
        }
    }
}

impl Check<'_> {
    fn span(&self, path: &[&str]) -> Span {
        let longest = (0..=path.len()).rev().find_map(|n| self.root.at(&path[..n]));
        longest.map_or(self.root.span, |n| n.span)
    }

    fn fault(&mut self, rule: &'static str, path: &[&str], message: impl Into<String>, help: &str) {
        let place = Place::new(&self.suite.text, self.span(path));
        self.findings.push(Finding::new(rule, place, message).help(help));
    }

    fn models(&mut self) {
        let mut seen = std::collections::HashSet::new();
        for (i, (model, _)) in self.suite.models.iter().enumerate() {
            if model.contains('/')
                && let Err(why) = model.parse::<source::ModelName>()
            {
                let at = i.to_string();
                self.fault(
                    "value-invalid",
                    &["models", &at],
                    format!("`{model}`: {}", why.why),
                    "write `provider/model` or a route",
                );
            }
            if !seen.insert(model) {
                let at = i.to_string();
                self.fault(
                    "value-invalid",
                    &["models", &at],
                    format!("the model `{model}` stands twice"),
                    "remove one",
                );
            }
        }
    }

    fn gate(&mut self) {
        let gate = &self.suite.gate;
        match gate.min_pass_rate {
            Some(rate) if !(0.0..=1.0).contains(&rate) => {
                let help = "write it as a share: 0.8 for 80 %";
                self.fault(
                    rules::THRESHOLD_VACUOUS,
                    &["gate", "min_pass_rate"],
                    format!("a pass rate of {rate} cannot be"),
                    help,
                );
            }
            Some(0.0) => {
                let help = "choose a rate above 0, or remove it and compare with a baseline";
                self.fault(
                    rules::THRESHOLD_VACUOUS,
                    &["gate", "min_pass_rate"],
                    "a pass rate of 0 is always reached",
                    help,
                );
            }
            Some(_) if gate.bound == Bound::Wilson => {
                self.findings.extend(out_of_reach(self.suite, &self.suite.questions));
            }
            None if gate.bound == Bound::Wilson => {
                let help = "add `min_pass_rate`";
                self.fault(rules::GATE_CONTRADICTORY, &["gate", "bound"], "`bound: wilson` bounds nothing", help);
            }
            _ => {}
        }
        if !(0.0..1.0).contains(&gate.max_error_rate) {
            let help = "choose a share from 0 up to, not including, 1";
            let message = format!("an error rate of {} excuses every failure of a provider", gate.max_error_rate);
            self.fault(rules::THRESHOLD_VACUOUS, &["gate", "max_error_rate"], message, help);
        }
        if self.suite.budget.max_requests == Some(0) || self.suite.budget.max_tokens == Some(0) {
            self.fault(rules::GATE_CONTRADICTORY, &["budget"], "the budget allows nothing", "raise or remove it");
        }
        if self.suite.budget.max_usd.is_some_and(|usd| usd < 0.0) {
            self.fault(
                rules::GATE_CONTRADICTORY,
                &["budget", "max_usd"],
                "the budget is below 0",
                "raise or remove it",
            );
        }
    }

    fn compare(&mut self) {
        let Some(compare) = &self.suite.gate.compare else { return };
        let baseline = compare.baseline.as_str();
        let prefixed = ["v:", "env:", "rev:"].iter().any(|p| baseline.len() > p.len() && baseline.starts_with(p));
        if baseline != "merge-base" && !prefixed {
            let help = "write merge-base, v:VERSION, env:NAME or rev:REVISION";
            self.fault("value-invalid", &["gate", "compare", "baseline"], format!("`{baseline}` is no baseline"), help);
        }
        let misspelt = match baseline.split_once(':') {
            Some(("v", version)) => version.parse::<Version>().err(),
            Some(("env", env)) => env.parse::<EnvName>().err(),
            _ => None,
        };
        if let Some(why) = misspelt.filter(|_| prefixed) {
            let message = format!("`{baseline}` is no baseline: not {}: {}", why.what, why.why);
            let help = "write v:2.1.0 for a release, env:prod for what is live, rev:main for a revision";
            self.fault("value-invalid", &["gate", "compare", "baseline"], message, help);
        }
        if !(compare.alpha > 0.0 && compare.alpha <= 0.5) {
            let message = format!("an alpha of {} is no rate of false alarms", compare.alpha);
            self.fault(rules::THRESHOLD_VACUOUS, &["gate", "compare", "alpha"], message, "choose 0.05 or so");
        }
        if !(0.0..1.0).contains(&compare.min_effect) {
            let message = format!("a drop of {} can never be reached", compare.min_effect);
            self.fault(
                rules::THRESHOLD_VACUOUS,
                &["gate", "compare", "min_effect"],
                message,
                "write it as a share: 0.02 for two points",
            );
        }
    }

    fn named_cases(&mut self) {
        let gate = &self.suite.gate;
        let known = |id: &str| self.seen.ids.contains(id);
        let mut faults = Vec::new();
        for (i, id) in gate.must_pass.iter().enumerate() {
            let path = ["gate".to_owned(), "must_pass".to_owned(), i.to_string()];
            if !known(id) {
                faults.push((
                    rules::CASE_UNKNOWN,
                    path,
                    format!("no case has the id `{id}`"),
                    nearest(&self.suite.cases, id),
                ));
            }
        }
        for (i, quarantine) in gate.quarantine.iter().enumerate() {
            let path = |key: &str| ["gate".to_owned(), "quarantine".to_owned(), format!("{i}/{key}")];
            if !known(&quarantine.id) {
                let message = format!("no case has the id `{}`", quarantine.id);
                faults.push((rules::CASE_UNKNOWN, path("id"), message, nearest(&self.suite.cases, &quarantine.id)));
            }
            if quarantine.until.len() != 10 || Timestamp::parse(&quarantine.until).is_err() {
                let message = format!("`{}` is no day", quarantine.until);
                faults.push(("value-invalid", path("until"), message, "write it as 2026-12-31".to_owned()));
            }
            if gate.quarantine[..i].iter().any(|q| q.id == quarantine.id) {
                let message = format!("the case `{}` is in quarantine twice", quarantine.id);
                let help = "keep the entry that holds".to_owned();
                faults.push((rules::GATE_CONTRADICTORY, path("id"), message, help));
            }
            if quarantine.owner.trim().is_empty() {
                let message = "a case in quarantine has no owner".to_owned();
                faults.push(("value-invalid", path("owner"), message, "say who will mend it".to_owned()));
            }
        }
        for (i, retired) in gate.retired.iter().enumerate() {
            let path = |key: &str| ["gate".to_owned(), "retired".to_owned(), format!("{i}/{key}")];
            if known(&retired.id) {
                let message = format!("the case `{}` is retired and stands in the suite", retired.id);
                let help = "remove it from one of the two".to_owned();
                faults.push((rules::GATE_CONTRADICTORY, path("id"), message, help));
            }
            if retired.reason.trim().is_empty() {
                let message = "a case is retired without a reason".to_owned();
                faults.push(("value-invalid", path("reason"), message, "say why nobody needs it".to_owned()));
            }
        }
        for (rule, path, message, help) in faults {
            let steps: Vec<&str> = path.iter().flat_map(|p| p.split('/')).collect();
            self.fault(rule, &steps, message, &help);
        }
    }

    fn sample(&mut self) {
        let Some(sample) = &self.suite.sample else { return };
        if sample.n == 0 {
            self.fault("value-invalid", &["sample", "n"], "a sample of no cases", "keep at least one");
        }
        let Some(by) = &sample.stratify_by else { return };
        if let Some(case) = &self.seen.unstratified {
            let message = format!("the case `{case}` has neither a variable nor metadata `{by}`");
            self.fault(rules::CASE_UNKNOWN, &["sample", "stratify_by"], message, "name something that every case has");
        }
    }

    /// A metric that the gate asks for and no assertion counts under could only fail.
    fn metrics(&mut self) {
        let vacuous = self.suite.gate.min_metrics.iter().filter(|(_, least)| !(**least > 0.0 && **least <= 1.0));
        for (name, least) in vacuous.map(|(name, least)| (name.clone(), *least)).collect::<Vec<_>>() {
            let message = format!("a metric of {least} decides nothing: metrics are mean scores, from 0 to 1");
            let path = ["gate", "min_metrics", &name];
            self.fault(rules::THRESHOLD_VACUOUS, &path, message, "choose a share above 0 and up to 1");
        }
        // The name of one is made of variables.
        if self.seen.any_metric {
            return;
        }
        let names = self.seen.metrics.clone();
        let asked: Vec<String> = self.suite.gate.min_metrics.keys().cloned().collect();
        for metric in asked.iter().filter(|metric| !names.contains(*metric)) {
            let near = source::nearest::nearest(metric, names.iter().map(String::as_str));
            let help = near.map_or_else(
                || format!("write `metric: {metric}` in an assertion"),
                |n| format!("did you mean `{n}`?"),
            );
            let message = format!("no assertion counts under the metric `{metric}`");
            self.fault(rules::CASE_UNKNOWN, &["gate", "min_metrics", metric], message, &help);
        }
    }

    fn judge(&mut self) {
        let (embeds, judges) = (self.seen.embeds, self.seen.judges);
        let judge = self.suite.judge.clone();
        if judges && judge.as_ref().is_none_or(|j| j.model.is_none()) {
            let help = "add `judge: { model: … }` with a route or provider/model";
            self.fault(rules::ASSERTION_INVALID, &["judge"], "model-graded assertions have no judge", help);
        }
        let repeat = judge.as_ref().and_then(|j| j.repeat);
        if repeat.is_some_and(|n| n == 0 || n > 15 || n % 2 == 0) {
            let help = "choose 1, 3, 5 or so: the majority decides, and an even number has none";
            self.fault("value-invalid", &["judge", "repeat"], "a judge is asked an odd number of times, 1 to 15", help);
        }
        if let Some(least) = self.suite.gate.min_judge_agreement {
            let path = ["gate", "min_judge_agreement"];
            if !(least > 0.0 && least <= 1.0) {
                let message = format!("an agreement of {least} says nothing");
                self.fault(rules::THRESHOLD_VACUOUS, &path, message, "write it as a share: 0.9 for 90 %");
            } else if repeat.unwrap_or(1) < 2 || !judges {
                let message = "a judge that is asked once cannot disagree with itself";
                self.fault(rules::GATE_CONTRADICTORY, &path, message, "add `judge: { repeat: 3 }`, or remove it");
            }
        }
        if embeds && judge.as_ref().is_none_or(|j| j.embeddings.is_none()) {
            let help = "add `judge: { embeddings: provider/model }`";
            self.fault(rules::ASSERTION_INVALID, &["judge"], "`similar` has nobody to ask for embeddings", help);
        }
    }
}

fn nearest(cases: &Cases, id: &str) -> String {
    let near = cases.nearest(id);
    near.map_or_else(|| "give the case this `id:`".to_owned(), |n| format!("did you mean `{n}`?"))
}
