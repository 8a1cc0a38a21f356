//! What a gate, a budget, a sample and a judge ask.

use std::collections::{BTreeMap, BTreeSet};

use policy::diff::Effect;
use source::render::counted;

use super::{Pair, Side, named};
use crate::suite::{Bound, Suite};

pub(super) fn compare(pair: &mut Pair<'_>) {
    rates(pair);
    compared(pair);
    cases(pair);
    let (old, new) = (pair.old.suite, pair.new.suite);
    let (a, b) = (&old.gate, &new.gate);
    pair.at_most(&["gate", "max_error_rate"], Some(a.max_error_rate), Some(b.max_error_rate));
    pair.at_least(&["gate", "min_judge_agreement"], a.min_judge_agreement, b.min_judge_agreement);
    let metrics: BTreeSet<&String> = a.min_metrics.keys().chain(b.min_metrics.keys()).collect();
    for name in metrics {
        pair.at_least(&["gate", "min_metrics", name.as_str()], a.min_metrics.get(name), b.min_metrics.get(name));
    }
    pair.at_most(&["budget", "max_usd"], old.budget.max_usd, new.budget.max_usd);
    pair.at_most(&["budget", "max_requests"], old.budget.max_requests, new.budget.max_requests);
    pair.at_most(&["budget", "max_tokens"], old.budget.max_tokens, new.budget.max_tokens);
    sample(pair);
    models(pair);
    judge(pair);
}

fn rates(pair: &mut Pair<'_>) {
    let (old, new) = (pair.old.suite, pair.new.suite);
    pair.at_least(&["gate", "min_pass_rate"], old.gate.least_rate(), new.gate.least_rate());
    let effect = match (old.gate.bound, new.gate.bound) {
        (Bound::Wilson, Bound::Point) => Effect::Weaker,
        (Bound::Point, Bound::Wilson) => Effect::Stronger,
        _ => return,
    };
    let word = |bound| if bound == Bound::Wilson { "wilson" } else { "point" };
    pair.key(effect, &["gate", "bound"], word(old.gate.bound), word(new.gate.bound));
}

fn compared(pair: &mut Pair<'_>) {
    match (&pair.old.suite.gate.compare, &pair.new.suite.gate.compare) {
        (None, None) => {}
        (Some(old), None) => pair.key(Effect::Weaker, &["gate", "compare"], &old.baseline, "none"),
        (None, Some(new)) => pair.key(Effect::Stronger, &["gate", "compare"], "none", &new.baseline),
        (Some(old), Some(new)) => {
            if old.baseline != new.baseline {
                pair.key(Effect::Other, &["gate", "compare", "baseline"], &old.baseline, &new.baseline);
            }
            pair.at_least(&["gate", "compare", "alpha"], Some(old.alpha), Some(new.alpha));
            pair.at_most(&["gate", "compare", "min_effect"], Some(old.min_effect), Some(new.min_effect));
        }
    }
}

/// Cases that the gate names.
fn cases(pair: &mut Pair<'_>) {
    let (old, new) = (&pair.old.suite.gate, &pair.new.suite.gate);
    let [must_before, must_now] = [old, new].map(|gate| gate.must_pass.iter().collect::<BTreeSet<&String>>());
    let mut freed: Vec<String> = must_before.difference(&must_now).map(|id| (*id).clone()).collect();
    if !freed.is_empty() {
        // One that is gone is told as that.
        let gone: BTreeSet<String> = freed.iter().cloned().collect();
        let ids = pair.new.suite.cases.iter().map(|case| case.id.clone());
        freed = ids.filter(|id| gone.contains(id)).collect();
    }
    let bound: Vec<String> = must_now.difference(&must_before).map(|id| (*id).clone()).collect();
    let [before, now] = [old, new].map(|gate| {
        gate.quarantine.iter().map(|q| (q.id.as_str(), q.until.as_str())).collect::<BTreeMap<&str, &str>>()
    });
    let ids = |of: &BTreeMap<&str, &str>, is: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        of.iter().filter(|(id, until)| is(id, until)).map(|(id, _)| (*id).to_owned()).collect()
    };
    let held = ids(&now, &|id, _| !before.contains_key(id));
    let longer = ids(&now, &|id, until| before.get(id).is_some_and(|was| *was < until));
    let back = ids(&before, &|id, _| !now.contains_key(id));
    let must = ["gate", "must_pass"];
    let aside = ["gate", "quarantine"];
    for (effect, path, ids, one, many) in [
        (Effect::Weaker, must, freed, "need not pass any more", "need not pass any more"),
        (Effect::Weaker, aside, held, "is in quarantine", "are in quarantine"),
        (Effect::Weaker, aside, longer, "stays in quarantine longer", "stay in quarantine longer"),
        (Effect::Stronger, must, bound, "must pass now", "must pass now"),
        (Effect::Stronger, aside, back, "is out of quarantine", "are out of quarantine"),
    ] {
        if ids.is_empty() {
            continue;
        }
        let does = if ids.len() == 1 { one } else { many };
        let what = format!("{} {does}", counted(ids.len(), "case"));
        let at = pair.new.suite.place_of(&path);
        pair.push(effect, what, (named(&ids, ids.len()), ids), at);
    }
}

