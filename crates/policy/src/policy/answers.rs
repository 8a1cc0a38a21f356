//! What policy says of one prompt, one model, one rule or one step.

use std::collections::BTreeSet;

use source::{EnvName, ModelName, Place, PromptId, RepoPath, Risk, Timestamp};

use super::{APPROVAL_LASTS, Policy};
use crate::demand::{ApprovalDemand, Demands, EvidenceDemand, PinnedSuite, ReleaseDemands, SuiteDemand, Upstream};
use crate::document::models::Model;
use crate::document::policy::{ApprovalRule, EvidenceRule, Gate, LimitsDocument, SuiteRule};
use crate::{Action, BannedPhrase, Bound, Duration, Inconclusive, Level, Limits, Mode, Price, Provider, Rate, Sourced};

/// What speaks against a model, as a finding says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// `model-unknown` where policy knows nothing of its provider, else `model-not-allowed`.
    pub rule: &'static str,
    /// One clause.
    pub message: String,
    /// One action.
    pub help: String,
}

/// Which prompts, and which environment, a rule is asked about.
#[derive(Clone, Copy)]
struct Case<'a> {
    id: &'a PromptId,
    risk: Risk,
    env: Option<&'a EnvName>,
}

impl Policy {
    /// What `id` may grow to. Of several families that set a limit, the last in the file wins; each beats the general one.
    pub fn limits_for(&self, id: &PromptId) -> Limits {
        let mut limits = Limits::default();
        self.add_limits(&mut limits, &self.0.rules.document.limits, &["limits"]);
        for (at, family) in self.families_at(id) {
            self.add_limits(&mut limits, &family.limits, &["families", &at.to_string(), "limits"]);
        }
        limits
    }

    fn add_limits(&self, limits: &mut Limits, from: &LimitsDocument, path: &[&str]) {
        let place = |key: &str| self.0.rules.place(&[path, &[key]].concat());
        let set = |slot: &mut Option<Sourced<u64>>, value: Option<u64>, key: &str| {
            if let Some(value) = value {
                *slot = Some(Sourced::new(value, place(key)));
            }
        };
        set(&mut limits.source_bytes, from.source_bytes, "source_bytes");
        set(&mut limits.static_tokens, from.static_tokens, "static_tokens");
        set(&mut limits.rendered_tokens, from.rendered_tokens, "rendered_tokens");
        if let Some(budget) = from.budget {
            limits.budget = Some(Sourced::new(budget, place("budget")));
        }
    }

    /// How seriously `rule` is taken, for `id` where the finding is in a prompt; `None` = the rule's own default.
    pub fn level(&self, rule: &str, id: Option<&PromptId>) -> Option<Sourced<Level>> {
        let document = &self.0.rules.document;
        let general = document.rules.get(rule).map(|l| Sourced::new(*l, self.0.rules.place(&["rules", rule])));
        let in_family = |(at, level): (usize, &Level)| {
            Sourced::new(*level, self.0.rules.place(&["families", &at.to_string(), "rules", rule]))
        };
        let families = id.map(|id| self.families_at(id).filter_map(|(at, f)| Some((at, f.rules.get(rule)?))));
        families.and_then(|mut found| found.next_back()).map(in_family).or(general)
    }

