//! Templates in the language of `engine: 1`: a documented subset of minijinja, checked before anything runs.
//!
//! Two modules here touch minijinja's unstable machinery: [`tags`] its tokens, [`walk`] its syntax tree.

pub(crate) mod facts;
mod nesting;
mod slips;
pub mod subset;
pub(crate) mod tags;
pub(crate) mod walk;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use source::{Finding, Place};

use crate::origin::Origin;
use facts::Facts;

/// A template's source with where it came from and what it does.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) source: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) facts: Facts,
}

impl Template {
    /// The source that is compiled: line ends are LF, the ends are trimmed.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Where its text holds `{name}` or `${name}`, which other template languages would replace.
    pub(crate) fn place_in_other_braces(&self, name: &str) -> Option<Place> {
        let source = &*self.source;
        for (at, _) in source.match_indices(name) {
            let (before, after) = (&source[..at], &source[at + name.len()..]);
            let (before, after) = (before.trim_end_matches(' '), after.trim_start_matches(' '));
            let single =
                before.ends_with('{') && !before.ends_with("{{") && after.starts_with('}') && !after.starts_with("}}");
            if single {
                let start = before.len() - if before.ends_with("${") { 2 } else { 1 };
                return Some(self.place(&(start..source.len() - after.len() + 1)));
            }
        }
        None
    }

    /// Where a range of the source was typed.
    pub fn place(&self, range: &Range<usize>) -> Place {
        self.origin.place(range)
    }
}

/// What is wrong in a source, before it is known where the source came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: &'static str,
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(rule: &'static str, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { rule, at, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn finding(self, origin: &Origin) -> Finding {
        let finding = Finding::new(self.rule, origin.place(&self.at), self.message);
        match self.help {
            Some(help) => finding.help(help),
            None => finding,
        }
    }
}

/// The delimiters and white-space rules of `engine: 1`: the only set under which an include line behaves as authors
/// expect. Its own line and indentation leave no trace, and what it includes keeps its line ends.
pub(crate) fn syntax() -> SyntaxConfig {
    static SYNTAX: LazyLock<SyntaxConfig> = LazyLock::new(|| {
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("the default delimiters are sound")
    });
    SYNTAX.clone()
}

/// minijinja's syntax errors in our words.
pub(crate) fn syntax_fault(error: &minijinja::Error, source: &str, fallback: Range<usize>) -> Fault {
    let at = error.range().filter(|r| r.start <= r.end && r.end <= source.len()).unwrap_or(fallback);
    let detail = match error.detail().unwrap_or("the template cannot be parsed") {
        "unexpected character" => "this character has no place in a tag",
        detail => detail,
    };
    let mut message: String = detail.chars().filter(|c| !c.is_control()).take(200).collect();
    if message.starts_with(|c: char| c.is_ascii_uppercase()) {
        message[..1].make_ascii_lowercase();
    }
    if let Some(name) = detail.strip_prefix("cannot assign to reserved variable name ") {
        let message = format!("`{name}` belongs to the template language");
        return Fault::new("name-reserved", at, message).help("choose another name");
    }
    if let Some(word) = word_of_statement(source, at.start).filter(|word| source[word.clone()] == *"do") {
        let message = "`do` is not part of the template language";
        return Fault::new("statement-unsupported", word, message).help("delete it: it has no effect on the text");
    }
    if let Some(fault) = slips::explain(source, at.start) {
        return fault;
    }
    let known = detail.strip_prefix("unknown statement ").and_then(slips::statement);
    let fault = Fault::new("template-syntax", at, message);
    if let Some(help) = known {
        return fault.help(help);
    }
    match detail {
        d if d.contains("unknown statement end") => fault.help("delete it, or open the statement that it ends"),
        d if d.contains("unknown statement") => {
            fault.help("use one of for, if, with, set, macro, call, filter, include, import, from")
        }
        d if d.contains("recursion") => fault.help("nest less deeply"),
        _ => fault,
    }
}

/// The first word of the statement that holds the byte `at`.
fn word_of_statement(source: &str, at: usize) -> Option<Range<usize>> {
    let start = source.get(..at)?.rfind("{%")? + 2;
    let inner = &source[start..];
    let from = start + inner.len() - inner.trim_start_matches(['-', '+', ' ', '\t', '\n']).len();
    let word = source[from..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(source.len() - from);
    Some(from..from + word)
}
