//! What a prompt's front matter says, as JSON in the order in which people write it.

use prompt::{Compiled, OutputFormat, Prompt};
use serde_json::{Map, Value, json};
use source::canonical::spelled;

use super::fact::Sheet;
use crate::contract::of_prompt::parameters;

/// The sheet of one version; the model is the resolved one, because that is what is called.
pub(crate) fn of(prompt: &Prompt, compiled: &Compiled) -> Sheet {
    let front = &prompt.front_matter;
    let inputs: Map<_, _> = compiled
        .inputs
        .iter()
        .map(|input| (input.name.clone(), spelled(&Value::Object(input.schema.clone()))))
        .collect();
    let tools: Map<_, _> = compiled
        .tools
        .iter()
        .map(|tool| {
            let what = json!({ "description": tool.description, "parameters": tool.parameters.as_ref().map(spelled) });
            (tool.name.clone(), what)
        })
        .collect();
    let output = compiled.output.as_ref().map(|output| {
        let format = if output.format == OutputFormat::Json { "json" } else { "text" };
        match &output.schema {
            Some(schema) => json!({ "format": format, "schema": spelled(schema) }),
            None => json!({ "format": format }),
        }
    });
    let mut sheet: Sheet = vec![
        ("version", json!(front.version.to_string())),
        ("description", json!(front.description)),
        ("owner", json!(front.owner)),
        ("risk", json!(front.risk.as_str())),
        ("model", json!(compiled.model.as_str())),
        ("parameters", parameters(compiled)),
        ("inputs", Value::Object(inputs)),
    ];
    sheet.extend(output.map(|output| ("output", output)));
    sheet.push(("tools", Value::Object(tools)));
    sheet.push(("tags", json!(front.tags)));
    sheet.push(("metadata", spelled(&Value::Object(front.metadata.clone()))));
    sheet
}