    /// Every level that policy gives to rules in `id`, by rule.
    pub fn levels_for(&self, id: &PromptId) -> Vec<(&str, Sourced<Level>)> {
        let mut rules: Vec<&str> = self.levelled_rules().into_iter().map(|(rule, _)| rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules.into_iter().filter_map(|rule| Some((rule, self.level(rule, Some(id))?))).collect()
    }

    /// Every rule that policy gives a level, with the place of its name; for whoever knows which rules exist.
    pub fn levelled_rules(&self) -> Vec<(&str, Place)> {
        let document = &self.0.rules.document;
        let general = document.rules.keys().map(|rule| (rule.as_str(), self.0.rules.key_place(&["rules", rule])));
        let families = document.families.iter().enumerate().flat_map(|(at, family)| {
            let place = move |rule: &str| self.0.rules.key_place(&["families", &at.to_string(), "rules", rule]);
            family.rules.keys().map(move |rule| (rule.as_str(), place(rule)))
        });
        general.chain(families).collect()
    }

    /// The phrases that `id` must not contain.
    pub fn banned_phrases(&self, id: &PromptId) -> Vec<Sourced<&BannedPhrase>> {
        let families: Vec<&str> = self.families_of(id).iter().map(|f| f.name.as_str()).collect();
        let applies = |p: &BannedPhrase| p.families.is_empty() || p.families.iter().any(|f| families.contains(&&**f));
        let phrases = self.0.rules.document.banned_phrases.iter().enumerate().filter(|(_, p)| applies(p));
        let place = |at: usize| self.0.rules.place(&["banned_phrases", &at.to_string()]);
        phrases.map(|(at, phrase)| Sourced::new(phrase, place(at))).collect()
    }

    /// What the suites of `id` must reach at `risk`, the effective one: the strictest of every rule that fits.
    pub fn suite_demand(&self, id: &PromptId, risk: Risk) -> SuiteDemand {
        let mut demand = SuiteDemand::default();
        for (at, rule) in self.0.rules.document.suites.iter().enumerate() {
            if self.selects(Case { id, risk, env: None }, &[], rule.risk, &rule.families) {
                self.add_suite_rule(&mut demand, rule, &at.to_string());
            }
        }
        demand
    }

    fn add_suite_rule(&self, demand: &mut SuiteDemand, rule: &SuiteRule, at: &str) {
        let place = |key: &str| self.0.rules.place(&["suites", at, key]);
        if rule.required && demand.required.is_none() {
            demand.required = Some(place("required"));
        }
        stricter(&mut demand.min_cases, rule.min_cases, |old, new| new > old, || place("min_cases"));
        stricter(&mut demand.min_pass_rate, rule.min_pass_rate, |old, new| new > old, || place("min_pass_rate"));
        stricter(&mut demand.bound, rule.bound, |old, new| new > old, || place("bound"));
        stricter(&mut demand.max_error_rate, rule.max_error_rate, |old, new| new < old, || place("max_error_rate"));
    }

    /// What a comparison that can tell neither better nor worse means at `risk`.
    pub fn on_inconclusive(&self, risk: Risk) -> Inconclusive {
        let given = &self.0.rules.document.on_inconclusive;
        match risk {
            Risk::Low => given.low.unwrap_or(Inconclusive::Pass),
            Risk::Medium => given.medium.unwrap_or(Inconclusive::Pass),
            Risk::High => given.high.unwrap_or(Inconclusive::Fail),
        }
    }

    /// What a pointer entry of `id` in `env` must bring at `risk`, the effective one.
    ///
    /// A promotion must bring everything, a rollback only the approvals that policy asks of rollbacks; hold, retire and
    /// seal bring nothing. Default deny is [`Policy::may`]'s: an unknown environment demands nothing, but nobody may act.
    pub fn demands(&self, env: &EnvName, id: &PromptId, risk: Risk, action: Action) -> Demands {
        let case = Case { id, risk, env: Some(env) };
        match action {
            Action::Promote => Demands {
                upstream: self.upstream(env),
                windows: self.windows(env),
                approvals: self.approvals(case, |rule| rule.needed),
                evidence: self.evidence(case, Gate::Promotion),
            },
            Action::Rollback => Demands { approvals: self.approvals(case, |rule| rule.rollback), ..Demands::default() },
            _ => Demands::default(),
        }
    }

    fn upstream(&self, env: &EnvName) -> Option<Upstream> {
        let at = self.environments().iter().position(|e| e.name == *env)?;
        let given = &self.environments()[at];
        (!given.after.is_empty()).then(|| Upstream {
            environments: given.after.clone(),
            rule: given.upstream.unwrap_or_default(),
            soak_seconds: given.soak.unwrap_or_default().0,
            at: self.0.rules.place(&["environments", &at.to_string(), "after"]),
        })
    }

    fn windows(&self, env: &EnvName) -> Option<Sourced<crate::Windows>> {
        let at = self.environments().iter().position(|e| e.name == *env)?;
        let windows = self.environments()[at].windows.clone()?;
        Some(Sourced::new(windows, self.0.rules.place(&["environments", &at.to_string(), "windows"])))
    }

    fn approvals(&self, case: Case<'_>, count: impl Fn(&ApprovalRule) -> u32) -> Vec<ApprovalDemand> {
        let rules = self.0.rules.document.approvals.iter().enumerate();
        let fits = |rule: &ApprovalRule| self.selects(case, &rule.environments, rule.risk, &rule.families);
        let asking = rules.filter(|(_, rule)| count(rule) > 0 && fits(rule));
        let demand = |(at, rule): (usize, &ApprovalRule)| ApprovalDemand {
            needed: count(rule),
            from: self.approvers(rule, case),
            expires: rule.expires.unwrap_or(APPROVAL_LASTS),
            at: self.0.rules.place(&["approvals", &at.to_string()]),
        };
        asking.map(demand).collect()
    }

    fn approvers(&self, rule: &ApprovalRule, case: Case<'_>) -> Vec<String> {
        let all = self.who_may(Action::Approve, case.env, Some(case.id));
        let named = all.into_iter().filter(|p| rule.from.is_empty() || rule.from.contains(&p.name));
        let mut names: Vec<String> = named.map(|p| p.name.clone()).collect();
        names.sort();
        names
    }

    /// What a release of `id` must bring at `risk`, the effective one.
    pub fn release_demands(&self, id: &PromptId, risk: Risk) -> ReleaseDemands {
        let from = self.0.rules.document.release.from.clone();
        ReleaseDemands {
            from: from.map(|from| Sourced::new(from, self.0.rules.place(&["release", "from"]))),
            evidence: self.evidence(Case { id, risk, env: None }, Gate::Release),
        }
    }

    fn evidence(&self, case: Case<'_>, gate: Gate) -> Vec<EvidenceDemand> {
        let suite = self.suite_demand(case.id, case.risk);
        let rules = self.0.rules.document.evidence.iter().enumerate();
        let fits =
            |rule: &EvidenceRule| rule.at == gate && self.selects(case, &rule.environments, rule.risk, &rule.families);
        let demand = |(at, rule): (usize, &EvidenceRule)| {
            self.evidence_demand(case.id, rule, &suite, self.0.rules.place(&["evidence", &at.to_string()]))
        };
        rules.filter(|(_, rule)| fits(rule)).map(demand).collect()
    }

    /// How old replayed evidence may be, by each rule that says.
    pub fn replay_ages(&self) -> impl Iterator<Item = crate::Duration> + '_ {
        let rules = self.0.rules.document.evidence.iter().filter(|rule| rule.mode != Some(Mode::Live));
        rules.filter_map(|rule| rule.max_age)
    }

