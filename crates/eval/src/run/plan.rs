//! What is to be run, resolved to plain values.

mod part;

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use prompt::{Compiled, Renderer};
use source::{Digest, ModelName};

use super::budget::Spent;
use super::outcome::GradedBy;
use super::stop::Holder;
use super::tasks::Tasks;
use crate::recording::Recordings;
use crate::suite::{Budget, Sample, Suite};

pub use part::Shard;

/// What is to be run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The prompt, once for each model.
    pub targets: Vec<Target>,
    /// Whether the models were named for this run, instead of by the suite or the prompt.
    pub models_named: bool,
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
    /// Answers of this very run from before it was cut off: they count as its own, and are not asked for again.
    pub carried: Option<&'a Recordings>,
    /// What of the budget an earlier part of this very run took.
    pub spent_before: Spent,
    /// Whether every new answer is told as it comes, so that a run that is killed can go on.
    pub journal: bool,
    /// Instead of the suite's own.
    pub sample: Option<Sample>,
    /// One part of several.
    pub shard: Option<Shard>,
    /// How often each case is asked, instead of what the suite says.
    pub repeat: Option<NonZeroU32>,
    /// Instead of the suite's own; the smaller of each pair holds.
    pub budget: Budget,
    /// Where the limits of that budget stand, and how they read there; the command line where nothing is said.
    pub holders: Vec<Holder>,
    /// How many requests at once, instead of what the provider's definition says.
    pub concurrency: Option<usize>,
    /// Which outputs stay in the results.
    pub keep: Keep,
    /// Whether the keys that are looked up are told at the end: thirty bytes a case and more.
    pub traces: bool,
}

/// A model that helps to grade.
#[derive(Debug, Clone)]
pub struct Helper {
    /// The model.
    pub model: ModelName,
    /// The route by which it is named; absent where the model itself is.
    pub route: Option<String>,
    /// What a token costs: dollars for a million read and a million written.
    pub price: Option<(f64, f64)>,
}

