//! What types alone cannot say about a front matter: ranges, names, schemas, defaults.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use source::yaml::Node;
use source::{Finding, Place, Span, Text};

use super::{BlockFrontMatter, FrontMatter, Input, OutputFormat, Parameters, Tool, inputs};
use crate::schema::{self, Fault, Validator};
use crate::template::subset;

pub(super) fn prompt(text: &Text, front: &FrontMatter, root: &Node) -> Vec<Finding> {
    let mut check = Check { text, root, found: Vec::new() };
    check.says_something("description", &front.description);
    check.says_something("owner", &front.owner);
    check.is_one_line("description", Some(&front.description));
    check.is_one_line("owner", Some(&front.owner));
    check.parameters(&front.parameters);
    check.inputs(&front.inputs);
    if let Some(output) = &front.output {
        match (&output.schema, output.format) {
            (Some(_), OutputFormat::Text) => {
                let message = "the output has a schema but is no JSON";
                check.at_key(
                    "schema-invalid",
                    &["output", "schema"],
                    message,
                    "write `format: json`, or delete the schema",
                );
            }
            (Some(schema), OutputFormat::Json) => check.schema_value(schema, &["output", "schema"]),
            (None, _) => {}
        }
    }
    check.tools(&front.tools);
    check.tags(&front.tags);
    check.found
}

pub(super) fn block(text: &Text, front: &BlockFrontMatter, root: &Node) -> Vec<Finding> {
    let mut check = Check { text, root, found: Vec::new() };
    check.is_one_line("description", front.description.as_deref());
    check.is_one_line("owner", front.owner.as_deref());
    check.inputs(front.inputs.as_deref().unwrap_or_default());
    check.found
}

struct Check<'t> {
    text: &'t Text,
    root: &'t Node,
    found: Vec<Finding>,
}

