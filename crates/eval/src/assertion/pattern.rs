//! `regex`: an ECMAScript pattern without flags, searched anywhere in the output.

use std::sync::Arc;

use super::{Grade, GradeError, Subject, fill, shown};
use crate::reference::Template;

/// A pattern.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Compiled when the suite was read.
    Ready(Arc<regress::Regex>, String),
    /// With variables in it.
    Template(Template),
}

/// Compiles `pattern` as `new RegExp(pattern)` does: over UTF-16 code units, since there is no `u` flag.
pub(super) fn compile(pattern: &str) -> Result<regress::Regex, String> {
    let units = pattern.encode_utf16().map(u32::from);
    regress::Regex::from_unicode(units, regress::Flags::default()).map_err(|e| e.to_string())
}

impl Pattern {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        match self {
            Self::Ready(regex, pattern) => Ok(search(regex, pattern, negated, subject.text)),
            Self::Template(template) => {
                let pattern = fill(spelled, template, subject)?;
                Ok(match compile(&pattern) {
                    Ok(regex) => search(&regex, &pattern, negated, subject.text),
                    // As in promptfoo, a pattern that is none fails `regex` and `not-regex` alike.
                    Err(why) => Grade::whole(false, || format!("`{}` is no pattern: {why}", shown(&pattern))),
                })
            }
        }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Ready(..) => Vec::new(),
            Self::Template(template) => vec![template],
        }
    }
}

fn search(regex: &regress::Regex, pattern: &str, negated: bool, text: &str) -> Grade {
    // Only beyond the basic plane do code units and characters differ.
    let found = if text.chars().all(|c| c.len_utf16() == 1) {
        regex.find(text).is_some()
    } else {
        let units: Vec<u16> = text.encode_utf16().collect();
        regex.find_from_ucs2(&units, 0).next().is_some()
    };
    let not = if negated { "not " } else { "" };
    Grade::whole(found != negated, || format!("should {not}match `{}`", shown(pattern)))
}
