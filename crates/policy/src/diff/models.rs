//! Models, prices and providers.

use std::collections::BTreeSet;

use super::{Effect, Pair};
use crate::document::models::{Model, Price, Provider};

pub(super) fn compare(pair: &mut Pair<'_>) {
    let (older, newer) = (pair.old, pair.new);
    let age = (older.max_price_age(), newer.max_price_age());
    pair.at_most("how old a price may be", age.0, age.1, || newer.models_place(&["max_price_age"]));
    for (at, old) in older.models().iter().enumerate() {
        if !newer.model_allowed(&old.model) {
            let place = older.models_place(&["models", &at.to_string(), "model"]);
            pair.push(Effect::Stronger, format!("model {} no longer allowed", old.model), place);
        }
    }
    for (at, new) in newer.models().iter().enumerate() {
        let at = at.to_string();
        match older.models().iter().find(|o| o.model == new.model) {
            Some(old) => price(pair, &at, old, new),
            None => {
                let place = newer.models_place(&["models", &at, "model"]);
                pair.push(Effect::Weaker, format!("model {} allowed", new.model), place);
            }
        }
    }
    providers(pair);
}

fn price(pair: &mut Pair<'_>, at: &str, old: &Model, new: &Model) {
    let word = |price: &Option<Price>| {
        price
            .as_ref()
            .map_or("unknown".to_owned(), |p| format!("${} in, ${} out, as of {}", p.input, p.output, p.as_of))
    };
    let policy = pair.new;
    let what = format!("price of {} (a million tokens)", new.model);
    pair.other(&what, word(&old.price), word(&new.price), || policy.models_place(&["models", at, "price"]));
}

/// Where keys and prompts go: never merely "changed".
fn providers(pair: &mut Pair<'_>) {
    let (old, new) = (pair.old.providers(), pair.new.providers());
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let policy = if new.contains_key(name) { pair.new } else { pair.old };
        let place = || policy.models_place(&["providers", name]);
        match (old.get(name), new.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => pair.other(&format!("provider {name}"), reached(a), reached(b), place),
            (None, Some(b)) => pair.push(Effect::Weaker, format!("provider {name} added: {}", reached(b)), place()),
            (Some(_), None) => pair.push(Effect::Stronger, format!("provider {name} removed"), place()),
            (None, None) => {}
        }
    }
}

fn reached(provider: &Provider) -> String {
    let mut words = vec![format!("{:?}", provider.kind).to_lowercase()];
    words.extend(provider.base_url.iter().map(|url| format!("at {url}")));
    words.extend(provider.key_variable.iter().map(|v| format!("key from {v}")));
    words.extend(
        (!provider.key_command.is_empty()).then(|| format!("key by running {}", provider.key_command.join(" "))),
    );
    words.extend((!provider.command.is_empty()).then(|| format!("running {}", provider.command.join(" "))));
    words.extend(provider.api_version.iter().map(|v| format!("version {v}")));
    words.extend(provider.concurrency.iter().map(|c| format!("{c} at once")));
    words.extend(provider.timeout.iter().map(|t| format!("within {t}")));
    words.join(", ")
}
