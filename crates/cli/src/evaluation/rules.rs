//! By whose policy suites are judged: that of the files under test, of the base that they go into, and the one in effect.
//!
//! Whichever asks more holds. A pull request so raises its own bar at once, and lowers it only once policy is published.

use std::collections::BTreeMap;

use eval::gate::Demands;
use eval::run::Plan;
use eval::session;
use eval::suite::Suite;
use policy::{Policy, Provider};
use release::Scope;
use source::{PromptId, Report, Risk, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report as findings;

use super::selection::Base;

/// The policies that judge.
pub(crate) struct Rules {
    own: Option<Policy>,
    in_effect: InEffect,
    base: Option<AtBase>,
    today: Option<String>,
}

/// What the base asks for.
pub(crate) struct AtBase {
    /// What people call the base.
    pub(crate) name: String,
    /// Its policy.
    pub(crate) policy: Policy,
    /// The risks that its prompts declare, which a pull request does not lower either.
    pub(crate) risks: BTreeMap<PromptId, Risk>,
}

impl Rules {
    /// Those that `snapshot` is judged by: its own, the one in effect, and that of `base`.
    pub(crate) fn of(
        snapshot: &Snapshot,
        in_effect: InEffect,
        base: Option<&Base<'_>>,
        app: &App,
    ) -> Result<Self, Failure> {
        if let InEffect::Unknown(failure) = &in_effect {
            app.terminal.warn(format!("the policy in effect is not known, and does not judge: {failure}"));
        }
        let own = own(snapshot, app)?;
        Ok(Self { own, in_effect, base: base.and_then(Base::asks), today: today(app) })
    }

    /// Nothing but `policy`.
    pub(crate) fn only(policy: Option<Policy>, in_effect: InEffect, app: &App) -> Self {
        Self { own: policy, in_effect, base: None, today: today(app) }
    }

    /// The policy whose models and prices a run goes by.
    pub(crate) fn own(&self) -> Option<&Policy> {
        self.own.as_ref()
    }

    /// Sees to it that no price in `plan` is below that of the policy in effect, or of the base.
    pub(crate) fn price(&self, plan: &mut Plan<'_>) {
        let in_effect = if let InEffect::Known(policy) = &self.in_effect { Some(policy) } else { None };
        for policy in in_effect.into_iter().chain(self.base.as_ref().map(|base| &base.policy)) {
            plan.price_at_least(|model| policy.price(model).map(|p| (p.value.input, p.value.output)));
        }
    }

    /// What policy demands of `suite`, whose prompt declares `risk`, today.
    pub(crate) fn demands(&self, suite: &Suite, risk: Risk) -> Demands {
        let id = &suite.prompt;
        let of = |policy, risk| session::demands(policy, id, risk, self.today.clone());
        // The defaults of policy hold where there is none at all.
        let is_ruled = matches!(self.in_effect, InEffect::Known(_)) || self.base.is_some();
        let mut demands = match self.own() {
            None if is_ruled => Demands { today: self.today.clone(), ..Demands::default() },
            own => of(own, risk),
        };
        if let InEffect::Known(policy) = &self.in_effect {
            demands = demands.and(of(Some(policy), risk), "the policy in effect");
        }
        if let Some(base) = &self.base {
            let risk = base.risks.get(id).copied().map_or(risk, |there| there.max(risk));
            demands = demands.and(of(Some(&base.policy), risk), &format!("the policy of {}", base.name));
        }
        demands
    }

    /// What to do where nobody is defined to answer.
    pub(crate) fn missing_provider(&self) -> String {
        let define = "define the provider in policies/models.yaml and publish, or give --providers FILE";
        match &self.in_effect {
            InEffect::Known(_) => define.to_owned(),
            InEffect::Nothing => {
                format!("no policy is in effect here: promptuary sync fetches it if one was published; else {define}")
            }
            InEffect::Unknown(failure) => failure.remedy().unwrap_or(define).to_owned(),
        }
    }
}

fn today(app: &App) -> Option<String> {
    app.now().to_string().split('T').next().map(str::to_owned)
}

/// The policy that `snapshot` holds, where it holds any. One with errors ends the command: without it no threshold would
/// hold and no model would be refused.
fn own(snapshot: &Snapshot, app: &App) -> Result<Option<Policy>, Failure> {
    if snapshot.below("policies").next().is_none() {
        return Ok(None);
    }
    let loaded = Policy::load(snapshot);
    if loaded.policy.is_none() {
        findings::instead(&Report::new(loaded.findings), app);
        let what = format!("judge by the policies/ of {}: they have errors", snapshot.name);
        return Err(Failure::new(Exit::Usage, what));
    }
    Ok(loaded.policy)
}

/// The policy in effect, as far as it can be told here.
pub(crate) enum InEffect {
    /// This one.
    Known(Policy),
    /// None was published, as far as this clone knows, or nothing of the ledger is here.
    Nothing,
    /// There is one, and it cannot be relied on; why.
    Unknown(Failure),
}

impl InEffect {
    /// Reads it. Looking trusts nothing: a root that was never seen is not pinned by an eval.
    pub(crate) fn read(app: &App) -> Self {
        let Ok(mut desk) = app.desk() else { return Self::Nothing };
        desk.dry_run = true;
        match desk.read(Scope::Policy, |ledger| Ok(ledger.policy()?.clone())) {
            Ok(policy) => Self::Known(policy),
            Err(error) => match Failure::of_release(error, app) {
                failure if failure.exit == Exit::Usage || failure.is_missing_root() => Self::Nothing,
                failure => Self::Unknown(failure),
            },
        }
    }

    /// Its definitions of providers.
    pub(crate) fn providers(&self) -> BTreeMap<String, Provider> {
        match self {
            Self::Known(policy) => policy.providers().clone(),
            Self::Nothing | Self::Unknown(_) => BTreeMap::new(),
        }
    }
}
