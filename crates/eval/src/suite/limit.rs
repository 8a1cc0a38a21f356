//! The limits of a budget one by one, and where a suite's file says them.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use source::yaml::{self, Node};
use source::{Digest, Span};

use super::{Budget, Suite};
use crate::reading::WRITTEN_LIMITS;

/// One limit of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// `max_usd`.
    MaxUsd,
    /// `max_requests`.
    MaxRequests,
    /// `max_tokens`.
    MaxTokens,
}

impl Limit {
    /// As suites write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxUsd => "max_usd",
            Self::MaxRequests => "max_requests",
            Self::MaxTokens => "max_tokens",
        }
    }

    /// As the command line takes it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::MaxUsd => "--max-usd",
            Self::MaxRequests => "--max-requests",
            Self::MaxTokens => "--max-tokens",
        }
    }
}

impl Budget {
    /// What it says of one limit.
    pub fn of(&self, limit: Limit) -> Option<Number> {
        match limit {
            Limit::MaxUsd => self.max_usd.and_then(Number::from_f64),
            Limit::MaxRequests => self.max_requests.map(Number::from),
            Limit::MaxTokens => self.max_tokens.map(Number::from),
        }
    }
}

impl Suite {
    /// Where its file says `limit`: `evals/ask.yaml:12`.
    pub(crate) fn line_of(&self, limit: Limit) -> String {
        let place = self.place_of(&["budget", limit.as_str()]);
        format!("{}:{}", place.path(), place.start().line)
    }

    /// SHA-256 of its file but for its budget: raising that changes nothing that was asked.
    pub fn digest_but_budget(&self) -> Digest {
        let text = self.text.as_str();
        // A file without the word need not be read again.
        let root = text.contains("budget").then(|| self.root()).flatten();
        let Some(entry) = root.as_ref().and_then(|root| root.entry("budget")) else { return self.digest };
        let (start, end) = (entry.key_span.start as usize, entry.value.span.end as usize);
        let (before, after) = (&text[..start], text.get(end..).unwrap_or_default());
        Digest::of(format!("{}\n{}", before.trim_end(), after.trim_start()).as_bytes())
    }

    fn root(&self) -> Option<Node> {
        let whole = Span::new(0, self.text.as_str().len());
        yaml::read(&self.text, whole, &WRITTEN_LIMITS).ok()
    }
}
