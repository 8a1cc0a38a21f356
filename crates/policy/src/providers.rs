//! Providers defined outside policy: the user's own file, or the one given with `--providers`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use source::yaml::{self, Limits};
use source::{Finding, Place, Span, Text};

use crate::policy::{address_fault, provider_faults};
use crate::{Provider, literal};

/// A file of providers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A file of providers")]
pub struct ProvidersDocument {
    /// The format of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// How providers are reached, by the part of a model's name before the slash.
    pub providers: BTreeMap<String, Provider>,
}

/// Reads a file of providers, held to the same rules as those in `policies/models.yaml`.
pub fn read(text: &Text) -> Result<BTreeMap<String, Provider>, Vec<Finding>> {
    let text = &literal::hidden(text);
    let read = yaml::parse::<ProvidersDocument>(text, Span::new(0, text.as_str().len()), &Limits::DOCUMENT);
    let read = read.map_err(|mut faults| {
        literal::advise(&mut faults);
        faults
    })?;
    let place = |path: &[&str]| {
        let node = read.root.at(path).or_else(|| read.root.at(&path[..path.len() - 1]));
        node.map_or_else(|| Place::whole(text), |node| Place::new(text, node.span))
    };
    let mut findings = Vec::new();
    if read.value.format != crate::policy::FORMAT {
        let message = format!("format {} is not known", read.value.format);
        findings.push(Finding::new("format-unknown", place(&["format"]), message).help("write `format: 1`"));
    }
    for (name, provider) in &read.value.providers {
        for (key, message, help) in provider_faults(provider) {
            findings.push(Finding::new("value-invalid", place(&["providers", name, key]), message).help(help));
        }
        if let Some((message, help)) = address_fault(provider) {
            let place = place(&["providers", name, "base_url"]);
            findings.push(Finding::new("value-invalid", place, message).help(help));
        }
    }
    if findings.is_empty() { Ok(read.value.providers) } else { Err(findings) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::RepoPath;

    #[test]
    fn a_file_of_providers_is_judged_like_policy() {
        let read = |content: &str| read(&Text::new(RepoPath::new("providers.yaml").unwrap(), content));
        let good = read("format: 1\nproviders:\n  local: { kind: openai, base_url: 'http://127.0.0.1:8080/v1' }\n");
        assert_eq!(good.unwrap()["local"].kind, crate::ProviderKind::Openai);
        let bad = read("format: 1\nproviders:\n  local: { kind: command }\n").unwrap_err();
        assert_eq!((bad[0].rule, bad[0].at.start().line), ("value-invalid", 3));
        assert_eq!(read("format: 1\nproviders:\n  x: { kind: openai, url: y }\n").unwrap_err()[0].rule, "key-unknown");
    }

    #[test]
    fn an_address_ends_where_the_path_of_a_request_begins() {
        for (definition, told) in [
            ("kind: openai, base_url: 'http://a.example/v1/chat/completions/'", "`/chat/completions`"),
            ("kind: anthropic, base_url: 'https://a.example/v1/messages'", "`/v1/messages`"),
            ("kind: azure, api_version: '1', base_url: 'https://a.example/openai/x?api-version=1'", "no query"),
            ("kind: openai, base_url: 'http://a.example/v1'", ""),
            ("kind: command, command: [x]", ""),
        ] {
            let content = format!("format: 1\nproviders:\n  x: {{ {definition} }}\n");
            match (read(&Text::new(RepoPath::new("providers.yaml").unwrap(), content)), told) {
                (read, "") => assert!(read.is_ok(), "{read:?}"),
                (read, told) => {
                    let finding = read.unwrap_err().remove(0);
                    assert!(finding.message.contains(told) && finding.rule == "value-invalid", "{finding:?}");
                }
            }
        }
    }

    #[test]
    fn a_key_that_was_written_down_is_not_shown() {
        const KEY: &str = "sk-live-abcdefgh12345678";
        for definition in [
            format!("key: {KEY} }}"),
            format!("api_key: \"{KEY}\" }}"),
            format!("\"key\": '{KEY}', timeout: 1s }}"),
            format!("key_variable: {KEY} }}"),
            format!("key_variable: {KEY}, key: Bearer {KEY} }}"),
        ] {
            let content = format!("format: 1\nproviders:\n  x: {{ kind: openai, {definition}\n");
            let found = read(&Text::new(RepoPath::new("providers.yaml").unwrap(), content)).unwrap_err();
            assert!(found[0].help.as_ref().unwrap().contains("variable"), "{found:?}");
            let shown = source::render::human(&source::Report::new(found), false);
            assert!(!shown.contains(KEY) && shown.contains("****"), "{shown}");
        }
        let plain = "format: 1\nproviders:\n  x: { kind: opnai, key_variable: GATEWAY_KEY }\n";
        let found = read(&Text::new(RepoPath::new("providers.yaml").unwrap(), plain)).unwrap_err();
        let shown = source::render::human(&source::Report::new(found), false);
        assert!(shown.contains("key_variable: GATEWAY_KEY"), "{shown}");
    }
}
