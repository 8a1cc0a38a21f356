//! The tool-call checks: `tool-call-f1` compares names as sets; the `is-valid-…` types hold each call against the tools
//! that the prompt offers.

use std::collections::BTreeSet;

use prompt::schema::Validator;
use serde_json::Value;

use super::{Grade, GradeError, Subject, fill, shown};
use crate::bounded;
use crate::reference::Template;

/// What is asked of the calls.
#[derive(Debug, Clone)]
pub enum Tools {
    /// F1 of the names called against these, at least the threshold (1).
    F1 {
        /// The names.
        expected: Names,
        /// The least F1 that passes.
        threshold: f64,
    },
    /// One call `{name, arguments}` fits a tool.
    OneCall,
    /// Every call of a list fits a tool, and there is one.
    EveryCall,
}

/// Names of tools.
#[derive(Debug, Clone)]
pub enum Names {
    /// A list.
    List(Vec<Template>),
    /// A comma list without quotes.
    Commas(Template),
}

impl Tools {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        match self {
            Self::F1 { expected, threshold } => {
                let expected = expected.filled(spelled, subject)?;
                if expected.is_empty() {
                    let why = "no tool is expected".to_owned();
                    return Err(GradeError::Value { kind: spelled.to_owned(), why });
                }
                Ok(f1(&expected, &called(&subject.answer.output), *threshold, negated))
            }
            Self::OneCall => {
                let output = &subject.answer.output;
                let call = output.get("function_call").unwrap_or(output);
                whole(spelled, fits(call, subject.tools))
            }
            Self::EveryCall => {
                let output = &subject.answer.output;
                whole(spelled, all_fit(output.get("tool_calls").unwrap_or(output), subject.tools))
            }
        }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::F1 { expected: Names::List(list), .. } => list.iter().collect(),
            Self::F1 { expected: Names::Commas(template), .. } => vec![template],
            Self::OneCall | Self::EveryCall => Vec::new(),
        }
    }
}

impl Names {
    fn filled(&self, spelled: &str, subject: &Subject<'_>) -> Result<BTreeSet<String>, GradeError> {
        let texts = match self {
            Self::List(list) => {
                list.iter().map(|t| fill(spelled, t, subject).map(String::from)).collect::<Result<Vec<_>, _>>()?
            }
            Self::Commas(template) => fill(spelled, template, subject)?.split(',').map(str::to_owned).collect(),
        };
        Ok(texts.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect())
    }
}