impl Helper {
    /// `model`, named as itself, at a price that nobody knows.
    pub const fn of(model: ModelName) -> Self {
        Self { model, route: None, price: None }
    }
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
            models_named: false,
            content: compiled.digest(),
            judge: None,
            embeddings: None,
            mode,
            recordings,
            carried: None,
            spent_before: Spent::default(),
            journal: false,
            sample: None,
            shard: None,
            repeat: None,
            budget: Budget::default(),
            holders: Vec::new(),
            concurrency: None,
            keep: Keep::default(),
            traces: true,
        })
    }

    /// The judge and who embeds, as far as any assertion asks them.
    pub(super) fn helpers(&self) -> [Option<&Helper>; 2] {
        let facts = self.suite.cases.shared();
        [
            self.judge.as_ref().filter(|_| facts.may_be_judged()),
            self.embeddings.as_ref().filter(|_| facts.may_be_embedded()),
        ]
    }

    /// Every provider that may be asked, by name: those of the models, of the judge, of embeddings.
    pub fn providers(&self) -> BTreeSet<&str> {
        let models = self.targets.iter().map(|t| &t.compiled.model);
        models.chain(self.helpers().into_iter().flatten().map(|h| &h.model)).map(ModelName::provider).collect()
    }

    /// Who judges what the suite wants judged; absent where it wants nothing judged.
    pub fn judged_by(&self) -> Option<GradedBy> {
        let [judge, _] = self.helpers();
        let votes = self.suite.votes();
        Some(GradedBy { repeat: (votes > 1).then_some(votes), ..GradedBy::of(judge?) })
    }

    /// Who embeds what the suite compares by its meaning; absent where it compares nothing so.
    pub fn embedded_by(&self) -> Option<GradedBy> {
        let [_, embeddings] = self.helpers();
        embeddings.map(GradedBy::of)
    }

    /// The models that may be asked at a price that nobody knows.
    pub fn unpriced(&self) -> Vec<&ModelName> {
        let helpers = self.helpers().into_iter().flatten().map(|h| (&h.model, h.price));
        let asks = self.suite.cases.shared().may_ask();
        let targets = self.targets.iter().filter(|_| asks).map(|t| (&t.compiled.model, t.price));
        let unknown = targets.chain(helpers).filter(|(model, price)| price.is_none() && model.provider() != "echo");
        let mut models: Vec<&ModelName> = unknown.map(|(model, _)| model).collect();
        models.dedup();
        models
    }

    /// Goes by what `price` says of a model where that is more: a price that is lowered in the files under test alone would
    /// lift a budget in dollars.
    pub fn price_at_least(&mut self, price: impl Fn(&ModelName) -> Option<(f64, f64)>) {
        let helpers = self.judge.iter_mut().chain(&mut self.embeddings).map(|h| (&h.model, &mut h.price));
        let targets = self.targets.iter_mut().map(|t| (&t.compiled.model, &mut t.price));
        for (model, known) in targets.chain(helpers) {
            *known = match (*known, price(model)) {
                (Some(one), Some(other)) => Some((one.0.max(other.0), one.1.max(other.1))),
                (one, other) => one.or(other),
            };
        }
    }

    /// Refuses what nobody would wait for, and a budget in dollars that cannot be held: where a price is not known, nothing
    /// would ever end the run.
    pub(super) fn affordable(&self, tasks: &Tasks) -> Result<(), PlanError> {
        let answers = tasks.len();
        if answers > MOST_ANSWERS {
            return Err(PlanError::TooMany { suite: self.suite.name.clone(), answers });
        }
        let unpriced = self.unpriced();
        if self.mode == Mode::Replay || self.limits().max_usd.is_none() || unpriced.is_empty() {
            return Ok(());
        }
        let models = unpriced.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(PlanError::Unpriced { suite: self.suite.name.clone(), models })
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

    /// A digest of the sampling parameters: runs compare only where it is equal.
    pub fn parameters(&self) -> Digest {
        parameters_of(&self.compiled)
    }
}

/// A digest of a prompt's sampling parameters.
pub(crate) fn parameters_of(compiled: &Compiled) -> Digest {
    crate::suite::digest_of(&crate::recording::parameters(compiled))
}

/// Where answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// From recordings alone: what is not on file is a miss, never a call.
    Replay,
    /// From recordings where they have the answer, else from the provider, and kept for the file.
    Record,
    /// From the provider alone, and kept for the file in the place of what is there.
    Renew,
    /// From the provider alone; recordings are neither read nor kept.
    Live,
}

impl Mode {
    /// Whether recordings on file may answer.
    pub const fn replays(self) -> bool {
        matches!(self, Self::Replay | Self::Record)
    }

    /// Whether new answers are kept for the file.
    pub const fn keeps(self) -> bool {
        matches!(self, Self::Record | Self::Renew)
    }

    /// The word that results carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Record => "record",
            Self::Renew => "renew",
            Self::Live => "live",
        }
    }
}

/// Which outputs stay in the results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Keep {
    /// Those of cases that did not pass.
    #[default]
    NotPassed,
    /// Those of cases that did not pass, and of these cases.
    Also(BTreeSet<String>),
    /// All.
    All,
    /// None.
    Nothing,
}

/// So many answers may a run be of.
const MOST_ANSWERS: usize = 10_000_000;

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
    /// A budget in dollars needs prices.
    #[error("hold the budget of {suite} in dollars: the price of {models} is not known")]
    Unpriced {
        /// The suite.
        suite: String,
        /// The models.
        models: String,
    },
    /// Nobody would see its end.
    #[error("run {suite}: it would be {answers} answers, and {MOST_ANSWERS} are the most")]
    TooMany {
        /// The suite.
        suite: String,
        /// Cases, times models, times repeats.
        answers: usize,
    },
    /// A suite has no case to run.
    #[error("run {0}: there is no case in this part of it")]
    Empty(String),
}
