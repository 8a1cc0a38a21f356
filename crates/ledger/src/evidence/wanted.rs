//! Whether attested runs meet what policy demands.
//!
//! A verifier takes what an entry cites: any run of it that fits meets the demand, today as on the day it was signed. A
//! writer has every run before it: of those that may serve, the newest of each suite decides, so that one that passed does
//! not outlive one that failed (docs/decisions/newest-run.md).

use std::collections::{BTreeMap, BTreeSet};

use policy::{Action, AskedOf, Bound, EvidenceDemand, Inconclusive, KeyState, Mode as PolicyMode, PinnedSuite, Policy};
use source::{Digest, ModelName, PromptId, RepoPath, Risk, Timestamp, Version};

use super::Evidence;
use super::pinned::{Pinned, unfixed};
use crate::demand::Demand;
use crate::judge::held;
use crate::record::{Cases, Mode, Verdict};
use crate::{Code, Refusal};

/// What evidence is wanted for.
pub(crate) struct Wanted<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) prompt: &'a PromptId,
    pub(crate) content: Digest,
    /// The release that is moved; absent before it is signed.
    pub(crate) version: Option<&'a Version>,
    /// The effective risk.
    pub(crate) risk: Risk,
    /// The principal who signed the release; absent before it is signed.
    pub(crate) releaser: &'a str,
    /// When it is cited.
    pub(crate) time: Timestamp,
}

/// Why a run, or all of them, do not meet a demand.
pub(super) struct Unmet {
    pub(super) why: String,
    /// What would help, where it is no further run.
    pub(super) help: Option<String>,
}

impl From<String> for Unmet {
    fn from(why: String) -> Self {
        Self { why, help: None }
    }
}

/// The newest run of a suite that may serve a demand.
struct Newest<'r> {
    run: &'r Evidence,
    /// The runs of that suite which it outlives.
    before: Vec<&'r Evidence>,
}

