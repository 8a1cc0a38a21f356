//! Secrets, cut out by value wherever text leaves this crate.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

/// Shorter values are too common to cut out.
const SHORTEST: usize = 6;

/// Values that must never be written or shown, with the name to put in their place.
#[derive(Default)]
pub struct Secrets(RwLock<Vec<(String, String)>>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers `value`, the secret of `name`.
    pub fn add(&self, name: &str, value: &str) {
        if value.len() >= SHORTEST {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.push((name.to_owned(), value.to_owned()));
            known.sort_by_key(|(_, v)| std::cmp::Reverse(v.len()));
            known.dedup();
        }
    }

    /// Remembers the user and password in an address.
    pub fn add_address(&self, address: &str) {
        let host = address.split("://").nth(1).unwrap_or(address);
        if let Some((credentials, _)) = host.rsplit_once('@') {
            self.add("proxy", credentials);
            if let Some((_, password)) = credentials.split_once(':') {
                self.add("proxy", password);
            }
        }
    }

    /// `text` without the secrets.
    pub fn cut(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, (name, value)| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), &format!("[key of {name}]")) } else { text }
        })
    }

    /// `value` without the secrets, in its texts and keys.
    pub fn cut_value(&self, value: &mut Value) {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.cut(text),
            Value::Array(items) => items.iter_mut().for_each(|v| self.cut_value(v)),
            Value::Object(map) => {
                let entries = std::mem::take(map);
                map.extend(entries.into_iter().map(|(key, mut value)| {
                    self.cut_value(&mut value);
                    (self.cut(&key), value)
                }));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_cut_by_value() {
        let secrets = Secrets::default();
        secrets.add("openai", "sk-12345678");
        secrets.add("short", "abc");
        secrets.add_address("http://ada:hunter22@proxy:3128");
        let mut value = json!({ "a": ["my key is sk-12345678", { "sk-12345678": "abc" }], "b": "hunter22" });
        secrets.cut_value(&mut value);
        assert_eq!(
            value,
            json!({ "a": ["my key is [key of openai]", { "[key of openai]": "abc" }], "b": "[key of proxy]" })
        );
    }
}
