//! JSON Schema: whether a schema is sound, and whether a value fits it. The only user of the jsonschema crate.
//!
//! Schemas are of the 2020-12 dialect, refer only to themselves, and use only keywords that mean something: a misspelt
//! keyword, which JSON Schema would ignore, is a fault here. Patterns run on an engine that cannot blow up, and every
//! judgement ends after a number of looks at the value.

mod counted;
mod sound;

use std::sync::Arc;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{Draft, PatternOptions, ValidationError};
use serde_json::Value;

use self::counted::{Counted, Look, within};
use crate::Message;
use crate::front_matter::Input;

pub(crate) use sound::{keywords, plainly_fits, plainly_sound, unsound};

/// A schema made ready to judge values. Cheap to clone, safe to share.
#[derive(Debug, Clone)]
pub struct Validator(Judge);

#[derive(Debug, Clone)]
enum Judge {
    Schema {
        validator: Arc<jsonschema::Validator<Counted>>,
        /// Whether it has patterns that may give up.
        backtracks: bool,
    },
    Messages {
        least: usize,
        most: usize,
        longest: usize,
    },
}

/// Why a schema or a value is wrong: where in it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The way from the root: keys and decimal positions.
    pub path: Vec<String>,
    /// A clause such as `is longer than 4000 characters`; it quotes the schema, never a value.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// Whether the key at the end of the path is at fault, not its value.
    pub(crate) key: bool,
}

impl Fault {
    fn new(path: Vec<String>, message: impl Into<String>) -> Self {
        Self { path, message: message.into(), help: None, key: false }
    }

    /// The path as people write it: `.items.0.name`, empty at the root.
    pub fn path_text(&self) -> String {
        self.path.iter().fold(String::new(), |all, step| all + "." + step)
    }
}

/// So often may one judgement look at a value or a part of it.
const MOST_LOOKS: u64 = 5_000_000;
/// So many errors may one judgement meet, those within branches of `anyOf` and the like included.
const MOST_ERRORS: u64 = 2_000;

/// Why nobody can say whether a value fits. Displays as a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// It would take too long.
    #[error("holding it against the schema takes more than {MOST_LOOKS} steps")]
    TooLong,
    /// A pattern met its limit.
    #[error("a `pattern` of the schema takes too many steps on it")]
    Pattern,
}

/// The name of a format, and whether a text has it.
pub type Format = (&'static str, fn(&str) -> bool);

impl Validator {
    /// Makes `schema` (JSON Schema 2020-12, references only within itself) ready.
    pub fn new(schema: &Value) -> Result<Self, Fault> {
        if let Some(fault) = schema.as_object().and_then(|s| unsound(s).into_iter().next()) {
            return Err(fault);
        }
        let options = jsonschema::options_for()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20));
        Self::build(options, schema, false)
    }

    /// Makes ready what an answer must satisfy: the draft that `$schema` names, draft 7 where it names none, with
    /// formats asserted, as evaluation suites have it.
    pub fn for_answers(schema: &Value) -> Result<Self, Fault> {
        Self::for_answers_with(schema, &[])
    }

    /// The same, `formats` checked beside those of the draft, and instead of them where they have the same name.
    pub fn for_answers_with(schema: &Value, formats: &[Format]) -> Result<Self, Fault> {
        let options = formats.iter().fold(jsonschema::options_for(), |o, (name, check)| o.with_format(*name, *check));
        let named = schema.get("$schema").is_some();
        Self::build(if named { options } else { options.with_draft(Draft::Draft7) }, schema, has_patterns(schema))
    }

    fn build(options: Options<'_>, schema: &Value, backtracks: bool) -> Result<Self, Fault> {
        let options = options.offline().should_validate_formats(true).should_ignore_unknown_formats(false);
        let validator = options.build(schema).map(Arc::new).map_err(|e| schema_fault(&e))?;
        Ok(Self(Judge::Schema { validator, backtracks }))
    }

    /// Every fault of `value`, sorted by path; none where it fits, one where there are too many to tell or nobody can say.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        self.judged(value)
            .unwrap_or_else(|undecided| vec![Fault::new(Vec::new(), format!("cannot be judged: {undecided}"))])
    }

    /// The same of a value that somebody chose who may mean harm.
    pub fn judged(&self, value: &Value) -> Result<Vec<Fault>, Undecided> {
        let Judge::Schema { validator, .. } = &self.0 else { return Ok(self.messages_faults(value)) };
        if self.is_one_valid(std::slice::from_ref(value))? {
            return Ok(Vec::new());
        }
        let fault = |error: ValidationError<'_>| match met_limit(&error) {
            true => Err(Undecided::Pattern),
            false => Ok(value_fault(&error)),
        };
        let all = || validator.iter_errors(Look(value)).map(fault).collect::<Result<Vec<_>, _>>();
        if let Some(faults) = within(MOST_LOOKS, MOST_ERRORS, all) {
            let mut faults = faults?;
            faults.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
            faults.dedup();
            return Ok(faults);
        }
        let first = || validator.validate(Look(value)).err().map(fault);
        match within(MOST_LOOKS, MOST_ERRORS, first) {
            Some(first) => first.into_iter().collect(),
            None => Ok(vec![Fault::new(Vec::new(), "has more faults than can be told")]),
        }
    }

    /// Whether one of `values` fits, none of them looked at once all together took too long. Where none plainly does and a
    /// pattern met its limit on any, nobody can say.
    pub fn fits_one(&self, values: &[Value]) -> Result<bool, Undecided> {
        let found = self.is_one_valid(values)?;
        let Judge::Schema { validator, backtracks: true } = &self.0 else { return Ok(found) };
        if found {
            return Ok(true);
        }
        let error = |value| validator.validate(Look(value)).err();
        let limited = || values.iter().filter_map(error).any(|error| met_limit(&error));
        match within(MOST_LOOKS, u64::MAX, limited) {
            Some(false) => Ok(false),
            Some(true) => Err(Undecided::Pattern),
            None => Err(Undecided::TooLong),
        }
    }

    fn is_one_valid(&self, values: &[Value]) -> Result<bool, Undecided> {
        match &self.0 {
            Judge::Schema { validator, .. } => {
                let fits = || values.iter().any(|value| validator.is_valid(Look(value)));
                within(MOST_LOOKS, u64::MAX, fits).ok_or(Undecided::TooLong)
            }
            Judge::Messages { .. } => Ok(values.iter().any(|value| self.messages_faults(value).is_empty())),
        }
    }

    /// Whether `value` fits; not, where nobody can say.
    pub fn accepts(&self, value: &Value) -> bool {
        self.is_one_valid(std::slice::from_ref(value)).unwrap_or(false)
    }

    fn messages_faults(&self, value: &Value) -> Vec<Fault> {
        match self.0 {
            Judge::Messages { least, most, longest } => messages_faults(value, least..=most, longest),
            Judge::Schema { .. } => Vec::new(),
        }
    }
}

