//! What came of a run.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use source::{Digest, ModelName, Timestamp};

use super::{Helper, Shard, Spent, Stop};
use crate::answer::Usage;
use crate::log::{Kept, Log};
use crate::suite::Sample;

/// What came of a run: plain data, the same whatever the order of the answers was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// The suite's name.
    pub suite: String,
    /// The prompt's id.
    pub prompt: String,
    /// SHA-256 of the suite's file.
    pub suite_digest: Digest,
    /// SHA-256 over the cases.
    pub dataset: Digest,
    /// The content digest of the prompt with its own model.
    pub content: Digest,
    /// `replay`, `record` or `live`.
    pub mode: String,
    /// The models, in the order of the plan.
    pub models: Vec<ModelName>,
    /// A digest of each model's sampling parameters.
    pub parameters: Vec<Digest>,
    /// Who judged, where assertions are model-graded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<GradedBy>,
    /// Who embedded, where assertions compare meanings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<GradedBy>,
    /// The providers that were asked and that somebody defined otherwise than policy does, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_providers: Vec<String>,
    /// When the oldest of its answers was asked for, where anybody was asked and whoever ran it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Which part of a run it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Where not every case was to be run: how many, and which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// How often each case was to be asked, where that was said for this run instead of by the suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<NonZeroU32>,
    /// By model, then case, then repeat.
    pub outcomes: Log<Outcome>,
    /// What it took.
    pub spent: Spent,
    /// Whether everything was asked.
    pub ended: Ended,
    /// The limit of its budget that ended it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Answers that recordings lack, the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misses: Vec<Miss>,
}

impl Results {
    /// All of it but its outcomes.
    pub(crate) fn head(&self) -> Self {
        Self {
            suite: self.suite.clone(),
            prompt: self.prompt.clone(),
            mode: self.mode.clone(),
            models: self.models.clone(),
            parameters: self.parameters.clone(),
            judge: self.judge.clone(),
            own_providers: self.own_providers.clone(),
            asked_at: self.asked_at,
            embeddings: self.embeddings.clone(),
            misses: self.misses.clone(),
            stop: self.stop.clone(),
            sample: self.sample.clone(),
            outcomes: Log::default(),
            ..*self
        }
    }

    /// Whether every answer came from a provider in this run: one recording makes the run a replay. A question that ended in
    /// an error instead of an answer was asked all the same.
    pub fn is_live(&self) -> bool {
        let live = |o: &Outcome| o.origin == Some(Origin::Live);
        let failed = |o: &Outcome| o.origin.is_none() && o.status == Status::Error;
        self.outcomes.iter().any(|o| live(&o)) && self.outcomes.iter().all(|o| live(&o) || failed(&o))
    }
}

/// A model that helped to grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradedBy {
    /// The model.
    pub model: ModelName,
    /// The route by which the suite names it; absent where it names the model itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// How often it was asked about each answer, where more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u32>,
}

impl GradedBy {
    pub(super) fn of(helper: &Helper) -> Self {
        Self { model: helper.model.clone(), route: helper.route.clone(), repeat: None }
    }
}

/// Whether everything was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// All of it.
    Complete,
    /// Somebody cancelled.
    Interrupted,
    /// The next request would have passed the budget.
    BudgetSpent,
}

/// What came of one repeat of one case with one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The position in [`Results::models`].
    pub model: usize,
    /// The case's id.
    pub case: String,
    /// What the case is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Which repeat, from 0.
    pub sample: u32,
    /// How it ended.
    pub status: Status,
    /// 0 to 1, but where texts are compared by embeddings; 0 where there is no grade.
    pub score: f64,
    /// Why.
    pub reason: String,
    /// Means by metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// What each assertion says; empty for a pass whose details are not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// The output, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// SHA-256 of the output's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_digest: Option<Digest>,
    /// Where the answer came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The judge's verdicts on the answer, each as how many of how many were in its favour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<(u32, u32)>,
    /// Of these, on which assertions the judge did not always say the same, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divided_on: Vec<String>,
    /// SHA-256 over what was put in: two runs compare only where it is equal.
    pub inputs: Digest,
    /// SHA-256 over the assertions: likewise.
    pub grader: Digest,
}

/// Outcomes lie on the shelf as JSON, which reads every number back as it was.
impl Kept for Outcome {
    type Shared = ();

    fn pack(items: &[Self], (): &()) -> Option<Vec<u8>> {
        serde_json::to_vec(items).ok()
    }

    fn unpack(bytes: &[u8], (): &()) -> Vec<Self> {
        serde_json::from_slice(bytes).expect("what was written a moment ago is read")
    }
}

impl Outcome {
    /// Whether the judge, asked several times, did not always say the same of it.
    pub fn is_divided(&self) -> bool {
        self.judged.iter().any(|(passes, of)| *passes > 0 && passes < of)
    }
}

/// What one assertion says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its type, as spelled.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it belongs to the set before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub member: bool,
    /// Whether it holds.
    pub pass: bool,
    /// Its score.
    pub score: f64,
    /// Its share.
    pub weight: f64,
    /// Why.
    pub reason: String,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// There is no grade: the provider or a grader failed.
    Error,
    /// There is no answer on file.
    Missing,
    /// It was not reached.
    Skipped,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A provider, in this run.
    Live,
    /// A recording.
    Recorded,
    /// The suite itself.
    Stored,
}

/// Who helps to grade an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Helping {
    /// The judge, with a verdict.
    Judge,
    /// The model of embeddings, with vectors.
    Embeddings,
}

impl Helping {
    /// What it gives, as a clause names it.
    pub const fn gives(self) -> &'static str {
        match self {
            Self::Judge => "the judge's verdict",
            Self::Embeddings => "the embedding",
        }
    }
}

/// An answer that recordings lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miss {
    /// The case.
    pub case: String,
    /// Which repeat.
    pub sample: u32,
    /// Who would have helped to grade; absent where the answer itself is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helping: Option<Helping>,
    /// The key that was looked for.
    pub key: Digest,
    /// The nearest recording and what differs, in a sentence.
    pub nearest: String,
}
