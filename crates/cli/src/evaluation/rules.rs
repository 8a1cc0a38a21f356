//! By whose policy suites are judged: that of the files under test, of the base that they go into, and the one in effect.
//!
//! Whichever asks more holds. A pull request so raises its own bar at once, and lowers it only once policy is published.

use std::collections::BTreeMap;

use eval::gate::Demands;
use eval::run::Plan;
use eval::session;
use eval::suite::Suite;
use policy::Policy;
use release::{Absence, Absent, Scope};
use source::{Finding, PromptId, Report, Risk, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report as findings;

use super::selection::Base;

/// The policies that judge.
pub(crate) struct Rules {
    own: Option<Policy>,
    in_effect: Option<Policy>,
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
        in_effect: Option<Policy>,
        base: Option<&Base>,
        app: &App,
    ) -> Result<Self, Failure> {
        let own = own(snapshot, app)?;
        Ok(Self { own, in_effect, base: base.and_then(Base::asks), today: today(app) })
    }

    /// Nothing but `policy`.
    pub(crate) fn only(policy: Option<Policy>, in_effect: Option<Policy>, app: &App) -> Self {
        Self { own: policy, in_effect, base: None, today: today(app) }
    }

    /// The policy whose models and prices a run goes by.
    pub(crate) fn own(&self) -> Option<&Policy> {
        self.own.as_ref()
    }

    /// The day that it goes by.
    pub(crate) fn today(&self) -> Option<&str> {
        self.today.as_deref()
    }

    /// Sees to it that no price in `plan` is below that of the policy in effect, or of the base.
    pub(crate) fn price(&self, plan: &mut Plan<'_>) {
        for policy in self.in_effect.iter().chain(self.base.as_ref().map(|base| &base.policy)) {
            plan.price_at_least(|model| policy.price(model).map(|p| (p.value.input, p.value.output)));
        }
    }

    /// What policy demands of `suite`, whose prompt declares `risk`, today.
    pub(crate) fn demands(&self, suite: &Suite, risk: Risk) -> Demands {
        let id = &suite.prompt;
        let of = |policy, risk| session::demands(policy, id, risk, self.today.clone());
        // The defaults of policy hold where there is none at all.
        let is_ruled = self.in_effect.is_some() || self.base.is_some();
        let mut demands = match self.own() {
            None if is_ruled => Demands { today: self.today.clone(), ..Demands::default() },
            own => of(own, risk),
        };
        if let Some(policy) = &self.in_effect {
            demands = demands.and(of(Some(policy), risk), "the policy in effect");
        }
        if let Some(base) = &self.base {
            let risk = base.risks.get(id).copied().map_or(risk, |there| there.max(risk));
            demands = demands.and(of(Some(&base.policy), risk), &format!("the policy of {}", base.name));
        }
        demands
    }

    /// `finding` as seriously as the strictest of the policies takes it; `None` where all of them switch it off.
    pub(crate) fn levelled(&self, finding: Finding) -> Option<Finding> {
        let policies = [self.own(), self.in_effect.as_ref(), self.base.as_ref().map(|base| &base.policy)];
        check::levelled_by(finding, &policies.into_iter().flatten().collect::<Vec<_>>())
    }

    /// What to do where nobody is defined to answer.
    pub(crate) fn missing_provider(&self) -> String {
        let define = "define the provider in policies/models.yaml and publish, or give --providers FILE";
        match &self.in_effect {
            Some(_) => define.to_owned(),
            None => {
                format!("no policy is in effect here: promptuary sync fetches it if one was published; else {define}")
            }
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

/// The policy in effect; none where there is no ledger here, which is told where there may be one.
///
/// Whatever is wrong with a ledger that is here, or with what says which one is to be trusted, ends the command: a branch can
/// bring a lock file along that nothing agrees with, and would be judged by its own policy alone.
pub(crate) fn in_effect(app: &App) -> Result<Option<Policy>, Failure> {
    let read = app.desk()?.look_if_here(Scope::Policy, |ledger| Ok(ledger.policy()?.clone()));
    match read.map_err(|error| Failure::of_release(error, app))? {
        Ok(policy) => return Ok(Some(policy)),
        Err(Absent { absence: Absence::NoneBegun, .. }) => {}
        Err(Absent { absence: Absence::NotFetched, .. }) => {
            app.terminal.say("note: the policy in effect is not here, so it does not judge: promptuary sync");
        }
        Err(Absent { absence: Absence::Lacking, error }) => return Err(Failure::of_release(error, app)),
    }
    Ok(None)
}
