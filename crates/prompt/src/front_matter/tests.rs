use source::RepoPath;

use super::*;

const HEAD: &str = "version: 1.0.0\ndescription: d\nowner: o\nrisk: low\n";

fn text(content: &str) -> Text {
    Text::new(RepoPath::new("prompts/p.md").unwrap(), content)
}

/// Each finding as rule and the bytes it points at.
fn found(content: &str) -> Vec<(&'static str, String)> {
    let text = text(content);
    parse(&text).2.into_iter().map(|f| (f.rule, text.slice(f.at.span).to_owned())).collect()
}

fn with(keys: &str) -> Vec<(&'static str, String)> {
    found(&format!("---\n{HEAD}{keys}\n---\nx"))
}

fn one(keys: &str) -> (&'static str, String) {
    let mut found = with(keys);
    assert_eq!(found.len(), 1, "{keys}: {found:?}");
    found.remove(0)
}

fn is(rule: &'static str, bytes: &str) -> (&'static str, String) {
    (rule, bytes.to_owned())
}

#[test]
fn the_fence_is_two_lines() {
    assert_eq!(found(&format!("---\n{HEAD}---\nx")), []);
    assert_eq!(found(&format!("--- \r\n{HEAD}---\t\r\n---\nx")), []);
    assert_eq!(found("hello\nx"), [is("front-matter-missing", "hello")]);
    assert_eq!(found(""), [is("front-matter-missing", "")]);
    assert_eq!(found("\n---\n---\n"), [is("front-matter-missing", "\n")]);
    assert_eq!(found("---\nversion: 1.0.0\n"), [is("front-matter-unclosed", "---")]);
    assert_eq!(found(&format!("---\n{}\n---\n", "#".repeat(70_000))), [is("too-complex", "---")]);
    let keys: Vec<_> = found("---\n---\nx").into_iter().map(|f| f.0).collect();
    assert_eq!(keys, ["key-missing"; 4]);
}

#[test]
fn faults_point_at_what_was_typed() {
    assert_eq!(one("verison: 1.0.0"), is("key-unknown", "verison"));
    assert_eq!(one("risk: low").0, "key-duplicate");
    assert_eq!(one("model: GPT 5"), is("value-invalid", "GPT 5"));
    assert_eq!(one("model: openai/a b"), is("value-invalid", "openai/a b"));
    assert_eq!(one("parameters: { temperature: 3 }"), is("parameter-invalid", "3"));
    assert_eq!(one("parameters: { temperature: hot }"), is("value-invalid", "hot"));
    assert_eq!(one("parameters: { max_tokens: 0 }"), is("parameter-invalid", "0"));
    assert_eq!(one("parameters: { reasoning_effort: hard }"), is("parameter-invalid", "hard"));
    assert_eq!(one("parameters: { stop: [] }"), is("parameter-invalid", "[]"));
    assert_eq!(one("parameters: { maxTokens: 1 }"), is("key-unknown", "maxTokens"));
    assert_eq!(one("parameters: { provider: { OpenAI: {} } }"), is("parameter-invalid", "OpenAI"));
    assert_eq!(one("inputs: { 1a: string }"), is("input-name-invalid", "1a"));
    assert_eq!(one("inputs: { loop: string }"), is("input-name-invalid", "loop"));
    assert_eq!(one("inputs: { a: strnig }"), is("value-invalid", "strnig"));
    assert_eq!(one("inputs: { a: { type: strnig } }"), is("schema-invalid", "strnig"));
    assert_eq!(one("inputs: { a: { typ: string } }"), is("schema-invalid", "typ"));
    assert_eq!(one("inputs: { a: { type: string, default: 1 } }"), is("default-invalid", "1"));
    assert_eq!(one("inputs: { a: { type: messages, minLength: 1 } }"), is("schema-invalid", "minLength"));
    assert_eq!(one("inputs: { a: { type: messages, default: [{ role: system, content: x }] } }").0, "default-invalid");
    assert_eq!(one("output: { format: jsno }"), is("value-invalid", "jsno"));
    assert_eq!(one("output: { format: text, schema: {} }"), is("schema-invalid", "schema"));
    assert_eq!(
        one("output: { format: json, schema: { properties: { a: { minimum: x } } } }"),
        is("schema-invalid", "x")
    );
    assert_eq!(one("output: { format: json, schema: { $ref: 'https://x/y' } }"), is("schema-invalid", "'https://x/y'"));
    assert_eq!(one("tools: [{ name: a b }]"), is("tool-invalid", "a b"));
    assert_eq!(one("tools: [{ name: a }, { name: a }]"), is("tool-invalid", "a"));
    assert_eq!(one("tools: [{ name: a, parameters: { type: string } }]"), is("tool-invalid", "parameters"));
    assert_eq!(one("tags: [a, a]"), is("tag-repeated", "a"));
    assert_eq!(one("tags: ['']"), is("text-empty", "''"));
    assert_eq!(one("metadata: 1"), is("value-invalid", "1"));
}

#[test]
fn everything_a_prompt_can_say_is_read() {
    let content = "---\nversion: 2.1.0-rc.1\ndescription: d\nowner: o\nrisk: high\nmodel: openai/gpt-5\n\
        parameters: { temperature: 0.5, max_tokens: 4, top_p: 1, stop: [a], seed: -1, frequency_penalty: -2, presence_penalty: 2, reasoning_effort: low, provider: { openai: { a: [1] } } }\n\
        inputs: { b: string, a: { type: integer, minimum: 1, default: 2 }, c: messages }\noutput: { format: json, schema: { type: object } }\n\
        tools: [{ name: find, description: d, parameters: { type: object } }]\ntags: [x]\nmetadata: { any: { thing: [1, null] } }\n---\nx";
    let (parsed, body, findings) = parse(&text(content));
    assert_eq!(findings.len(), 0, "{findings:?}");
    let front = parsed.unwrap().value;
    assert_eq!(body, Some(content.len() - 1));
    assert_eq!(front.inputs.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(front.inputs[1].required() && !front.inputs[0].required() && front.inputs[2].is_messages());
    assert_eq!(front.parameters.seed, Some(-1));
    assert_eq!(front.metadata["any"]["thing"][0], 1);
}

#[test]
fn a_block_may_have_front_matter_of_its_own() {
    let (parsed, body, findings) = parse_block(&text("---\ndescription: d\ninputs: { a: string }\n---\nx"));
    assert!(findings.is_empty() && body.is_some());
    assert_eq!(parsed.unwrap().value.inputs.unwrap().len(), 1);
    assert_eq!(parse_block(&text("x")).1, Some(0));
    assert_eq!(parse_block(&text("---\nversion: 1.0.0\n---\nx")).2[0].rule, "key-unknown");
}
