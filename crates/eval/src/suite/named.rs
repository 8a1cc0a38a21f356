//! What a suite names that only its surroundings know: routes and models, environments, and which cases count today.

use policy::Policy;
use prompt::Routes;
use source::yaml::{self, Node};
use source::{EnvName, Finding, ModelName, Place, Span};

use super::Suite;
use crate::reading::WRITTEN_LIMITS;
use crate::rules;

/// What names in suites are held against, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The routes of the same snapshot.
    pub routes: Option<&'a Routes>,
    /// The policy that judges.
    pub policy: Option<&'a Policy>,
    /// Today, `2026-11-22`.
    pub today: Option<&'a str>,
}

impl Suite {
    /// What is wrong in its names, given what is known: that a run would have to be refused for it.
    pub fn misnames(&self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (name, span) in &self.models {
            found.extend(model(name, known, || Place::new(&self.text, *span)));
        }
        if let Some(judge) = &self.judge {
            for (key, name) in [("model", &judge.model), ("embeddings", &judge.embeddings)] {
                let place = || self.place_of(&["judge", key]);
                found.extend(name.as_ref().and_then(|name| model(name, known, place)));
            }
        }
        found.extend(self.environment(known));
        found.extend(self.held_back(known));
        found.extend(self.contradicted(known));
        found
    }

    /// The place of what stands at `path` in its file, or of the nearest part above it.
    pub fn place_of(&self, path: &[&str]) -> Place {
        let whole = Span::new(0, self.text.as_str().len());
        let root = yaml::read(&self.text, whole, &WRITTEN_LIMITS).ok();
        let at = |root: &Node| (0..=path.len()).rev().find_map(|n| Some(root.at(&path[..n])?.span));
        Place::new(&self.text, root.as_ref().and_then(at).unwrap_or_default())
    }

    /// An environment to compare with that policy does not know.
    fn environment(&self, known: &Known<'_>) -> Option<Finding> {
        let policy = known.policy?;
        let env: EnvName = self.gate.compare.as_ref()?.baseline.strip_prefix("env:")?.parse().ok()?;
        if policy.environment(&env).is_some() {
            return None;
        }
        let names: Vec<&str> = policy.environments().iter().map(|e| e.name.as_str()).collect();
        let help = match source::nearest::nearest(env.as_str(), names.iter().copied()) {
            Some(near) => format!("did you mean `env:{near}`?"),
            None => format!("name one of {}, or add it to policies/policy.yaml", names.join(", ")),
        };
        let place = self.place_of(&["gate", "compare", "baseline"]);
        Some(Finding::new("name-unknown", place, format!("there is no environment `{env}`")).help(help))
    }

    /// Cases that must pass and are in a quarantine that holds today: once it has ended they count again.
    fn contradicted(&self, known: &Known<'_>) -> Vec<Finding> {
        let held = |id: &str| {
            self.gate.quarantine.iter().any(|q| q.id == id && known.today.is_none_or(|today| q.until.as_str() >= today))
        };
        let both = self.gate.must_pass.iter().enumerate().filter(|(_, id)| held(id));
        let finding = |(at, id): (usize, &String)| {
            let place = self.place_of(&["gate", "must_pass", &at.to_string()]);
            let message = format!("the case `{id}` must pass and is in quarantine");
            Finding::new(rules::GATE_CONTRADICTORY, place, message).help("remove it from one of the two")
        };
        both.map(finding).collect()
    }

    /// A gate that has nothing left to judge: every case is in a quarantine that holds today.
    fn held_back(&self, known: &Known<'_>) -> Option<Finding> {
        let today = known.today?;
        let held = |id: &str| self.gate.quarantine.iter().any(|q| q.id == id && q.until.as_str() >= today);
        if self.gate.quarantine.is_empty() || !self.cases.iter().all(|case| held(&case.id)) {
            return None;
        }
        let message = "every case is in quarantine: nothing is left to judge";
        let place = self.place_of(&["gate", "quarantine", "0"]);
        Some(Finding::new(rules::GATE_CONTRADICTORY, place, message).help("leave in what still holds"))
    }
}

/// What speaks against asking `name`, a route or `provider/model`.
fn model(name: &str, known: &Known<'_>, place: impl Fn() -> Place) -> Option<Finding> {
    if known.routes.is_some_and(|routes| routes.routes.contains_key(name)) {
        return None;
    }
    let model: ModelName = match name.parse() {
        Ok(model) => model,
        Err(_) if !name.contains('/') => return known.routes?.unknown(name, place()),
        Err(why) => {
            let finding = Finding::new("value-invalid", place(), format!("`{name}`: {}", why.why));
            return Some(finding.help("write `provider/model` or a route"));
        }
    };
    // An echo is nobody.
    let objection = known.policy.filter(|_| model.provider() != "echo")?.objection(&model)?;
    Some(Finding::new(objection.rule, place(), objection.message).help(objection.help))
}