fn sample(pair: &mut Pair<'_>) {
    let (old, new) = (pair.old.suite, pair.new.suite);
    let kept = |suite: &Suite| suite.sample.as_ref().map_or(u64::MAX, |sample| u64::from(sample.n));
    let said = |suite: &Suite| match &suite.sample {
        Some(sample) => format!("{} of {} cases", sample.n, suite.cases.len()),
        None => "all cases".to_owned(),
    };
    if kept(old) != kept(new) {
        let effect = if kept(new) < kept(old) { Effect::Weaker } else { Effect::Stronger };
        pair.key(effect, &["sample"], &said(old), &said(new));
    } else if old.sample != new.sample {
        let said = |suite: &Suite| {
            let by = |by: &String| format!(" by {by}");
            let one = |sample: &crate::suite::Sample| {
                format!("seed {}{}", sample.seed, sample.stratify_by.as_ref().map(by).unwrap_or_default())
            };
            suite.sample.as_ref().map(one).unwrap_or_default()
        };
        pair.key(Effect::Other, &["sample"], &said(old), &said(new));
    }
}

fn models(pair: &mut Pair<'_>) {
    let named = |side: &Side<'_>| -> Vec<String> { side.suite.models.iter().map(|(name, _)| name.clone()).collect() };
    let meant = |side: &Side<'_>| named(side).iter().map(|name| side.meaning(name)).collect::<BTreeSet<_>>();
    let (old, new) = (meant(&pair.old), meant(&pair.new));
    if old == new {
        return;
    }
    let effect = match (old.is_empty(), new.is_empty()) {
        (true, _) | (_, true) => Effect::Other,
        _ if new.is_subset(&old) => Effect::Weaker,
        _ if old.is_subset(&new) => Effect::Stronger,
        _ => Effect::Other,
    };
    let said = |side: &Side<'_>| match side.suite.models.is_empty() {
        true => "the prompt's own".to_owned(),
        false => named(side).iter().map(|name| side.told(name)).collect::<Vec<_>>().join(", "),
    };
    let (was, is) = (said(&pair.old), said(&pair.new));
    pair.key(effect, &["models"], &was, &is);
}

fn judge(pair: &mut Pair<'_>) {
    let [old, new] = [&pair.old, &pair.new].map(|side| side.suite.judge.clone());
    let of = |judge: &Option<crate::suite::Judge>| {
        judge.as_ref().map_or((None, None), |judge| (judge.model.clone(), judge.embeddings.clone()))
    };
    let ((model, embeddings), (model_now, embeddings_now)) = (of(&old), of(&new));
    for (key, was, is) in [("model", model, model_now), ("embeddings", embeddings, embeddings_now)] {
        let meaning = |side: &Side<'_>, name: &Option<String>| name.as_ref().map(|name| side.meaning(name));
        // Nobody was asked before, or nobody is: the assertions that ask say so.
        let (Some(before), Some(after)) = (meaning(&pair.old, &was), meaning(&pair.new, &is)) else { continue };
        if before != after {
            let told = |side: &Side<'_>, name: Option<String>| name.map(|name| side.told(&name)).unwrap_or_default();
            let (was, is) = (told(&pair.old, was), told(&pair.new, is));
            pair.key(Effect::Other, &["judge", key], &was, &is);
        }
    }
    if old.is_some() && new.is_some() {
        pair.at_least(&["judge", "repeat"], Some(pair.old.suite.votes()), Some(pair.new.suite.votes()));
    }
}
