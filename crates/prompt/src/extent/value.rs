//! What a value can be, as far as its length goes.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::size::Size;
use crate::front_matter::Input;

/// Everything a value may turn out to be: how long it prints, how long its JSON is, what its items and fields are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Value {
    /// Printed as text.
    pub(crate) text: Size,
    /// As `tojson` writes it.
    pub(crate) json: Size,
    pub(crate) list: Option<Box<List>>,
    pub(crate) fields: Option<Box<Fields>>,
    /// How many values it holds, itself included.
    pub(crate) parts: usize,
}

/// The items of a list.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) item: Value,
    /// How many there are at most.
    pub(crate) most: Count,
    /// How long all of them are together, where that is less than each as long as it can be.
    pub(crate) together: Option<Size>,
}

/// How many, or why there is no end.
#[derive(Debug, Clone)]
pub(crate) enum Count {
    Most(u64),
    Endless(Size),
}

/// The properties of an object.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) named: BTreeMap<String, Value>,
    /// What any other property is; `None` where there is no other.
    pub(crate) other: Option<Value>,
}

/// The longest integer: a sign and 19 digits.
const INTEGER: u64 = 20;
/// The longest double in its shortest form.
const DOUBLE: u64 = 25;
/// Bytes of one character in UTF-8, and of one in JSON, where a control character is `\u001f`.
const CHAR: u64 = 4;
const JSON_CHAR: u64 = 6;
/// Deeper schemas are taken for endless.
const MAX_DEPTH: usize = 24;
/// A value of more parts is taken for one of which nothing is known: `{'a': x, 'b': x}` doubles whatever x holds.
const MOST_PARTS: usize = 5_000;

impl Value {
    pub(crate) fn of_input(input: &Input) -> Self {
        let name = input.name.as_str();
        if input.is_messages() {
            return Self::of_messages(name, &input.schema);
        }
        let schema = Json::Object(input.schema.clone());
        let value = Reader { input: name, root: &schema }.value(&schema, 0);
        input.default().map_or_else(|| value.clone(), |default| value.or(&Self::of_json(default)))
    }

    /// A transcript: so many messages of so many characters.
    fn of_messages(input: &str, schema: &Map<String, Json>) -> Self {
        let number = |key: &str| schema.get(key).and_then(crate::schema::count);
        let content = match number("maxLength") {
            Some(length) => Self::of_length(length),
            None => Self::endless(input, "maxLength"),
        };
        let most = match number("maxItems") {
            Some(n) => Count::Most(n),
            None => Count::Endless(Size::endless(Some(input), "maxItems")),
        };
        let text = content.text.clone();
        let words = ["role", "content", "tool_calls", "tool_call_id"].map(|key| (key.to_owned(), content.clone()));
        let item = Self::of_fields(Fields { named: BTreeMap::from(words), other: None });
        let mut value = Self::of_list(List { item, most: most.clone(), together: None });
        value.text = most.of(&text);
        value
    }

    pub(crate) fn of_length(chars: u64) -> Self {
        Self {
            text: Size::of_chars(chars, CHAR),
            json: Size::of_chars(chars.saturating_add(2), JSON_CHAR),
            ..Self::default()
        }
    }

    pub(crate) fn endless(input: &str, why: &'static str) -> Self {
        Self::of_size(Size::endless(Some(input), why))
    }

    /// A text of this size, whatever it is made of.
    pub(crate) fn of_size(text: Size) -> Self {
        let json = text.widened(JSON_CHAR, 1).plus(&Size::of_chars(2, 1));
        Self { text, json, ..Self::default() }
    }

    pub(crate) fn number() -> Self {
        Self { text: Size::of_chars(INTEGER, 1), json: Size::of_chars(DOUBLE, 1), ..Self::default() }
    }

    pub(crate) fn of_list(list: List) -> Self {
        let comma = Size::of_chars(1, 1);
        let json = list.total(|item| item.json.plus(&comma)).plus(&Size::of_chars(2, 1));
        Self { json, list: Some(Box::new(list)), ..Self::default() }.counted()
    }

    pub(crate) fn of_fields(fields: Fields) -> Self {
        let mut json = Size::of_chars(2, 1);
        for (name, value) in &fields.named {
            json = json.plus(&Size::of_chars(name.len() as u64 + 4, 1)).plus(&value.json);
        }
        if let Some(other) = &fields.other {
            json = json.plus(&other.json);
        }
        Self { json, fields: Some(Box::new(fields)), ..Self::default() }.counted()
    }

