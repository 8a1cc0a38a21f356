//! `contains`, `icontains`, and their `-any` and `-all` forms.
//!
//! A text given to `-any` or `-all` is a comma list: fields are trimmed, `"a, b"` is one field in which `\"`, `\\` and
//! `""` are escapes, and repeated commas are passed over.

use std::borrow::Cow;

use super::{Grade, GradeError, Subject, fill, shown};
use crate::ecma;
use crate::reference::Template;

/// What the output must contain.
#[derive(Debug, Clone)]
pub struct Contains {
    /// Whether letter case is passed over.
    pub fold: bool,
    /// How many of the texts must be there.
    pub need: Need,
}

/// One, any or all.
#[derive(Debug, Clone)]
pub enum Need {
    /// This text.
    One(Template),
    /// One of these.
    Any(Texts),
    /// Each of these.
    All(Texts),
}

/// A list, or a text that is a comma list once variables are put in.
#[derive(Debug, Clone)]
pub enum Texts {
    /// Written as a list.
    List(Vec<Template>),
    /// Written as a text.
    Commas(Template),
}

impl Contains {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let haystack = self.folded(subject.text.into());
        let has = |needle: &str| haystack.contains(&*self.folded(needle.into()));
        let not = if negated { "not " } else { "" };
        match &self.need {
            Need::One(template) => {
                let needle = fill(spelled, template, subject)?;
                if needle.is_empty() {
                    return Err(empty(spelled));
                }
                Ok(Grade::whole(has(&needle) != negated, || format!("should {not}contain `{}`", shown(&needle))))
            }
            Need::Any(texts) => {
                let needles = texts.filled(spelled, subject)?;
                let found = needles.iter().any(|n| has(n));
                Ok(Grade::whole(found != negated, || format!("should {not}contain one of {}", listed(&needles))))
            }
            Need::All(texts) => {
                let needles = texts.filled(spelled, subject)?;
                let missing: Vec<&Cow<'_, str>> = needles.iter().filter(|n| !has(n)).collect();
                Ok(Grade::whole(missing.is_empty() != negated, || {
                    let lacks = if negated { String::new() } else { format!("; missing {}", listed(&missing)) };
                    format!("should {not}contain all of {}{lacks}", listed(&needles))
                }))
            }
        }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match &self.need {
            Need::One(template) | Need::Any(Texts::Commas(template)) | Need::All(Texts::Commas(template)) => {
                vec![template]
            }
            Need::Any(Texts::List(list)) | Need::All(Texts::List(list)) => list.iter().collect(),
        }
    }

    fn folded<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if self.fold { Cow::Owned(text.to_lowercase()) } else { text }
    }
}

impl Texts {
    fn filled<'t>(&'t self, spelled: &str, subject: &Subject<'_>) -> Result<Vec<Cow<'t, str>>, GradeError> {
        match self {
            Self::List(list) => list.iter().map(|t| fill(spelled, t, subject)).collect(),
            Self::Commas(template) => {
                let text = fill(spelled, template, subject)?;
                if text.is_empty() {
                    return Err(empty(spelled));
                }
                let fields = comma_list(&text)
                    .map_err(|why| GradeError::Value { kind: spelled.to_owned(), why: why.to_owned() })?;
                Ok(fields.into_iter().map(Cow::Owned).collect())
            }
        }
    }
}

fn empty(spelled: &str) -> GradeError {
    GradeError::Value { kind: spelled.to_owned(), why: "the text to look for is empty".to_owned() }
}

fn listed<T: AsRef<str>>(texts: &[T]) -> String {
    let quoted: Vec<String> = texts.iter().map(|t| format!("`{}`", shown(t.as_ref()))).collect();
    quoted.join(", ")
}

/// Splits a comma list.
pub(crate) fn comma_list(text: &str) -> Result<Vec<String>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c| ecma::is_space(c) || c == ',');
        if rest.is_empty() {
            return Ok(fields);
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (field, after) = quoted_field(quoted)?;
            fields.push(field);
            rest = after.trim_start_matches(ecma::is_space);
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err("a quoted field is followed by something else than a comma");
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            fields.push(ecma::trim(&rest[..end]).to_owned());
            rest = &rest[end..];
        }
    }
}

fn quoted_field(text: &str) -> Result<(String, &str), &'static str> {
    let mut field = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|&(_, n)| n);
        match (c, next) {
            ('\\', Some(escaped @ ('"' | '\\'))) | ('"', Some(escaped @ '"')) => {
                field.push(escaped);
                chars.next();
            }
            ('"', _) => return Ok((field, &text[i + 1..])),
            _ => field.push(c),
        }
    }
    Err("a quoted field has no closing quote")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comma_lists_take_quotes_and_escapes() {
        assert_eq!(comma_list(r#"a, "b,c" ,,d"#).unwrap(), ["a", "b,c", "d"]);
        assert_eq!(comma_list(r#""x\"y","p""q""#).unwrap(), ["x\"y", "p\"q"]);
        assert!(comma_list(r#""a" b"#).is_err() && comma_list("\"a").is_err());
        assert!(comma_list(" , ").unwrap().is_empty());
    }
}
