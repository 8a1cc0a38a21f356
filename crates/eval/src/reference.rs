//! `{{ name }}` in the values of assertions: one pass, values are data.
//!
//! The subset of promptfoo's templates that needs no engine: a variable, a path into one (`user.name`, `rows.0`), or a
//! quoted text (`{{ "{{" }}` writes two braces). Statements, comments, filters and calls are refused by name. What a
//! variable holds is put in as it is and never looked at again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::ecma;

/// A text with references to variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Variable(Vec<String>),
}

/// Why a text is no template that this program reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A tag without an end.
    #[error("`{{{{` without `}}}}`")]
    Unclosed,
    /// A statement or a comment.
    #[error("`{0}` begins a statement or a comment; a value may only refer to variables")]
    Statement(&'static str),
    /// Something else than a variable.
    #[error("`{{{{{0}}}}}` is not the name of a variable; filters, calls and arithmetic are not offered")]
    Expression(String),
}

/// Why a template has no text for some variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no such variable.
    #[error("the variable `{0}` is not defined")]
    Undefined(String),
    /// There is one, but no text of it that anybody could mean.
    #[error("the variable `{0}` holds a list or an object, not a text")]
    NotText(String),
}

impl Template {
    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, tag) = rest.split_at(at);
            plain.push_str(before);
            rest = match tag.as_bytes().get(1) {
                Some(b'%') => return Err(TemplateError::Statement("{%")),
                Some(b'#') => return Err(TemplateError::Statement("{#")),
                Some(b'{') => {
                    let (inner, after) = cut_tag(&tag[2..])?;
                    match read_tag(inner)? {
                        Part::Text(t) => plain.push_str(&t),
                        variable => {
                            if !plain.is_empty() {
                                parts.push(Part::Text(std::mem::take(&mut plain)));
                            }
                            parts.push(variable);
                        }
                    }
                    after
                }
                _ => {
                    plain.push('{');
                    &tag[1..]
                }
            };
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// A template that is exactly `text`, braces included.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// Whether it refers to no variable.
    pub fn is_plain(&self) -> bool {
        self.plain().is_some()
    }

    /// Its text, where it refers to no variable.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variables it refers to, without their paths.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(path) => path.first().map(String::as_str),
            Part::Text(_) => None,
        })
    }

    /// The text with `vars` put in.
    pub fn fill(&self, vars: &Map<String, Value>) -> Result<Cow<'_, str>, ReferenceError> {
        if let Some(plain) = self.plain() {
            return Ok(Cow::Borrowed(plain));
        }
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable(path) => out.push_str(&look_up(path, vars)?),
            }
        }
        Ok(Cow::Owned(out))
    }
}

fn look_up(path: &[String], vars: &Map<String, Value>) -> Result<String, ReferenceError> {
    let undefined = || ReferenceError::Undefined(path.join("."));
    let (first, steps) = path.split_first().ok_or_else(undefined)?;
    let mut value = vars.get(first).ok_or_else(undefined)?;
    for step in steps {
        value = match value {
            Value::Object(map) => map.get(step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|i| items.get(i)),
            _ => None,
        }
        .ok_or_else(undefined)?;
    }
    match value {
        // Nunjucks writes nothing for null.
        Value::Null => Ok(String::new()),
        other => ecma::scalar(other).ok_or_else(|| ReferenceError::NotText(path.join("."))),
    }
}

/// Splits what follows `{{` at the `}}` outside quotes.
fn cut_tag(text: &str) -> Result<(&str, &str), TemplateError> {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text[i..].starts_with("}}") => return Ok((&text[..i], &text[i + 2..])),
            None => {}
        }
    }
    Err(TemplateError::Unclosed)
}

fn read_tag(inner: &str) -> Result<Part, TemplateError> {
    let wrong = || TemplateError::Expression(inner.to_owned());
    let name = inner.trim();
    for quote in ['"', '\''] {
        if let Some(text) = name.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return if text.contains([quote, '\\']) { Err(wrong()) } else { Ok(Part::Text(text.to_owned())) };
        }
    }
    let word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let begins = |s: &str| s.chars().next().is_some_and(|c| !c.is_numeric());
    if name.split('.').all(word) && begins(name) {
        Ok(Part::Variable(name.split('.').map(str::to_owned).collect()))
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fill(template: &str, vars: Value) -> String {
        let Value::Object(vars) = vars else { panic!("vars are an object") };
        Template::parse(template).unwrap().fill(&vars).unwrap().into_owned()
    }

    #[test]
    fn values_are_data() {
        assert_eq!(fill("a {{x}} {{ y.0.z }}", json!({"x": "{{y}} {% if %}", "y": [{"z": 2}]})), "a {{y}} {% if %} 2");
        assert_eq!(fill("a{2} {\"k\": {}} {{ '{{' }}", json!({})), "a{2} {\"k\": {}} {{");
    }

    #[test]
    fn what_needs_an_engine_is_refused() {
        for bad in ["{{ x | upper }}", "{{ f() }}", "{{ 2 }}", "{{", "{{ a['b'] }}", "{{}}", "{{- x }}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Template::parse("{% if x %}"), Err(TemplateError::Statement("{%")));
        assert!(Template::parse("{{x}}").unwrap().fill(&Map::new()).is_err());
    }
}