    /// With the number of its parts, or as anything where there are too many.
    fn counted(mut self) -> Self {
        let fields = self.fields.iter().flat_map(|fields| fields.named.values().chain(&fields.other));
        let below = fields.chain(self.list.as_ref().map(|list| &list.item));
        self.parts = below.fold(1, |sum, value| sum.saturating_add(value.parts.max(1)));
        if self.parts > MOST_PARTS { Self::anything() } else { self }
    }

    /// A value of which nothing is known, nor of what it holds.
    fn anything() -> Self {
        Self { parts: usize::MAX, ..Self::of_size(Size::endless(None, "values inside values")) }
    }

    fn is_anything(&self) -> bool {
        self.parts == usize::MAX
    }

    /// One known value.
    pub(crate) fn of_json(json: &Json) -> Self {
        match json {
            Json::String(text) => {
                Self::of_size(Size { bytes: text.len() as u64, chars: text.chars().count() as u64, ..Size::default() })
            }
            Json::Array(items) => {
                let item = items.iter().map(Self::of_json).reduce(|a, b| a.or(&b)).unwrap_or_default();
                Self::of_list(List { item, most: Count::Most(items.len() as u64), together: None })
            }
            Json::Object(map) => {
                let named = map.iter().map(|(name, value)| (name.clone(), Self::of_json(value))).collect();
                Self::of_fields(Fields { named, other: None })
            }
            Json::Number(_) => Self::number(),
            Json::Null | Json::Bool(_) => Self { json: Size::of_chars(5, 1), ..Self::default() },
        }
    }

    /// Whichever of the two it turns out to be.
    #[must_use]
    pub(crate) fn or(&self, other: &Self) -> Self {
        if self.is_anything() || other.is_anything() {
            return Self::anything();
        }
        let list = match (&self.list, &other.list) {
            (Some(a), Some(b)) => Some(Box::new(List {
                item: a.item.or(&b.item),
                most: a.most.or(&b.most),
                together: a.together.as_ref().zip(b.together.as_ref()).map(|(a, b)| a.or(b)),
            })),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let fields = match (&self.fields, &other.fields) {
            (Some(a), Some(b)) => {
                let mut named = a.named.clone();
                for (name, value) in &b.named {
                    let both = named.get(name).map_or_else(|| value.clone(), |known| known.or(value));
                    named.insert(name.clone(), both);
                }
                let other = match (&a.other, &b.other) {
                    (Some(a), Some(b)) => Some(a.or(b)),
                    (a, b) => a.clone().or_else(|| b.clone()),
                };
                Some(Box::new(Fields { named, other }))
            }
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Self { text: self.text.or(&other.text), json: self.json.or(&other.json), list, fields, parts: 1 }.counted()
    }

    /// The property `name`, or what an item is where a position is asked for.
    pub(crate) fn member(&self, name: &str) -> Self {
        if self.is_anything() {
            return self.clone();
        }
        let field = self
            .fields
            .as_ref()
            .map(|fields| fields.named.get(name).or(fields.other.as_ref()).cloned().unwrap_or_default());
        field.unwrap_or_default()
    }

    /// What a loop over it yields: items, or the names of properties.
    pub(crate) fn items(&self) -> List {
        if self.is_anything() {
            return List { item: self.clone(), most: Count::Endless(self.text.clone()), together: None };
        }
        if let Some(list) = &self.list {
            return (**list).clone();
        }
        let Some(fields) = &self.fields else {
            return List { item: Self::default(), most: Count::Most(0), together: None };
        };
        let longest = fields.named.keys().map(String::len).max().unwrap_or(0) as u64;
        match &fields.other {
            None => {
                List { item: Self::of_length(longest), most: Count::Most(fields.named.len() as u64), together: None }
            }
            Some(other) => List { item: other.clone(), most: Count::Endless(other.json.clone()), together: None },
        }
    }

    /// Everything that can be reached inside, as one value.
    pub(crate) fn inside(&self) -> Self {
        if self.is_anything() {
            return self.clone();
        }
        let mut all = self.list.as_ref().map(|list| list.item.clone()).unwrap_or_default();
        for value in self.fields.iter().flat_map(|fields| fields.named.values().chain(&fields.other)) {
            all = all.or(value);
        }
        all
    }
}

impl Count {
    /// So many times `size`.
    pub(crate) fn of(&self, size: &Size) -> Size {
        match self {
            Self::Most(n) => size.times(*n),
            Self::Endless(why) if size.is_nothing() => Size { endless: why.endless.clone(), ..Size::default() },
            Self::Endless(why) => size.plus(&Size { endless: why.endless.clone(), ..Size::default() }),
        }
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Most(a), Self::Most(b)) => Self::Most(*a.max(b)),
            (Self::Endless(a), Self::Endless(b)) => Self::Endless(a.or(b)),
            (Self::Endless(a), _) | (_, Self::Endless(a)) => Self::Endless(a.clone()),
        }
    }
}

