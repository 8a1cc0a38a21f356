//! What a line of JavaScript or Python in a promptfoo suite says as data: for the help of its refusal. It is only read for
//! the few forms that nearly every suite has; nothing is run.

/// The assertion that says the same as `code`, as it would be written; none where it is more than one simple test.
pub(super) fn instead(code: &str) -> Option<String> {
    let code = code.trim().trim_end_matches(';').trim();
    let code = code.strip_prefix("return ").unwrap_or(code).trim();
    let (not, code) = match code.strip_prefix('!').or_else(|| code.strip_prefix("not ")) {
        Some(rest) if !rest.starts_with('=') => ("not-", rest.trim()),
        _ => ("", code),
    };
    if code.contains("JSON.parse(output)") || code.contains("json.loads(output)") {
        let schema = "{ required: [name], properties: { name: { const: value } } }";
        return Some(format!("`{{ type: {not}is-json, value: <a JSON Schema, such as {schema}> }}`"));
    }
    let (kind, value) = called(code).or_else(|| within(code)).or_else(|| compared(code)).or_else(|| counted(code))?;
    Some(format!("`{{ type: {not}{kind}, value: {value} }}`"))
}

/// `output.includes('x')` and its like.
fn called(code: &str) -> Option<(&'static str, String)> {
    let rest = code.strip_prefix("output")?;
    let lower = [".toLowerCase()", ".lower()"].iter().find_map(|call| rest.strip_prefix(call));
    let rest = lower.unwrap_or(rest);
    let names = [
        (".includes(", "contains", "icontains"),
        (".startsWith(", "starts-with", ""),
        (".startswith(", "starts-with", ""),
        (".endsWith(", "ends-with", ""),
        (".endswith(", "ends-with", ""),
    ];
    let (name, plain, folded) = names.into_iter().find(|(name, ..)| rest.starts_with(name))?;
    let kind = if lower.is_some() { folded } else { plain };
    let argument = text(rest[name.len()..].strip_suffix(')')?)?;
    (!kind.is_empty()).then_some((kind, argument))
}

/// `'x' in output`.
fn within(code: &str) -> Option<(&'static str, String)> {
    let (what, place) = code.rsplit_once(" in ")?;
    let kind = match place.trim() {
        "output" => "contains",
        "output.lower()" => "icontains",
        _ => return None,
    };
    Some((kind, text(what)?))
}

/// `output === 'x'`.
fn compared(code: &str) -> Option<(&'static str, String)> {
    let rest = code.strip_prefix("output")?.trim_start();
    let rest = rest.strip_prefix("===").or_else(|| rest.strip_prefix("=="))?;
    Some(("equals", text(rest)?))
}

/// `output.length <= 100` and `len(output) < 100`.
fn counted(code: &str) -> Option<(&'static str, String)> {
    let rest = code.strip_prefix("output.length").or_else(|| code.strip_prefix("len(output)"))?.trim_start();
    let end = rest.find(|c: char| !"<>=".contains(c))?;
    let n: u64 = rest[end..].trim().parse().ok()?;
    let range = match &rest[..end] {
        "<=" => format!("{{ max: {n} }}"),
        "<" => format!("{{ max: {} }}", n.checked_sub(1)?),
        ">=" => format!("{{ min: {n} }}"),
        ">" => format!("{{ min: {} }}", n.checked_add(1)?),
        "==" | "===" => n.to_string(),
        _ => return None,
    };
    Some(("char-count", range))
}

/// The text of one plain literal, in YAML's single quotes.
fn text(literal: &str) -> Option<String> {
    let literal = literal.trim();
    let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = !inner.contains([quote, '\\', '\n']) && !inner.contains("${");
    plain.then(|| format!("'{}'", inner.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::instead;

    #[test]
    fn common_lines_have_a_twin_that_is_data() {
        let cases = [
            ("output.includes('Ahoy')", "{ type: contains, value: 'Ahoy' }"),
            ("return output.toLowerCase().includes(\"it's\");", "{ type: icontains, value: 'it''s' }"),
            ("!output.startsWith(`As an`)", "{ type: not-starts-with, value: 'As an' }"),
            ("output === 'yes'", "{ type: equals, value: 'yes' }"),
            ("output.length < 100", "{ type: char-count, value: { max: 99 } }"),
            ("len(output) >= 3", "{ type: char-count, value: { min: 3 } }"),
            ("'x' in output.lower()", "{ type: icontains, value: 'x' }"),
        ];
        for (code, data) in cases {
            assert_eq!(instead(code).as_deref(), Some(format!("`{data}`").as_str()), "{code}");
        }
        assert!(instead("JSON.parse(output).color === 'yellow'").is_some_and(|i| i.contains("is-json")));
        for code in
            ["output.includes(context.vars.x)", "output.includes('a') || output.includes('b')", "a in b", "output"]
        {
            assert_eq!(instead(code), None, "{code}");
        }
    }
}
