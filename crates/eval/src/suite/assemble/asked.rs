//! Who answers in a promptfoo suite, and how that is said here: for the help of a note.

use source::yaml::{Kind, Node};

/// How promptfoo names providers that are here too: its prefix, ours, and the words that may stand between it and the model.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("openai", "openai", &["chat", "responses", "completion"]),
    ("anthropic", "anthropic", &["messages", "completion"]),
    ("google", "gemini", &[]),
    ("ollama", "ollama", &["chat", "completion"]),
];

/// What to write instead of `providers`; nothing where none of them has a name.
pub(super) fn who(providers: &Node) -> Option<String> {
    let all: Vec<&Node> = match &providers.kind {
        Kind::Seq(items) => items.iter().collect(),
        _ => vec![providers],
    };
    let names: Vec<&str> = all.iter().filter_map(|node| name(node)).collect();
    let models: Vec<String> = names.iter().filter_map(|name| model(name)).collect();
    let others: Vec<&str> = names.iter().copied().filter(|name| model(name).is_none()).collect();
    let mut said = Vec::new();
    if !models.is_empty() {
        said.push(format!("write `models: [{}]`", models.join(", ")));
    }
    if let Some(first) = others.first() {
        let kind = match first.split(':').next() {
            Some("python" | "exec" | "file" | "golang" | "ruby") => "of kind `command`",
            Some("http" | "https" | "azure") => "with its `base_url`",
            _ => "by its kind",
        };
        let shown: String = first.chars().take(40).collect();
        said.push(format!("define `{shown}` {kind} in policies/models.yaml or with --providers FILE"));
    }
    if all.iter().any(|node| settings(node).is_some()) {
        said.push("write `temperature` and its like under `parameters` of the prompt".to_owned());
    }
    (!names.is_empty()).then(|| said.join("; "))
}

/// `openai:gpt-4o`, `{ id: openai:gpt-4o }` or `openai:gpt-4o: { … }`.
fn name(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Str(text) => Some(text),
        Kind::Map(entries) => match node.get("id") {
            Some(Node { kind: Kind::Str(id), .. }) => Some(id),
            _ => entries.first().filter(|_| entries.len() == 1).map(|entry| entry.key.as_str()),
        },
        _ => None,
    }
}

fn settings(node: &Node) -> Option<&Node> {
    let config = node.get("config").or_else(|| match &node.kind {
        Kind::Map(entries) if entries.len() == 1 => entries[0].value.get("config"),
        _ => None,
    });
    config.filter(|config| ["temperature", "max_tokens", "top_p", "seed"].iter().any(|key| config.get(key).is_some()))
}

/// `openai/gpt-4o` of `openai:chat:gpt-4o`.
fn model(name: &str) -> Option<String> {
    if name == "echo" {
        return Some("echo/echo".to_owned());
    }
    let (prefix, rest) = name.split_once(':')?;
    let (_, ours, between) = KNOWN.iter().find(|(theirs, ..)| *theirs == prefix)?;
    let rest = match rest.split_once(':') {
        Some((word, model)) if between.contains(&word) => model,
        _ => rest,
    };
    let plain = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/".contains(c));
    let elsewhere = ["embedding:", "image:", "realtime:", "assistant:"].iter().any(|kind| rest.starts_with(kind));
    (plain && !elsewhere).then(|| format!("{ours}/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::model;

    #[test]
    fn names_of_models_are_translated_and_programs_are_not() {
        for (theirs, ours) in [
            ("openai:gpt-4o-mini", Some("openai/gpt-4o-mini")),
            ("openai:chat:gpt-4o", Some("openai/gpt-4o")),
            ("anthropic:messages:claude-sonnet-5-5", Some("anthropic/claude-sonnet-5-5")),
            ("google:gemini-2.5-pro", Some("gemini/gemini-2.5-pro")),
            ("ollama:chat:llama3:8b", Some("ollama/llama3:8b")),
            ("echo", Some("echo/echo")),
            ("openai:embedding:text-embedding-3-small", None),
            ("exec: python chain.py", None),
            ("file://provider.js", None),
            ("https", None),
        ] {
            assert_eq!(model(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
