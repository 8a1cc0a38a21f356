//! Who answers in a promptfoo suite, and how that is said here: for the help of a note.

use source::yaml::{Kind, Node};

/// How promptfoo names providers that are here too: its prefix, ours, and the words that may stand between it and the model.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("openai", "openai", &["chat", "responses", "completion"]),
    ("anthropic", "anthropic", &["messages", "completion"]),
    ("google", "gemini", &[]),
    ("ollama", "ollama", &["chat", "completion"]),
];

/// Services that speak the protocol of OpenAI: promptfoo's prefix and their address.
const COMPATIBLE: &[(&str, &str)] = &[
    ("openrouter", "https://openrouter.ai/api/v1"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("deepseek", "https://api.deepseek.com/v1"),
    ("together", "https://api.together.xyz/v1"),
    ("togetherai", "https://api.together.xyz/v1"),
    ("fireworks", "https://api.fireworks.ai/inference/v1"),
    ("xai", "https://api.x.ai/v1"),
    ("perplexity", "https://api.perplexity.ai"),
    ("cerebras", "https://api.cerebras.ai/v1"),
    ("litellm", "http://localhost:4000/v1"),
    ("localai", "http://localhost:8080/v1"),
    ("vllm", "http://localhost:8000/v1"),
    ("llamafile", "http://localhost:8080/v1"),
    ("llama", "http://localhost:8080/v1"),
];

/// What promptfoo asks over other protocols than requests and answers.
const NO_SERVER: &[&str] = &["websocket", "ws", "wss", "webhook", "mcp", "browser", "sequence", "promptfoo", "package"];

/// What a provider does besides answering in text: the word after its prefix.
const OTHER_WORK: &[&str] = &["embedding", "embeddings", "image", "realtime", "assistant"];

/// What an entry of `providers` becomes here.
enum Becomes {
    /// This model, of a provider that needs no definition.
    Model(String),
    /// This model, of a provider that is to be defined so.
    Defined { model: String, as_kind: String },
    /// Nothing: why, or what comes near.
    Nothing(&'static str),
}

/// What to write instead of `providers`: every entry is told; nothing where there is none.
pub(super) fn who(providers: &Node) -> Option<String> {
    let all: Vec<&Node> = match &providers.kind {
        Kind::Seq(items) => items.iter().collect(),
        _ => vec![providers],
    };
    let (mut models, mut defined, mut without, mut unnamed) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for node in &all {
        let Some(name) = name(node) else {
            unnamed += 1;
            continue;
        };
        match becomes(name) {
            Becomes::Model(model) => models.push(model),
            Becomes::Defined { model, as_kind } => {
                let provider = model.split('/').next().unwrap_or_default();
                defined.push(format!("`{provider}` for `{}` {as_kind}", shown(name)));
                models.push(model);
            }
            Becomes::Nothing(why) => without.push(format!("`{}`: {why}", shown(name))),
        }
    }
    if models.is_empty() && without.is_empty() {
        return None;
    }
    let mut said = Vec::new();
    // Several programs are all called so: each gets a name from whoever defines it.
    models.dedup();
    if !models.is_empty() {
        said.push(format!("write `models: [{}]`", models.join(", ")));
    }
    if !defined.is_empty() {
        defined.dedup();
        said.push(format!("define in policies/models.yaml or with --providers FILE: {}", defined.join(", ")));
    }
    if !without.is_empty() {
        said.push(format!("nothing here is {}", without.join(", ")));
    }
    if unnamed > 0 {
        said.push(format!("{unnamed} of them without an `id` cannot be told"));
    }
    if all.iter().any(|node| settings(node).is_some()) {
        said.push("write `temperature` and its like under `parameters` of the prompt".to_owned());
    }
    Some(said.join("; "))
}

/// `openai:gpt-4o`, `{ id: openai:gpt-4o }` or `openai:gpt-4o: { … }`.
fn name(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Str(text) => Some(text),
        Kind::Map(entries) => match node.get("id") {
            Some(Node { kind: Kind::Str(id), .. }) => Some(id),
            _ => entries.first().map(|entry| entry.key.as_str()).filter(|key| entries.len() == 1 && key.contains(':')),
        },
        _ => None,
    }
}

/// A name as it is quoted: its beginning.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

fn settings(node: &Node) -> Option<&Node> {
    let config = node.get("config").or_else(|| match &node.kind {
        Kind::Map(entries) if entries.len() == 1 => entries[0].value.get("config"),
        _ => None,
    });
    config.filter(|config| ["temperature", "max_tokens", "top_p", "seed"].iter().any(|key| config.get(key).is_some()))
}

/// What the entry `name` becomes here.
fn becomes(name: &str) -> Becomes {
    if let Some(model) = model(name) {
        return Becomes::Model(model);
    }
    let (prefix, rest) = name.split_once(':').unwrap_or((name, ""));
    let defined = |provider: &str, model: &str, as_kind: String| Becomes::Defined {
        model: format!("{provider}/{}", if is_plain(model) { model } else { "MODEL" }),
        as_kind,
    };
    let is_script = [".py", ".js", ".ts", ".mjs"].iter().any(|suffix| name.ends_with(suffix));
    if is_script || ["exec", "python", "golang", "ruby", "file"].contains(&prefix) {
        return defined("program", "MODEL", "of kind `command`".to_owned());
    }
    if NO_SERVER.contains(&prefix) || rest.is_empty() {
        return Becomes::Nothing("a program of kind `command` may stand for it");
    }
    if OTHER_WORK.contains(&rest.split(':').next().unwrap_or(rest)) || KNOWN.iter().any(|(known, ..)| *known == prefix)
    {
        return Becomes::Nothing(
            "prompts are asked of models that answer in text; embeddings stand under `judge: { embeddings: … }`",
        );
    }
    if let Some((_, address)) = COMPATIBLE.iter().find(|(theirs, _)| *theirs == prefix) {
        let model = ["chat:", "completion:"].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        return defined(prefix, model, format!("of kind `openai` with `base_url: {address}`"));
    }
    let gateway =
        "of kind `openai` with the `base_url` of a server or gateway that speaks that protocol, else `command`";
    match prefix {
        "azure" | "azureopenai" => {
            let deployment = rest.rsplit(':').next().unwrap_or(rest);
            let as_kind = "of kind `azure` with `base_url` and `api_version`, the model being the deployment";
            defined("azure", deployment, as_kind.to_owned())
        }
        "http" | "https" => defined("server", "MODEL", gateway.to_owned()),
        _ => defined(prefix, rest, gateway.to_owned()),
    }
}

/// Whether `model` can be the name of one here.
fn is_plain(model: &str) -> bool {
    !model.is_empty() && model.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/".contains(c))
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
    let answers_in_text = rest.split_once(':').is_none_or(|(word, _)| !OTHER_WORK.contains(&word));
    (is_plain(rest) && answers_in_text).then(|| format!("{ours}/{rest}"))
}

#[cfg(test)]
mod tests {
    use source::yaml::{self, Limits};
    use source::{RepoPath, Span, Text};

    use super::{model, who};

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

    /// What to write instead of these providers.
    fn told(providers: &str) -> String {
        let text = Text::new(RepoPath::new("evals/ask.yaml").expect("a path"), providers);
        let node = yaml::read(&text, Span::new(0, providers.len()), &Limits::DOCUMENT).expect("it is YAML");
        who(&node).expect("each has a name")
    }

    #[test]
    fn no_entry_is_left_out() {
        assert_eq!(
            told("[openai:gpt-4.1, openrouter:meta/llama, mistral:mistral-large]"),
            "write `models: [openai/gpt-4.1, openrouter/meta/llama, mistral/mistral-large]`; define in policies/models.yaml or with \
             --providers FILE: `openrouter` for `openrouter:meta/llama` of kind `openai` with `base_url: https://openrouter.ai/api/v1`, \
             `mistral` for `mistral:mistral-large` of kind `openai` with `base_url: https://api.mistral.ai/v1`"
        );
        let all = "[file://custom.py, { id: azure:chat:dep }, bedrock:anthropic.claude-3, vertex:gemini-pro, 'exec: ./a.sh', \
             https://example.com/ask, openai:image:dall-e-3, 'wss://example.com', something, acme:own, { config: {} }]";
        let said = told(all);
        for part in [
            "`program` for `file://custom.py` of kind `command`",
            "azure/dep",
            "`azure` for `azure:chat:dep` of kind `azure`",
            "bedrock/anthropic.claude-3",
            "`bedrock` for",
            "vertex/gemini-pro",
            "`program` for `exec: ./a.sh`",
            "`server` for `https://example.com/ask`",
            "nothing here is `openai:image:dall-e-3`",
            "`wss://example.com`",
            "`something`",
            "`acme` for `acme:own` of kind `openai` with the `base_url`",
            "1 of them without an `id`",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
