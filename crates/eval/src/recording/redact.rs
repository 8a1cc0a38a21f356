//! Secrets, cut out by value wherever text leaves this crate.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::Answer;

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

    /// `text` without the secrets, in whatever letter case they stand: a text may be printed in another than it came in.
    pub fn cut(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return text.to_owned();
        }
        let (mut text, mut plain) = (text.to_owned(), text.to_ascii_lowercase());
        for (name, value) in known.iter() {
            let value = value.to_ascii_lowercase();
            if plain.contains(&value) {
                text = without(&text, &plain, &value, name);
                plain = text.to_ascii_lowercase();
            }
        }
        text
    }

    /// `answer` without the secrets, in every text that it holds.
    pub fn cut_answer(&self, answer: &mut Answer) {
        // Every field is named, so that a new one is thought of.
        let Answer { output, latency_ms: _, cost: _, finish_reason, usage: _, log_probs: _ } = answer;
        self.cut_value(output);
        if let Some(reason) = finish_reason {
            *reason = self.cut(reason);
        }
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

/// `text`, which is `plain` in lower case, with the name of the secret where `value` stands.
fn without(text: &str, plain: &str, value: &str, name: &str) -> String {
    let (mut cut, mut at) = (String::with_capacity(text.len()), 0);
    for (start, _) in plain.match_indices(value) {
        cut += &text[at..start];
        cut += &format!("[key of {name}]");
        at = start + value.len();
    }
    cut + &text[at..]
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
        assert_eq!(secrets.cut("é SK-12345678, sk-12345678é"), "é [key of openai], [key of openai]é");
    }

    #[test]
    fn every_text_of_an_answer_is_cut() {
        let secrets = Secrets::default();
        secrets.add("openai", "sk-12345678");
        let mut answer = Answer { finish_reason: Some("Sk-12345678".to_owned()), ..Answer::text("a sk-12345678") };
        secrets.cut_answer(&mut answer);
        assert_eq!(answer.finish_reason.as_deref(), Some("[key of openai]"));
        assert_eq!(answer.output, "a [key of openai]");
    }
}
