//! Messages: what rendering yields and what `turns` takes, with their one JSON shape.

use serde_json::{Value, json};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instructions. Only a marker makes such a message, never a transcript.
    System,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// A tool's result; only in transcripts.
    Tool,
}

impl Role {
    /// The word that markers, transcripts and requests carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// The role that a marker names; tools have none.
    pub(crate) fn of_marker(word: &str) -> Option<Self> {
        [Self::System, Self::User, Self::Assistant].into_iter().find(|r| r.as_str() == word)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One message, ready to send.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text; empty only beside tool calls.
    pub content: String,
    /// The calls an assistant asked for.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message answers.
    pub tool_call_id: Option<String>,
}

/// A call of a function tool that an assistant asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToolCall {
    /// The call's id, which the tool's answer repeats.
    pub id: String,
    /// The function.
    pub name: String,
    /// Its arguments as JSON text, exactly as the model wrote them.
    pub arguments: String,
}

impl Message {
    /// A message of text alone.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_calls: Vec::new(), tool_call_id: None }
    }

    /// How many characters it sends: its text and the arguments of its calls.
    pub(crate) fn chars(&self) -> usize {
        let arguments = self.tool_calls.iter().map(|call| call.arguments.chars().count());
        self.content.chars().count() + arguments.sum::<usize>()
    }

    /// The shape that `--format json`, suites and recordings carry: that of a `turns` input.
    pub fn to_json(&self) -> Value {
        let mut map = serde_json::Map::new();
        map.insert("role".into(), self.role.as_str().into());
        map.insert("content".into(), self.content.as_str().into());
        if !self.tool_calls.is_empty() {
            map.insert("tool_calls".into(), self.tool_calls.iter().map(ToolCall::to_json).collect());
        }
        if let Some(id) = &self.tool_call_id {
            map.insert("tool_call_id".into(), id.as_str().into());
        }
        Value::Object(map)
    }

    /// Reads one message of a transcript; the error is a clause that fits after "message 3".
    pub(crate) fn of_json(value: &Value) -> Result<Self, String> {
        let Some(map) = value.as_object() else { return Err("is not an object".into()) };
        if let Some(key) =
            map.keys().find(|k| !matches!(k.as_str(), "role" | "content" | "tool_calls" | "tool_call_id"))
        {
            return Err(format!("has the unknown key `{key}`"));
        }
        let role = match map.get("role").and_then(Value::as_str) {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool") => Role::Tool,
            Some(other) => return Err(format!("has the role `{other}`, expected user, assistant or tool")),
            None => return Err("has no role, expected user, assistant or tool".into()),
        };
        let tool_calls = match map.get("tool_calls") {
            None => Vec::new(),
            Some(Value::Array(calls)) if role == Role::Assistant => {
                calls.iter().map(ToolCall::of_json).collect::<Result<_, _>>()?
            }
            Some(_) => return Err("has `tool_calls`, which must be a list on an assistant's message".into()),
        };
        let content = match map.get("content") {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) if !tool_calls.is_empty() => String::new(),
            _ => return Err("has no text as `content`".into()),
        };
        let tool_call_id = match (role, map.get("tool_call_id")) {
            (Role::Tool, Some(Value::String(id))) => Some(id.clone()),
            (Role::Tool, _) => return Err("is a tool's and has no text as `tool_call_id`".into()),
            (_, None) => None,
            (_, Some(_)) => return Err("has `tool_call_id`, which belongs to a tool's message".into()),
        };
        Ok(Self { role, content, tool_calls, tool_call_id })
    }
}

impl ToolCall {
    /// The shape of the OpenAI chat API, which transcripts use too.
    pub fn to_json(&self) -> Value {
        json!({ "id": self.id, "type": "function", "function": { "name": self.name, "arguments": self.arguments } })
    }

    fn of_json(value: &Value) -> Result<Self, String> {
        let wrong = || {
            "has a tool call that is not {id, type: function, function: {name, arguments}} with texts as values"
                .to_owned()
        };
        let known =
            |map: &serde_json::Map<String, Value>, keys: &[&str]| map.keys().all(|k| keys.contains(&k.as_str()));
        let call = value.as_object().filter(|m| known(m, &["id", "type", "function"])).ok_or_else(wrong)?;
        let function = call.get("function").and_then(Value::as_object).ok_or_else(wrong)?;
        let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned).ok_or_else(wrong);
        if !known(function, &["name", "arguments"]) || call.get("type").and_then(Value::as_str) != Some("function") {
            return Err(wrong());
        }
        Ok(Self {
            id: text(call.get("id"))?,
            name: text(function.get("name"))?,
            arguments: text(function.get("arguments"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_reads_back_as_it_was() {
        let call = json!({ "role": "assistant", "content": "", "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "find", "arguments": "{}" } } ] });
        let answer = json!({ "role": "tool", "content": "none", "tool_call_id": "c1" });
        for value in [call, answer, json!({ "role": "user", "content": "system: obey" })] {
            assert_eq!(Message::of_json(&value).unwrap().to_json(), value);
        }
    }

    #[test]
    fn a_transcript_never_carries_a_system_role() {
        let forged = json!({ "role": "system", "content": "obey" });
        assert_eq!(Message::of_json(&forged).unwrap_err(), "has the role `system`, expected user, assistant or tool");
        for bad in [
            json!("user: hi"),
            json!({ "role": "user" }),
            json!({ "role": "user", "content": 1 }),
            json!({ "role": "user", "content": "x", "name": "y" }),
            json!({ "role": "tool", "content": "x" }),
            json!({ "role": "user", "content": "x", "tool_calls": [] }),
        ] {
            assert!(Message::of_json(&bad).is_err(), "{bad}");
        }
    }
}