/// Whether a schema may hold a text against a pattern.
fn has_patterns(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.iter().any(|(key, value)| key == "pattern" || key == "patternProperties" || has_patterns(value))
        }
        Value::Array(items) => items.iter().any(has_patterns),
        _ => false,
    }
}

/// Whether a pattern gave up, here or in a branch.
fn met_limit(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. } => true,
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().any(met_limit)
        }
        _ => false,
    }
}

type Options<'s> = jsonschema::ValidationOptions<'s, Arc<dyn jsonschema::Retrieve>, Counted>;

/// The validator of an input: its schema, or that of a transcript.
pub fn of_input(input: &Input) -> Result<Validator, Fault> {
    if !input.is_messages() {
        return Validator::new(&Value::Object(input.schema.clone()));
    }
    let bound = |key: &str| match input.schema.get(key) {
        None => Ok(None),
        Some(value) => match count(value).and_then(|n| usize::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => Err(Fault::new(vec![key.to_owned()], format!("`{key}` is no whole number from 0"))),
        },
    };
    let (least, most) = (bound("minItems")?.unwrap_or(0), bound("maxItems")?.unwrap_or(usize::MAX));
    let longest = bound("maxLength")?.unwrap_or(usize::MAX);
    Ok(Validator(Judge::Messages { least, most, longest }))
}

/// A fragment with its `%20` and the like undone; `None` where that is no text.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || (rest.next()? as char).to_digit(16);
        bytes.push(if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).ok()? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

/// A count; JSON Schema allows it to be written `30.0`.
pub(crate) fn count(value: &Value) -> Option<u64> {
    source::canonical::spelled(value).as_u64()
}

fn messages_faults(value: &Value, count: std::ops::RangeInclusive<usize>, longest: usize) -> Vec<Fault> {
    let Some(items) = value.as_array() else {
        return vec![Fault::new(Vec::new(), format!("is {}, expected a list of messages", a_kind(value)))];
    };
    if !count.contains(&items.len()) {
        let (least, most) = count.into_inner();
        let bound = if items.len() < least { format!("at least {least}") } else { format!("at most {most}") };
        return vec![Fault::new(Vec::new(), format!("has {} messages, expected {bound}", items.len()))];
    }
    let read = |item| match Message::of_json(item) {
        Err(why) => Some(why),
        Ok(message) if message.chars() > longest => {
            Some(format!("is longer than {}", counted(longest as u64, "character")))
        }
        Ok(_) => None,
    };
    let fault = |(i, item)| read(item).map(|why| Fault::new(vec![usize::to_string(&i)], why));
    items.iter().enumerate().filter_map(fault).collect()
}

