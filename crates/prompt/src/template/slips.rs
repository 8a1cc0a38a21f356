//! Slips of people who know another template language, or whose editor put one character in the place of another.

use source::characters::{code, plain_form};
use source::nearest::nearest;

use super::Fault;

/// The words that end a statement, and those that begin one.
const STATEMENTS: [&str; 18] = [
    "for", "if", "with", "set", "macro", "call", "filter", "include", "import", "from", "elif", "else", "endfor",
    "endif", "endwith", "endset", "endmacro", "endcall",
];

/// What was probably meant at byte `at` of `source`, where the parser stopped.
pub(super) fn explain(source: &str, at: usize) -> Option<Fault> {
    let (before, rest) = (source.get(..at)?, source.get(at..)?);
    let fault = |from: usize, to: usize, message: String, help: String| {
        Some(Fault::new("template-syntax", from..to, message).help(help))
    };
    if before.ends_with("{{") && rest.starts_with(['#', '/', '^', '>', '!', '&']) {
        let end = rest.find("}}").map_or(at + 1, |end| at + end + 2);
        let typed = source[at - 2..end].to_owned();
        return fault(at - 2, end, format!("`{typed}` is a tag of another template language"), handlebars(rest));
    }
    if let Some(open) = before.rfind("{{{").filter(|open| !before[*open..].contains("}}")) {
        let end = rest.find("}}}").map_or(at, |end| at + end + 3);
        let name = source[open..end].trim_matches(['{', '}', ' ']);
        return fault(
            open,
            end,
            "three braces mean nothing here".to_owned(),
            format!("write {{{{ {name} }}}}: nothing is ever escaped"),
        );
    }
    let word = |from: usize, to: usize, typed: &str, meant: &str| {
        fault(from, to, format!("`{typed}` is not part of the template language"), format!("write `{meant}`"))
    };
    if rest.starts_with("&&") {
        return word(at, at + 2, "&&", "and");
    }
    if rest.starts_with('|') && before.ends_with('|') {
        return word(at - 1, at + 1, "||", "or");
    }
    if rest.starts_with("||") {
        return word(at, at + 2, "||", "or");
    }
    if rest.starts_with('!') && !rest.starts_with("!=") {
        return word(at, at + 1, "!", "not");
    }
    if rest.starts_with('=') && !rest.starts_with("==") && is_condition(before) {
        return word(at, at + 1, "=", "==");
    }
    if let Some(start) = else_before(before).filter(|_| rest.starts_with("if")) {
        return word(start, at + 2, "else if", "elif");
    }
    if rest.starts_with('$') {
        return fault(at, at + 1, "`$` stands in front of a name".to_owned(), "write the name alone".to_owned());
    }
    let c = rest.chars().next().filter(|c| !c.is_ascii())?;
    let message = format!("{} stands in a tag", code(c));
    let help = match plain_form(c) {
        Some(" ") => "write a space".to_owned(),
        Some(plain) => format!("write `{plain}`"),
        None => "names are of ASCII letters, digits and `_`; text stands in quotes".to_owned(),
    };
    fault(at, at + c.len_utf8(), message, help)
}

/// A word that begins no statement.
pub(super) fn statement(word: &str) -> Option<String> {
    let near = match word {
        "endunless" | "endfi" | "fi" => Some("endif"),
        "elseif" | "elsif" | "elif_" => Some("elif"),
        "foreach" => Some("for"),
        "end" => None,
        _ => nearest(word, STATEMENTS),
    };
    near.map(|near| format!("did you mean `{near}`?"))
}

fn handlebars(rest: &str) -> String {
    let word = rest[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    match (&rest[..1], word) {
        ("#" | "^", "each") => "write {% for item in list %} … {% endfor %}".to_owned(),
        ("#" | "^", "with") => "write {% with name = value %} … {% endwith %}".to_owned(),
        ("#", "unless") | ("^", _) => "write {% if not … %} … {% endif %}".to_owned(),
        ("#", _) => "write {% if … %} … {% endif %}".to_owned(),
        ("/", "each") => "write {% endfor %}".to_owned(),
        ("/", "with") => "write {% endwith %}".to_owned(),
        ("/", _) => "write {% endif %}".to_owned(),
        (">", _) => "write {% include \"blocks/….md\" %}".to_owned(),
        ("!", _) => "write {# … #}".to_owned(),
        _ => "write {{ name }}: nothing is ever escaped".to_owned(),
    }
}

/// Whether the tag that ends `before` is an `if` or `elif`.
fn is_condition(before: &str) -> bool {
    let Some(open) = before.rfind("{%") else { return false };
    let inner = before[open + 2..].trim_start_matches(['-', '+', ' ']);
    !inner.contains("%}") && (inner.starts_with("if ") || inner.starts_with("elif "))
}

/// Where the `else` starts that `before` ends with.
fn else_before(before: &str) -> Option<usize> {
    let trimmed = before.trim_end();
    trimmed.strip_suffix("else").map(str::len)
}

#[cfg(test)]
mod tests {
    use crate::template::tags::tags;
    use crate::template::walk::walk;

    /// The first fault: the bytes it points at, what it says, and the help.
    fn first(source: &str) -> (String, String, String) {
        let fault = match tags(source) {
            Err(fault) => fault,
            Ok(_) => walk(source).1.remove(0),
        };
        (source[fault.at].to_owned(), fault.message, fault.help.unwrap_or_default())
    }

    #[test]
    fn slips_are_named_with_what_was_meant() {
        for (source, at, help) in [
            ("{{ t | default(\u{201c}x\u{201d}) }}", "\u{201c}", "write `\"`"),
            ("{{\u{a0}t }}", "\u{a0}", "write a space"),
            ("{{ t\u{435} }}", "\u{435}", "write `e`"),
            ("{% if a && b %}x{% endif %}", "&&", "write `and`"),
            ("{% if a || b %}x{% endif %}", "||", "write `or`"),
            ("{% if !a %}x{% endif %}", "!", "write `not`"),
            ("{% if a = \"x\" %}x{% endif %}", "=", "write `==`"),
            ("{{#if a}}x{{/if}}", "{{#if a}}", "write {% if … %} … {% endif %}"),
            ("{{/each}}", "{{/each}}", "write {% endfor %}"),
            ("{% if a %}x{% else if b %}y{% endif %}", "else if", "write `elif`"),
            ("{{{ a }}}", "{{{ a }}}", "write {{ a }}: nothing is ever escaped"),
            ("{{ $a }}", "$", "write the name alone"),
            ("{% if a %}x{% endfi %}", "endfi", "did you mean `endif`?"),
            ("{% fro x in a %}x{% endfor %}", "fro", "did you mean `for`?"),
            ("{{ now() }}", "now", "pass the date as an input: a template sees no clock"),
            ("{{ Role(\"user\") }}", "Role", "write {{ role(\"…\") }}, in lower case"),
            ("{{ a | json }}", "json", "write `tojson`"),
        ] {
            let (shown, _, said) = first(source);
            assert_eq!((shown.as_str(), said.as_str()), (at, help), "{source}");
        }
        assert_eq!(first("{{ t\u{435} }}").1, "U+0435 CYRILLIC SMALL LETTER IE stands in a tag");
    }
}
