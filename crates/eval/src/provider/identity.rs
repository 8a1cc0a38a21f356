//! Who answers under a provider's name: what tells one definition from another.
//!
//! Keys, and what leads to one, are no part of it, nor is how fast it may be asked. Addresses and arguments stand in it as
//! digests: whoever keeps an identity keeps nothing that was to stay at home.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Provider as Definition, ProviderKind};
use serde_json::{Map, Value, json};

use super::set::{Definitions, Providers, address};
use crate::suite::digest_of;

impl Providers {
    /// Who answers as `name`: an object of plain words and digests, equal where the same is asked in the same way.
    pub fn identity(&self, name: &str) -> Option<Value> {
        self.definitions.identity(name)
    }

    /// Those of `names` that somebody defined otherwise than policy and this program do, sorted.
    pub fn own<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let own = |name: &&str| self.identity(name) != self.by_policy.identity(name);
        names.into_iter().filter(own).map(str::to_owned).collect()
    }
}

impl Definitions {
    fn identity(&self, name: &str) -> Option<Value> {
        let definition = self.current.get(name)?;
        let mut identity = identity(name, definition);
        if let Some(over) = self.originals.get(name) {
            // A program gets the requests of what it stands before.
            identity.insert("over".to_owned(), identity_value(name, over));
        }
        Some(Value::Object(identity))
    }
}

fn identity_value(name: &str, definition: &Definition) -> Value {
    Value::Object(identity(name, definition))
}

fn identity(name: &str, definition: &Definition) -> Map<String, Value> {
    let mut parts: BTreeMap<&str, Value> = BTreeMap::new();
    parts.insert("kind", json!(definition.kind));
    let hidden = |value: Value| Value::String(digest_of(&value).short16());
    match definition.kind {
        ProviderKind::Echo => {}
        ProviderKind::Command => drop(parts.insert("command", hidden(json!(definition.command)))),
        _ => {
            let address = address(name, definition).unwrap_or_default();
            parts.insert("base_url", hidden(json!(address.trim_end_matches('/'))));
            parts.extend(definition.api_version.as_ref().map(|version| ("api_version", json!(version))));
        }
    }
    parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// In what two identities differ, by the keys of a definition: `its base_url`.
pub fn difference(before: &Value, now: &Value) -> String {
    let keys: BTreeSet<&String> = [before, now].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    let differing: Vec<&str> = keys.into_iter().filter(|key| before[*key] != now[*key]).map(String::as_str).collect();
    format!("its {}", differing.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Environment;

    fn providers(policy: &str, own: &str) -> Providers {
        let read = |text: &str| -> BTreeMap<String, Definition> { serde_json::from_str(text).unwrap() };
        Providers::new([read(policy), read(own)], Environment::empty())
    }

    #[test]
    fn an_identity_tells_who_is_asked_and_no_secret() {
        let of = |own: &str| providers("{}", own).identity("openai").unwrap();
        let built_in = of("{}");
        for same in [
            r#"{"openai":{"kind":"openai","base_url":"https://api.openai.com/v1/","key_variable":"MINE","concurrency":2}}"#,
            r#"{"openai":{"kind":"openai","key_command":["pass","show","it"],"timeout":"5s"}}"#,
        ] {
            assert_eq!(of(same), built_in, "{same}");
        }
        for (other, what) in [
            (r#"{"openai":{"kind":"openai","base_url":"http://127.0.0.1:8080/secret-path"}}"#, "its base_url"),
            (
                r#"{"openai":{"kind":"azure","base_url":"https://api.openai.com/v1","api_version":"1"}}"#,
                "its api_version, kind",
            ),
            (
                r#"{"openai":{"kind":"command","command":["fake","--token=secret"]}}"#,
                "its base_url, command, kind, over",
            ),
        ] {
            let other = of(other);
            assert_eq!(difference(&built_in, &other), what);
            assert!(!other.to_string().contains("secret"), "{other}");
        }
    }

    #[test]
    fn what_policy_defines_is_nobodys_own() {
        let local = r#"{"local":{"kind":"openai","base_url":"http://127.0.0.1:1/v1"}}"#;
        let mock = r#"{"openai":{"kind":"openai","base_url":"http://127.0.0.1:1/v1"}}"#;
        let names = ["openai", "local", "openai"];
        assert_eq!(providers(local, "{}").own(names), Vec::<String>::new());
        assert_eq!(providers(local, local).own(names), Vec::<String>::new());
        assert_eq!(providers(local, mock).own(names), ["openai"]);
        assert_eq!(providers("{}", local).own(names), ["local"]);
    }
}
