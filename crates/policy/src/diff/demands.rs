//! Environments, suites, approvals and evidence.
//!
//! The rules have no names: two are the same rule where they select the same cases, and are compared field by field then.

use std::fmt::Display;

use source::{EnvName, Place, Risk};

use super::{Effect, Pair};
use crate::document::policy::{ApprovalRule, AskedOf, Bound, Environment, EvidenceRule, Gate, Mode, SuiteRule};
use crate::window::WindowsDocument;

pub(super) fn compare(pair: &mut Pair<'_>) {
    environments(pair);
    let (old, new) = (pair.old.rules(), pair.new.rules());
    let name = |rule: &SuiteRule| format!("suites of {}", cases(&[], rule.risk, &rule.families));
    paired(pair, "suites", &old.suites, &new.suites, name, suite);
    let name = |rule: &ApprovalRule| {
        let from = if rule.from.is_empty() { String::new() } else { format!(" by {}", rule.from.join(", ")) };
        format!("approvals{from} of {}", cases(&rule.environments, rule.risk, &rule.families))
    };
    paired(pair, "approvals", &old.approvals, &new.approvals, name, approval);
    let name = |rule: &EvidenceRule| {
        let gate = if rule.at == Gate::Release { "a release" } else { "a promotion" };
        format!("evidence at {gate} of {}", cases(&rule.environments, rule.risk, &rule.families))
    };
    paired(pair, "evidence", &old.evidence, &new.evidence, name, evidence);
}

/// The cases that a rule selects, in words.
fn cases(envs: &[EnvName], risk: Option<Risk>, families: &[String]) -> String {
    let mut words = match (families, risk) {
        ([], None) => "any prompt".to_owned(),
        ([], Some(risk)) => format!("prompts of {risk} risk and above"),
        (families, None) => format!("prompts of {}", families.join(", ")),
        (families, Some(risk)) => format!("prompts of {} at {risk} risk and above", families.join(", ")),
    };
    if !envs.is_empty() {
        let envs: Vec<&str> = envs.iter().map(|e| e.as_str()).collect();
        words.push_str(&format!(" to {}", envs.join(", ")));
    }
    words
}

fn paired<R>(
    pair: &mut Pair<'_>,
    list: &'static str,
    old: &[R],
    new: &[R],
    name: impl Fn(&R) -> String,
    compare: impl Fn(&mut Pair<'_>, &str, &str, &R, &R),
) {
    let mut left: Vec<(usize, String)> = old.iter().map(&name).enumerate().collect();
    for (at, rule) in new.iter().enumerate() {
        let named = name(rule);
        let index = at.to_string();
        match left.iter().position(|(_, n)| *n == named) {
            Some(found) => {
                let (before, _) = left.remove(found);
                compare(pair, &named, &index, &old[before], rule);
            }
            None => {
                pair.push(Effect::Stronger, format!("demand added: {named}"), pair.new.rules_place(&[list, &index]))
            }
        }
    }
    for (at, named) in left {
        let place = pair.old.rules_place(&[list, &at.to_string()]);
        pair.push(Effect::Weaker, format!("demand removed: {named}"), place);
    }
}

fn suite(pair: &mut Pair<'_>, name: &str, at: &str, old: &SuiteRule, new: &SuiteRule) {
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&["suites", at, key]);
    let word = |required: bool| Ordered(u8::from(required), if required { "required" } else { "optional" });
    pair.at_least(name, Some(word(old.required)), Some(word(new.required)), || place("required"));
    pair.at_least(&format!("{name}, min_cases"), old.min_cases, new.min_cases, || place("min_cases"));
    pair.at_least(&format!("{name}, min_pass_rate"), old.min_pass_rate, new.min_pass_rate, || place("min_pass_rate"));
    pair.at_least(&format!("{name}, bound"), Some(bound(old.bound)), Some(bound(new.bound)), || place("bound"));
    pair.at_most(&format!("{name}, max_error_rate"), old.max_error_rate, new.max_error_rate, || {
        place("max_error_rate")
    });
}