    /// An evidence rule joined with what policy demands of the suites themselves, so that neither undercuts the other.
    fn evidence_demand(&self, id: &PromptId, rule: &EvidenceRule, suite: &SuiteDemand, at: Place) -> EvidenceDemand {
        let rate = [rule.min_pass_rate, suite.min_pass_rate.as_ref().map(|r| r.value)];
        let errors = [rule.max_error_rate, suite.max_error_rate.as_ref().map(|r| r.value)];
        let cases = [rule.min_cases, suite.min_cases.as_ref().map(|c| c.value), Some(1)];
        let bound = [rule.bound, suite.bound.as_ref().map(|b| b.value), Some(Bound::Point)];
        let pinned = rule.pinned_suites.iter().filter_map(|(path, pin)| {
            let path = RepoPath::new(path).ok().filter(|path| is_suite_of(path, id))?;
            let (judge, embeddings) = (pin.judge.clone(), pin.embeddings.clone());
            Some(PinnedSuite { path, suite: pin.suite, dataset: pin.dataset, judge, embeddings })
        });
        EvidenceDemand {
            mode: rule.mode.unwrap_or(Mode::Replay),
            min_cases: cases.into_iter().flatten().max().unwrap_or(1),
            min_pass_rate: rate.into_iter().flatten().reduce(|a, b| if b > a { b } else { a }),
            bound: bound.into_iter().flatten().max().unwrap_or(Bound::Point),
            max_error_rate: errors.into_iter().flatten().reduce(|a, b| if b < a { b } else { a }).unwrap_or(Rate::ZERO),
            independent: rule.independent,
            max_age: rule.max_age,
            providers: rule.providers.unwrap_or_default(),
            pinned_suites: pinned.collect(),
            at,
        }
    }

    /// How many other maintainers must approve a policy change, and how long such an approval lasts.
    pub fn policy_changes(&self) -> (u32, Duration) {
        let given = &self.0.rules.document.policy_changes;
        (given.approvals, given.expires.unwrap_or(APPROVAL_LASTS))
    }

    /// Whether prompts, routes and suites may use `model`.
    pub fn model_allowed(&self, model: &ModelName) -> bool {
        self.model_at(model).is_some()
    }

    /// What speaks against using `model`, where something does.
    pub fn objection(&self, model: &ModelName) -> Option<Objection> {
        if self.model_allowed(model) {
            return None;
        }
        let listed = "name a model that policies/models.yaml lists, or list this one there";
        let of_provider: Vec<_> = self.models().iter().filter(|m| m.model.provider() == model.provider()).collect();
        if of_provider.is_empty() {
            let providers: BTreeSet<_> = self.models().iter().map(|m| m.model.provider()).collect();
            let help = match source::nearest::nearest(model.provider(), providers.iter().copied()) {
                Some(provider) => format!("write `{provider}/{}` if that was meant", model.model()),
                None => listed.to_owned(),
            };
            let message = format!("policy lists no model of the provider `{}`", model.provider());
            return Some(Objection { rule: "model-unknown", message, help });
        }
        let help = match source::nearest::nearest(model.as_str(), of_provider.iter().map(|m| m.model.as_str())) {
            Some(meant) => format!("write `{meant}` if that was meant"),
            None => listed.to_owned(),
        };
        Some(Objection {
            rule: "model-not-allowed",
            message: format!("policy does not allow the model `{model}`"),
            help,
        })
    }

