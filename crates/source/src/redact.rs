//! Secrets blotted out of everything that is shown: findings are printed where many can read them.
//!
//! Every report passes through here, so no rule and no renderer has to think of it.

use std::borrow::Cow;

use serde_json::Value;

use crate::secrets::{MOST, Secret, secrets};
use crate::{Finding, Text};

/// So much of the beginning of a secret is recognised where a message cuts it short.
const HEAD: usize = 12;

/// Blots the secrets of the files it speaks of, and whatever else looks like one, out of what `finding` says.
///
/// A correction that would write a secret down again is left out: it would be shown as well.
pub(crate) fn redact(finding: &mut Finding) {
    let texts: Vec<Text> = std::iter::once(&finding.at)
        .chain(finding.also.iter().map(|(place, _)| place))
        .map(|p| p.text.clone())
        .collect();
    let known = || texts.iter().flat_map(|text| text.secrets().iter().map(|secret| (text.as_str(), secret)));
    let said = [&mut finding.message].into_iter().chain(&mut finding.help);
    for words in said.chain(finding.also.iter_mut().map(|(_, label)| label)) {
        if let Cow::Owned(blotted) = blotted(words, known()) {
            *words = blotted;
        }
    }
    let shows = |text: &str| matches!(blotted(text, known()), Cow::Owned(_));
    if finding.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(|(_, text)| shows(text))) {
        finding.fix = None;
    }
}