fn approval(pair: &mut Pair<'_>, name: &str, at: &str, old: &ApprovalRule, new: &ApprovalRule) {
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&["approvals", at, key]);
    pair.at_least(name, Some(old.needed), Some(new.needed), || place("needed"));
    pair.at_least(&format!("{name}, for a rollback"), Some(old.rollback), Some(new.rollback), || place("rollback"));
    let lasts = |rule: &ApprovalRule| Some(rule.expires.unwrap_or(crate::policy::APPROVAL_LASTS));
    pair.at_most(&format!("{name}, how long they last"), lasts(old), lasts(new), || place("expires"));
}

fn evidence(pair: &mut Pair<'_>, name: &str, at: &str, old: &EvidenceRule, new: &EvidenceRule) {
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&["evidence", at, key]);
    let mode = |rule: &EvidenceRule| {
        let live = rule.mode == Some(Mode::Live);
        Some(Ordered(u8::from(live), if live { "live" } else { "replay" }))
    };
    let independent = |rule: &EvidenceRule| {
        Some(Ordered(u8::from(rule.independent), if rule.independent { "somebody else" } else { "anybody" }))
    };
    pair.at_least(&format!("{name}, mode"), mode(old), mode(new), || place("mode"));
    pair.at_least(&format!("{name}, attested by"), independent(old), independent(new), || place("independent"));
    pair.at_least(&format!("{name}, min_cases"), old.min_cases, new.min_cases, || place("min_cases"));
    pair.at_least(&format!("{name}, min_pass_rate"), old.min_pass_rate, new.min_pass_rate, || place("min_pass_rate"));
    pair.at_least(&format!("{name}, bound"), Some(bound(old.bound)), Some(bound(new.bound)), || place("bound"));
    // Policy that is silent allows no error at all, so absent is the strictest.
    let errors = |rule: &EvidenceRule| Some(rule.max_error_rate.unwrap_or(crate::Rate::ZERO));
    pair.at_most(&format!("{name}, max_error_rate"), errors(old), errors(new), || place("max_error_rate"));
    pair.at_most(&format!("{name}, max_age"), old.max_age, new.max_age, || place("max_age"));
    let providers = |rule: &EvidenceRule| {
        let of = rule.providers.unwrap_or_default();
        Some(Ordered(of as u8, if of == AskedOf::Policy { "policy" } else { "any" }))
    };
    pair.at_least(&format!("{name}, providers"), providers(old), providers(new), || place("providers"));
    pins(pair, name, old, new, || place("pinned_suites"));
}

fn pins(pair: &mut Pair<'_>, name: &str, old: &EvidenceRule, new: &EvidenceRule, place: impl Fn() -> Place) {
    for (path, pin) in &old.pinned_suites {
        let Some(other) = new.pinned_suites.get(path) else {
            pair.push(Effect::Weaker, format!("{name}: {path} no longer pinned"), place());
            continue;
        };
        if pin.dataset.is_some() && other.dataset.is_none() {
            pair.push(Effect::Weaker, format!("{name}: {path} pinned without its cases"), place());
        } else if (pin.suite, pin.dataset) != (other.suite, other.dataset) {
            let more = pin.dataset.is_none() && other.suite == pin.suite;
            let effect = if more { Effect::Stronger } else { Effect::Other };
            pair.push(effect, format!("{name}: {path} pinned anew"), place());
        }
        for (what, before, now) in
            [("judge", &pin.judge, &other.judge), ("embeddings", &pin.embeddings, &other.embeddings)]
        {
            let says = match (before, now) {
                (Some(before), None) => (Effect::Weaker, format!("{before} → whom the suite names")),
                // Fewer runs meet it: of a suite that names its own nobody else's, of one that names a route none did before.
                (None, Some(now)) => (Effect::Stronger, format!("whom the suite names → {now}")),
                (Some(before), Some(now)) if before != now => (Effect::Other, format!("{before} → {now}")),
                _ => continue,
            };
            pair.push(says.0, format!("{name}: {what} of {path}: {}", says.1), place());
        }
    }
    for path in new.pinned_suites.keys().filter(|path| !old.pinned_suites.contains_key(*path)) {
        pair.push(Effect::Stronger, format!("{name}: {path} pinned"), place());
    }
}

