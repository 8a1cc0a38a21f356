//! What filters do to lengths.

use super::size::Size;
use super::value::{Count, List, Value};

/// Upper-casing turns two bytes into six at worst (`ΐ`), lower-casing two into three.
const CASE: (u64, u64) = (3, 1);

/// `value | name(args…)`; `literal` is the text of the first argument, where it is one.
pub(super) fn filtered(name: &str, value: &Value, args: &[Value], literals: &[Option<String>]) -> Value {
    let literal = |n: usize| literals.get(n).and_then(Option::as_deref);
    match name {
        "tojson" => Value::of_size(value.json.clone()),
        "upper" | "lower" | "capitalize" => Value::of_size(value.text.widened(CASE.0, CASE.1)),
        "trim" | "string" | "int" => Value::of_size(value.text.or(&Value::number().text)),
        "abs" | "count" | "length" | "round" | "sum" => Value::number(),
        "default" | "d" => args.first().map_or_else(|| value.clone(), |other| value.or(other)),
        "first" | "last" | "min" | "max" => value.items().item,
        "reverse" | "list" | "sort" | "unique" | "select" | "reject" | "selectattr" | "rejectattr" => {
            Value { text: value.text.clone(), ..Value::of_list(value.items()) }
        }
        "items" | "dictsort" => {
            let List { item, most, .. } = value.items();
            let pair = List { item: item.or(&value.inside()), most: Count::Most(2), together: None };
            Value::of_list(List { item: Value::of_list(pair), most, together: None })
        }
        "join" => {
            let list = value.items();
            let between = args.first().map(|arg| arg.text.clone()).unwrap_or_default();
            Value::of_size(list.total(|item| item.text.plus(&between)))
        }
        "map" => {
            let mut list = value.items();
            list.item = match literal(0) {
                Some(inner) => filtered(
                    inner,
                    &list.item,
                    args.get(1..).unwrap_or_default(),
                    literals.get(1..).unwrap_or_default(),
                ),
                None => list.item.inside(),
            };
            list.together = None;
            Value::of_list(list)
        }
        "split" | "lines" => pieces(&value.text),
        "replace" => replaced(value, args, literal(0)),
        "indent" => {
            // Every character may be a line end; in an estimate lines have some forty characters.
            let width = literal(0).and_then(|n| n.parse().ok()).unwrap_or(100_u64);
            let text = &value.text;
            let grown = text.widened(width + 1, 1);
            Value::of_size(Size { chars: text.chars + text.chars * width / 40, ..grown })
        }
        _ => Value::of_size(value.text.or(&value.inside().text)),
    }
}

/// The pieces of a text: as many as it has characters, and together as long as it is.
fn pieces(text: &Size) -> Value {
    let most = match text.endless.is_empty() {
        true => Count::Most(text.fixed.saturating_add(text.bytes).saturating_add(1)),
        false => Count::Endless(text.clone()),
    };
    Value::of_list(List { item: Value::of_size(text.clone()), most, together: Some(text.clone()) })
}

fn replaced(value: &Value, args: &[Value], from: Option<&str>) -> Value {
    let (Some(from), Some(to)) = (from.filter(|from| !from.is_empty()), args.get(1)) else {
        return Value::of_size(value.text.plus(&Size::endless(None, "`replace` with computed texts")));
    };
    let to = to.text.bound();
    let from = from.len() as u64;
    Value::of_size(if to > from { value.text.widened(to, from) } else { value.text.clone() })
}
