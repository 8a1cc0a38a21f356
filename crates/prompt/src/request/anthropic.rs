//! Anthropic's Messages: the system text apart, tools' answers inside user messages, `max_tokens` required.

use serde_json::{Map, Value, json};

use super::openai::number;
use super::{Request, RequestError, pass_through};
use crate::{Compiled, Message, OutputFormat, Role, Tool};

/// What `max_tokens` is where the prompt does not say.
const MAX_TOKENS: u64 = 4096;

/// The body of a Messages request.
///
/// Refused: a system message after any other, a conversation that does not start with the user, an empty message, a
/// temperature above 1, `seed`, the penalties and `reasoning_effort`.
pub fn anthropic(compiled: &Compiled, messages: &[Message]) -> Result<Request, RequestError> {
    let p = &compiled.parameters;
    let refused = [
        ("seed", p.seed.is_some()),
        ("frequency_penalty", p.frequency_penalty.is_some()),
        ("presence_penalty", p.presence_penalty.is_some()),
        ("reasoning_effort", p.reasoning_effort.is_some()),
    ];
    if let Some((name, _)) = refused.into_iter().find(|(_, given)| *given) {
        return Err(refuse(format!(
            "it has no `{name}`: delete that parameter, or write what it has under `provider.anthropic`"
        )));
    }
    if let Some(temperature) = p.temperature.filter(|t| *t > 1.0) {
        return Err(refuse(format!("its temperature ends at 1, and the prompt's is {temperature}")));
    }
    let split = messages.iter().position(|m| m.role != Role::System).unwrap_or(messages.len());
    let (system, rest) = messages.split_at(split);
    let mut notes = Vec::new();
    let mut body = Map::new();
    body.insert("model".into(), compiled.model.model().into());
    body.insert("max_tokens".into(), p.max_tokens.unwrap_or(MAX_TOKENS).into());
    if p.max_tokens.is_none() {
        notes.push(format!("`max_tokens` is required and was set to {MAX_TOKENS}"));
    }
    match system {
        [] => {}
        [one] => {
            body.insert("system".into(), one.content.as_str().into());
        }
        many => {
            body.insert("system".into(), many.iter().map(|m| text_block(&m.content)).collect());
        }
    }
    body.insert("messages".into(), conversation(rest)?.into());
    let given = [
        ("temperature", p.temperature.map(number)),
        ("top_p", p.top_p.map(number)),
        ("stop_sequences", p.stop.clone().map(Value::from)),
    ];
    body.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    if !compiled.tools.is_empty() {
        body.insert("tools".into(), compiled.tools.iter().map(tool).collect());
    }
    if compiled.output.as_ref().is_some_and(|o| o.format == OutputFormat::Json) {
        notes.push("the output format is not sent: the prompt's own text has to ask for JSON".to_owned());
    }
    pass_through(&mut body, compiled, "anthropic")?;
    Ok(Request { body: Value::Object(body), notes })
}

fn refuse(why: String) -> RequestError {
    RequestError { provider: "anthropic", why }
}

fn conversation(messages: &[Message]) -> Result<Vec<Value>, RequestError> {
    let mut turns: Vec<Value> = Vec::new();
    let mut answers: Vec<Value> = Vec::new();
    if messages.first().is_none_or(|m| m.role != Role::User) {
        return Err(refuse("its conversations start with a user message: add one".to_owned()));
    }
    for (i, message) in messages.iter().enumerate() {
        if message.role == Role::Tool {
            let id = message.tool_call_id.as_deref().unwrap_or_default();
            answers.push(json!({ "type": "tool_result", "tool_use_id": id, "content": message.content }));
            continue;
        }
        flush(&mut turns, &mut answers);
        if message.content.trim().is_empty() && message.tool_calls.is_empty() {
            return Err(refuse(format!("it takes no empty messages, and message {} is one", i + 1)));
        }
        let content = match message.role {
            Role::System => {
                return Err(refuse(
                    "its system text stands before the conversation: move the system message to the front".to_owned(),
                ));
            }
            Role::Assistant if !message.tool_calls.is_empty() => calls(message)?,
            _ => message.content.as_str().into(),
        };
        turns.push(json!({ "role": message.role.as_str(), "content": content }));
    }
    flush(&mut turns, &mut answers);
    Ok(turns)
}

/// Answers to calls of one assistant message stand in one user message.
fn flush(turns: &mut Vec<Value>, answers: &mut Vec<Value>) {
    if !answers.is_empty() {
        turns.push(json!({ "role": "user", "content": std::mem::take(answers) }));
    }
}

fn calls(message: &Message) -> Result<Value, RequestError> {
    let mut blocks = Vec::new();
    if !message.content.trim().is_empty() {
        blocks.push(text_block(&message.content));
    }
    for call in &message.tool_calls {
        let input = serde_json::from_str::<Value>(&call.arguments).ok().filter(Value::is_object).ok_or_else(|| {
            refuse(format!("a call's arguments must be a JSON object, and those of `{}` are not", call.id))
        })?;
        blocks.push(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }));
    }
    Ok(blocks.into())
}

fn text_block(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn tool(tool: &Tool) -> Value {
    let mut json = Map::new();
    json.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        json.insert("description".into(), description.as_str().into());
    }
    let schema = tool.parameters.clone().unwrap_or_else(|| json!({ "type": "object" }));
    json.insert("input_schema".into(), schema);
    Value::Object(json)
}
