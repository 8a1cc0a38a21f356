//! The filters that make text. Their own versions, because minijinja's turn any value into text in its own way.

use std::borrow::Cow;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use source::canonical;

use crate::limits;

pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("tojson", tojson);
    environment.add_filter("join", join);
    environment.add_filter("string", string);
    environment.add_filter("indent", indent);
    environment.add_filter("lower", |text: &str| text.to_lowercase());
    environment.add_filter("upper", |text: &str| text.to_uppercase());
    environment.add_filter("capitalize", capitalize);
    environment.add_filter("trim", |text: &str| text.trim().to_owned());
    environment.add_filter("replace", replace);
    environment.add_filter("split", split);
    environment.add_filter("lines", |text: &str| text.lines().map(Value::from).collect::<Vec<_>>());
}

/// A value's kind with its article.
pub(super) fn a_kind(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "undefined",
        ValueKind::None => "null",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number with a fraction",
        ValueKind::String => "a text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "an object",
        _ => "no plain value",
    }
}

pub(super) fn wrong(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

/// RFC 8785 canonical JSON. Each value that is written costs half an instruction, beside what its text costs.
fn tojson(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let mut left = VALUES;
    let json = to_json(value, 0, &mut left);
    state.consume_fuel((VALUES - left) as u64 / 2)?;
    let json = json?;
    canonical::to_string(&json).map_err(|error| wrong(format!("could not {error}")))
}

/// How many values one `tojson` writes. A list may hold another many times over, so a small template can name a tree that
/// no machine can write.
const VALUES: usize = 1_000_000;

fn to_json(value: &Value, depth: usize, left: &mut usize) -> Result<serde_json::Value, Error> {
    *left = left.checked_sub(1).ok_or_else(|| wrong("the value is too large for `tojson`".to_owned()))?;
    if depth > super::bounds::DEPTH {
        return Err(wrong("the value is nested too deeply for `tojson`".to_owned()));
    }
    match value.kind() {
        ValueKind::None => Ok(serde_json::Value::Null),
        ValueKind::Bool => Ok(value.is_true().into()),
        ValueKind::String => Ok(value.as_str().unwrap_or_default().into()),
        ValueKind::Number if value.is_integer() => {
            let integer = i64::try_from(value.clone()).map_err(|_| wrong(format!("{value} is too large for JSON")))?;
            Ok(integer.into())
        }
        ValueKind::Number => {
            let double = f64::try_from(value.clone())?;
            let number =
                serde_json::Number::from_f64(double).ok_or_else(|| wrong("the number is not finite".to_owned()))?;
            Ok(number.into())
        }
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.map(|item| to_json(&item, depth + 1, left)).collect(),
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter()? {
                let name = key.as_str().ok_or_else(|| wrong("a key of the object is no text".to_owned()))?;
                map.insert(name.to_owned(), to_json(&value.get_item(&key)?, depth + 1, left)?);
            }
            Ok(map.into())
        }
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        _ => Err(wrong("this is no value that JSON knows".to_owned())),
    }
}

/// A few filters make much of little: what they make is limited before it is made.
fn fits(bytes: usize) -> Result<(), Error> {
    if bytes <= limits::FILTER_BYTES {
        Ok(())
    } else {
        Err(wrong("the text that this filter makes is too large".to_owned()))
    }
}

/// A text as it is, an integer in digits.
fn as_text(value: &Value) -> Result<Cow<'_, str>, Error> {
    match value.as_str() {
        Some(text) => Ok(Cow::Borrowed(text)),
        None if value.is_integer() && value.kind() == ValueKind::Number => Ok(Cow::Owned(value.to_string())),
        None => Err(wrong(format!("only texts and integers become text, and this is {}: use `tojson`", a_kind(value)))),
    }
}

fn string(value: &Value) -> Result<String, Error> {
    as_text(value).map(Cow::into_owned)
}

fn join(state: &State<'_, '_>, value: &Value, between: Option<&str>) -> Result<String, Error> {
    if value.kind() == ValueKind::String {
        return Err(wrong("`join` puts the items of a list together, and this is a text".to_owned()));
    }
    let mut joined = String::new();
    for (i, item) in value.try_iter()?.enumerate() {
        // Items without text are as many as they like.
        if i % 64 == 0 {
            state.consume_fuel(32)?;
        }
        if i > 0 {
            joined.push_str(between.unwrap_or_default());
        }
        joined.push_str(&as_text(&item)?);
        fits(joined.len())?;
    }
    Ok(joined)
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    if from.is_empty() {
        return Err(wrong("`replace` looks for an empty text".to_owned()));
    }
    let found = text.matches(from).count();
    fits(text.len().saturating_add(found.saturating_mul(to.len())))?;
    Ok(text.replace(from, to))
}

fn split(text: &str, between: &str) -> Result<Vec<String>, Error> {
    if between.is_empty() {
        return Err(wrong("`split` looks for an empty text".to_owned()));
    }
    Ok(text.split(between).map(str::to_owned).collect())
}

/// Moves every line but the first one in; `first=true` that one too, `blank=true` also lines without text.
fn indent(text: &str, width: usize, options: Kwargs) -> Result<String, Error> {
    let first = options.get::<Option<bool>>("first")?.unwrap_or(false);
    let blank = options.get::<Option<bool>>("blank")?.unwrap_or(false);
    options.assert_all_used()?;
    if width > 100 {
        return Err(wrong(format!("`indent` moves lines in by {width}, at most 100")));
    }
    fits(text.len().saturating_add(text.matches('\n').count().saturating_mul(width)))?;
    let mut moved = String::with_capacity(text.len());
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let empty = line.trim_end_matches(['\n', '\r']).is_empty();
        if (i > 0 || first) && (blank || !empty) {
            moved.extend(std::iter::repeat_n(' ', width));
        }
        moved.push_str(line);
    }
    Ok(moved)
}
