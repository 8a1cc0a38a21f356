//! What guards do, and filters and tests that compare whole values: each pays for what it looks at.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests};

use super::filters::{a_kind, wrong};
use super::guard;
use crate::limits;

/// A test of two values.
type Comparison = fn(&Value, &Value) -> bool;

pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter(guard::WHOLE, |state: &State<'_, '_>, value: Value| measured(state, &value).map(|()| value));
    environment.add_filter(guard::SIZED, sized);
    environment.add_filter(guard::FLAT, flat);
    environment.add_filter(guard::KEY, key);
    environment.add_filter("sort", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        sorting(state, &value)?;
        filters::sort(state, value, options)
    });
    environment.add_filter("unique", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        sorting(state, &value)?;
        filters::unique(state, value, options)
    });
    environment.add_filter("dictsort", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        sorting(state, &value)?;
        filters::dictsort(&value, options)
    });
    environment.add_filter("min", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        measured(state, &value)?;
        filters::min(state, value, options)
    });
    environment.add_filter("max", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        measured(state, &value)?;
        filters::max(state, value, options)
    });
    let compare: [(&str, Comparison); 12] = [
        ("eq", tests::is_eq),
        ("equalto", tests::is_eq),
        ("ne", tests::is_ne),
        ("lt", tests::is_lt),
        ("lessthan", tests::is_lt),
        ("le", tests::is_le),
        ("gt", tests::is_gt),
        ("greaterthan", tests::is_gt),
        ("ge", tests::is_ge),
        // As operators in `select`.
        ("==", tests::is_eq),
        ("!=", tests::is_ne),
        ("<", tests::is_lt),
    ];
    for (name, test) in compare {
        environment.add_test(name, move |state: &State<'_, '_>, value: &Value, other: &Value| {
            either(state, value, other).map(|()| test(value, other))
        });
    }
    environment.add_test("in", |state: &State<'_, '_>, value: &Value, other: &Value| {
        measured(state, value)?;
        measured(state, other)?;
        tests::is_in(state, value, other)
    });
}

/// Comparing looks at no more than the smaller of two values: where one is a number or a short text there is nothing to pay.
fn either(state: &State<'_, '_>, value: &Value, other: &Value) -> Result<(), Error> {
    let small = |v: &Value| v.as_str().map_or(v.as_object().is_none(), |text| text.len() <= SHORT);
    if small(value) || small(other) {
        return Ok(());
    }
    measured(state, value)?;
    measured(state, other)
}

const SHORT: usize = 1_000;

/// Sorting compares every item some dozen times.
fn sorting(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let doublings = value.len().unwrap_or(0).checked_ilog2().unwrap_or(0) + 1;
    (0..doublings).try_for_each(|_| measured(state, value))
}

/// Looks at all of a value once and charges for it: half an instruction a value and 64 bytes of text.
fn measured(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let fuel = state.fuel_levels().map_or(limits::FUEL, |(_, remaining)| remaining);
    let mut left = fuel.saturating_mul(2);
    let all = look(value, 0, &mut left);
    state.consume_fuel(fuel - left / 2)?;
    all
}

fn look(value: &Value, depth: usize, left: &mut u64) -> Result<(), Error> {
    let bytes = value.as_str().map_or(0, str::len) as u64;
    *left = left.saturating_sub(1 + bytes / 32);
    if *left == 0 {
        return Err(Error::from(ErrorKind::OutOfFuel));
    }
    if depth > DEPTH {
        return Err(wrong("the value is nested too deeply".to_owned()));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.try_for_each(|item| look(&item, depth + 1, left)),
        ValueKind::Map => value.try_iter()?.try_for_each(|key| {
            look(&key, depth + 1, left)?;
            look(&value.get_item(&key)?, depth + 1, left)
        }),
        _ => Ok(()),
    }
}

/// Deeper values come from no input, and to compare or drop one recurses.
pub(super) const DEPTH: usize = 128;

/// The result of `+` or `*`, if it is a list of sane length.
fn sized(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => match value.len() {
            Some(items) if items > limits::LIST_ITEMS => {
                Err(wrong(format!("the list has {items} items, at most {} are kept", limits::LIST_ITEMS)))
            }
            Some(_) => Ok(value),
            None => flat(state, value),
        },
        _ => Ok(value),
    }
}

/// A slice, made a list at once: slices of slices of slices would otherwise be taken all at the end.
fn flat(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    if value.kind() != ValueKind::Iterable {
        return Ok(value);
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        state.consume_fuel(1)?;
        if items.len() == limits::LIST_ITEMS {
            return Err(wrong(format!("the list has more than {} items", limits::LIST_ITEMS)));
        }
        items.push(item);
    }
    Ok(Value::from(items))
}

/// A key of a mapping that is written in a template.
fn key(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Undefined => Ok(value),
        ValueKind::Number if value.is_integer() => Ok(value),
        _ => Err(wrong(format!("a key is a text or an integer, and this is {}", a_kind(&value)))),
    }
}