/// Why calls do not fit, or why nobody can say.
#[derive(Debug, PartialEq)]
enum Unfit {
    Wrong(String),
    Undecided(String),
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

fn whole(spelled: &str, result: Result<(), Unfit>) -> Result<Grade, GradeError> {
    match result {
        Ok(()) => Ok(Grade::whole(true, String::new)),
        Err(Unfit::Wrong(why)) => Ok(Grade::whole(false, || why)),
        Err(Unfit::Undecided(why)) => Err(GradeError::Grader { kind: spelled.to_owned(), why }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tools")]
fn f1(expected: &BTreeSet<String>, called: &BTreeSet<String>, threshold: f64, negated: bool) -> Grade {
    let shared = expected.intersection(called).count() as f64;
    let ratio = |total: usize| if total == 0 { 0.0 } else { shared / total as f64 };
    let (precision, recall) = (ratio(called.len()), ratio(expected.len()));
    let score = if shared == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
    let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let reason = format!(
        "F1 {score:.3} against the threshold {threshold}; expected {}; called {}",
        list(expected),
        if called.is_empty() { "none".to_owned() } else { shown(&list(called)) }
    );
    // As in promptfoo, `not-` turns the verdict around and leaves the score.
    Grade { pass: (score >= threshold) != negated, score, reason }
}

/// The names of the tools that an output calls, in the shapes of OpenAI, Anthropic and Gemini.
fn called(output: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(output, &mut names, true);
    names
}

fn collect(output: &Value, names: &mut BTreeSet<String>, texts: bool) {
    let mut take = |value: Option<&Value>| names.extend(value.and_then(Value::as_str).map(str::to_owned));
    match output {
        Value::String(text) if texts => {
            if let Ok(value) = bounded::text(text) {
                collect(&value, names, true);
            } else {
                for block in blocks(text) {
                    collect(&block, names, true);
                }
            }
        }
        Value::Object(map) => {
            if let Some(calls) = map.get("tool_calls").and_then(Value::as_array) {
                for call in calls {
                    take(call.pointer("/function/name"));
                    take(call.get("name"));
                }
            } else if matches!(map.get("type").and_then(Value::as_str), Some("tool_use" | "function_call")) {
                take(map.get("name"));
            } else if let Some(call) = map.get("functionCall").filter(|c| c.is_object()) {
                take(call.get("name"));
            } else if let Some(calls) = output.pointer("/toolCall/functionCalls").and_then(Value::as_array) {
                for call in calls {
                    take(call.get("name"));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let named = [item.pointer("/functionCall/name"), item.pointer("/function/name"), item.get("name")];
                take(named.into_iter().flatten().next());
            }
        }
        _ => {}
    }
}

/// JSON lists and objects in a text that begin and end a line.
fn blocks(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |p| at + p + 1);
        let start = at + (text[at..line_end].len() - text[at..line_end].trim_start().len());
        at = line_end;
        if !text[start..].starts_with(['{', '[']) {
            continue;
        }
        if let Some((value, length)) = bounded::beginning(&text[start..]) {
            let end = start + length;
            let rest = &text[end..];
            if rest.lines().next().unwrap_or("").trim().is_empty() {
                found.push(value);
                at = end;
            }
        }
    }
    found
}

fn all_fit(calls: &Value, tools: &[Value]) -> Result<(), Unfit> {
    let calls = calls.as_array().filter(|c| !c.is_empty()).ok_or("the output holds no tool calls".to_owned())?;
    calls.iter().try_for_each(|call| fits(call.get("function").unwrap_or(&Value::Null), tools))
}

/// Whether `{name, arguments}` names a tool and its arguments satisfy the tool's schema.
fn fits(call: &Value, tools: &[Value]) -> Result<(), Unfit> {
    let text = |key| call.get(key).and_then(Value::as_str);
    let (Some(name), Some(arguments)) = (text("name"), text("arguments")) else {
        return Err("the output is no call of the form {name, arguments}".to_owned().into());
    };
    let named = |tool: &&Value| tool.get("name").and_then(Value::as_str) == Some(name);
    let tool = tools.iter().find(named).ok_or_else(|| format!("there is no tool `{}`", shown(name)))?;
    let arguments = bounded::text(arguments).map_err(|fault| match fault {
        bounded::Fault::NotJson(why) => Unfit::Wrong(format!("the arguments of `{}` are not JSON: {why}", shown(name))),
        bounded::Fault::TooMuch(why) => {
            Unfit::Undecided(format!("the arguments of `{}` are too large: {why}", shown(name)))
        }
    })?;
    let Some(schema) = tool.get("parameters").filter(|s| !s.is_null()) else { return Ok(()) };
    // Tools are part of the prompt, whose schemas are 2020-12.
    let validator = Validator::new(schema).map_err(|f| f.message)?;
    let undecided =
        |why| Unfit::Undecided(format!("nobody can say whether the arguments of `{}` fit: {why}", shown(name)));
    match validator.judged(&arguments).map_err(undecided)?.first() {
        None => Ok(()),
        Some(fault) => Err(Unfit::Wrong(format!(
            "the arguments of `{}` do not fit: {} {}",
            shown(name),
            shown(&fault.path.join(".")),
            shown(&fault.message)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Unfit, fits};

    #[test]
    fn arguments_are_judged_by_the_draft_of_prompts() {
        let tools = [json!({ "name": "look", "parameters": {
            "type": "object",
            "properties": { "id": { "format": "uuid" }, "pair": { "prefixItems": [{ "type": "integer" }] },
                "to": { "$ref": "#/$defs/name", "maxLength": 1 } },
            "dependentRequired": { "pair": ["id"] },
            "$defs": { "name": { "type": "string" } } } })];
        let call =
            |arguments: serde_json::Value| fits(&json!({ "name": "look", "arguments": arguments.to_string() }), &tools);
        let id = "123e4567-e89b-12d3-a456-426614174000";
        assert_eq!(call(json!({ "id": id, "pair": [1], "to": "a" })), Ok(()));
        for (wrong, says) in [
            (json!({ "id": "x" }), "`look` do not fit: id is not a"),
            (json!({ "id": id, "pair": ["x"] }), "pair.0 is a text"),
            (json!({ "pair": [1] }), "do not fit"),
            (json!({ "to": "ab" }), "to is longer"),
        ] {
            let Err(Unfit::Wrong(why)) = call(wrong.clone()) else { panic!("{wrong} fits") };
            assert!(why.contains(says), "{wrong}: {why}");
        }
    }
}
