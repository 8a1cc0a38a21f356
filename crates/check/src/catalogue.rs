//! Every rule there is: what it is called, how seriously it is taken by default, and the page that explains it.
//!
//! The catalogue knows all findings, those of the parsers included, so that policy can level and `explain` can show each.

use policy::Level;
use source::Finding;

use crate::Subject;

/// A rule: one file that finds, one page that explains, one line in the registry.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case, names the fault, never reused.
    pub id: &'static str,
    /// How seriously it is taken where policy says nothing.
    pub level: Level,
    /// Its page, Markdown: documentation, `explain` text and test.
    pub page: &'static str,
    pub(crate) scope: Scope,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    /// Nothing: a parser finds this fault when it reads the named kind of file, and nothing further is known of the file.
    Reading(Reader),
    /// One prompt.
    Prompt(fn(&Subject<'_>, &prompt::Prompt, &mut Vec<Finding>)),
    /// Everything at once.
    All(fn(&Subject<'_>, &mut Vec<Finding>)),
}

/// Which parser finds a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Of any YAML.
    Yaml,
    /// Of prompts, blocks and routes.
    Prompt,
    /// Of policies.
    Policy,
    /// Of suites and datasets.
    Eval,
}

/// Every rule, by id.
pub fn rules() -> &'static [Rule] {
    crate::rules::RULES
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    rules().binary_search_by(|rule| rule.id.cmp(id)).ok().map(|at| &rules()[at])
}

impl Rule {
    /// Whether policy may say that it is taken less seriously.
    ///
    /// A file that cannot be read cannot be compiled either, whatever policy says: its faults stay errors.
    pub fn is_fixed(&self) -> bool {
        matches!(self.scope, Scope::Reading(_)) && self.level == Level::Error
    }

    /// Whether the fault is found by the reader of suites, which this crate does not know.
    pub fn is_of_suites(&self) -> bool {
        matches!(self.scope, Scope::Reading(Reader::Eval))
    }

    /// What is found, in one line; for lists and for SARIF.
    pub fn summary(&self) -> String {
        let paragraph = self.page.split("\n\n").nth(1).unwrap_or("");
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
