//! What is to be run, resolved to plain values.

use std::num::NonZeroU32;

use prompt::{Compiled, Renderer};
use source::{Digest, ModelName};

use crate::recording::Recordings;
use crate::suite::{Budget, Sample, Suite};

/// What is to be run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The prompt, once for each model.
    pub targets: Vec<Target>,
    /// The content digest of the prompt with its own model.
    pub content: Digest,
    /// Who judges, where the suite asks for it: routes resolved.
    pub judge: Option<Helper>,
    /// Who embeds, where the suite asks for it.
    pub embeddings: Option<Helper>,
    /// Where answers come from.
    pub mode: Mode,
    /// What is on file.
    pub recordings: &'a Recordings,
    /// Instead of the suite's own.
    pub sample: Option<Sample>,
    /// One part of several.
    pub shard: Option<Shard>,
    /// How often each case is asked, instead of what the suite says.
    pub repeat: Option<NonZeroU32>,
    /// Instead of the suite's own; the smaller of each pair holds.
    pub budget: Budget,
    /// How many requests at once, instead of what the provider's definition says.
    pub concurrency: Option<usize>,
    /// Which outputs stay in the results.
    pub keep: Keep,
}

/// A model that helps to grade.
#[derive(Debug, Clone)]
pub struct Helper {
    /// The model.
    pub model: ModelName,
    /// What a token costs: dollars for a million read and a million written.
    pub price: Option<(f64, f64)>,
}

impl<'a> Plan<'a> {
    /// A plan that runs `suite` on `compiled` alone, from recordings, with nothing changed.
    pub fn new(
        suite: &'a Suite,
        compiled: &Compiled,
        recordings: &'a Recordings,
        mode: Mode,
    ) -> Result<Self, prompt::RenderError> {
        Ok(Self {
            suite,
            targets: vec![Target::new(compiled, &compiled.model, None)?],
            content: compiled.digest(),
            judge: None,
            embeddings: None,
            mode,
            recordings,
            sample: None,
            shard: None,
            repeat: None,
            budget: Budget::default(),
            concurrency: None,
            keep: Keep::default(),
        })
    }

    /// The cases to run, by position: sampled, with those that must pass, and of these this shard's.
    pub fn positions(&self) -> Vec<usize> {
        let mut kept = self.suite.sampled(self.sample.as_ref().or(self.suite.sample.as_ref()));
        let must = |i: &usize| self.suite.gate.must_pass.contains(&self.suite.cases[*i].id);
        kept.extend((0..self.suite.cases.len()).filter(must));
        kept.sort_unstable();
        kept.dedup();
        if let Some(shard) = self.shard {
            // By the id's digest, so that adding a case moves no other between shards.
            kept.retain(|&i| {
                let digest = Digest::of(self.suite.cases[i].id.as_bytes());
                let [a, b, c, d, ..] = *digest.as_bytes();
                u32::from_be_bytes([a, b, c, d]) % shard.count.max(1) == shard.index.saturating_sub(1)
            });
        }
        kept
    }
}

/// A prompt with one model.
#[derive(Debug)]
pub struct Target {
    /// The prompt; its `model` is the one to ask.
    pub compiled: Compiled,
    /// Its templates, parsed.
    pub renderer: Renderer,
    /// What a token costs: dollars for a million read and a million written.
    pub price: Option<(f64, f64)>,
}

impl Target {
    /// `compiled` asked of `model`.
    pub fn new(compiled: &Compiled, model: &ModelName, price: Option<(f64, f64)>) -> Result<Self, prompt::RenderError> {
        let compiled = Compiled { model: model.clone(), ..compiled.clone() };
        let renderer = compiled.renderer()?;
        Ok(Self { compiled, renderer, price })
    }
}

/// Where answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// From recordings alone: what is not on file is a miss, never a call.
    Replay,
    /// From recordings where they have the answer, else from the provider, and kept for the file.
    Record,
    /// From the provider alone; recordings are neither read nor kept.
    Live,
}

impl Mode {
    /// The word that evidence and reports carry: `replay` where nobody was asked, else `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Record => "record",
            Self::Live => "live",
        }
    }
}

/// Part `index` (from 1) of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}

/// Which outputs stay in the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Those of cases that did not pass.
    #[default]
    NotPassed,
    /// All.
    All,
    /// None.
    Nothing,
}

/// Why a plan cannot be run. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No provider of that name is defined.
    #[error("ask {model}: no provider `{}` is defined in policy, in your configuration or with --providers", .model.provider())]
    NoProvider {
        /// The model.
        model: ModelName,
    },
    /// A provider cannot be used.
    #[error("{0}")]
    Provider(#[from] crate::provider::ProviderError),
    /// A suite has no case to run.
    #[error("run {0}: there is no case in this part of it")]
    Empty(String),
}
