//! What a schema may be made of, checked by hand: JSON Schema itself ignores what it does not know.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use source::nearest::nearest;

use super::Fault;

/// What stands under a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    /// Something that holds no schema.
    Value,
    /// A schema.
    Schema,
    /// A list of schemas.
    List,
    /// Schemas by name.
    Map,
}

/// The keywords of JSON Schema 2020-12 that schemas here may use, sorted.
const KEYWORDS: &[(&str, Under)] = &[
    ("$comment", Under::Value),
    ("$defs", Under::Map),
    ("$ref", Under::Value),
    ("$schema", Under::Value),
    ("additionalProperties", Under::Schema),
    ("allOf", Under::List),
    ("anyOf", Under::List),
    ("const", Under::Value),
    ("contains", Under::Schema),
    ("contentEncoding", Under::Value),
    ("contentMediaType", Under::Value),
    ("default", Under::Value),
    ("dependentRequired", Under::Value),
    ("dependentSchemas", Under::Map),
    ("deprecated", Under::Value),
    ("description", Under::Value),
    ("else", Under::Schema),
    ("enum", Under::Value),
    ("examples", Under::Value),
    ("exclusiveMaximum", Under::Value),
    ("exclusiveMinimum", Under::Value),
    ("format", Under::Value),
    ("if", Under::Schema),
    ("items", Under::Schema),
    ("maxContains", Under::Value),
    ("maxItems", Under::Value),
    ("maxLength", Under::Value),
    ("maxProperties", Under::Value),
    ("maximum", Under::Value),
    ("minContains", Under::Value),
    ("minItems", Under::Value),
    ("minLength", Under::Value),
    ("minProperties", Under::Value),
    ("minimum", Under::Value),
    ("multipleOf", Under::Value),
    ("not", Under::Schema),
    ("oneOf", Under::List),
    ("pattern", Under::Value),
    ("patternProperties", Under::Map),
    ("prefixItems", Under::List),
    ("properties", Under::Map),
    ("propertyNames", Under::Schema),
    ("readOnly", Under::Value),
    ("required", Under::Value),
    ("then", Under::Schema),
    ("title", Under::Value),
    ("type", Under::Value),
    ("unevaluatedItems", Under::Schema),
    ("unevaluatedProperties", Under::Schema),
    ("uniqueItems", Under::Value),
    ("writeOnly", Under::Value),
];

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The keywords by what stands under them, for the published schema: nothing, a schema, a list or a map of them.
pub(crate) fn keywords() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYWORDS.iter().map(|(keyword, under)| {
        let under = match under {
            Under::Value => "value",
            Under::Schema => "schema",
            Under::List => "list",
            Under::Map => "map",
        };
        (*keyword, under)
    })
}

fn under(keyword: &str) -> Option<Under> {
    KEYWORDS.binary_search_by_key(&keyword, |&(k, _)| k).ok().map(|i| KEYWORDS[i].1)
}

/// Unknown keywords, references that leave the schema or run in a circle, other dialects.
pub(crate) fn unsound(schema: &Map<String, Value>) -> Vec<Fault> {
    let mut walk = Unsound { root: schema, path: Vec::new(), faults: Vec::new() };
    walk.schema(schema);
    if walk.faults.is_empty() && Weight::of(schema) > MOST_PARTS {
        let fault = Fault::new(Vec::new(), format!("its references multiply it into more than {MOST_PARTS} parts"));
        walk.faults.push(Fault { help: Some("refer to each definition once".to_owned()), ..fault });
    }
    walk.faults
}

/// So many references may lie between one and what it means.
const MOST_STEPS: usize = 32;
/// So many parts may a schema have, each definition counted where it is referred to: a value is held against all of them.
const MOST_PARTS: usize = 20_000;

/// Counts the parts of a schema, definitions where they are referred to.
struct Weight<'s> {
    root: &'s Map<String, Value>,
    /// Of definitions: what is known; nothing yet of one that is being counted, which is where a circle closes.
    known: BTreeMap<String, usize>,
}

impl<'s> Weight<'s> {
    fn of(schema: &'s Map<String, Value>) -> usize {
        let mut weight = Self { root: schema, known: BTreeMap::new() };
        schema
            .iter()
            .filter(|(key, _)| *key != "$defs")
            .fold(1, |sum, (key, value)| usize::saturating_add(sum, weight.under(key, value)))
    }