    /// The models that may be used, in the order of the file.
    pub fn models(&self) -> &[Model] {
        &self.0.models.document.models
    }

    /// What `model` costs, with the line that says so.
    pub fn price(&self, model: &ModelName) -> Option<Sourced<&Price>> {
        let (at, model) = self.model_at(model)?;
        Some(Sourced::new(model.price.as_ref()?, self.0.models.place(&["models", &at.to_string(), "price"])))
    }

    /// How many tokens `model` reads and writes at most, together, where policy says so.
    pub fn context_tokens(&self, model: &ModelName) -> Option<Sourced<u64>> {
        let (at, model) = self.model_at(model)?;
        Some(Sourced::new(model.context_tokens?, self.0.models.place(&["models", &at.to_string(), "context_tokens"])))
    }

    /// What `model` can do, where policy lists anything.
    pub fn capabilities(&self, model: &ModelName) -> Option<Sourced<&[String]>> {
        let (at, model) = self.model_at(model)?;
        let listed = Some(model.capabilities.as_slice()).filter(|listed| !listed.is_empty())?;
        Some(Sourced::new(listed, self.0.models.place(&["models", &at.to_string(), "capabilities"])))
    }

    /// Every pattern of every family, with its place.
    pub fn family_patterns(&self) -> Vec<(&crate::Family, &crate::Pattern, Place)> {
        let mut found = Vec::new();
        for (at, family) in self.rules().families.iter().enumerate() {
            for (n, pattern) in family.patterns.iter().enumerate() {
                let place = self.0.rules.place(&["families", &at.to_string(), "match", &n.to_string()]);
                found.push((family, pattern, place));
            }
        }
        found
    }

    /// Where the day stands on which the price of `model` was read.
    pub fn price_day(&self, model: &ModelName) -> Option<Place> {
        let (at, _) = self.model_at(model)?;
        Some(self.0.models.place(&["models", &at.to_string(), "price", "as_of"]))
    }

    /// Whether the price of `model` is older than policy allows at `now`; with the age it may reach.
    pub fn price_is_stale(&self, model: &ModelName, now: Timestamp) -> Option<Duration> {
        let longest = self.0.models.document.max_price_age?;
        let day = self.0.price_days.get(model.as_str())?;
        let age = u64::try_from(now.0.saturating_sub(day.0)).unwrap_or(0);
        (age > longest.0).then_some(longest)
    }

    /// How old a price may grow before `price-stale` reports it.
    pub fn max_price_age(&self) -> Option<Duration> {
        self.0.models.document.max_price_age
    }

    /// Every provider that policy defines, by name.
    pub fn providers(&self) -> &std::collections::BTreeMap<String, Provider> {
        &self.0.models.document.providers
    }

    /// How the provider of this name is reached; the well-known ones are built into the eval crate.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.0.models.document.providers.get(name)
    }

    fn model_at(&self, model: &ModelName) -> Option<(usize, &Model)> {
        self.models().iter().enumerate().find(|(_, m)| m.model == *model)
    }

    /// Whether a rule with these selectors is about `case`; an absent selector is about everything.
    fn selects(&self, case: Case<'_>, envs: &[EnvName], risk: Option<Risk>, families: &[String]) -> bool {
        let env_fits = envs.is_empty() || case.env.is_some_and(|env| envs.contains(env));
        let risk_fits = risk.is_none_or(|least| case.risk >= least);
        let belongs = |name: &String| self.families_of(case.id).iter().any(|f| f.name == *name);
        env_fits && risk_fits && (families.is_empty() || families.iter().any(belongs))
    }
}

/// Puts `new` in the slot where it is stricter than what stands there.
fn stricter<T: Copy>(
    slot: &mut Option<Sourced<T>>,
    new: Option<T>,
    is_stricter: impl Fn(T, T) -> bool,
    at: impl Fn() -> Place,
) {
    let Some(new) = new else { return };
    if slot.as_ref().is_none_or(|old| is_stricter(old.value, new)) {
        *slot = Some(Sourced::new(new, at()));
    }
}

/// Whether `path` is `evals/<id>.yaml` or `evals/<id>.<name>.yaml`.
fn is_suite_of(path: &RepoPath, id: &PromptId) -> bool {
    let rest = path.below("evals").and_then(|p| p.strip_prefix(id.as_str()));
    rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".yaml") && !rest.contains('/'))
}
