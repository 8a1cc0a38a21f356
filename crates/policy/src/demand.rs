//! What a release or a promotion must bring before it counts, with the lines of policy that ask for it.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use source::{Digest, EnvName, ModelName, Place, RepoPath, Risk};

use crate::{AskedOf, Bound, Duration, Mode, Rate, Sourced, UpstreamRule, Windows};

/// What a pointer entry must bring.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// Where the release must be live first.
    pub upstream: Option<Upstream>,
    /// When it may happen; always where absent.
    pub windows: Option<Sourced<Windows>>,
    /// Agreements; every one must be met, and one approval may serve several.
    pub approvals: Vec<ApprovalDemand>,
    /// Evidence; every one must be met, and one run may serve several.
    pub evidence: Vec<EvidenceDemand>,
}

/// Where a release must be live first.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The environments; never empty.
    pub environments: Vec<EnvName>,
    /// Whether all are needed or any one.
    pub rule: UpstreamRule,
    /// How long it must have been live there.
    pub soak_seconds: u64,
    /// The line of policy that names them.
    pub at: Place,
}

/// Agreement of some people.
#[derive(Debug, Clone)]
pub struct ApprovalDemand {
    /// How many distinct principals.
    pub needed: u32,
    /// The names of those who may give it, sorted; the promoter and the release's signer among them do not count.
    pub from: Vec<String>,
    /// How long an approval lasts at most.
    pub expires: Duration,
    /// The line of policy that asks.
    pub at: Place,
}

/// Signed eval results.
#[derive(Debug, Clone)]
pub struct EvidenceDemand {
    /// Whether recorded answers do.
    pub mode: Mode,
    /// Fewest cases; at least 1.
    pub min_cases: u64,
    /// Smallest share of cases that pass; whatever the suite itself demanded where absent.
    pub min_pass_rate: Option<Rate>,
    /// Which figure `min_pass_rate` judges.
    pub bound: Bound,
    /// Largest share of cases that ended in an error; 0 where policy is silent.
    pub max_error_rate: Rate,
    /// Whether the attester must be another principal than the release's signer.
    pub independent: bool,
    /// How old it may be when it is cited.
    pub max_age: Option<Duration>,
    /// By whose definitions the providers may have been asked.
    pub providers: AskedOf,
    /// The suites that must each have been used as they were reviewed; any suite of the prompt if empty.
    pub pinned_suites: Vec<PinnedSuite>,
    /// The line of policy that asks.
    pub at: Place,
}

/// A suite as it was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedSuite {
    /// Its path below the prompt root.
    pub path: RepoPath,
    /// SHA-256 of its file.
    pub suite: Digest,
    /// The digest of its cases; any where absent.
    pub dataset: Option<Digest>,
    /// Who judged; where absent, whoever the suite's own file names.
    pub judge: Option<ModelName>,
    /// Who embedded; likewise.
    pub embeddings: Option<ModelName>,
}

/// What a release entry must bring.
#[derive(Debug, Clone)]
pub struct ReleaseDemands {
    /// The branch that the commit must be reachable from; the remote's default branch where absent.
    pub from: Option<Sourced<String>>,
    /// Evidence; every one must be met.
    pub evidence: Vec<EvidenceDemand>,
}

/// What a prompt's eval suites must reach: the strictest of every rule that fits.
#[derive(Debug, Clone, Default)]
pub struct SuiteDemand {
    /// Present where a suite must exist.
    pub required: Option<Place>,
    /// Fewest cases.
    pub min_cases: Option<Sourced<u64>>,
    /// Smallest share of cases that pass.
    pub min_pass_rate: Option<Sourced<Rate>>,
    /// Which figure `min_pass_rate` judges; the point where absent.
    pub bound: Option<Sourced<Bound>>,
    /// Largest share of cases that end in an error.
    pub max_error_rate: Option<Sourced<Rate>>,
}

/// The risk that decides demands, and what made it so.
#[derive(Debug, Clone, Serialize)]
pub struct EffectiveRisk {
    /// The highest of the three.
    pub risk: Risk,
    /// What the prompt itself says.
    pub declared: Risk,
    /// The family minimum, where one applies.
    pub family: Option<Risk>,
    /// The risk of the release now live.
    pub live: Option<Risk>,
}

impl Demands {
    /// The most approvals that any one rule asks for.
    pub fn approvals_needed(&self) -> u32 {
        self.approvals.iter().map(|a| a.needed).max().unwrap_or(0)
    }
}

/// Every condition that the demand makes, in one line: `attested evidence, live, at least 20 cases, no error`.
impl Display for EvidenceDemand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Nothing is left out: what a demand asks for and does not say is found out when it is not met.
        let Self {
            mode,
            min_cases,
            min_pass_rate,
            bound,
            max_error_rate,
            independent,
            max_age,
            providers,
            pinned_suites,
            at: _,
        } = self;
        f.write_str(if *mode == Mode::Live {
            "attested evidence, live"
        } else {
            "attested evidence, live or replayed"
        })?;
        write!(f, ", at least {min_cases} {}", if *min_cases == 1 { "case" } else { "cases" })?;
        match max_error_rate.get() > 0.0 {
            true => write!(f, ", error rate at most {max_error_rate}")?,
            false => f.write_str(", no error")?,
        }
        if let Some(rate) = min_pass_rate {
            let bound = if *bound == Bound::Wilson { "95 % lower bound of the pass rate" } else { "pass rate" };
            write!(f, ", {bound} at least {rate}")?;
        }
        if *independent {
            f.write_str(", attested by somebody else than the release's signer")?;
        }
        if let Some(age) = max_age {
            write!(f, ", at most {age} old")?;
        }
        if *providers == AskedOf::Policy {
            f.write_str(", asked of providers as policy defines them")?;
        }
        pinned_suites.iter().try_for_each(|pin| write!(f, ", {pin}"))
    }
}

/// `evals/support/triage.yaml as pinned (judged by openai/gpt-x)`.
impl Display for PinnedSuite {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, suite: _, dataset, judge, embeddings } = self;
        let by = |what: &str, model: &Option<ModelName>| Some(format!("{what} by {}", model.as_ref()?));
        let more = [dataset.map(|_| "its cases too".to_owned()), by("judged", judge), by("embedded", embeddings)];
        let more: Vec<String> = more.into_iter().flatten().collect();
        write!(f, "{path} as pinned")?;
        if more.is_empty() { Ok(()) } else { write!(f, " ({})", more.join(", ")) }
    }
}