impl Check<'_> {
    fn at(&mut self, rule: &'static str, path: &[&str], message: impl Into<String>, help: impl Into<String>) {
        let span = self.root.at(path).map_or_else(Span::default, |n| n.span);
        self.found.push(Finding::new(rule, Place::new(self.text, span), message).help(help));
    }

    fn at_key(&mut self, rule: &'static str, path: &[&str], message: impl Into<String>, help: impl Into<String>) {
        let span = self.root.key_span_at(path).unwrap_or_default();
        self.found.push(Finding::new(rule, Place::new(self.text, span), message).help(help));
    }

    fn says_something(&mut self, key: &str, text: &str) {
        if text.trim().is_empty() {
            let help =
                if key == "owner" { "name the team or person who answers for it" } else { "say what the prompt does" };
            self.at("text-empty", &[key], format!("the {key} is empty"), help);
        }
    }

    /// Lists and reports show it beside the id. What a block scalar ends with is no second line.
    fn is_one_line(&mut self, key: &str, text: Option<&str>) {
        let lines = text.map_or(0, |text| text.trim().lines().count());
        if lines > 1 {
            let help = format!("write one line, or fold several into one: `{key}: >-`");
            self.at("value-invalid", &[key], format!("the {key} has {lines} lines"), help);
        }
    }

    fn parameters(&mut self, p: &Parameters) {
        self.range("temperature", p.temperature, 0.0, 2.0);
        self.range("top_p", p.top_p, 0.0, 1.0);
        self.range("frequency_penalty", p.frequency_penalty, -2.0, 2.0);
        self.range("presence_penalty", p.presence_penalty, -2.0, 2.0);
        if p.max_tokens == Some(0) {
            self.at("parameter-invalid", &["parameters", "max_tokens"], "`max_tokens` is 0", "allow at least 1 token");
        }
        if let Some(effort) = &p.reasoning_effort {
            const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];
            if !EFFORTS.contains(&effort.as_str()) {
                let message = format!("`{effort}` is no reasoning effort");
                self.at(
                    "parameter-invalid",
                    &["parameters", "reasoning_effort"],
                    message,
                    format!("use one of {}", EFFORTS.join(", ")),
                );
            }
        }
        if let Some(stop) = &p.stop
            && (stop.is_empty() || stop.iter().any(String::is_empty))
        {
            self.at(
                "parameter-invalid",
                &["parameters", "stop"],
                "a stop text is empty",
                "give at least one text, or delete the key",
            );
        }
        for kind in p.provider.iter().flatten().map(|(kind, _)| kind) {
            if !super::is_route_name(kind) {
                let message = format!("`{kind}` names no kind of provider");
                self.at_key(
                    "parameter-invalid",
                    &["parameters", "provider", kind],
                    message,
                    "use a kind such as openai or anthropic",
                );
            }
        }
    }

    fn range(&mut self, name: &str, value: Option<f64>, least: f64, most: f64) {
        if let Some(value) = value.filter(|v| !(least..=most).contains(v)) {
            let message = format!("`{name}` is {value}");
            self.at(
                "parameter-invalid",
                &["parameters", name],
                message,
                format!("use a number from {least} to {most}"),
            );
        }
    }

    fn inputs(&mut self, inputs: &[Input]) {
        for input in inputs {
            let name = input.name.as_str();
            let path = ["inputs", name];
            if !inputs::is_plain(name) {
                let plain = name.replace(['-', '.', ' '], "_");
                let help = if inputs::is_plain(&plain) {
                    format!("write `{plain}`, here and in the messages")
                } else {
                    "use 1 to 64 letters, digits and `_`, not starting with a digit".to_owned()
                };
                self.at_key("input-name-invalid", &path, format!("templates cannot use the name `{name}`"), help);
            } else if subset::is_reserved(name) {
                let message = format!("`{name}` belongs to the template language");
                self.at_key("input-name-invalid", &path, message, "choose another name");
            }
            self.input(input, &path);
        }
    }

    fn input(&mut self, input: &Input, path: &[&str]) {
        if input.is_messages() {
            self.messages(input, path);
        } else {
            self.schema(&input.schema, path);
        }
        let Some(default) = input.default() else { return };
        if schema::plainly_fits(&input.schema, default) {
            return;
        }
        let Ok(validator) = schema::of_input(input) else { return };
        if let Some(fault) = validator.faults(default).into_iter().next() {
            let mut at: Vec<&str> = path.to_vec();
            at.push("default");
            let inner: Vec<&str> = fault.path.iter().map(String::as_str).collect();
            at.extend(inner);
            while at.len() > path.len() + 1 && self.root.at(&at).is_none() {
                at.pop();
            }
            let message = format!("the default {}", fault.message);
            let word = match default.as_str().map(str::to_ascii_lowercase).as_deref() {
                Some("yes" | "on") => Some("true"),
                Some("no" | "off") => Some("false"),
                _ => None,
            };
            let help = match word.filter(|_| input.schema.get("type").is_some_and(|t| t == "boolean")) {
                Some(word) => {
                    format!("write `{word}`: YAML takes `{}` for a text", default.as_str().unwrap_or_default())
                }
                None => "give a default that the input's own schema accepts".to_owned(),
            };
            self.at("default-invalid", &at, message, help);
        }
    }

    fn messages(&mut self, input: &Input, path: &[&str]) {
        const KNOWN: [&str; 6] = ["type", "description", "default", "minItems", "maxItems", "maxLength"];
        for key in input.schema.keys().filter(|k| !KNOWN.contains(&k.as_str())) {
            let mut at = path.to_vec();
            at.push(key);
            let message = format!("`{key}` says nothing about messages");
            self.at_key("schema-invalid", &at, message, format!("use only {}", KNOWN.join(", ")));
        }
        if let Err(fault) = schema::of_input(input) {
            self.fault(&fault, path);
        }
    }

    fn schema_value(&mut self, schema: &Value, path: &[&str]) {
        match schema {
            Value::Object(schema) => self.schema(schema, path),
            _ => self.at_key(
                "schema-invalid",
                path,
                "this is no JSON Schema",
                "write a mapping such as `{ type: object }`",
            ),
        }
    }

    fn schema(&mut self, schema: &Map<String, Value>, path: &[&str]) {
        let faults = schema::unsound(schema);
        if faults.is_empty()
            && !schema::plainly_sound(schema)
            && let Err(fault) = Validator::new(&Value::Object(schema.clone()))
        {
            self.fault(&fault, path);
        }
        for fault in &faults {
            self.fault(fault, path);
        }
    }

    fn fault(&mut self, fault: &Fault, path: &[&str]) {
        let mut at: Vec<&str> = path.to_vec();
        at.extend(fault.path.iter().map(String::as_str));
        while at.len() > path.len() && self.root.at(&at).is_none() {
            at.pop();
        }
        let place = if fault.key { self.root.key_span_at(&at) } else { self.root.at(&at).map(|n| n.span) };
        let place = Place::new(self.text, place.unwrap_or_default());
        let mut finding = Finding::new("schema-invalid", place, fault.message.clone());
        finding.help.clone_from(&fault.help);
        self.found.push(finding);
    }

    fn tools(&mut self, tools: &[Tool]) {
        let mut seen = BTreeSet::new();
        for (i, tool) in tools.iter().enumerate() {
            let i = i.to_string();
            let sound = (1..=64).contains(&tool.name.len())
                && tool.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
            if !sound {
                let message = format!("`{}` is no name for a tool", tool.name);
                self.at("tool-invalid", &["tools", &i, "name"], message, "use 1 to 64 letters, digits, `_` and `-`");
            } else if !seen.insert(&tool.name) {
                let message = format!("two tools have the name `{}`", tool.name);
                self.at("tool-invalid", &["tools", &i, "name"], message, "rename one of them");
            }
            let Some(parameters) = &tool.parameters else { continue };
            let path = ["tools", i.as_str(), "parameters"];
            if parameters.get("type").and_then(Value::as_str) == Some("object") {
                self.schema_value(parameters, &path);
            } else {
                self.at_key(
                    "tool-invalid",
                    &path,
                    "a tool's parameters are no object",
                    "write `type: object` and its `properties`",
                );
            }
        }
    }

    fn tags(&mut self, tags: &[String]) {
        let mut seen = BTreeSet::new();
        for (i, tag) in tags.iter().enumerate() {
            let i = i.to_string();
            if tag.trim().is_empty() {
                self.at("text-empty", &["tags", &i], "a tag is empty", "delete it");
            } else if !seen.insert(tag) {
                self.at("tag-repeated", &["tags", &i], format!("the tag `{tag}` stands twice"), "delete one of them");
            }
        }
    }
}
