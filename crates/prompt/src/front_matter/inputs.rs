//! Inputs: names with a JSON Schema each, or the name of a type as shorthand for one.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use source::nearest::nearest;

/// The type names that stand for a schema. All but `messages` are JSON Schema's own.
pub const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "messages"];

/// An input.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name in templates.
    pub name: String,
    /// Its JSON Schema as written, shorthands expanded; `{type: messages}` stands for a transcript.
    pub schema: Map<String, Value>,
}

impl Input {
    /// Whether callers must give it: it has no default.
    pub fn required(&self) -> bool {
        self.default().is_none()
    }

    /// Its default.
    pub fn default(&self) -> Option<&Value> {
        self.schema.get("default")
    }

    /// Whether it is a transcript.
    pub fn is_messages(&self) -> bool {
        self.schema.get("type").and_then(Value::as_str) == Some("messages")
    }
}

/// An input's declaration as the published schema shows it.
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Declared {
    /// A type as shorthand.
    Type(TypeName),
    /// A transcript.
    Messages(super::published::Messages),
    /// A JSON Schema.
    Schema(super::published::Subset),
}

/// A type name as the published schema shows it.
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum TypeName {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    Messages,
}

pub(super) fn of_map<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Input>, D::Error> {
    d.deserialize_map(Inputs)
}

pub(super) fn of_map_if_given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<Input>>, D::Error> {
    of_map(d).map(Some)
}

struct Inputs;

impl<'de> Visitor<'de> for Inputs {
    type Value = Vec<Input>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from input names to schemas")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Input>, A::Error> {
        let mut inputs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Schema(schema) = map.next_value()?;
            inputs.push(Input { name, schema });
        }
        inputs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(inputs)
    }
}

/// Whether templates can use `name`.
pub(crate) fn is_plain(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The names that a template reads where `name`, which is none, stands in it.
pub(crate) fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|part| !part.is_empty())
}

pub(super) struct Schema(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(SchemaVisitor)
    }
}

struct SchemaVisitor;

impl<'de> Visitor<'de> for SchemaVisitor {
    type Value = Schema;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type name or a JSON Schema")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Schema, E> {
        if TYPES.contains(&word) {
            return Ok(Schema(Map::from_iter([("type".to_owned(), word.into())])));
        }
        let near = nearest(word, TYPES).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(E::custom(format!("`{word}` is no type: expected one of {}{near}", TYPES.join(", "))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schema, A::Error> {
        let mut schema = Map::new();
        while let Some((key, value)) = map.next_entry()? {
            schema.insert(key, value);
        }
        Ok(Schema(schema))
    }
}
