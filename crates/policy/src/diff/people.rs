//! Principals: keys and roles that came and went.

use std::collections::BTreeSet;

use source::Place;

use super::{Effect, Pair};
use crate::principal::Grant;
use crate::{KeyKind, KeyState, Principal};

pub(super) fn compare(pair: &mut Pair<'_>) {
    let (older, newer) = (pair.old, pair.new);
    for old in older.principals().iter().filter(|o| newer.principal(&o.name).is_none()) {
        pair.push(Effect::Stronger, format!("{} removed", old.name), old.at.clone());
    }
    for new in newer.principals() {
        let before = older.principal(&new.name);
        if before.is_none() {
            let kind = if new.automation { " (a machine)" } else { "" };
            pair.push(Effect::Weaker, format!("{}{kind} added", new.name), new.at.clone());
        }
        if let Some(old) = before.filter(|old| old.automation != new.automation) {
            let effect = if old.automation { Effect::Weaker } else { Effect::Stronger };
            let what = if old.automation { "no longer counts as a machine" } else { "counts as a machine" };
            pair.push(effect, format!("{} {what}", new.name), new.at.clone());
        }
        keys(pair, before, new);
        roles(pair, before, new);
    }
}

fn keys(pair: &mut Pair<'_>, old: Option<&Principal>, new: &Principal) {
    let before = old.map_or(&[][..], |p| &p.keys);
    for key in before.iter().filter(|k| !new.keys.iter().any(|n| n.fingerprint == k.fingerprint)) {
        pair.push(Effect::Stronger, format!("{}: key {} removed", new.name, key.fingerprint), key.at.clone());
    }
    for key in &new.keys {
        let kind = match key.kind {
            KeyKind::Ssh(_) => "key",
            KeyKind::SshAuthority { .. } => "certificate authority",
            KeyKind::OpenPgp { .. } => "OpenPGP key",
        };
        match before.iter().find(|b| b.fingerprint == key.fingerprint) {
            None => {
                let effect = if key.state == KeyState::Active { Effect::Weaker } else { Effect::Other };
                let what = format!("{}: {kind} {} added, {}", new.name, key.fingerprint, word(key.state));
                pair.push(effect, what, key.at.clone());
            }
            Some(was) if was.state != key.state => {
                let effect = if key.state < was.state { Effect::Weaker } else { Effect::Stronger };
                let states = (word(was.state), word(key.state));
                let what = format!("{}: {kind} {}: {} → {}", new.name, key.fingerprint, states.0, states.1);
                pair.push(effect, what, key.at.clone());
            }
            Some(was) if was.kind != key.kind && !matches!(key.kind, KeyKind::Ssh(_)) => {
                pair.push(Effect::Weaker, format!("{}: {kind} {} changed", new.name, key.fingerprint), key.at.clone());
            }
            Some(_) => {}
        }
    }
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Retired => "retired",
        KeyState::Revoked => "revoked",
    }
}

fn roles(pair: &mut Pair<'_>, old: Option<&Principal>, new: &Principal) {
    let (before, after) = (old.map(held).unwrap_or_default(), held(new));
    let names = |held: &[(String, Place)]| held.iter().map(|(role, _)| role.clone()).collect::<BTreeSet<_>>();
    let (had, has) = (names(&before), names(&after));
    for (role, at) in after.into_iter().filter(|(role, _)| !had.contains(role)) {
        pair.push(Effect::Weaker, format!("{} may {role}", new.name), at);
    }
    for (role, at) in before.into_iter().filter(|(role, _)| !has.contains(role)) {
        pair.push(Effect::Stronger, format!("{} may no longer {role}", new.name), at);
    }
}

/// Everything that a principal may do, one clause each.
fn held(principal: &Principal) -> Vec<(String, Place)> {
    let mut held = Vec::new();
    let flag = |held: &mut Vec<(String, Place)>, has: bool, what: &str| {
        held.extend(has.then(|| (what.to_owned(), principal.at.clone())));
    };
    flag(&mut held, principal.maintainer, "maintain policy");
    flag(&mut held, principal.attester, "attest evidence");
    held.extend(principal.releaser.iter().map(|g| (format!("release {}", g.pattern), g.at.clone())));
    for (verb, role) in
        [("promote", &principal.promoter), ("roll back", &principal.operator), ("approve", &principal.approver)]
    {
        let clause = |env, g: &Grant| (format!("{verb} {} to {env}", g.pattern), g.at.clone());
        held.extend(role.iter().flat_map(|(env, grants)| grants.iter().map(move |g| clause(env, g))));
    }
    for (clause, _) in held.iter_mut().filter(|(clause, _)| clause.starts_with("roll back")) {
        *clause = clause.replacen(" to ", " in ", 1);
    }
    held
}
