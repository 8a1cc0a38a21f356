//! What policy says of one prompt, line by line: the data of `promptuary policy explain`.

use std::collections::BTreeMap;

use source::{EnvName, Place, PromptId, Risk};

use crate::demand::{EffectiveRisk, EvidenceDemand, SuiteDemand};
use crate::document::policy::{Bound, Budget};
use crate::{Action, Demands, Duration, Policy, Principal};

/// What policy says of one prompt.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The prompt.
    pub id: PromptId,
    /// What it is judged by where nothing of it is live.
    pub risk: EffectiveRisk,
    /// One row a statement, in the order in which people meet them.
    pub rows: Vec<Row>,
}

/// One statement, and the line of policy that makes it.
#[derive(Debug, Clone)]
pub struct Row {
    /// `family`, `limit`, `rule`, `phrase`, `suite`, `release`, or an environment as `to prod`.
    pub section: String,
    /// A clause: `static_tokens at most 2000`.
    pub says: String,
    /// The line.
    pub at: Place,
}

impl Policy {
    /// Everything policy says of `id`, whose front matter declares `declared`, where `live` gives the risk of the release
    /// live in each environment.
    pub fn explain(&self, id: &PromptId, declared: Risk, live: &BTreeMap<EnvName, Risk>) -> Explanation {
        let risk = self.effective_risk(id, declared, None);
        let mut rows = Rows { rows: Vec::new() };
        self.explain_families(id, &mut rows);
        self.explain_limits(id, &mut rows);
        for (rule, level) in self.levels_for(id) {
            rows.push("rule", format!("{rule} is {}", level.value.as_str()), level.at);
        }
        for phrase in self.banned_phrases(id) {
            rows.push("phrase", format!("\"{}\" is banned", phrase.value.phrase), phrase.at);
        }
        rows.suite(self.suite_demand(id, risk.risk));
        self.explain_release(id, risk.risk, &mut rows);
        for env in self.environments() {
            let risk = self.effective_risk(id, declared, live.get(&env.name).copied()).risk;
            self.explain_environment(&env.name, id, risk, &mut rows);
        }
        Explanation { id: id.clone(), risk, rows: rows.rows }
    }

    fn explain_families(&self, id: &PromptId, rows: &mut Rows) {
        for (family, at) in self.family_places(id) {
            let least = family.min_risk.map(|r| format!(", risk at least {r}")).unwrap_or_default();
            rows.push("family", format!("{}{least}", family.name), at);
        }
    }

    fn explain_limits(&self, id: &PromptId, rows: &mut Rows) {
        let limits = self.limits_for(id);
        let judged = if limits.budget() == Budget::Bound { "bound" } else { "estimate" };
        for (what, limit) in [
            ("source_bytes at most".to_owned(), limits.source_bytes),
            ("static_tokens at most".to_owned(), limits.static_tokens),
            (format!("rendered_tokens ({judged}) at most"), limits.rendered_tokens),
        ] {
            if let Some(limit) = limit {
                rows.push("limit", format!("{what} {}", limit.value), limit.at);
            }
        }
    }

    fn explain_release(&self, id: &PromptId, risk: Risk, rows: &mut Rows) {
        let demands = self.release_demands(id, risk);
        if let Some(from) = demands.from {
            rows.push("release", format!("from branch {}", from.value), from.at);
        }
        rows.who("release", "by", &self.who_may(Action::Release, None, Some(id)), |p| {
            p.grant(Action::Release, None, Some(id))
        });
        for evidence in demands.evidence {
            rows.evidence("release", evidence);
        }
    }

    fn explain_environment(&self, env: &EnvName, id: &PromptId, risk: Risk, rows: &mut Rows) {
        let section = format!("to {env}");
        rows.who(&section, "by", &self.who_may(Action::Promote, Some(env), Some(id)), |p| {
            p.grant(Action::Promote, Some(env), Some(id))
        });
        let Demands { upstream, windows, approvals, evidence } = self.demands(env, id, risk, Action::Promote);
        if let Some(upstream) = upstream {
            let names: Vec<&str> = upstream.environments.iter().map(|e| e.as_str()).collect();
            let joint = if upstream.rule == crate::UpstreamRule::Any { " or " } else { " and " };
            let soak = match upstream.soak_seconds {
                0 => String::new(),
                seconds => format!(" for {}", Duration(seconds)),
            };
            rows.push(&section, format!("after it was live in {}{soak}", names.join(joint)), upstream.at);
        }
        if let Some(windows) = windows {
            let open: Vec<String> = windows.value.open.iter().map(ToString::to_string).collect();
            let open = if open.is_empty() { "any hour".to_owned() } else { open.join(", ") };
            rows.push(&section, format!("in its windows: {open} ({})", windows.value.zone), windows.at);
        }
        for approval in approvals {
            let who = if approval.from.is_empty() { "nobody".to_owned() } else { approval.from.join(", ") };
            let count =
                if approval.needed == 1 { "1 approval".into() } else { format!("{} approvals", approval.needed) };
            rows.push(&section, format!("{count} by {who}, lasting {}", approval.expires), approval.at);
        }
        for evidence in evidence {
            rows.evidence(&section, evidence);
        }
    }
}

struct Rows {
    rows: Vec<Row>,
}

impl Rows {
    fn push(&mut self, section: &str, says: String, at: Place) {
        self.rows.push(Row { section: section.to_owned(), says, at });
    }

    fn who<'p>(
        &mut self,
        section: &str,
        verb: &str,
        people: &[&'p Principal],
        place: impl Fn(&'p Principal) -> Option<&'p Place>,
    ) {
        for person in people {
            if let Some(at) = place(person) {
                self.push(section, format!("{verb} {}", person.name), at.clone());
            }
        }
    }

    fn suite(&mut self, demand: SuiteDemand) {
        if let Some(at) = demand.required {
            self.push("suite", "must exist".to_owned(), at);
        }
        if let Some(cases) = demand.min_cases {
            self.push("suite", format!("at least {} cases", cases.value), cases.at);
        }
        if let Some(rate) = demand.min_pass_rate {
            self.push("suite", format!("pass rate at least {}", rate.value), rate.at);
        }
        if let Some(bound) = demand.bound.filter(|b| b.value == Bound::Wilson) {
            self.push("suite", "judged by the 95 % lower bound".to_owned(), bound.at);
        }
        if let Some(rate) = demand.max_error_rate {
            self.push("suite", format!("error rate at most {}", rate.value), rate.at);
        }
    }

    fn evidence(&mut self, section: &str, demand: EvidenceDemand) {
        self.push(section, demand.to_string(), demand.at);
    }
}