/// `words` with the name of what stood there in the place of every secret.
fn blotted<'w, 't>(words: &'w str, known: impl Iterator<Item = (&'t str, &'t Secret)>) -> Cow<'w, str> {
    let mut found: Vec<(usize, usize, &str)> =
        secrets(words).into_iter().map(|secret| (secret.at.start, secret.at.end, secret.what)).collect();
    for (text, secret) in known {
        let value = &text[secret.at.clone()];
        let head = (0..=HEAD.min(value.len())).rev().find(|&at| value.is_char_boundary(at)).unwrap_or(0);
        for (start, _) in words.match_indices(&value[..head]).filter(|_| head > 0) {
            let same = words[start..].chars().zip(value.chars()).take_while(|(a, b)| a == b);
            found.push((start, start + same.map(|(c, _)| c.len_utf8()).sum::<usize>(), secret.what));
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(words);
    }
    found.sort_unstable();
    let mut out = String::with_capacity(words.len());
    let mut done = 0;
    for (start, end, what) in found {
        if start >= done {
            out += &words[done..start];
            out += &format!("[{what}]");
        }
        done = done.max(end);
    }
    out += &words[done..];
    Cow::Owned(out)
}

/// Blots secrets out of texts that are shown beside each other: one secret has one name in all of them, so that a reader sees
/// that it changed, and never what it is.
#[derive(Debug, Default)]
pub struct Veil(Vec<(&'static str, String)>);

impl Veil {
    /// `text` with the name of what stood there in the place of every secret; line numbers stay what they are.
    pub fn over<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut done = 0;
        // A text may hold more secrets than are looked for at once.
        loop {
            let found = secrets(&text[done..]);
            let (rest, full) = (done, found.len() >= MOST);
            for secret in found {
                out += &text[done..rest + secret.at.start];
                let value = &text[rest + secret.at.start..rest + secret.at.end];
                out += &self.name(secret.what, value);
                out.extend(value.matches('\n'));
                done = rest + secret.at.end;
            }
            if !full {
                break;
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out += &text[done..];
        Cow::Owned(out)
    }

    /// The same for every text of a JSON value, read as what its key says.
    pub fn over_value(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let head = format!("{key}: ");
                match self.over(&format!("{head}{text}")).strip_prefix(&head) {
                    Some(shown) => Value::String(shown.to_owned()),
                    None => Value::String(self.over(text).into_owned()),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.over_value(key, item)).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.over_value(key, value))).collect(),
            other => other.clone(),
        }
    }

    fn name(&mut self, what: &'static str, value: &str) -> String {
        let known = self.0.iter().any(|(kind, known)| *kind == what && known == value);
        if !known {
            self.0.push((what, value.to_owned()));
        }
        let mut alike = self.0.iter().filter(|(kind, _)| *kind == what);
        match alike.position(|(_, known)| known == value) {
            Some(0) | None => format!("[{what}]"),
            Some(at) => format!("[{what}, no. {}]", at + 1),
        }
    }
}

/// `content` with its secrets blotted out, byte for byte; `None` where it has none.
pub(crate) fn masked(content: &str, secrets: &[Secret]) -> Option<Box<str>> {
    if secrets.is_empty() {
        return None;
    }
    let blot = |c: char| if c == '\n' { "\n".to_owned() } else { "*".repeat(c.len_utf8()) };
    let mut masked = String::with_capacity(content.len());
    let mut done = 0;
    for secret in secrets {
        masked.push_str(&content[done..secret.at.start]);
        masked.extend(content[secret.at.clone()].chars().map(blot));
        done = secret.at.end;
    }
    // Where there are more, they are not told apart from the rest.
    if secrets.len() < MOST {
        masked.push_str(&content[done..]);
    } else {
        masked.extend(content[done..].chars().map(blot));
    }
    Some(masked.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Veil;
    use crate::{Finding, Place, RepoPath, Report, Span, Text, render};

    const TAILS: [&str; 2] = ["q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk", "Zc8VbN2mK5jH7gF4dS1aQ9wE6rT3yU0iOpLx"];

    #[test]
    fn texts_beside_each_other_show_that_a_secret_changed_and_not_what_it_is() {
        let [one, other] = TAILS.map(|tail| format!("{}{tail}", "ghp_"));
        let mut veil = Veil::default();
        assert_eq!(veil.over(&format!("use {one} here\n")), "use [a GitHub token] here\n");
        assert_eq!(veil.over(&format!("use {other} or {one}")), "use [a GitHub token, no. 2] or [a GitHub token]");
        assert_eq!(veil.over("nothing to hide"), "nothing to hide");
        let value = json!({ "auth": [one], "note": "plain", "n": 1 });
        assert_eq!(veil.over_value("x", &value), json!({ "auth": ["[a GitHub token]"], "note": "plain", "n": 1 }));
        let key = format!("a\n-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\nz\n", TAILS[0].repeat(2));
        assert_eq!(veil.over(&key), "a\n[a private key]\n\n\nz\n", "line numbers hold");
        let many: String = (0..250).map(|n| format!("ghp_{n:03}{}\n", &TAILS[0][3..])).collect();
        assert!(!veil.over(&many).contains("ghp_"), "however many there are");
    }

    #[test]
    fn no_form_of_a_report_shows_a_secret_whichever_rule_speaks_of_it() {
        let key = ["sk-ant-", "api03-", "q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk"].concat();
        let content = format!("---\nmodel: {key}\n---\nx {key}\n");
        let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), content.as_str());
        let at = Place::new(&text, Span::new(11, 11 + key.len()));
        let cut: String = key.chars().take(20).collect();
        let report = Report::new(vec![
            Finding::new("value-invalid", at.clone(), format!("`{key}` is no model"))
                .help(format!("write `\"{key}\"`, not `{cut}…`"))
                .also(at.clone(), format!("`{key}`"))
                .fix(vec![(at.span, format!("\"{key}\""))]),
        ]);
        let rules = [];
        let forms = [
            render::human(&report, false),
            render::human(&report, true),
            render::short(&report),
            render::json_lines(&report),
            render::github(&report),
            render::gitlab(&report),
            render::sarif(&report, &rules, "1"),
            render::junit(&report),
        ];
        for form in forms {
            assert!(!form.contains(&key[10..24]), "{form}");
        }
        let finding = &report.findings()[0];
        assert_eq!(finding.message, "`[an Anthropic key]` is no model");
        assert_eq!(finding.help.as_deref(), Some("write `\"[an Anthropic key]\"`, not `[an Anthropic key]…`"));
        assert!(finding.fix.is_none());
        // What is corrected is corrected in the file as it is.
        assert_eq!(finding.at.text.as_str(), content);
    }
}
