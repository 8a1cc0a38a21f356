//! From JSON Schema (2020-12) to shapes.
//!
//! Understood: boolean schemas, type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
//! minLength, maxLength, required, properties, additionalProperties, minProperties, maxProperties, items, prefixItems,
//! minItems, maxItems, uniqueItems, allOf, anyOf, oneOf of disjoint alternatives, `not` of types, local `$ref` without
//! cycles. Annotations are passed over. Everything else (pattern and format among it) stays opaque.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prompt::schema::percent_decoded;
use serde_json::{Map, Value};

use super::decimal::Decimal;
use super::meet::{TooComplex, meet, union};
use super::member::Oracle;
use super::shape::{Alternative, Arrays, Bound, Kind, Numbers, Objects, Shape, Strings, every_kind};

/// Keywords that reach into what other keywords mean: a schema that has one is opaque as a whole.
pub(crate) const ENTANGLED: [&str; 6] =
    ["unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef", "$id", "additionalItems"];

/// Keywords that constrain by themselves but are not reasoned about, with the type they concern.
const OPAQUE: [(&str, Option<&str>); 8] = [
    ("pattern", Some("string")),
    ("format", Some("string")),
    ("contentMediaType", Some("string")),
    ("if", None),
    ("contains", Some("array")),
    ("propertyNames", Some("object")),
    ("dependentRequired", Some("object")),
    ("dependentSchemas", Some("object")),
];

/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 64;
/// References can multiply a small text: no schema that people write has more parts than this.
const MAX_SCHEMAS: usize = 20_000;

/// The shape of `schema`, in which local references are resolved.
pub(crate) fn read(schema: &Value, oracle: Oracle<'_>) -> Result<Shape, TooComplex> {
    Reader { root: schema, oracle, open: RefCell::default(), steps: Cell::new(MAX_SCHEMAS) }.shape(schema, 0)
}

struct Reader<'a> {
    root: &'a Value,
    oracle: Oracle<'a>,
    /// The references being followed, to notice one that comes back to itself.
    open: RefCell<Vec<String>>,
    steps: Cell<usize>,
}

