//! Keys that somebody wrote into a definition of a provider, where only what leads to one may stand: they are not shown.

use source::secrets::Secret;
use source::{Finding, Text};

/// What people call a key.
const NAMES: [&str; 9] =
    ["key", "api_key", "apikey", "api-key", "token", "secret", "password", "authorization", "key_variable"];

/// `text`, which hides the keys that stand in it.
pub(crate) fn hidden(text: &Text) -> Text {
    let found: Vec<Secret> = text.as_str().match_indices(':').filter_map(|(at, _)| value(text.as_str(), at)).collect();
    if found.is_empty() { text.clone() } else { text.hiding(found) }
}

/// Has findings about a key of an entry that would hold one say what to write instead.
pub(crate) fn advise(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.rule == "key-unknown") {
        let named = finding.at.text.slice(finding.at.span).trim_matches(['"', '\'']).to_ascii_lowercase();
        if NAMES.contains(&named.as_str()) {
            let help = "name the variable that holds it, `key_variable: NAME`, or in `key_command` a program that prints it; \
                        a key that was committed is to be revoked";
            finding.help = Some(help.to_owned());
        }
    }
}

/// The value behind the `:` at `at`, where it is a key.
fn value(content: &str, at: usize) -> Option<Secret> {
    let (before, after) = (&content[..at], &content[at + 1..]);
    let before = before.trim_end_matches([' ', '"', '\'']);
    let from = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).map_or(0, |i| i + 1);
    let name = before.get(from..).unwrap_or_default().to_ascii_lowercase();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let typed = after.trim_start_matches([' ', '\t']);
    let start = at + 1 + after.len() - typed.len();
    let (start, typed) = match typed.chars().next()? {
        quote @ ('"' | '\'') => (start + 1, typed[1..].split([quote, '\n']).next().unwrap_or_default()),
        '{' | '[' | '\n' | '\r' => return None,
        _ => (start, typed.split(['\n', '\r', ',', '}']).next().unwrap_or_default().split(" #").next()?.trim_end()),
    };
    let leads = name == "key_variable" && is_variable(typed);
    (!typed.is_empty() && !leads).then(|| Secret {
        at: start..start + typed.len(),
        what: "a key",
        remedy: "revoke it where it was issued, then name the variable that holds it",
    })
}

/// Whether `name` may be that of an environment variable: it may stand in a file, where a key may not.
pub(crate) fn is_variable(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain) && !name.starts_with("sk-")
}
