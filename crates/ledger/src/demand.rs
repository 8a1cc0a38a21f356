//! Demands: what an entry must bring, each met or not, as both writers and verifiers see it.

use source::Place;

use crate::judge::Fault;
use crate::{Class, Refusal};

/// One demand and how it stands.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Demand {
    /// What is demanded, for a list: `2 approvals of ada, bob, eve`.
    pub title: String,
    /// What is there already, or is not needed further: `ada`, `live since …`.
    pub detail: String,
    /// Why it is not met; absent where it is.
    pub refusal: Option<Refusal>,
    /// The line of policy that asks.
    pub at: Option<Place>,
    /// The principals who could meet it, sorted; empty where it is met, or nobody in particular can.
    pub who: Vec<String>,
    /// What would meet it: an option or a command to paste; absent where it is met, or nothing so plain would.
    pub help: Option<String>,
}

impl Demand {
    /// A demand that is met.
    pub(crate) fn met(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { title: title.into(), detail: detail.into(), refusal: None, at: None, who: Vec::new(), help: None }
    }

    /// A demand that is not met.
    pub(crate) fn unmet(title: impl Into<String>, refusal: Refusal) -> Self {
        Self {
            title: title.into(),
            detail: String::new(),
            refusal: Some(refusal),
            at: None,
            who: Vec::new(),
            help: None,
        }
    }

    /// A demand that stands as `result` says.
    pub(crate) fn of(title: impl Into<String>, result: Result<String, Refusal>) -> Self {
        match result {
            Ok(detail) => Self::met(title, detail),
            Err(refusal) => Self::unmet(title, refusal),
        }
    }

    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.at = Some(place.clone());
        self
    }

    pub(crate) fn who(mut self, who: Vec<String>) -> Self {
        if !self.is_met() {
            self.who = who;
        }
        self
    }

    pub(crate) fn help(mut self, help: impl FnOnce() -> String) -> Self {
        if !self.is_met() {
            self.help = Some(help());
        }
        self
    }

    /// Whether it is met.
    pub const fn is_met(&self) -> bool {
        self.refusal.is_none()
    }
}

/// The first demand that is not met, as a verdict on an entry: what cannot be decided here stops.
pub(crate) fn first_unmet(demands: &[Demand]) -> Result<(), Fault> {
    let unmet = demands.iter().filter_map(|d| d.refusal.as_ref());
    let undecided = unmet.clone().find(|r| r.class() == Class::CannotVerify);
    match undecided.or_else(|| unmet.clone().next()) {
        None => Ok(()),
        Some(refusal) => Err(Fault::from(refusal.clone())),
    }
}
