//! Models listed once with believable prices, providers that can be reached.

use std::collections::BTreeMap;

use source::{Finding, Severity, Timestamp};

use crate::document::models::{ModelsDocument, Provider, ProviderKind};
use crate::policy::sheet::Sheet;

/// Validates the document; returns the day of each model's price.
pub(super) fn validate(models: &Sheet<ModelsDocument>, findings: &mut Vec<Finding>) -> BTreeMap<String, Timestamp> {
    let mut days = BTreeMap::new();
    let listed = &models.document.models;
    for (at, model) in listed.iter().enumerate() {
        let index = at.to_string();
        let place = |key: &[&str]| models.place(&[&["models", &index], key].concat());
        if let Some(first) = listed[..at].iter().position(|m| m.model == model.model) {
            let also = models.place(&["models", &first.to_string(), "model"]);
            let message = format!("model `{}` is listed twice", model.model);
            let finding = Finding::new("name-repeated", place(&["model"]), message);
            findings.push(finding.also(also, "listed here first").help("remove one"));
        }
        let Some(price) = &model.price else { continue };
        for (key, dollars) in [("input", price.input), ("output", price.output)] {
            if !(0.0..=1e6).contains(&dollars) {
                let message = format!("{dollars} dollars for a million tokens is no price");
                let help = "write US dollars for a million tokens, such as `0.15`";
                findings.push(Finding::new("value-invalid", place(&["price", key]), message).help(help));
            }
        }
        match price.as_of.parse::<crate::window::Date>().and_then(|_| {
            Timestamp::parse(&price.as_of).map_err(|_| crate::window::WindowError::Date(price.as_of.clone()))
        }) {
            Ok(day) => _ = days.insert(model.model.to_string(), day),
            Err(error) => findings.push(Finding::new("value-invalid", place(&["price", "as_of"]), error.to_string())),
        }
    }
    for (name, provider) in &models.document.providers {
        for (key, message, help) in faults(provider) {
            let place = models.place(&["providers", name, key]);
            findings.push(Finding::new("value-invalid", place, message).help(help));
        }
        if let Some((message, help)) = address_fault(provider) {
            // A policy that was published so stays one: other suites are run by it.
            let finding = Finding::new("value-invalid", models.place(&["providers", name, "base_url"]), message);
            findings.push(finding.help(help).severity(Severity::Warning));
        }
    }
    days
}

/// What keeps every request from arriving although the address is one: it reaches into the path that each request appends.
pub(crate) fn address_fault(provider: &Provider) -> Option<(String, &'static str)> {
    let url = provider.base_url.as_deref()?.trim_end_matches('/');
    let (ends, help): (&[&str], _) = match provider.kind {
        ProviderKind::Openai => (
            &["/chat/completions", "/completions", "/embeddings", "/responses"],
            "write the address up to what comes before that, such as `https://llm.example.com/v1`",
        ),
        ProviderKind::Azure => {
            (&["/chat/completions", "/embeddings", "/openai/deployments"], "write `https://NAME.openai.azure.com`")
        }
        ProviderKind::Anthropic => {
            (&["/v1/messages"], "write the address without it, such as `https://llm.example.com`")
        }
        ProviderKind::Gemini => {
            (&[":generateContent"], "write the address up to the version, such as `https://llm.example.com/v1beta`")
        }
        ProviderKind::Command | ProviderKind::Echo => return None,
    };
    if let Some(end) = ends.iter().find(|end| url.ends_with(**end)) {
        return Some((format!("the address ends in `{end}`, which each request appends itself"), help));
    }
    let query = url.contains(['?', '#']).then_some("each request appends its path to the address, so it has no query");
    query.map(|message| (message.to_owned(), "write the address without `?`; Azure's version stands in `api_version`"))
}

/// What keeps a provider from being reached: the key at fault, what is wrong, what to do.
///
/// People may define providers in a file of their own, too; see [`crate::providers`].
pub(crate) fn faults(provider: &Provider) -> Vec<(&'static str, String, &'static str)> {
    let mut faults = Vec::new();
    let kind = provider.kind;
    let runs = kind == ProviderKind::Command;
    if runs && provider.command.is_empty() {
        let help = "write the program and its arguments: `command: [./answer, --json]`";
        faults.push(("kind", "a provider of kind `command` needs `command`".to_owned(), help));
    }
    if !runs && !provider.command.is_empty() {
        faults.push(("command", "only `kind: command` runs a program".to_owned(), "remove it, or change the kind"));
    }
    if let Some(url) = &provider.base_url {
        if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(|c: char| c.is_whitespace()) {
            faults.push(("base_url", format!("`{url}` is not an address"), "write `https://…`"));
        } else if url.contains('@') {
            let help = "remove the part before `@`, name the key's variable in `key_variable`";
            faults.push(("base_url", "an address must not carry a key".to_owned(), help));
        }
    } else if kind == ProviderKind::Azure {
        let help = "write `https://NAME.openai.azure.com`";
        faults.push(("kind", "a provider of kind `azure` needs `base_url`".to_owned(), help));
    }
    if provider.key_variable.as_ref().is_some_and(|variable| !crate::literal::is_variable(variable)) {
        let message = "this is not the name of an environment variable".to_owned();
        faults.push(("key_variable", message, "write the variable's name, never the key itself"));
    }
    if provider.key_variable.is_some() && !provider.key_command.is_empty() {
        let message = "the key comes from a variable or from a command, not from both".to_owned();
        faults.push(("key_command", message, "remove one of the two"));
    }
    if provider.concurrency.is_some_and(|c| !(1..=1024).contains(&c)) {
        faults.push(("concurrency", "between 1 and 1024 requests can be under way".to_owned(), "write such a number"));
    }
    faults
}
