//! Limits, levels, phrases and families.

use std::collections::BTreeSet;

use source::Risk;

use super::{Effect, Pair};
use crate::document::policy::{Budget, Family, LimitsDocument};
use crate::{Inconclusive, Level};

pub(super) fn compare(pair: &mut Pair<'_>) {
    let (old, new) = (pair.old.rules(), pair.new.rules());
    let place = |path: &[&str]| pair.new.rules_place(path);
    let (a, b) = (&old.policy_changes, &new.policy_changes);
    pair.other("root", pair.old.root().to_owned(), pair.new.root().to_owned(), || place(&["root"]));
    pair.at_least("oldest record format", Some(pair.old.min_format()), Some(pair.new.min_format()), || {
        place(&["min_format"])
    });
    pair.at_least("approvals of a policy change", Some(a.approvals), Some(b.approvals), || place(&["policy_changes"]));
    let lasts = (pair.old.policy_changes().1, pair.new.policy_changes().1);
    pair.at_most("how long approvals of a policy change last", Some(lasts.0), Some(lasts.1), || {
        place(&["policy_changes"])
    });
    let branch = |from: &Option<String>| from.clone().unwrap_or_else(|| "the remote's default branch".to_owned());
    pair.other("releases come from", branch(&old.release.from), branch(&new.release.from), || place(&["release"]));
    limits(pair, "", &old.limits, &new.limits, &["limits"]);
    levels(pair, "", &old.rules, &new.rules, &["rules"]);
    phrases(pair);
    families(pair);
    for risk in Risk::ALL {
        let (was, is) = (pair.old.on_inconclusive(risk), pair.new.on_inconclusive(risk));
        if was != is {
            let effect = if is < was { Effect::Weaker } else { Effect::Stronger };
            let word = |meaning| if meaning == Inconclusive::Pass { "pass" } else { "fail" };
            let what = format!("an inconclusive comparison at {risk} risk: {} → {}", word(was), word(is));
            pair.push(effect, what, place(&["on_inconclusive"]));
        }
    }
}

fn limits(pair: &mut Pair<'_>, owner: &str, old: &LimitsDocument, new: &LimitsDocument, path: &[&str]) {
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&[path, &[key]].concat());
    for (key, old, new) in [
        ("source_bytes", old.source_bytes, new.source_bytes),
        ("static_tokens", old.static_tokens, new.static_tokens),
        ("rendered_tokens", old.rendered_tokens, new.rendered_tokens),
    ] {
        pair.at_most(&format!("{owner}limit {key}"), old, new, || place(key));
    }
    let word = |budget: Option<Budget>| if budget == Some(Budget::Bound) { "bound" } else { "estimate" };
    let (was, is) = (word(old.budget), word(new.budget));
    if was != is {
        let effect = if is == "estimate" { Effect::Weaker } else { Effect::Stronger };
        pair.push(effect, format!("{owner}rendered_tokens judges: {was} → {is}"), place("budget"));
    }
}

type Levels = std::collections::BTreeMap<String, Level>;

/// A level that one side does not state is the rule's default, which only the check crate knows.
fn levels(pair: &mut Pair<'_>, owner: &str, old: &Levels, new: &Levels, path: &[&str]) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for rule in names {
        let place = pair.new.rules_place(&[path, &[rule]].concat());
        let (was, is) = (old.get(rule), new.get(rule));
        let effect = match (was, is) {
            (Some(a), Some(b)) if a == b => continue,
            (Some(a), Some(b)) if b < a => Effect::Weaker,
            (Some(_), Some(_)) => Effect::Stronger,
            _ => Effect::Other,
        };
        let word = |level: Option<&Level>| level.map_or("its default", |l| l.as_str());
        pair.push(effect, format!("{owner}rule {rule}: {} → {}", word(was), word(is)), place);
    }
}

fn phrases(pair: &mut Pair<'_>) {
    let (old, new) = (&pair.old.rules().banned_phrases, &pair.new.rules().banned_phrases);
    let (older, newer) = (pair.old, pair.new);
    for (at, phrase) in old.iter().enumerate().filter(|(_, p)| !new.iter().any(|n| same_phrase(n, p))) {
        let place = older.rules_place(&["banned_phrases", &at.to_string()]);
        pair.push(Effect::Weaker, format!("banned phrase removed: \"{}\"", phrase.phrase), place);
    }
    for (at, phrase) in new.iter().enumerate().filter(|(_, p)| !old.iter().any(|o| same_phrase(o, p))) {
        let place = newer.rules_place(&["banned_phrases", &at.to_string()]);
        pair.push(Effect::Stronger, format!("banned phrase added: \"{}\"", phrase.phrase), place);
    }
}

fn same_phrase(a: &crate::BannedPhrase, b: &crate::BannedPhrase) -> bool {
    a.phrase == b.phrase && a.families == b.families
}

fn families(pair: &mut Pair<'_>) {
    let (old, new) = (&pair.old.rules().families, &pair.new.rules().families);
    let (older, newer) = (pair.old, pair.new);
    for (at, family) in old.iter().enumerate() {
        if !new.iter().any(|n| n.name == family.name) {
            let place = older.rules_place(&["families", &at.to_string(), "name"]);
            pair.push(Effect::Weaker, format!("family {} removed", family.name), place);
        }
    }
    for (at, family) in new.iter().enumerate() {
        match old.iter().find(|o| o.name == family.name) {
            Some(before) => one_family(pair, &at.to_string(), before, family),
            None => {
                let place = newer.rules_place(&["families", &at.to_string(), "name"]);
                pair.push(Effect::Stronger, format!("family {} added: {}", family.name, patterns(family)), place);
            }
        }
    }
}

fn one_family(pair: &mut Pair<'_>, at: &str, old: &Family, new: &Family) {
    let owner = format!("family {}: ", new.name);
    let policy = pair.new;
    let place = |key: &str| policy.rules_place(&["families", at, key]);
    pair.other(&format!("{owner}matches"), patterns(old), patterns(new), || place("match"));
    pair.at_least(&format!("{owner}least risk"), old.min_risk, new.min_risk, || place("min_risk"));
    limits(pair, &owner, &old.limits, &new.limits, &["families", at, "limits"]);
    levels(pair, &owner, &old.rules, &new.rules, &["families", at, "rules"]);
}

fn patterns(family: &Family) -> String {
    let mut patterns: Vec<&str> = family.patterns.iter().map(|p| p.as_str()).collect();
    patterns.sort_unstable();
    patterns.join(", ")
}
