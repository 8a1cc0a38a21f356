//! The other side of a comparison: what was run there, and what could not be paired.
//!
//! It is part of the results of a run, so that shards can be put together and judged as one.

use serde::{Deserialize, Serialize};
use source::Digest;

use crate::run::Results;
use crate::suite::Compare;

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// What was compared with, and when a difference counts.
    pub compare: Compare,
    /// The commit that it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The prompt's id there, where it was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The content digest of the prompt there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// Whether it has no such suite, or none that can be read.
    #[serde(default)]
    pub new_suite: bool,
    /// Whether there is something to compare with.
    pub standing: Standing,
    /// Why there is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What came of running it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Results>,
    /// Cases that stand in this suite alone, sorted.
    #[serde(default)]
    pub added: Vec<String>,
    /// Cases that stand in the baseline's suite alone, sorted by id.
    #[serde(default)]
    pub removed: Vec<Removed>,
    /// Cases that have another id there and ask the same, sorted: paired.
    #[serde(default)]
    pub renamed: Vec<Renamed>,
    /// Cases whose variables or given answers differ, sorted: other questions, so that nothing can be paired.
    #[serde(default)]
    pub changed: Vec<String>,
    /// Cases whose assertions differ, sorted: the baseline's answers are graded by the ones of today.
    #[serde(default)]
    pub regraded: Vec<String>,
    /// Cases whose cluster differs, sorted: they count with that of the baseline.
    #[serde(default)]
    pub reclustered: Vec<String>,
    /// Models that cannot be compared.
    #[serde(default)]
    pub refused: Vec<RefusedModel>,
}

/// Whether there is something to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was run.
    Ran,
    /// The prompt and its cases there are the very ones of this run.
    Same,
    /// There is nothing yet: no such prompt, nothing live.
    Absent,
    /// It cannot be compared.
    Refused,
    /// Whoever ran it did not want to.
    Declined,
    /// No case was left as it is there, although the prompt takes the same inputs.
    Unpaired,
}

/// A case that has another id in the baseline's suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// The case.
    pub id: String,
    /// Its id there.
    pub was: String,
}

/// A case that stands in the baseline's suite alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// The case.
    pub id: String,
    /// Whether it had to pass there.
    #[serde(default)]
    pub must_pass: bool,
    /// Of its repeats, how many had to pass there; all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_pass: Option<u32>,
}

/// A model that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedModel {
    /// The model of this run.
    pub model: String,
    /// Why.
    pub why: String,
}

impl Baseline {
    /// Without what came of running it.
    pub(crate) fn aside(&self) -> Self {
        Self {
            compare: self.compare.clone(),
            commit: self.commit.clone(),
            was: self.was.clone(),
            content: self.content,
            new_suite: self.new_suite,
            standing: self.standing,
            why: self.why.clone(),
            results: None,
            added: self.added.clone(),
            removed: self.removed.clone(),
            renamed: self.renamed.clone(),
            changed: self.changed.clone(),
            regraded: self.regraded.clone(),
            reclustered: self.reclustered.clone(),
            refused: self.refused.clone(),
        }
    }

    /// A baseline that nothing was run of.
    pub fn without(compare: Compare, standing: Standing, why: impl Into<String>) -> Self {
        Self {
            compare,
            commit: None,
            was: None,
            content: None,
            new_suite: false,
            standing,
            why: Some(why.into()),
            results: None,
            added: Vec::new(),
            removed: Vec::new(),
            renamed: Vec::new(),
            changed: Vec::new(),
            regraded: Vec::new(),
            reclustered: Vec::new(),
            refused: Vec::new(),
        }
    }
}
