//! What a cell under `__expected` says: `[not-]type[(number)][:value]`, or a text that the output must equal.

use serde_json::{Value, json};

use crate::assertion::{OFFERED, code, is_graded, why_refused};
use crate::rules;

/// Why a cell is no assertion.
pub(super) struct Fault {
    pub(super) rule: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

/// Reads a trimmed cell.
pub(super) fn assertion(cell: &str) -> Result<Value, Fault> {
    for prefix in ["javascript:", "fn:", "eval:", "python:"] {
        if let Some(code) = cell.strip_prefix(prefix) {
            let fault = refused(format!("`{prefix}` runs code"));
            let instead = code::cell(code).map(|cell| format!("write `{cell}`"));
            let below = || code::instead(code).map(|i| format!("write {i}, in a test in YAML or under `defaultTest`"));
            return Err(Fault { help: instead.or_else(below).unwrap_or(fault.help), ..fault });
        }
    }
    if let Some(path) = cell.strip_prefix("file://") {
        return Err(refused(format!("`file://{path}` in a row would be run or read: rows are data")));
    }
    if let Some(rubric) = cell.strip_prefix("grade:").or_else(|| cell.strip_prefix("llm-rubric:")) {
        return Ok(json!({ "type": "llm-rubric", "value": rubric }));
    }
    let end = cell.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(cell.len());
    let (word, rest) = head(cell, end);
    let base = word.strip_prefix("not-").unwrap_or(word);
    if !OFFERED.contains(&base) {
        return unknown(cell, word, base, rest);
    }
    let (threshold, rest) = match rest.strip_prefix('(') {
        None => (None, rest),
        Some(inner) => {
            let number = inner.split_once(')').and_then(|(n, rest)| Some((n.trim().parse::<f64>().ok()?, rest)));
            match number.filter(|(n, _)| n.is_finite() && *n >= 0.0) {
                Some((n, rest)) => (Some(n), rest),
                None if !is_graded(base) => {
                    let value = inner.split_once(')').map_or("…", |(_, rest)| rest.trim_start_matches(':').trim());
                    return Err(unreadable(cell, format!("write `{word}: {value}`, without brackets")));
                }
                None => return Err(unreadable(cell, format!("write `{word}(0.5)` with a number, or no brackets"))),
            }
        }
    };
    if threshold.is_some() && !is_graded(base) {
        return Err(ungraded(word, format!("write `{word}{rest}`, without brackets")));
    }
    let value = match rest.strip_prefix(':') {
        Some(value) => Some(value),
        None if rest.is_empty() => None,
        // A sentence that happens to begin with the name of a type.
        None if threshold.is_none() => return Ok(json!({ "type": "equals", "value": cell })),
        None => return Err(unreadable(cell, format!("write `{word}(…): value`"))),
    };
    let mut assertion = json!({ "type": word });
    if let Some(value) = value {
        let raw = matches!(base, "is-json" | "contains-json");
        assertion["value"] = if raw { value.into() } else { value.trim().into() };
    }
    let default = match base {
        "similar" | "similar:cosine" | "similar:dot" => Some(0.8),
        "rouge-n" | "context-faithfulness" | "context-recall" | "context-relevance" => Some(0.75),
        _ => None,
    };
    if let Some(threshold) = threshold.or(default) {
        assertion["threshold"] = json!(threshold);
    }
    Ok(assertion)
}

/// The type in front; `similar:euclidean` has a colon of its own.
fn head(cell: &str, end: usize) -> (&str, &str) {
    for metric in [":cosine", ":dot", ":euclidean"] {
        if cell[..end].ends_with("similar") && cell[end..].starts_with(metric) {
            return cell.split_at(end + metric.len());
        }
    }
    cell.split_at(end)
}

/// A cell that begins with no type that is offered: a text to equal, unless promptfoo would take it for an assertion or
/// it looks like a slip.
fn unknown(cell: &str, word: &str, base: &str, rest: &str) -> Result<Value, Fault> {
    let called = rest.starts_with(':') || rest.starts_with('(');
    let text_itself = format!("to want the text itself, write `equals: {cell}`");
    let family = if base == "promptfoo" { cell.strip_prefix("not-").unwrap_or(cell) } else { base };
    if (called || rest.is_empty())
        && let Some(why) = why_refused(family)
    {
        let message = format!("`{word}` is not offered: {why}");
        return Err(Fault { rule: rules::ASSERTION_REFUSED, message, help: text_itself });
    }
    match source::nearest::nearest(base, OFFERED.iter().copied()).filter(|_| called && !base.is_empty()) {
        Some(near) => {
            let not = if word.starts_with("not-") { "not-" } else { "" };
            Err(unreadable(cell, format!("did you mean `{not}{near}`? Or {text_itself}")))
        }
        None if called && word.starts_with("not-") => {
            Err(Fault { help: text_itself, ..refused(format!("`{word}` is not offered")) })
        }
        None => Ok(json!({ "type": "equals", "value": cell })),
    }
}

fn unreadable(cell: &str, help: String) -> Fault {
    let shown: String = cell.chars().take(60).collect();
    Fault { rule: rules::CELL_INVALID, message: format!("the cell `{shown}` is no assertion"), help }
}

fn refused(message: String) -> Fault {
    let help = "say what you want with one of the types that are data".to_owned();
    Fault { rule: rules::ASSERTION_REFUSED, message, help }
}

/// Where there is a threshold for the assertion of type `word`, which takes none.
pub(super) fn ungraded(word: &str, help: String) -> Fault {
    let message = format!("`{word}` has no threshold: it holds or it does not");
    Fault { rule: rules::ASSERTION_INVALID, message, help }
}

/// Whether `assertion` takes a threshold.
pub(super) fn takes_threshold(assertion: &Value) -> bool {
    let kind = assertion["type"].as_str().unwrap_or("");
    is_graded(kind.strip_prefix("not-").unwrap_or(kind))
}

/// A measure without a threshold: promptfoo would take 0.75 milliseconds, dollars or edits.
pub(super) fn unmeasured(assertion: &Value) -> Option<Fault> {
    let kind = assertion["type"].as_str().unwrap_or("");
    let base = kind.strip_prefix("not-").unwrap_or(kind);
    let measures = matches!(base, "levenshtein" | "latency" | "cost" | "perplexity" | "perplexity-score");
    (measures && assertion.get("threshold").is_none()).then(|| Fault {
        rule: rules::THRESHOLD_MISSING,
        message: format!("`{kind}` has no threshold"),
        help: format!("write `{kind}(…)` with a number; promptfoo would take 0.75"),
    })
}

/// A comma list in which `\,` is a comma.
pub(super) fn escaped_list(cell: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = cell.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&',') => {
                chars.next();
                fields.last_mut().expect("never empty").push(',');
            }
            ',' => fields.push(String::new()),
            c => fields.last_mut().expect("never empty").push(c),
        }
    }
    fields.into_iter().map(|f| f.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::assertion;

    #[test]
    fn brackets_are_proposed_where_a_threshold_is_taken() {
        for (cell, help) in [
            ("contains-all(a): x", "write `contains-all: x`, without brackets"),
            ("contains-all(0.5): x", "write `contains-all: x`, without brackets"),
            ("not-contains(y", "write `not-contains: …`, without brackets"),
            ("similar(a): x", "write `similar(0.5)` with a number, or no brackets"),
        ] {
            assert_eq!(assertion(cell).unwrap_err().help, help);
        }
    }

    #[test]
    fn types_that_are_not_offered_are_no_texts() {
        for cell in [
            "is-sql",
            "not-is-html",
            "moderation",
            "guardrails",
            "human",
            "meteor",
            "meteor(0.5): x",
            "select-best: x",
            "trace-span-count: x",
            "promptfoo:redteam:pii",
        ] {
            let fault = assertion(cell).unwrap_err();
            assert_eq!(
                (fault.rule, fault.help),
                ("assertion-refused", format!("to want the text itself, write `equals: {cell}`"))
            );
        }
        for text in ["human error", "pi is 3.14", "yes", "not-sure", "note: x"] {
            assert_eq!(assertion(text).ok(), Some(json!({ "type": "equals", "value": text })), "{text}");
        }
    }
}