fn bound(bound: Option<Bound>) -> Ordered {
    if bound == Some(Bound::Wilson) { Ordered(1, "wilson") } else { Ordered(0, "point") }
}

/// A word with its rank, greater being stricter.
#[derive(PartialEq, PartialOrd)]
struct Ordered(u8, &'static str);

impl Display for Ordered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.1)
    }
}

fn environments(pair: &mut Pair<'_>) {
    let (older, newer) = (pair.old, pair.new);
    for (at, old) in older.environments().iter().enumerate() {
        if newer.environment(&old.name).is_none() {
            let place = older.rules_place(&["environments", &at.to_string(), "name"]);
            pair.push(Effect::Other, format!("environment {} removed", old.name), place);
        }
    }
    for (at, new) in newer.environments().iter().enumerate() {
        let at = at.to_string();
        match older.environment(&new.name) {
            Some(old) => environment(pair, &at, old, new),
            None => {
                let place = newer.rules_place(&["environments", &at, "name"]);
                pair.push(Effect::Other, format!("environment {} added", new.name), place);
            }
        }
    }
}

fn environment(pair: &mut Pair<'_>, at: &str, old: &Environment, new: &Environment) {
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&["environments", at, key]);
    let name = &new.name;
    for gone in old.after.iter().filter(|e| !new.after.contains(e)) {
        pair.push(Effect::Weaker, format!("{name} no longer comes after {gone}"), place("after"));
    }
    for added in new.after.iter().filter(|e| !old.after.contains(e)) {
        pair.push(Effect::Stronger, format!("{name} comes after {added}"), place("after"));
    }
    let rule = |e: &Environment| {
        let all = e.upstream.unwrap_or_default() == crate::UpstreamRule::All;
        Some(if all { Ordered(1, "all") } else { Ordered(0, "any") })
    };
    pair.at_least(&format!("upstream environments needed for {name}"), rule(old), rule(new), || place("upstream"));
    pair.at_least(&format!("soak before {name}"), old.soak, new.soak, || place("soak"));
    windows(pair, at, name, old.windows.as_ref(), new.windows.as_ref());
}

fn windows(
    pair: &mut Pair<'_>,
    at: &str,
    name: &EnvName,
    old: Option<&WindowsDocument>,
    new: Option<&WindowsDocument>,
) {
    let place = pair.new.rules_place(&["environments", at, "windows"]);
    let (effect, what) = match (old, new) {
        (None, None) => return,
        (Some(a), Some(b)) if a == b => return,
        (Some(_), None) => (Effect::Weaker, format!("promotions to {name} no longer keep to windows")),
        (None, Some(_)) => (Effect::Stronger, format!("promotions to {name} keep to windows")),
        (Some(a), Some(b)) if b.covers(a) && !a.covers(b) => {
            (Effect::Weaker, format!("windows of {name}: {} → {}", hours(a), hours(b)))
        }
        (Some(a), Some(b)) if a.covers(b) && !b.covers(a) => {
            (Effect::Stronger, format!("windows of {name}: {} → {}", hours(a), hours(b)))
        }
        (Some(a), Some(b)) => (Effect::Other, format!("windows of {name}: {} → {}", hours(a), hours(b))),
    };
    pair.push(effect, what, place);
}

fn hours(windows: &WindowsDocument) -> String {
    let open: Vec<String> = windows.open.iter().map(ToString::to_string).collect();
    let frozen: Vec<String> = windows.frozen.iter().map(|f| format!("not {} to {}", f.from, f.to)).collect();
    let open = if open.is_empty() { "any hour".to_owned() } else { open.join(", ") };
    let frozen = frozen.iter().map(|f| format!(", {f}")).collect::<String>();
    format!("{open}{frozen} ({})", windows.zone)
}
