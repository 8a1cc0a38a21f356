//! What is to be run, resolved to plain values.

use std::num::NonZeroU32;

use prompt::{Compiled, Renderer};
use source::ModelName;

use crate::recording::Recordings;
use crate::suite::{Budget, Sample, Suite};

/// What is to be run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The prompt, once for each model.
    pub targets: Vec<Target>,
    /// Who judges, where the suite asks for it: routes resolved.
    pub judge: Option<ModelName>,
    /// Who embeds, where the suite asks for it.
    pub embeddings: Option<ModelName>,
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