impl List {
    /// What all items come to when each comes to `each`.
    pub(crate) fn total(&self, each: impl Fn(&Value) -> Size) -> Size {
        let Some(together) = &self.together else { return self.most.of(&each(&self.item)) };
        // `each` grows evenly with the item, so the items' common length counts once and the rest once an item.
        let empty = each(&Value::default());
        let all = each(&Value::of_size(together.clone()));
        self.most.of(&empty).plus(&all.beyond(&empty))
    }
}

struct Reader<'a> {
    input: &'a str,
    root: &'a Json,
}

impl Reader<'_> {
    fn value(&self, schema: &Json, depth: usize) -> Value {
        let Json::Object(map) = schema else { return self.anything() };
        if depth > MAX_DEPTH {
            return Value::endless(self.input, "an end to its nesting");
        }
        let merged = self.merged(map, depth);
        let map = &merged;
        let literals = map.get("enum").and_then(Json::as_array).map(Vec::as_slice);
        let literals = literals.or_else(|| map.get("const").map(std::slice::from_ref));
        if let Some(values) = literals {
            return values.iter().map(Value::of_json).reduce(|a, b| a.or(&b)).unwrap_or_default();
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(Json::Array(ways)) = map.get(key)
                && !map.contains_key("type")
            {
                return ways.iter().map(|way| self.value(way, depth + 1)).reduce(|a, b| a.or(&b)).unwrap_or_default();
            }
        }
        match map.get("type") {
            Some(Json::String(name)) => self.of_type(name, map, depth),
            Some(Json::Array(names)) => {
                let each = names.iter().filter_map(Json::as_str).map(|name| self.of_type(name, map, depth));
                each.reduce(|a, b| a.or(&b)).unwrap_or_default()
            }
            _ => self.anything(),
        }
    }

    /// With what `$ref` and `allOf` say written into the schema itself; the first to say something is believed.
    fn merged(&self, map: &Map<String, Json>, depth: usize) -> Map<String, Json> {
        let mut merged = map.clone();
        let target = map
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|r| r.strip_prefix('#'))
            .and_then(crate::schema::percent_decoded)
            .and_then(|p| self.root.pointer(&p));
        let parts = map.get("allOf").and_then(Json::as_array).into_iter().flatten().chain(target);
        for part in parts.filter_map(Json::as_object) {
            let part = if depth < MAX_DEPTH { self.merged(part, depth + 1) } else { part.clone() };
            for (key, value) in part {
                merged.entry(key).or_insert(value);
            }
        }
        merged
    }

    fn anything(&self) -> Value {
        let text = Value::endless(self.input, "type");
        let fields = Fields { named: BTreeMap::new(), other: Some(text.clone()) };
        let most = Count::Endless(text.text.clone());
        let list = List { item: text.clone(), most, together: None };
        Value { list: Some(Box::new(list)), fields: Some(Box::new(fields)), ..text }
    }

    fn of_type(&self, name: &str, map: &Map<String, Json>, depth: usize) -> Value {
        match name {
            "string" => match map.get("maxLength").and_then(crate::schema::count) {
                Some(length) => Value::of_length(length),
                None => Value::endless(self.input, "maxLength"),
            },
            "integer" | "number" => Value::number(),
            "array" => self.list(map, depth),
            "object" => self.object(map, depth),
            _ => Value::of_json(&Json::Null),
        }
    }

    fn list(&self, map: &Map<String, Json>, depth: usize) -> Value {
        let first = map.get("prefixItems").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let closed = map.get("items") == Some(&Json::Bool(false));
        let rest = (!closed).then(|| map.get("items").map_or_else(|| self.anything(), |s| self.value(s, depth + 1)));
        let items = first.iter().map(|s| self.value(s, depth + 1)).chain(rest);
        let item = items.reduce(|a, b| a.or(&b)).unwrap_or_default();
        let most = match (map.get("maxItems").and_then(crate::schema::count), closed) {
            (Some(n), _) => Count::Most(n),
            (None, true) => Count::Most(first.len() as u64),
            (None, false) => Count::Endless(Size::endless(Some(self.input), "maxItems")),
        };
        Value::of_list(List { item, most, together: None })
    }

    fn object(&self, map: &Map<String, Json>, depth: usize) -> Value {
        let properties = map.get("properties").and_then(Json::as_object);
        let named = properties.into_iter().flatten().map(|(name, s)| (name.clone(), self.value(s, depth + 1)));
        let open = map.get("additionalProperties") != Some(&Json::Bool(false));
        let other = open.then(|| Value::endless(self.input, "additionalProperties: false"));
        Value::of_fields(Fields { named: named.collect(), other })
    }
}
