//! A prompt's terms, taken from its front matter and from what it compiles to.

use std::collections::BTreeMap;

use prompt::{Compiled, CompiledMessage, FrontMatter, OutputFormat, Prompt};
use serde_json::{Value, json};
use source::{Digest, canonical};

use super::terms::{Input, Output, Terms, Tool};
use crate::Content;

impl Terms {
    /// What `prompt` promises, given what it compiles to.
    pub fn of(prompt: &Prompt, compiled: &Compiled) -> Self {
        Self::with_digest(prompt, compiled, compiled.digest())
    }

    /// The same where the content digest is known, which is most of the work.
    pub(crate) fn of_content(prompt: &Prompt, content: &Content) -> Self {
        Self::with_digest(prompt, &content.compiled, content.digest)
    }

    fn with_digest(prompt: &Prompt, compiled: &Compiled, content: Digest) -> Self {
        let front = &prompt.front_matter;
        Self {
            content,
            inputs: inputs(&compiled.inputs),
            output: output(compiled.output.as_ref()),
            tools: tools(&compiled.tools),
            model: compiled.model.clone(),
            parameters: parameters(compiled),
            text: text_digest(compiled),
            risk: front.risk,
            about: about(front),
        }
    }

    /// What `front` promises to callers by itself; whatever only a compiled prompt has is taken from `like`.
    pub(crate) fn promised(front: &FrontMatter, like: &Self) -> Self {
        let promised = Self {
            inputs: inputs(&front.inputs),
            output: output(front.output.as_ref()),
            tools: tools(&front.tools),
            ..like.clone()
        };
        if promised == *like {
            return promised;
        }
        // Nobody knows the digest; that it is another one is certain.
        Self { content: Digest::of(b"a template that cannot be read"), ..promised }
    }
}

fn inputs(inputs: &[prompt::Input]) -> BTreeMap<String, Input> {
    let terms = inputs.iter().map(|input| {
        let mut schema = input.schema.clone();
        let default = schema.remove("default");
        let schema = canonical::spelled(&Value::Object(schema));
        (input.name.clone(), Input { schema, default: default.as_ref().map(canonical::spelled) })
    });
    terms.collect()
}

fn output(output: Option<&prompt::Output>) -> Output {
    match output {
        Some(output) if output.format == OutputFormat::Json => {
            Output::Json(output.schema.as_ref().map(canonical::spelled))
        }
        _ => Output::Text,
    }
}

fn tools(tools: &[prompt::Tool]) -> BTreeMap<String, Tool> {
    let terms = tools.iter().map(|tool| {
        let parameters = tool.parameters.as_ref().map(canonical::spelled);
        (tool.name.clone(), Tool { description: json!(tool.description), parameters })
    });
    terms.collect()
}

fn about(front: &FrontMatter) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("description", json!(front.description)),
        ("owner", json!(front.owner)),
        ("tags", json!(front.tags)),
        ("metadata", canonical::spelled(&Value::Object(front.metadata.clone()))),
    ])
}

/// The parameters as the canonical form spells them.
pub(crate) fn parameters(compiled: &Compiled) -> Value {
    serde_json::from_str(&compiled.canonical_parameters()).unwrap_or_else(|_| json!({}))
}

/// Over prelude, messages and blocks, each with its length so that no two texts run together.
fn text_digest(compiled: &Compiled) -> Digest {
    let mut all = String::new();
    let mut add = |kind: &str, text: &str| {
        all.push_str(&format!("{kind} {}\n{text}\n", text.len()));
    };
    add("prelude", &compiled.prelude);
    for message in &compiled.messages {
        match message {
            CompiledMessage::Role { role, source } => add(role.as_str(), source),
            CompiledMessage::Turns(input) => add("turns", input),
        }
    }
    for (name, source) in &compiled.blocks {
        add(name.as_str(), source);
    }
    Digest::of(all.as_bytes())
}
