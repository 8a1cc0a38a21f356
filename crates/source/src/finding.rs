//! Findings: what is wrong in the user's files. A program that could not do its job reports a failure instead.

use crate::{Place, Span};

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
    /// Sorts `findings` and drops those that say the same of the same place.
    pub fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.at.path().clone(), f.at.span, f.rule);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        findings.dedup_by(|a, b| {
            (a.rule, a.at.path(), a.at.span, &a.message) == (b.rule, b.at.path(), b.at.span, &b.message)
        });
        Self { findings, root: String::new(), prompts: 0, blocks: 0 }
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