impl Reader<'_> {
    fn shape(&self, schema: &Value, depth: usize) -> Result<Shape, TooComplex> {
        let map = match schema {
            Value::Bool(true) => return Ok(Shape::Any),
            Value::Object(map) => map,
            _ => return Ok(Shape::NONE),
        };
        self.steps.set(self.steps.get().saturating_sub(1));
        if depth > MAX_DEPTH || self.steps.get() == 0 {
            return Err(TooComplex);
        }
        if ENTANGLED.iter().any(|key| map.contains_key(*key)) {
            return self.entangled(map, schema, depth);
        }
        if map.contains_key("patternProperties") {
            return self.patterned(map, depth);
        }
        let mut shape = self.typed(map, depth)?;
        for (key, kind) in OPAQUE {
            // A condition without consequence is none.
            let idle = key == "if" && !map.contains_key("then") && !map.contains_key("else");
            if map.contains_key(key) && !idle {
                shape = self.constrained(shape, kind, &self.fragment(map, key));
            }
        }
        for part in self.conjuncts(map, depth)? {
            shape = meet(&shape, &part, self.oracle)?;
        }
        Ok(shape)
    }

    /// Only its types are known.
    fn entangled(&self, map: &Map<String, Value>, schema: &Value, depth: usize) -> Result<Shape, TooComplex> {
        let mut only_type = Map::new();
        if let Some(types) = map.get("type") {
            only_type.insert("type".to_owned(), types.clone());
        }
        let shape = self.typed(&only_type, depth)?;
        Ok(self.constrained(shape, None, schema))
    }

    /// Patterns decide which properties `additionalProperties` is about: the three are one opaque whole.
    fn patterned(&self, map: &Map<String, Value>, depth: usize) -> Result<Shape, TooComplex> {
        let whole = ["properties", "patternProperties", "additionalProperties"];
        let (inside, outside): (Map<_, _>, Map<_, _>) =
            map.clone().into_iter().partition(|(key, _)| whole.contains(&key.as_str()));
        let shape = self.shape(&Value::Object(outside), depth + 1)?;
        Ok(self.constrained(shape, Some("object"), &Value::Object(inside)))
    }

    /// Adds the conjunct `schema` to the alternatives of the JSON type `kind`, or to all.
    fn constrained(&self, shape: Shape, kind: Option<&str>, schema: &Value) -> Shape {
        let schema = self.with_definitions(schema);
        let text = source::canonical::to_string(&schema).unwrap_or_else(|_| schema.to_string());
        let schema = Arc::new(schema);
        let concerns = |alternative: &Alternative| match (kind, &alternative.kind) {
            (None, _) => true,
            (Some(name), Kind::Literal(value)) => type_of(value) == name,
            (Some(name), Kind::String(_)) => name == "string",
            (Some(name), Kind::Array(_)) => name == "array",
            (Some(name), Kind::Object(_)) => name == "object",
            (Some(_), Kind::Number(_)) => false,
        };
        let mut alternatives = shape.alternatives();
        alternatives.retain_mut(|alternative| {
            if !concerns(alternative) {
                return true;
            }
            // A single value is decided at once.
            let decided = match &alternative.kind {
                Kind::Literal(value) => (self.oracle)(&schema, value),
                _ => None,
            };
            if decided.is_none() {
                alternative.opaque.insert(text.clone(), schema.clone());
            }
            decided != Some(false)
        });
        Shape::Of(alternatives)
    }

    fn fragment(&self, map: &Map<String, Value>, key: &str) -> Value {
        let with: &[&str] = match key {
            "contains" => &["contains", "minContains", "maxContains"],
            "if" => &["if", "then", "else"],
            _ => &[key],
        };
        Value::Object(
            map.iter().filter(|(k, _)| with.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
        )
    }

    /// `schema` by itself, carrying the definitions it may refer to.
    fn with_definitions(&self, schema: &Value) -> Value {
        if !schema.to_string().contains("\"$ref\"") {
            return schema.clone();
        }
        let mut whole = Map::new();
        whole.insert("allOf".to_owned(), Value::Array(vec![schema.clone()]));
        for key in ["$defs", "definitions"] {
            if let Some(definitions) = self.root.get(key) {
                whole.insert(key.to_owned(), definitions.clone());
            }
        }
        Value::Object(whole)
    }

    fn conjuncts(&self, map: &Map<String, Value>, depth: usize) -> Result<Vec<Shape>, TooComplex> {
        let mut parts = Vec::new();
        if let Some(Value::Array(values)) = map.get("enum") {
            parts.push(union(values.iter().cloned().map(Shape::literal))?);
        }
        if let Some(value) = map.get("const") {
            parts.push(Shape::literal(value.clone()));
        }
        if let Some(Value::Array(schemas)) = map.get("allOf") {
            for schema in schemas {
                parts.push(self.shape(schema, depth + 1)?);
            }
        }
        if let Some(Value::Array(schemas)) = map.get("anyOf") {
            let shapes = schemas.iter().map(|s| self.shape(s, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            parts.push(union(shapes)?);
        }
        if let Some(Value::Array(schemas)) = map.get("oneOf") {
            parts.push(self.one_of(map, schemas, depth)?);
        }
        if let Some(schema) = map.get("not") {
            parts.push(self.not(map, schema, depth)?);
        }
        if let Some(Value::String(reference)) = map.get("$ref") {
            parts.push(self.reference(map, reference, depth)?);
        }
        Ok(parts)
    }

    /// What a local reference points at; one that leads back to itself stays opaque.
    fn reference(&self, map: &Map<String, Value>, reference: &str, depth: usize) -> Result<Shape, TooComplex> {
        let target =
            reference.strip_prefix('#').and_then(percent_decoded).and_then(|pointer| self.root.pointer(&pointer));
        let known = self.open.borrow().iter().any(|open| open == reference);
        let (Some(target), false) = (target, known) else {
            return Ok(self.constrained(Shape::Any, None, &self.fragment(map, "$ref")));
        };
        self.open.borrow_mut().push(reference.to_owned());
        let shape = self.shape(target, depth + 1);
        self.open.borrow_mut().pop();
        shape
    }

    /// Exactly one of them: their union where no two overlap, else the union with an opaque rest.
    fn one_of(&self, map: &Map<String, Value>, schemas: &[Value], depth: usize) -> Result<Shape, TooComplex> {
        let shapes = schemas.iter().map(|s| self.shape(s, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        let mut disjoint = true;
        for (i, a) in shapes.iter().enumerate() {
            for b in &shapes[..i] {
                disjoint = disjoint && meet(a, b, self.oracle)?.is_empty();
            }
        }
        let shape = union(shapes)?;
        Ok(if disjoint { shape } else { self.constrained(shape, None, &self.fragment(map, "oneOf")) })
    }

    /// Everything, nothing, or all types but some; anything finer stays opaque.
    fn not(&self, map: &Map<String, Value>, schema: &Value, depth: usize) -> Result<Shape, TooComplex> {
        match self.shape(schema, depth + 1)? {
            Shape::Any => return Ok(Shape::NONE),
            inner if inner.is_empty() => return Ok(Shape::Any),
            _ => {}
        }
        let types = schema.as_object().filter(|inner| inner.len() == 1).and_then(|inner| inner.get("type"));
        let Some(names) = types.and_then(type_names).filter(|names| !names.contains("integer")) else {
            return Ok(self.constrained(Shape::Any, None, &self.fragment(map, "not")));
        };
        let kinds = every_kind().into_iter().filter(|kind| !names.contains(kind_type(kind)));
        Ok(Shape::Of(kinds.map(Alternative::from).collect()))
    }

    /// What the type and the keywords that belong to one type say.
    fn typed(&self, map: &Map<String, Value>, depth: usize) -> Result<Shape, TooComplex> {
        let names = map.get("type").and_then(type_names);
        let wanted = |kind: &Kind| match (&names, kind_type(kind)) {
            (None, _) => true,
            (Some(names), "number") => names.contains("number") || names.contains("integer"),
            (Some(names), name) => names.contains(name),
        };
        let integer = names.as_ref().is_some_and(|names| names.contains("integer") && !names.contains("number"));
        let mut alternatives = Vec::new();
        for kind in every_kind().into_iter().filter(wanted) {
            let kind = match kind {
                Kind::Number(_) => Kind::Number(numbers(map, integer)?),
                Kind::String(_) => {
                    Kind::String(Strings { min: count(map, "minLength").unwrap_or(0), max: count(map, "maxLength") })
                }
                Kind::Array(_) => Kind::Array(self.arrays(map, depth)?),
                Kind::Object(_) => Kind::Object(self.objects(map, depth)?),
                Kind::Literal(value) => Kind::Literal(value),
            };
            alternatives.push(kind.into());
        }
        union([Shape::Of(alternatives)])
            .map(|shape| if shape == Shape::Of(Shape::Any.alternatives()) { Shape::Any } else { shape })
    }

    fn arrays(&self, map: &Map<String, Value>, depth: usize) -> Result<Arrays, TooComplex> {
        let prefix = match map.get("prefixItems") {
            Some(Value::Array(schemas)) => {
                schemas.iter().map(|s| self.shape(s, depth + 1)).collect::<Result<_, _>>()?
            }
            _ => Vec::new(),
        };
        Ok(Arrays {
            min: count(map, "minItems").unwrap_or(0),
            max: count(map, "maxItems"),
            prefix,
            items: Box::new(map.get("items").map_or(Ok(Shape::Any), |s| self.shape(s, depth + 1))?),
            unique: map.get("uniqueItems") == Some(&Value::Bool(true)),
        })
    }

    fn objects(&self, map: &Map<String, Value>, depth: usize) -> Result<Objects, TooComplex> {
        let mut properties = BTreeMap::new();
        if let Some(Value::Object(named)) = map.get("properties") {
            for (name, schema) in named {
                properties.insert(name.clone(), self.shape(schema, depth + 1)?);
            }
        }
        let required = match map.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        };
        Ok(Objects {
            min: count(map, "minProperties").unwrap_or(0),
            max: count(map, "maxProperties"),
            required,
            properties,
            additional: Box::new(map.get("additionalProperties").map_or(Ok(Shape::Any), |s| self.shape(s, depth + 1))?),
        })
    }
}

fn type_names(types: &Value) -> Option<BTreeSet<&str>> {
    match types {
        Value::String(name) => Some([name.as_str()].into()),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn kind_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Literal(value) => type_of(value),
        Kind::Number(_) => "number",
        Kind::String(_) => "string",
        Kind::Array(_) => "array",
        Kind::Object(_) => "object",
    }
}

/// A count; JSON Schema allows it to be written 2.0.
fn count(map: &Map<String, Value>, key: &str) -> Option<u64> {
    let value = map.get(key)?;
    value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0 && f.fract() == 0.0).map(|f| f as u64))
}

fn numbers(map: &Map<String, Value>, integer: bool) -> Result<Numbers, TooComplex> {
    let decimal = |key: &str| match map.get(key) {
        Some(Value::Number(n)) => Decimal::of(n).map(Some).ok_or(TooComplex),
        _ => Ok(None),
    };
    let bound = |at: Option<Decimal>, exclusive| at.map(|at| Bound { at, exclusive });
    let mut step = decimal("multipleOf")?.filter(|step| step.is_positive());
    if integer {
        step = Some(match step {
            Some(step) => step.common_multiple(Decimal::ONE).ok_or(TooComplex)?,
            None => Decimal::ONE,
        });
    }
    let later = |a: Option<Bound>, b: Option<Bound>, above: bool| match (a, b) {
        (Some(a), Some(b)) if a.at == b.at => Some(Bound { at: a.at, exclusive: true }),
        (Some(a), Some(b)) => Some(if (a.at > b.at) == above { a } else { b }),
        (a, b) => a.or(b),
    };
    let min = later(bound(decimal("minimum")?, false), bound(decimal("exclusiveMinimum")?, true), true);
    let max = later(bound(decimal("maximum")?, false), bound(decimal("exclusiveMaximum")?, true), false);
    Ok(Numbers { min, max, step }.tightened())
}