    fn under(&mut self, key: &str, value: &'s Value) -> usize {
        match (key, value) {
            ("$ref", Value::String(reference)) => self.definition(&definition(reference).unwrap_or_default()),
            ("enum" | "const" | "default" | "examples", _) => 0,
            (_, Value::Object(map)) => {
                map.iter().fold(1, |sum: usize, (key, value)| sum.saturating_add(self.under(key, value)))
            }
            (_, Value::Array(items)) => {
                items.iter().fold(0, |sum: usize, item| sum.saturating_add(self.under("", item)))
            }
            _ => 0,
        }
    }

    fn definition(&mut self, name: &str) -> usize {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        self.known.insert(name.to_owned(), 1);
        let found = self.root.get("$defs").and_then(|all| all.get(name));
        let weight = found.map_or(0, |value| self.under("", value)).saturating_add(1);
        self.known.insert(name.to_owned(), weight);
        weight
    }
}

struct Unsound<'s> {
    root: &'s Map<String, Value>,
    path: Vec<String>,
    faults: Vec<Fault>,
}

impl Unsound<'_> {
    fn schema(&mut self, schema: &Map<String, Value>) {
        for (key, value) in schema {
            self.path.push(key.clone());
            match under(key) {
                None if key.starts_with("x-") => {}
                None => self.unknown(key),
                Some(Under::Value) if key == "type" => self.types(value),
                Some(Under::Value) if key == "required" => self.required(schema, value),
                Some(Under::Value) if key == "$ref" => self.reference(value),
                Some(Under::Value) if key == "enum" && value.as_array().is_some_and(Vec::is_empty) => {
                    let fault = Fault::new(self.path.clone(), "an `enum` without values accepts nothing");
                    self.faults.push(Fault { help: Some("list the values, or delete it".to_owned()), ..fault });
                }
                Some(Under::Value) if key == "$schema" && value != DIALECT => {
                    let fault = Fault::new(self.path.clone(), "the schema is of another dialect");
                    self.faults.push(Fault {
                        help: Some("delete `$schema`: schemas are of the 2020-12 dialect".to_owned()),
                        ..fault
                    });
                }
                Some(Under::Value) => {}
                Some(Under::Schema) => self.value(value),
                Some(Under::List) => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.path.push(i.to_string());
                        self.value(item);
                        self.path.pop();
                    }
                }
                Some(Under::Map) => {
                    for (name, item) in value.as_object().into_iter().flatten() {
                        self.path.push(name.clone());
                        self.value(item);
                        self.path.pop();
                    }
                }
            }
            self.path.pop();
        }
    }

    fn value(&mut self, value: &Value) {
        if let Value::Object(schema) = value {
            self.schema(schema);
        }
    }

    /// Names of types that JSON does not have.
    fn types(&mut self, value: &Value) {
        const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];
        let many: Vec<(Option<usize>, &str)> = match value {
            Value::String(one) => vec![(None, one)],
            Value::Array(many) => many.iter().enumerate().filter_map(|(i, t)| Some((Some(i), t.as_str()?))).collect(),
            _ => Vec::new(),
        };
        for (at, name) in many.into_iter().filter(|(_, name)| !TYPES.contains(name)) {
            let near = nearest(name, TYPES).map(|near| format!("did you mean `{near}`?"));
            let mut path = self.path.clone();
            path.extend(at.map(|at| at.to_string()));
            let help = near.unwrap_or_else(|| format!("use one of {}", TYPES.join(", ")));
            self.faults.push(Fault { help: Some(help), ..Fault::new(path, format!("`{name}` is no type")) });
        }
    }

    /// `required: true`, and names that no property has, where that cannot be what was meant: either none else is allowed,
    /// or one is so near that it is a slip.
    fn required(&mut self, schema: &Map<String, Value>, value: &Value) {
        if value.is_boolean() {
            let help =
                "delete it, an input is required unless it has a default; of an object, list names: `required: [name]`";
            let fault = Fault::new(self.path.clone(), "`required` is a list of names of properties");
            return self.faults.push(Fault { help: Some(help.to_owned()), ..fault });
        }
        let elsewhere = ["patternProperties", "allOf", "anyOf", "oneOf", "$ref", "if", "dependentSchemas"];
        let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
        if elsewhere.iter().any(|key| schema.contains_key(*key)) {
            return;
        }
        let names: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !known.contains_key(**name)) {
            let free = known.keys().map(String::as_str).filter(|key| !names.contains(key));
            let near = nearest(name, free);
            if near.is_none() && !closed {
                continue;
            }
            let help = near
                .map_or_else(|| "describe it under `properties`".to_owned(), |near| format!("did you mean `{near}`?"));
            let mut path = self.path.clone();
            path.push(at.to_string());
            let message = format!("`{name}` is required, and no property has this name");
            self.faults.push(Fault { help: Some(help), ..Fault::new(path, message) });
        }
    }

    fn unknown(&mut self, key: &str) {
        let near = nearest(key, KEYWORDS.iter().map(|k| k.0)).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "start keys of your own with `x-`".to_owned());
        let fault = Fault::new(self.path.clone(), format!("`{key}` is no keyword of JSON Schema"));
        self.faults.push(Fault { help: Some(help), key: true, ..fault });
    }

    fn reference(&mut self, value: &Value) {
        let help = "define it under `$defs` of the same schema and refer to `#/$defs/…`";
        let mut message = "a reference leads out of the schema or nowhere";
        let mut seen = Vec::new();
        let mut next = value.as_str();
        while let Some(reference) = next {
            let Some(target) = self.resolve(reference) else { break };
            if seen.len() > MOST_STEPS {
                message = "a reference leads on through too many others";
                break;
            }
            if seen.contains(&reference) {
                message = "a reference runs in a circle without ever describing a value";
                break;
            }
            seen.push(reference);
            next = target.get("$ref").and_then(Value::as_str);
            if next.is_none() {
                return;
            }
        }
        self.faults.push(Fault { help: Some(help.to_owned()), ..Fault::new(self.path.clone(), message) });
    }

    fn resolve(&self, reference: &str) -> Option<&Value> {
        self.root.get("$defs")?.get(definition(reference)?)
    }
}