impl Wanted<'_> {
    /// How one demand of policy stands, given the runs that an entry cites: for a verifier.
    pub(crate) fn demand(&self, demand: &EvidenceDemand, cited: &[&Evidence]) -> Demand {
        self.told(demand, cited, |pin| self.any(demand, pin, cited))
    }

    /// How it stands, given every run that there is: for a writer.
    pub(crate) fn decided(&self, demand: &EvidenceDemand, runs: &[&Evidence]) -> Demand {
        self.told(demand, runs, |pin| self.newest(demand, pin, runs))
    }

    /// The runs of `runs` that decide any of `demands`, and meet it: for a writer to cite, sorted by digest.
    pub(crate) fn citable(&self, demands: &[EvidenceDemand], runs: &[&Evidence]) -> Vec<Digest> {
        let mut digests = BTreeSet::new();
        for demand in demands {
            for pin in pins(demand) {
                let deciding = self.deciding(demand, pin, runs);
                let met = deciding.iter().filter(|newest| self.holds(demand, pin, newest.run).is_ok());
                digests.extend(met.map(|newest| newest.run.tag().digest()));
            }
        }
        digests.into_iter().collect()
    }

    fn told(
        &self,
        demand: &EvidenceDemand,
        runs: &[&Evidence],
        judged: impl Fn(Option<&PinnedSuite>) -> Result<String, Unmet>,
    ) -> Demand {
        let outcome = pins(demand).into_iter().try_fold(String::new(), |_, pin| judged(pin));
        let title = title(demand);
        let unmet = match outcome {
            Ok(detail) => return Demand::met(title, detail).of_runs().at(&demand.at),
            Err(unmet) => unmet,
        };
        let told = Demand::unmet(title, Refusal::new(Code::EvidenceMissing, unmet.why)).of_runs().at(&demand.at);
        if unmet.help.is_some() {
            return told.help(|| unmet.help);
        }
        let attesters = self.policy.who_may(Action::Attest, None, None);
        let who = attesters
            .iter()
            .filter(|p| p.signs())
            .map(|p| p.name.clone())
            .filter(|n| !(demand.independent && n == self.releaser));
        told.who(who.collect()).help(|| Some(self.help(demand, runs)))
    }

    /// What to do where no run meets `demand`. Recordings that fell short fall short again, so then it is what fell short.
    fn help(&self, demand: &EvidenceDemand, runs: &[&Evidence]) -> String {
        let id = self.prompt;
        let is_live = demand.mode == PolicyMode::Live;
        // Live evidence whose answers were not kept shows nobody what was signed.
        let run = format!("promptuary eval {id}{} --attest", if is_live { " --record --fresh" } else { "" });
        let newest = runs.iter().rev().find(|run| run.body().content == self.content);
        let Some(short) =
            newest.filter(|run| (!is_live || run.body().mode == Mode::Live) && self.answered(demand, run).is_err())
        else {
            return run;
        };
        let place = self.version.map_or_else(String::new, |version| format!(" v:{version}"));
        let see = format!(
            "see which cases fell short: promptuary evidence {id}{place} --run {}",
            short.body().position.sequence.get()
        );
        match is_live {
            true => format!("{see}; another attempt is {run}"),
            false => format!("{see}; a replay comes to the same until the prompt or its suite is mended"),
        }
    }

    /// Any run that fits.
    fn any(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, runs: &[&Evidence]) -> Result<String, Unmet> {
        let mut first = None;
        for run in runs.iter().rev().filter(|run| is_about(pin, run)) {
            match self.may_serve(demand, pin, run).and_then(|()| self.holds(demand, pin, run)) {
                Ok(()) => return Ok(met(run, 0)),
                Err(unmet) => first = first.or_else(|| Some(about(run, "", unmet))),
            }
        }
        Err(first.unwrap_or_else(|| nothing(pin)))
    }

    /// The newest run of any suite that may serve.
    fn newest(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, runs: &[&Evidence]) -> Result<String, Unmet> {
        let mut first = None;
        for Newest { run, before } in self.deciding(demand, pin, runs) {
            let failed = before.iter().filter(|run| self.holds(demand, pin, run).is_err()).count();
            let Err(unmet) = self.holds(demand, pin, run) else {
                return Ok(met(run, failed));
            };
            let told = match failed < before.len() {
                true => format!(", the newest run of {},", run.body().suite.path),
                false => String::new(),
            };
            first = first.or_else(|| Some(about(run, &told, unmet)));
        }
        // Where nothing may serve, the newest of all says why.
        Err(first.unwrap_or_else(|| self.any(demand, pin, runs).err().unwrap_or_else(|| nothing(pin))))
    }

    /// The newest run of each suite that may serve, newest first. Newest is what was asked for last: answers that lay in a
    /// drawer while another run was signed do not outlive it.
    fn deciding<'r>(
        &self,
        demand: &EvidenceDemand,
        pin: Option<&PinnedSuite>,
        runs: &[&'r Evidence],
    ) -> Vec<Newest<'r>> {
        let mut suites: BTreeMap<&RepoPath, Newest<'r>> = BTreeMap::new();
        let mut runs: Vec<&'r Evidence> = runs.iter().copied().filter(|run| is_about(pin, run)).collect();
        runs.sort_by_key(|run| (run.asked_at(), run.body().position.sequence));
        for run in runs.into_iter().rev() {
            // Whose run it is qualifies one that passed; one that failed is news, whoever signed it.
            let counts = || self.independent(demand, run).is_ok() || self.passes(demand, pin, run).is_err();
            if self.may_serve(demand, pin, run).is_ok() && counts() {
                let newest = suites.entry(&run.body().suite.path);
                newest.and_modify(|n| n.before.push(run)).or_insert(Newest { run, before: Vec::new() });
            }
        }
        let mut deciding: Vec<_> = suites.into_values().collect();
        deciding.sort_by_key(|newest| std::cmp::Reverse(newest.run.body().position.sequence));
        deciding
    }

    /// Why `run` may not serve `demand` at all, whatever it came to: it is of something else, or too old.
    fn may_serve(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Result<(), Unmet> {
        let body = run.body();
        let time = run.tag().time();
        let unless = |holds: bool, why: &str| if holds { Ok(()) } else { Err(Unmet::from(why.to_owned())) };
        unless(body.content == self.content, "it is of another content")?;
        unless(time <= self.time, "it is newer than what cites it")?;
        let age = self.time.0.saturating_sub(run.asked_at().0);
        let fresh = demand.max_age.is_none_or(|most| age <= i64::try_from(most.0).unwrap_or(i64::MAX));
        match run.asked_at() < time {
            false => unless(fresh, "it is too old")?,
            true => unless(fresh, &format!("it is too old, its answers were asked for at {}", run.asked_at()))?,
        }
        let key = held(self.policy, &run.tag().record().by);
        let stands = key.is_some_and(|(p, key)| p.name == run.signer.principal && key.state != KeyState::Revoked);
        let may = self.policy.may(&run.signer.principal, Action::Attest, None, None);
        unless(stands && may, "its attester no longer may attest")?;
        unless(
            demand.mode == PolicyMode::Replay || body.mode == Mode::Live,
            "it replays recordings, policy wants live answers",
        )?;
        by_policys_providers(demand, run)?;
        match pin.map(|pin| Pinned::of(pin, run)) {
            Some(Pinned::Unlike(why)) => Err(why.into()),
            Some(Pinned::Same) | None => Ok(()),
        }
    }

    /// Why `run`, which may serve, does not meet `demand`.
    fn holds(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Result<(), Unmet> {
        self.independent(demand, run)?;
        self.passes(demand, pin, run)
    }

    /// Refuses a run of whoever signed the release, where `demand` wants somebody else's.
    fn independent(&self, demand: &EvidenceDemand, run: &Evidence) -> Result<(), Unmet> {
        match demand.independent && run.signer.principal == self.releaser {
            true => Err("its attester signed the release, policy wants another".to_owned().into()),
            false => Ok(()),
        }
    }

    /// Why `run`, whoever attested it, falls short.
    fn passes(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Result<(), Unmet> {
        self.answered(demand, run)?;
        pin.map_or(Ok(()), |pin| unfixed(pin, run))
    }

    /// Why the answers of `run` do not do, whoever signed it and when; its verdict is recomputed from its counts.
    fn answered(&self, demand: &EvidenceDemand, run: &Evidence) -> Result<(), String> {
        match run.body().verdict {
            Verdict::Passed => {}
            Verdict::Failed => return Err("its gate failed".to_owned()),
            Verdict::Inconclusive => {
                if self.policy.on_inconclusive(self.risk) == Inconclusive::Fail {
                    return Err("its comparison is inconclusive, which fails at this risk".to_owned());
                }
            }
        }
        // Every model must reach it by itself: a good one must not carry a bad one.
        run.by_model.iter().try_for_each(|(model, counts)| reaches(demand, model, counts, run.terms.units))
    }
}

/// Refuses answers of providers that the attester defined, where `demand` wants those that policy defines.
fn by_policys_providers(demand: &EvidenceDemand, run: &Evidence) -> Result<(), Unmet> {
    let own = &run.terms.own_providers;
    if demand.providers == AskedOf::Any {
        return Ok(());
    }
    if run.body().mode == Mode::Replay {
        return Err("it replays recordings, nobody knows of whose providers; policy wants its own".to_owned().into());
    }
    if own.is_empty() {
        return Ok(());
    }
    let why = format!("it asked {} by a definition of its attester's own, policy wants its own", own.join(", "));
    let help = format!(
        "run it without definitions of your own (--providers); what {} is to mean stands in policies/models.yaml, under `providers`",
        own.join(", ")
    );
    Err(Unmet { why, help: Some(help) })
}

/// What `demand` wants each of: pinned suites, or any.
fn pins(demand: &EvidenceDemand) -> Vec<Option<&PinnedSuite>> {
    match demand.pinned_suites.is_empty() {
        true => vec![None],
        false => demand.pinned_suites.iter().map(Some).collect(),
    }
}

fn is_about(pin: Option<&PinnedSuite>, run: &Evidence) -> bool {
    pin.is_none_or(|pin| pin.path == run.body().suite.path)
}

/// What meets a demand, after how many runs that did not, and what whoever relies on it would want to know of it.
fn met(run: &Evidence, failed: usize) -> String {
    let mut text = format!("{} by {}", run.tag().name(), run.signer.principal);
    match failed {
        0 => {}
        1 => text += ", after one that did not do",
        many => text += &format!(", after {many} that did not do"),
    }
    if run.asked_at() < run.tag().time() {
        text += &format!(", asked for at {}", run.asked_at());
    }
    if let Some(units) = run.terms.units {
        text += &format!(", its cases are {units} independent unit{}", if units == 1 { "" } else { "s" });
    }
    if !run.terms.own_providers.is_empty() {
        text += &format!(", by its attester's own definition of {}, not policy's", run.terms.own_providers.join(", "));
    }
    text
}

fn about(run: &Evidence, which: &str, unmet: Unmet) -> Unmet {
    Unmet { why: format!("{}{which} does not do: {}", run.tag().name(), unmet.why), ..unmet }
}

fn nothing(pin: Option<&PinnedSuite>) -> Unmet {
    match pin {
        None => "there is no attested run of this content".to_owned().into(),
        Some(pin) => format!("there is no attested run of this content by {}", pin.path).into(),
    }
}

/// Whether what `model` came to reaches what `demand` asks; `units` is how many of its cases are independent, where not all.
fn reaches(demand: &EvidenceDemand, model: &ModelName, counts: &Cases, units: Option<u64>) -> Result<(), String> {
    let total = counts.total();
    if total < demand.min_cases {
        return Err(format!("it has {total} cases with {model}, {} are the fewest", demand.min_cases));
    }
    let errors = f64::from(counts.errors) / as_f64(total);
    if errors > demand.max_error_rate.get() {
        return Err(format!("{} of {total} cases with {model} ended in an error", counts.errors));
    }
    let Some(least) = demand.min_pass_rate else { return Ok(()) };
    let share = f64::from(counts.passed) / as_f64(total);
    let (what, rate) = match demand.bound {
        Bound::Point => ("pass rate", share),
        Bound::Wilson => ("95 % lower bound of the pass rate", wilson_lower(share, as_f64(units.unwrap_or(total)))),
    };
    if rate < least.get() {
        let over = match units {
            Some(units) if demand.bound == Bound::Wilson => format!(" over {units} independent units"),
            _ => String::new(),
        };
        return Err(format!("its {what} with {model} is {rate:.3}{over}, {least} is the least"));
    }
    Ok(())
}

/// The lower end of Wilson's 95 % score interval for a share `p` of `n` (1927, <https://doi.org/10.1080/01621459.1927.10502953>).
fn wilson_lower(p: f64, n: f64) -> f64 {
    const Z: f64 = 1.959_963_984_540_054;
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half) / (1.0 + Z * Z / n)).max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of three 32-bit counts is exact in a double")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn title(demand: &EvidenceDemand) -> String {
    let mode = if demand.mode == PolicyMode::Live { "live " } else { "" };
    let bound = if demand.bound == Bound::Wilson { "95 % lower bound of the pass rate" } else { "pass rate" };
    let rate = demand.min_pass_rate.map_or(String::new(), |r| format!(", {bound} {r} or more"));
    format!("attested {mode}evidence, {} cases or more{rate}", demand.min_cases)
}
