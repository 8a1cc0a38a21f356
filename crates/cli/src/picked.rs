//! Which entries a look at the ledger's past is about.

use release::Wanted;
use source::{EnvName, PromptId, Timestamp};

use crate::named;

/// The options of `log` and `audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Picked {
    /// Only this prompt
    #[arg(value_parser = named::prompt)]
    id: Option<PromptId>,
    /// Only this environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: Option<EnvName>,
    /// Only what this principal signed
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only from this time on: 2026-11-22T15:00:00Z, or a date
    #[arg(long, value_name = "TIME", value_parser = named::moment)]
    since: Option<Timestamp>,
    /// Only up to this time; a date means its end, in UTC
    #[arg(long, value_name = "TIME", value_parser = named::end)]
    until: Option<Timestamp>,
}

impl Picked {
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            prompt: self.id.clone(),
            environment: self.env.clone(),
            by: self.by.clone(),
            since: self.since,
            until: self.until,
        }
    }
}
