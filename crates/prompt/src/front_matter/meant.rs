//! What was probably meant by a value of a front matter that is none: versions with fewer parts, models without provider.

use source::yaml::{Kind, Node};
use source::{Finding, Text, Version};

/// Says of the findings at values that this module knows more of what to write instead.
pub(super) fn explain(text: &Text, root: &Node, findings: &mut [Finding]) {
    let at = |key: &str| root.get(key).map(|node| (node.span, text.slice(node.span)));
    for finding in findings.iter_mut().filter(|f| f.rule == "value-invalid") {
        if let Some((span, raw)) = at("version").filter(|(span, _)| *span == finding.at.span) {
            let Some(meant) = version(raw) else { continue };
            finding.message = format!("`{raw}` is no version of three numbers");
            finding.help = Some(format!("write `{meant}`"));
            finding.fix = Some(source::Fix { edits: vec![(span, meant)] });
        } else if let Some((_, raw)) = at("model").filter(|(span, _)| *span == finding.at.span) {
            finding.help = Some(model(raw));
        } else if root.get("inputs").is_some_and(|inputs| matches!(inputs.kind, Kind::Seq(_)))
            && root.entry("inputs").is_some_and(|e| finding.at.span == e.key_span || finding.at.span == e.value.span)
        {
            finding.help =
                Some("name each input with its type, without `-` or brackets: `{ body: string }`".to_owned());
        }
    }
}

/// `1`, `1.0` and `v1.0.0` as the versions they stand for.
fn version(raw: &str) -> Option<String> {
    let bare = raw.trim_matches(['"', '\'']).trim();
    let bare = bare.strip_prefix(['v', 'V', '=']).unwrap_or(bare).trim();
    let given = bare.split('.').count();
    let whole = match given {
        1 => format!("{bare}.0.0"),
        2 => format!("{bare}.0"),
        _ => bare.to_owned(),
    };
    (whole != raw.trim_matches(['"', '\''])).then(|| whole.parse::<Version>().ok()).flatten().map(|v| v.to_string())
}

/// What to write for a model without its provider.
fn model(raw: &str) -> String {
    match super::provider_of(raw.trim_matches(['"', '\''])) {
        Some(provider) => format!("write `{provider}/{}`, or the name of a route", raw.trim_matches(['"', '\''])),
        None => {
            "write provider/model, such as `openai/gpt-4.1`, or the name of a route of prompts/routes.yaml".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_fewer_parts_are_filled_up() {
        assert_eq!(version("1.0").as_deref(), Some("1.0.0"));
        assert_eq!(version("\"1.0\"").as_deref(), Some("1.0.0"));
        assert_eq!(version("2").as_deref(), Some("2.0.0"));
        assert_eq!(version("v1.0.0").as_deref(), Some("1.0.0"));
        assert_eq!(version("v1.2.0-rc.1").as_deref(), Some("1.2.0-rc.1"));
        assert_eq!(version("soon"), None);
        assert_eq!(version("1.2.3.4"), None);
    }
}
