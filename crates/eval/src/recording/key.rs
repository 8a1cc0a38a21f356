//! What was asked, as a key, and as traits that explain a miss.

use prompt::Compiled;
use serde_json::{Map, Value, json};
use source::{Digest, canonical};

use super::Traits;
use crate::provider::Prepared;
use crate::suite::digest_of;

/// A judge's second verdict on an answer is on file as the sample so much further: a case has at most so many repeats.
pub(crate) const VOTE: u32 = 1000;

/// A request with the repeat that it is.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The request.
    pub prepared: &'a Prepared,
    /// Which repeat, from 0.
    pub sample: u32,
}

impl Asked<'_> {
    /// The key: SHA-256 over canonical JSON.
    pub fn key(&self) -> Digest {
        let Prepared { kind, path, model, body } = self.prepared;
        // As it would be written of a copy of all this in one value; every request of a run has a key.
        let mut text = String::from("{\"body\":");
        if canonical::value(&mut text, body).is_err() {
            let whole = json!({ "kind": kind, "path": path, "model": model, "body": body, "sample": self.sample });
            return digest_of(&whole);
        }
        for (name, part) in [(",\"kind\":", *kind), (",\"model\":", model), (",\"path\":", path)] {
            text.push_str(name);
            canonical::text(&mut text, part);
        }
        text.push_str(&format!(",\"sample\":{}}}", self.sample));
        Digest::of(text.as_bytes())
    }

    /// What a miss is explained by: each part's own digest.
    pub fn traits(&self) -> Traits {
        let Prepared { kind, path, model, body } = self.prepared;
        let empty = Map::new();
        let fields = body.as_object().unwrap_or(&empty);
        let part = |names: &[&str]| {
            let kept = fields.iter().filter(|(k, _)| names.contains(&k.as_str()));
            let mut text = String::new();
            match canonical::object(&mut text, kept.clone().map(|(k, v)| (k.as_str(), v)), canonical::value) {
                Ok(()) => Digest::of(text.as_bytes()).short16(),
                Err(_) => digest_of(&Value::Object(kept.map(|(k, v)| (k.clone(), v.clone())).collect())).short16(),
            }
        };
        let said = ["messages", "contents", "system", "systemInstruction", "input", "requests"];
        let shaped = ["tools", "tool_choice", "response_format", "output", "output_config"];
        let rest: Vec<&str> = fields
            .keys()
            .map(String::as_str)
            .filter(|k| !said.contains(k) && !shaped.contains(k) && *k != "model")
            .collect();
        Traits {
            kind: (*kind).to_owned(),
            path: path.clone(),
            model: model.clone(),
            messages: part(&said),
            shape: part(&shaped),
            parameters: part(&rest),
        }
    }
}

/// A prompt's sampling parameters, absent ones left out.
pub(crate) fn parameters(compiled: &Compiled) -> Value {
    let p = &compiled.parameters;
    let mut map = Map::new();
    let mut set = |name: &str, value: Option<Value>| map.extend(value.map(|v| (name.to_owned(), v)));
    set("temperature", p.temperature.map(Value::from));
    set("max_tokens", p.max_tokens.map(Value::from));
    set("top_p", p.top_p.map(Value::from));
    set("stop", p.stop.clone().map(Value::from));
    set("seed", p.seed.map(Value::from));
    set("frequency_penalty", p.frequency_penalty.map(Value::from));
    set("presence_penalty", p.presence_penalty.map(Value::from));
    set("reasoning_effort", p.reasoning_effort.clone().map(Value::from));
    set("provider", p.provider.as_ref().and_then(|p| serde_json::to_value(p).ok()));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_that_of_the_whole_in_one_value() {
        for body in
            [json!({ "n": 1.0, "messages": [{ "z": "é\"\n", "a": null }] }), json!([]), json!({ "n": u64::MAX })]
        {
            let prepared = Prepared { kind: "openai", path: "/a\"b".to_owned(), model: "m/é".to_owned(), body };
            let Prepared { kind, path, model, body } = &prepared;
            let whole = json!({ "kind": kind, "path": path, "model": model, "body": body, "sample": 7 });
            assert_eq!(Asked { prepared: &prepared, sample: 7 }.key(), digest_of(&whole));
        }
    }
}
