//! Findings: what is wrong in the user's files. A program that could not do its job reports a failure instead.

use std::collections::BTreeMap;

use crate::{Place, Span, redact};

/// How much a finding matters. Ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a check.
    Note,
    /// Worth mending; never fails a check.
    Warning,
    /// Fails the check.
    Error,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing wrong in one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's kebab-case id, never reused.
    pub rule: &'static str,
    /// As policy decided it; a rule's default before that.
    pub severity: Severity,
    /// One lower-case clause, values in backticks, no full stop.
    pub message: String,
    /// Where the fault is.
    pub at: Place,
    /// Other places that explain it, each with a short label.
    pub also: Vec<(Place, String)>,
    /// One imperative sentence: what to do about it.
    pub help: Option<String>,
    /// A mechanical correction, where there is one.
    pub fix: Option<Fix>,
}

/// A correction that needs no thought: texts to put in place of spans of the file the finding is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Replacements, by ascending span, none overlapping.
    pub edits: Vec<(Span, String)>,
}

impl Finding {
    /// A finding of severity error without further detail.
    pub fn new(rule: &'static str, at: Place, message: impl Into<String>) -> Self {
        Self { rule, severity: Severity::Error, message: message.into(), at, also: Vec::new(), help: None, fix: None }
    }

    /// With another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also.push((place, label.into()));
        self
    }

    /// With a mechanical correction.
    #[must_use]
    pub fn fix(mut self, edits: Vec<(Span, String)>) -> Self {
        self.fix = Some(Fix { edits });
        self
    }
}

/// So many files with a fault for one reason are one finding.
const MANY: usize = 3;

/// One finding for a group that has one cause.
fn one_of(group: Vec<Finding>) -> Option<Finding> {
    let more = group.len() - 1;
    let mut first = group.into_iter().next()?;
    let (cause, _) = first.also.remove(0);
    let file = std::mem::replace(&mut first.at, cause);
    let here = "this prompt";
    first.message = if first.message.contains(here) {
        first.message.replace(here, &format!("`{}` and {more} more prompts", file.path()))
    } else {
        format!("{}, in `{}` and {more} more prompts", first.message, file.path())
    };
    first.also.insert(0, (file, "the first of them".to_owned()));
    Some(first)
}

/// Findings in the order users see them: by path, place and rule, none twice.
#[derive(Debug, Clone, Default)]
pub struct Report {
    findings: Vec<Finding>,
    /// The prompt root below the repository's, as paths are shown; empty or `.` where they are the same.
    pub root: String,
    /// How many prompts were looked at.
    pub prompts: usize,
    /// How many blocks were looked at.
    pub blocks: usize,
}

impl Report {
    /// Sorts `findings`, drops those that say the same of the same place, and blots out every secret that they would show.
    pub fn new(mut findings: Vec<Finding>) -> Self {
        findings.iter_mut().for_each(redact::redact);
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.at.path().clone(), f.at.span, f.rule);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        findings.dedup_by(|a, b| {
            (a.rule, a.at.path(), a.at.span, &a.message) == (b.rule, b.at.path(), b.at.span, &b.message)
        });
        Self { findings, root: String::new(), prompts: 0, blocks: 0 }
    }

    /// Changes what every finding advises; where it is and what it says stay as they are, and so does the order.
    pub fn for_each(&mut self, change: impl FnMut(&mut Finding)) {
        self.findings.iter_mut().for_each(change);
    }

    /// The same with one finding where many files have a fault for one and the same reason elsewhere: at that reason, with
    /// the first of the files beside it. For people who asked for all of them; each file keeps its own otherwise.
    #[must_use]
    pub fn joined(mut self) -> Self {
        let mut found: BTreeMap<_, Vec<Finding>> = BTreeMap::new();
        for finding in std::mem::take(&mut self.findings) {
            let key = match finding.also.first().filter(|_| finding.fix.is_none()) {
                Some((cause, _)) if cause.path() != finding.at.path() => {
                    Some((cause.path().clone(), cause.span, finding.rule, finding.message.clone(), finding.severity))
                }
                _ => None,
            };
            match key {
                Some(key) => found.entry(key).or_default().push(finding),
                None => self.findings.push(finding),
            }
        }
        for group in found.into_values() {
            if group.len() < MANY { self.findings.extend(group) } else { self.findings.extend(one_of(group)) }
        }
        let Self { findings, root, prompts, blocks } = self;
        Self { root, prompts, blocks, ..Self::new(findings) }
    }

    /// The findings, in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many are of `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether any finding is an error.
    pub fn fails(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RepoPath, Text};

    #[test]
    fn many_faults_of_one_cause_are_one_finding_at_the_cause() {
        let text = |path: &str| Text::new(RepoPath::new(path).unwrap(), "some text");
        let cause = Place::new(&text("prompts/blocks/b.md"), Span::new(2, 4));
        let of = |path: &str| {
            let message = "`x` is used in `blocks/b.md` but is no input of this prompt";
            Finding::new("input-undeclared", Place::new(&text(path), Span::new(0, 1)), message)
                .also(cause.clone(), "used here")
        };
        let files: Vec<String> = (0..1_500).map(|n| format!("prompts/p{n:04}.md")).collect();
        let report = Report::new(files.iter().map(|path| of(path)).collect()).joined();
        let [one] = report.findings() else { panic!("{}", report.findings().len()) };
        assert_eq!(one.at.path().as_str(), "prompts/blocks/b.md");
        assert_eq!(
            one.message,
            "`x` is used in `blocks/b.md` but is no input of `prompts/p0000.md` and 1499 more prompts"
        );
        // Two are told where they are.
        assert_eq!(Report::new(vec![of("prompts/a.md"), of("prompts/b.md")]).joined().findings().len(), 2);
    }
}
