//! Demands: what an entry must bring, each met or not, as both writers and verifiers see it.

use source::{Place, Timestamp};

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
    /// How many of them are still needed; absent where it is met, or does not count people.
    pub missing: Option<u32>,
    /// The moment from which it is met by waiting alone.
    pub opens: Option<Timestamp>,
    /// What would meet it: an option or a command to paste; absent where it is met, or nothing so plain would.
    pub help: Option<String>,
    /// What was done about it and does not count, each with why.
    pub notes: Vec<String>,
    /// Whether attested runs are demanded: which of them met it is told after the deed, too.
    #[serde(skip)]
    pub wants_runs: bool,
}

impl Demand {
    /// A demand that is met.
    pub(crate) fn met(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            detail: detail.into(),
            refusal: None,
            at: None,
            who: Vec::new(),
            missing: None,
            opens: None,
            help: None,
            notes: Vec::new(),
            wants_runs: false,
        }
    }

    /// A demand that is not met.
    pub(crate) fn unmet(title: impl Into<String>, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::met(title, "") }
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

    /// One of attested runs.
    pub(crate) const fn of_runs(mut self) -> Self {
        self.wants_runs = true;
        self
    }

    pub(crate) fn who(mut self, who: Vec<String>) -> Self {
        if !self.is_met() {
            self.who = who;
        }
        self
    }

    /// With the command that leads there, where it is not met.
    pub(crate) fn help(mut self, help: impl FnOnce() -> Option<String>) -> Self {
        if !self.is_met() {
            self.help = help();
        }
        self
    }

    /// With the moment from which it is met by waiting, where it is not met.
    pub(crate) fn opens(mut self, opens: impl FnOnce() -> Option<Timestamp>) -> Self {
        if !self.is_met() {
            self.opens = opens();
        }
        self
    }

    /// What it would be if `who`, one of those who could meet it, did.
    pub fn count(&mut self, who: &str) {
        let Some(missing) = self.missing else { return };
        self.who.retain(|name| name != who);
        if missing > 1 {
            self.missing = Some(missing - 1);
        } else {
            *self = Self { at: self.at.take(), ..Self::met(std::mem::take(&mut self.title), who) };
        }
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