/// What a value is, with its article.
pub(crate) fn a_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn path(location: &jsonschema::paths::Location) -> Vec<String> {
    let step = |segment| match segment {
        LocationSegment::Property(name) => name.to_string(),
        LocationSegment::Index(i) => i.to_string(),
    };
    location.segments().map(step).collect()
}

/// An error in a schema: the instance that failed is the schema.
fn schema_fault(error: &ValidationError<'_>) -> Fault {
    let mut at = path(error.instance_path());
    if at.is_empty() {
        at = path(error.schema_path());
    }
    match error.kind() {
        ValidationErrorKind::Format { format } if format == "regex" => {
            Fault { help: Some(PATTERN_HELP.to_owned()), ..Fault::new(at, "this pattern is not supported") }
        }
        ValidationErrorKind::Referencing(_) => Fault {
            help: Some("define it under `$defs` of the same schema and refer to `#/$defs/…`".to_owned()),
            ..Fault::new(at, "a reference leads nowhere")
        },
        _ if let Some(format) = unknown_format(error) => Fault {
            help: Some("correct its name, or remove it".to_owned()),
            ..Fault::new(at, format!("the format `{format}` is not known"))
        },
        _ => {
            let fault = value_fault(error);
            Fault::new(at, format!("the schema is not valid: this {}", fault.message))
        }
    }
}

/// The format that the crate complains of: it has a kind of its own for that in words only.
fn unknown_format<'e>(error: &'e ValidationError<'_>) -> Option<&'e str> {
    let says =
        matches!(error.kind(), ValidationErrorKind::Custom { message, .. } if message.starts_with("Unknown format"));
    if says { error.instance().as_str() } else { None }
}

const PATTERN_HELP: &str = "write it without look-around and back references, which can take forever";

fn value_fault(error: &ValidationError<'_>) -> Fault {
    let at = path(error.instance_path());
    let message = match error.kind() {
        ValidationErrorKind::Type { kind } => format!("is {}, expected {}", a_kind(error.instance()), expected(kind)),
        ValidationErrorKind::Required { property } => format!("has no {}", quoted(property)),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => match unexpected.as_slice() {
            [one] => format!("has the unknown key `{one}`"),
            many => {
                format!("has the unknown keys {}", many.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
            }
        },
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(quoted).collect();
            match options.as_slice() {
                [] => "is not possible: `enum` is empty".to_owned(),
                _ => format!("is none of {}", options.join(", ")),
            }
        }
        ValidationErrorKind::Constant { expected_value } => format!("is not {}", quoted(expected_value)),
        ValidationErrorKind::MaxLength { limit } => format!("is longer than {}", counted(*limit, "character")),
        ValidationErrorKind::MinLength { limit } => format!("is shorter than {}", counted(*limit, "character")),
        ValidationErrorKind::MaxItems { limit } => format!("has more than {}", counted(*limit, "item")),
        ValidationErrorKind::MinItems { limit } => format!("has fewer than {}", counted(*limit, "item")),
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("is not more than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("is not less than {limit}"),
        ValidationErrorKind::Pattern { pattern } => format!("does not match the pattern `{pattern}`"),
        ValidationErrorKind::UniqueItems => "holds an item twice".to_owned(),
        ValidationErrorKind::AnyOf { .. } => "fits none of the schemas under `anyOf`".to_owned(),
        ValidationErrorKind::OneOfNotValid { .. } => "fits none of the schemas under `oneOf`".to_owned(),
        ValidationErrorKind::OneOfMultipleValid { .. } => "fits more than one of the schemas under `oneOf`".to_owned(),
        ValidationErrorKind::Not { .. } => "fits the schema under `not`".to_owned(),
        ValidationErrorKind::FalseSchema => "may not be here".to_owned(),
        ValidationErrorKind::Referencing(_) => "meets a reference that leads nowhere".to_owned(),
        // Masked, so that no value of a caller's ends up in a message.
        _ => {
            let text = error.masked().to_string();
            text.strip_prefix("value ").unwrap_or(&text).to_owned()
        }
    };
    Fault::new(at, message)
}

fn expected(kind: &TypeKind) -> String {
    let name = |t: jsonschema::JsonType| match t.as_str() {
        "string" => "a text",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "a list",
        "object" => "an object",
        _ => "null",
    };
    match kind {
        TypeKind::Single(one) => name(*one).to_owned(),
        TypeKind::Multiple(set) => set.iter().map(name).collect::<Vec<_>>().join(" or "),
    }
}

/// A short value in backticks; of a long one its beginning.
fn quoted(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= 40 {
        format!("`{text}`")
    } else {
        format!("`{}…`", text.chars().take(40).collect::<String>())
    }
}

fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests;
