//! The environment that templates of `engine: 1` run in: strict, pure, and nothing in it but the subset.

use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::{bounds, filters};
use crate::limits;
use crate::template::{subset, syntax};

/// A fresh environment without templates.
pub(super) fn environment() -> Environment<'static> {
    static BASE: LazyLock<Environment<'static>> = LazyLock::new(base);
    BASE.clone()
}

fn base() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax());
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(limits::FUEL));
    // Errors carry the bytes they speak of; rendering that succeeds costs nothing more.
    environment.set_debug(true);
    environment.set_formatter(format);
    for (name, _) in subset::LEFT_OUT {
        environment.remove_filter(name);
    }
    for name in ["filter", "test", "safe", "escaped", "sameas", "lower", "upper"] {
        environment.remove_test(name);
    }
    environment.remove_global("debug");
    filters::add(&mut environment);
    bounds::add(&mut environment);
    environment
}

/// Prints texts and integers; everything else asks for `tojson`, so that no byte depends on how a value is shown.
fn format(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let failed = |_| Error::new(ErrorKind::WriteFailure, "the output could not be written");
    match value.as_str() {
        Some(text) => out.write_str(text).map_err(failed),
        None if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        None if value.is_integer() && value.kind() == ValueKind::Number => write!(out, "{value}").map_err(failed),
        None => {
            let kind = filters::a_kind(value);
            let detail = format!("only texts and integers print directly, and this is {kind}: add `| tojson`");
            Err(Error::new(ErrorKind::InvalidOperation, detail))
        }
    }
}
