//! What a line of JavaScript or Python in a promptfoo suite says as data: for the help of its refusal. It is only read for
//! the few forms that nearly every suite has; nothing is run.

/// The assertion that says the same as `code`, as it would be written; none where it is more than a few simple tests.
pub(crate) fn instead(code: &str) -> Option<String> {
    let code = code.trim().trim_end_matches(';').trim();
    let code = code.strip_prefix("return ").unwrap_or(code).trim();
    let is_negated = code.starts_with('!') || code.starts_with("not ");
    if code.contains("JSON.parse(output)") || code.contains("json.loads(output)") {
        // `not-is-json` would hold of what is no JSON at all.
        if is_negated {
            return None;
        }
        let schema = "{ required: [name], properties: { name: { const: value } } }";
        return Some(format!("`{{ type: is-json, value: <a JSON Schema, such as {schema}> }}`"));
    }
    if let Some(one) = one(code) {
        return Some(format!("`{}`", one.in_yaml()));
    }
    for (all, words) in [(true, [" && ", " and "]), (false, [" || ", " or "])] {
        let Some(word) = words.iter().find(|word| code.contains(**word)) else { continue };
        let parts: Vec<String> = code.split(word).map(one).map(|o| o.map(|o| o.in_yaml())).collect::<Option<_>>()?;
        let listed = parts.join(", ");
        return Some(match all {
            true => format!("`{}`", parts.join("` and `")),
            false => format!("`{{ type: any-of, assert: [{listed}] }}`"),
        });
    }
    None
}

/// The same as a cell of a CSV file; none where a cell cannot say it.
pub(crate) fn cell(code: &str) -> Option<String> {
    let code = code.trim().trim_end_matches(';').trim();
    let One { kind, value } = one(code.strip_prefix("return ").unwrap_or(code))?;
    let text = value.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    Some(format!("{kind}: {text}"))
}

/// One assertion.
struct One {
    kind: String,
    /// As YAML has it: a text in single quotes, a number or a mapping.
    value: String,
}

impl One {
    fn in_yaml(&self) -> String {
        format!("{{ type: {}, value: {} }}", self.kind, self.value)
    }
}

fn one(code: &str) -> Option<One> {
    let code = code.trim();
    let (not, code) = match code.strip_prefix('!').or_else(|| code.strip_prefix("not ")) {
        Some(rest) if !rest.starts_with('=') => ("not-", rest.trim()),
        _ => ("", code),
    };
    let found = called(code).or_else(|| within(code)).or_else(|| compared(code));
    let (kind, value) = found.or_else(|| tested(code)).or_else(|| counted(code))?;
    Some(One { kind: format!("{not}{kind}"), value })
}

/// `/x/.test(output)`; of the flags only `i` has a twin.
fn tested(code: &str) -> Option<(&'static str, String)> {
    let (pattern, flags) = code.strip_prefix('/')?.strip_suffix(".test(output)")?.rsplit_once('/')?;
    let pattern = match flags {
        "" => pattern.to_owned(),
        "i" => format!("(?i:{pattern})"),
        _ => return None,
    };
    Some(("regex", format!("'{}'", pattern.replace('\'', "''"))))
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

/// `output.length <= 100`, `len(output) < 100`, and the same of words.
fn counted(code: &str) -> Option<(&'static str, String)> {
    let words = ["output.split(' ').length", "output.split(\" \").length", r"output.split(/\s+/).length"];
    let words = words.iter().chain([&r"output.trim().split(/\s+/).length", &"len(output.split())"]);
    let of_words = words.copied().find_map(|start| Some(("word-count", code.strip_prefix(start)?)));
    let of_characters =
        || Some(("char-count", code.strip_prefix("output.length").or_else(|| code.strip_prefix("len(output)"))?));
    let (kind, rest) = of_words.or_else(of_characters)?;
    let rest = rest.trim_start();
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
    Some((kind, range))
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
    use super::{cell, instead};

    #[test]
    fn common_lines_have_a_twin_that_is_data() {
        let cases = [
            ("output.includes('Ahoy')", "{ type: contains, value: 'Ahoy' }"),
            ("return output.toLowerCase().includes(\"it's\");", "{ type: icontains, value: 'it''s' }"),
            ("!output.startsWith(`As an`)", "{ type: not-starts-with, value: 'As an' }"),
            ("'salt and pepper' in output", "{ type: contains, value: 'salt and pepper' }"),
            ("output.includes('this && that')", "{ type: contains, value: 'this && that' }"),
            ("'a' in output and 'b' in output", "{ type: contains, value: 'a' }` and `{ type: contains, value: 'b' }"),
            ("output === 'yes'", "{ type: equals, value: 'yes' }"),
            ("output.length < 100", "{ type: char-count, value: { max: 99 } }"),
            ("len(output) >= 3", "{ type: char-count, value: { min: 3 } }"),
            ("'x' in output.lower()", "{ type: icontains, value: 'x' }"),
            ("output.split(' ').length <= 20", "{ type: word-count, value: { max: 20 } }"),
            ("len(output.split()) > 2", "{ type: word-count, value: { min: 3 } }"),
            (r"/^\d+ it's/.test(output)", r"{ type: regex, value: '^\d+ it''s' }"),
            ("/ok/i.test(output)", "{ type: regex, value: '(?i:ok)' }"),
            (
                "output.length < 9 && !output.includes('AI')",
                "{ type: char-count, value: { max: 8 } }` and `{ type: not-contains, value: 'AI' }",
            ),
            (
                "output.includes('a') || output.includes('b')",
                "{ type: any-of, assert: [{ type: contains, value: 'a' }, { type: contains, value: 'b' }] }",
            ),
        ];
        for (code, data) in cases {
            assert_eq!(instead(code).as_deref(), Some(format!("`{data}`").as_str()), "{code}");
        }
        assert!(instead("JSON.parse(output).color === 'yellow'").is_some_and(|i| i.contains("is-json")));
        for code in [
            "output.includes(context.vars.x)",
            "output.includes('a') || f(output)",
            "a in b",
            "output",
            "/x/g.test(output)",
            "!JSON.parse(output).error",
        ] {
            assert_eq!(instead(code), None, "{code}");
        }
        assert_eq!(cell("output.includes('it\\'s')"), None);
        assert_eq!(cell(" output.includes(\"it's\")").as_deref(), Some("contains: it's"));
        assert_eq!(cell("output.length < 50"), None, "a cell takes no range");
    }
}