/// The name that a reference to a definition means, escapes undone; `None` where it leads elsewhere.
fn definition(reference: &str) -> Option<String> {
    let typed = reference.strip_prefix("#/$defs/").filter(|name| !name.contains('/'))?;
    let name = super::percent_decoded(typed).filter(|name| !name.contains('/'))?;
    let sound = name.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    sound.then(|| name.replace("~1", "/").replace("~0", "~"))
}

/// Whether a schema is so plain that it is sound without being compiled: most inputs are.
pub(crate) fn plainly_sound(schema: &Map<String, Value>) -> bool {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let whole = |v: &Value| v.as_u64().is_some();
    let nested = |v: &Value| v.as_object().is_some_and(plainly_sound);
    schema.iter().all(|(key, value)| match key.as_str() {
        "type" => value.as_str().is_some_and(|t| TYPES.contains(&t)),
        "description" | "title" | "$comment" => value.is_string(),
        "default" | "const" => true,
        "enum" => value.as_array().is_some_and(|options| !options.is_empty()),
        "minLength" | "maxLength" | "minItems" | "maxItems" => whole(value),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "items" => nested(value),
        "properties" => value.as_object().is_some_and(|m| m.values().all(nested)),
        "required" => value.as_array().is_some_and(|names| {
            names.iter().all(Value::is_string) && names.iter().enumerate().all(|(i, n)| !names[..i].contains(n))
        }),
        "additionalProperties" => value.is_boolean() || nested(value),
        _ => key.starts_with("x-"),
    })
}

/// Whether a default surely fits a schema that says hardly more than a type and a size: most have that form, and making a
/// validator ready for each took a quarter of the time of reading a front matter.
pub(crate) fn plainly_fits(schema: &Map<String, Value>, default: &Value) -> bool {
    let length = |n: &Value| Some((n.as_u64()?, default.as_str()?.chars().count() as u64));
    let fits = |(key, value): (&String, &Value)| match key.as_str() {
        "type" => match value.as_str() {
            Some("string") => default.is_string(),
            Some("boolean") => default.is_boolean(),
            Some("integer") => default.is_i64() || default.is_u64(),
            Some("number") => default.is_number(),
            Some("array") => default.is_array(),
            Some("object") => default.is_object(),
            _ => false,
        },
        "enum" => value.as_array().is_some_and(|options| options.contains(default)),
        "maxLength" => length(value).is_some_and(|(most, is)| is <= most),
        "minLength" => length(value).is_some_and(|(least, is)| is >= least),
        "default" | "description" | "title" => true,
        _ => false,
    };
    schema.contains_key("type") && schema.iter().all(fits)
}

#[cfg(test)]
mod references {
    use super::definition;

    #[test]
    fn escapes_of_json_pointers_are_undone() {
        for (typed, means) in [("a~1b", "a/b"), ("a~0b", "a~b"), ("a%20b", "a b"), ("%C3%A9", "é"), ("a~01", "a~1")] {
            assert_eq!(definition(&format!("#/$defs/{typed}")).as_deref(), Some(means));
        }
        for typed in ["a/b", "a%2Fb", "a~2", "a~", "a%2", "a%zz"] {
            assert_eq!(definition(&format!("#/$defs/{typed}")), None, "{typed}");
        }
    }
}
