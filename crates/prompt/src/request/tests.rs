use serde_json::json;

use super::*;
use crate::front_matter::Input;
use crate::{CompiledMessage, Output, OutputFormat, Parameters, Role, Tool, ToolCall};

fn compiled(parameters: Parameters) -> Compiled {
    let object = |v: Value| v.as_object().unwrap().clone();
    let schema = json!({ "type": "object", "required": ["a"], "additionalProperties": false, "properties": { "a": { "type": "string" } } });
    Compiled {
        id: "support/triage".parse().unwrap(),
        model: "openai/gpt-5".parse().unwrap(),
        parameters,
        inputs: vec![Input { name: "x".into(), schema: object(json!({ "type": "string" })) }],
        output: Some(Output { format: OutputFormat::Json, schema: Some(schema) }),
        tools: vec![Tool { name: "find".into(), description: Some("d".into()), parameters: None }],
        prelude: "".into(),
        messages: vec![CompiledMessage::Role { role: Role::User, source: "{{ x }}".into() }],
        blocks: Default::default(),
    }
}

fn conversation() -> Vec<Message> {
    let call = ToolCall { id: "c1".into(), name: "find".into(), arguments: r#"{"q":1}"#.into() };
    vec![
        Message::new(Role::System, "be brief"),
        Message::new(Role::User, "hi"),
        Message { tool_calls: vec![call], ..Message::new(Role::Assistant, "") },
        Message { tool_call_id: Some("c1".into()), ..Message::new(Role::Tool, "42") },
    ]
}

#[test]
fn openai_carries_everything() {
    let parameters = Parameters {
        temperature: Some(0.0),
        max_tokens: Some(400),
        top_p: Some(0.5),
        stop: Some(vec!["END".into()]),
        seed: Some(7),
        reasoning_effort: Some("low".into()),
        provider: Some([("openai".to_owned(), json!({ "service_tier": "flex" }).as_object().unwrap().clone())].into()),
        ..Parameters::default()
    };
    let request = openai(&compiled(parameters), &conversation()).unwrap();
    assert_eq!(
        request.body,
        json!({
            "model": "gpt-5", "temperature": 0, "max_completion_tokens": 400, "top_p": 0.5, "stop": ["END"], "seed": 7,
            "reasoning_effort": "low", "service_tier": "flex",
            "messages": [
                { "role": "system", "content": "be brief" }, { "role": "user", "content": "hi" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function", "function": { "name": "find", "arguments": "{\"q\":1}" } }] },
                { "role": "tool", "content": "42", "tool_call_id": "c1" } ],
            "response_format": { "type": "json_schema", "json_schema": { "name": "support_triage", "strict": true, "schema": {
                "type": "object", "required": ["a"], "additionalProperties": false, "properties": { "a": { "type": "string" } } } } },
            "tools": [{ "type": "function", "function": { "name": "find", "description": "d" } }],
        })
    );
    let mut local = compiled(Parameters { max_tokens: Some(5), ..Parameters::default() });
    local.model = "ollama/llama4".parse().unwrap();
    assert_eq!(openai(&local, &conversation()).unwrap().body["max_tokens"], 5);
}

#[test]
fn anthropic_takes_the_system_text_apart() {
    let request = anthropic(&compiled(Parameters::default()), &conversation()).unwrap();
    assert_eq!(
        request.body,
        json!({
            "model": "gpt-5", "max_tokens": 4096, "system": "be brief",
            "messages": [
                { "role": "user", "content": "hi" },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "c1", "name": "find", "input": { "q": 1 } }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "c1", "content": "42" }] } ],
            "tools": [{ "name": "find", "description": "d", "input_schema": { "type": "object" } }],
        })
    );
    assert_eq!(request.notes.len(), 2, "{:?}", request.notes);
}

#[test]
fn what_a_provider_cannot_express_is_refused() {
    let refused = |parameters: Parameters, messages: &[Message]| {
        anthropic(&compiled(parameters), messages).unwrap_err().to_string()
    };
    let none = Parameters::default;
    assert!(refused(Parameters { seed: Some(1), ..none() }, &conversation()).contains("`seed`"));
    assert!(refused(Parameters { temperature: Some(1.5), ..none() }, &conversation()).contains("1.5"));
    assert!(refused(none(), &[]).contains("start with a user"));
    let late = [Message::new(Role::User, "a"), Message::new(Role::System, "b")];
    assert!(refused(none(), &late).contains("system"));
    assert!(refused(none(), &[Message::new(Role::User, " ")]).contains("empty"));
    let provider = Some([("openai".to_owned(), json!({ "messages": [] }).as_object().unwrap().clone())].into());
    assert!(
        openai(&compiled(Parameters { provider, ..none() }), &conversation())
            .unwrap_err()
            .why
            .contains("would replace")
    );
}

#[test]
fn text_is_for_people() {
    assert_eq!(
        text(&conversation()),
        "[system]\nbe brief\n\n[user]\nhi\n\n[assistant]\ncalls find({\"q\":1}) as c1\n\n[tool]\n42\nanswers c1\n"
    );
}
