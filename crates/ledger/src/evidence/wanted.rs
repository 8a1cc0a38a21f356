//! Whether attested runs meet what policy demands.
//!
//! A verifier takes what an entry cites: any run of it that fits meets the demand, today as on the day it was signed. A
//! writer has every run before it: of those that may serve, the newest of each suite decides, so that one that passed does
//! not outlive one that failed (docs/decisions/newest-run.md).

use std::collections::{BTreeMap, BTreeSet};

use policy::{Action, AskedOf, EvidenceDemand, Inconclusive, KeyState, Mode as PolicyMode, PinnedSuite, Policy};
use source::{Digest, PromptId, RepoPath, Risk, Timestamp, Version};

use super::Evidence;
use super::counted::short_of;
use super::nearest::{Missing, Tried, nearest};
use super::pinned::{Pinned, unfixed};
use crate::demand::Demand;
use crate::judge::held;
use crate::record::{Mode, Verdict};
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

/// One condition of a demand that a run does not meet.
pub(super) struct Unmet {
    pub(super) why: String,
    /// What would help, where it is no further run.
    pub(super) help: Option<String>,
    /// How far the run is from it: [`FAR`], more where no further run of its suite would come nearer.
    pub(super) far: u64,
}

/// How far a run is from a condition that it does not meet.
pub(super) const FAR: u64 = 1000;

impl From<String> for Unmet {
    fn from(why: String) -> Self {
        Self { why, help: None, far: FAR }
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
        self.told(demand, |pin| self.any(demand, pin, cited))
    }

    /// How it stands, given every run that there is: for a writer.
    pub(crate) fn decided(&self, demand: &EvidenceDemand, runs: &[&Evidence]) -> Demand {
        self.told(demand, |pin| self.newest(demand, pin, runs))
    }

    /// The runs of `runs` that decide any of `demands`, and meet it: for a writer to cite, sorted by digest.
    pub(crate) fn citable(&self, demands: &[EvidenceDemand], runs: &[&Evidence]) -> Vec<Digest> {
        let mut digests = BTreeSet::new();
        for demand in demands {
            for pin in pins(demand) {
                let deciding = self.deciding(demand, pin, runs);
                let met = deciding.iter().filter(|newest| self.shortfalls(demand, pin, newest.run).is_empty());
                digests.extend(met.map(|newest| newest.run.tag().digest()));
            }
        }
        digests.into_iter().collect()
    }

    fn told<'r>(
        &self,
        demand: &EvidenceDemand,
        judged: impl Fn(Option<&PinnedSuite>) -> Result<String, Missing<'r>>,
    ) -> Demand {
        let outcome = pins(demand).into_iter().try_fold(String::new(), |_, pin| judged(pin));
        let title = demand.to_string();
        let missing = match outcome {
            Ok(detail) => return Demand::met(title, detail).of_runs().at(&demand.at),
            Err(missing) => missing,
        };
        let told = Demand::unmet(title, Refusal::new(Code::EvidenceMissing, missing.why)).of_runs().at(&demand.at);
        if missing.help.is_some() {
            return told.help(|| missing.help);
        }
        let attesters = self.policy.who_may(Action::Attest, None, None);
        let who = attesters
            .iter()
            .filter(|p| p.signs())
            .map(|p| p.name.clone())
            .filter(|n| !(demand.independent && n == self.releaser));
        told.who(who.collect()).help(|| Some(self.help(demand, missing.nearest)))
    }

    /// What to do where no run meets `demand`. Recordings that fell short fall short again, so then it is what fell short.
    fn help(&self, demand: &EvidenceDemand, nearest: Option<&Evidence>) -> String {
        let id = self.prompt;
        let is_live = demand.mode == PolicyMode::Live;
        // Live evidence whose answers were not kept shows nobody what was signed.
        let again = format!("promptuary eval {id}{} --attest", if is_live { " --record --fresh" } else { "" });
        let nearest =
            nearest.filter(|run| run.body().content == self.content && (!is_live || run.body().mode == Mode::Live));
        let Some(run) = nearest else { return again };
        let short = self.answered(demand, run).len();
        if short == 0 {
            return again;
        }
        let few = run.by_model.iter().filter(|(_, counts)| counts.total() < demand.min_cases).count();
        if short == few {
            return format!("write more cases, or attest a suite of {} or more: {again}", demand.min_cases);
        }
        let place = self.version.map_or_else(String::new, |version| format!(" v:{version}"));
        let number = run.body().position.sequence.get();
        let see = format!("see which cases fell short: promptuary evidence {id}{place} --run {number}");
        match is_live {
            true => format!("{see}; another attempt is {again}"),
            false => format!("{see}; a replay comes to the same until the prompt or its suite is mended"),
        }
    }

    /// Any run that fits.
    fn any<'r>(
        &self,
        demand: &EvidenceDemand,
        pin: Option<&PinnedSuite>,
        runs: &[&'r Evidence],
    ) -> Result<String, Missing<'r>> {
        let mut tried = Vec::new();
        for &run in runs.iter().rev().filter(|run| is_about(pin, run)) {
            let unmet = self.unmet(demand, pin, run);
            if unmet.is_empty() {
                return Ok(met(run, 0));
            }
            tried.push(Tried { run, outlives: false, unmet });
        }
        Err(nearest(tried, &self.content).map_or_else(|| nothing(pin), Tried::among_runs))
    }

    /// The newest run of any suite that may serve.
    fn newest<'r>(
        &self,
        demand: &EvidenceDemand,
        pin: Option<&PinnedSuite>,
        runs: &[&'r Evidence],
    ) -> Result<String, Missing<'r>> {
        let mut suites: BTreeMap<&RepoPath, Vec<Tried<'r>>> = BTreeMap::new();
        for Newest { run, before } in self.deciding(demand, pin, runs) {
            let failed = before.iter().filter(|run| !self.shortfalls(demand, pin, run).is_empty()).count();
            let unmet = self.shortfalls(demand, pin, run);
            if unmet.is_empty() {
                return Ok(met(run, failed) + &self.elsewhere(demand, run, runs));
            }
            let tried = Tried { run, outlives: failed < before.len(), unmet };
            suites.insert(&run.body().suite.path, vec![tried]);
        }
        // Of a suite whose runs may not serve, the nearest of them says why.
        let decided: BTreeSet<&RepoPath> = suites.keys().copied().collect();
        for &run in runs.iter().filter(|run| is_about(pin, run)) {
            let path = &run.body().suite.path;
            if !decided.contains(path) {
                let tried = Tried { run, outlives: false, unmet: self.unmet(demand, pin, run) };
                suites.entry(path).or_default().push(tried);
            }
        }
        let each = suites.into_values().filter_map(|tried| Some(nearest(tried, &self.content)?.0));
        Err(nearest(each.collect(), &self.content).map_or_else(|| nothing(pin), Tried::among_suites))
    }

    /// That the very cases of `run` did not do before in a suite at another path: one that was renamed leaves its history behind.
    fn elsewhere(&self, demand: &EvidenceDemand, run: &Evidence, runs: &[&Evidence]) -> String {
        let age = |run: &Evidence| (run.asked_at(), run.body().position.sequence);
        let fell_short = |other: &&&Evidence| {
            let (one, other) = (run.body(), **other);
            other.body().dataset == one.dataset
                && other.body().suite.path != one.suite.path
                && age(other) < age(run)
                // A pin is of one path; what speaks against the other is not that it stands at another.
                && self.bars(demand, None, other).is_empty()
                && !self.answered(demand, other).is_empty()
        };
        let paths: Vec<&str> = runs.iter().filter(fell_short).map(|other| other.body().suite.path.as_str()).collect();
        let named = paths.iter().copied().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
        match paths.len() {
            0 => String::new(),
            1 => format!(", after one of the same cases that did not do, in {named}"),
            many => format!(", after {many} of the same cases that did not do, in {named}"),
        }
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
            let counts = || self.is_independent(demand, run) || !self.passes(demand, pin, run).is_empty();
            if self.bars(demand, pin, run).is_empty() && counts() {
                let newest = suites.entry(&run.body().suite.path);
                newest.and_modify(|n| n.before.push(run)).or_insert(Newest { run, before: Vec::new() });
            }
        }
        let mut deciding: Vec<_> = suites.into_values().collect();
        deciding.sort_by_key(|newest| std::cmp::Reverse(newest.run.body().position.sequence));
        deciding
    }

    /// Every condition of `demand` that `run` does not meet.
    fn unmet(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Vec<Unmet> {
        let mut unmet = self.bars(demand, pin, run);
        unmet.extend(self.shortfalls(demand, pin, run));
        unmet
    }

    /// Why `run` may not serve `demand` at all, whatever it came to: it is of something else, or too old.
    fn bars(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Vec<Unmet> {
        let body = run.body();
        let time = run.tag().time();
        let mut bars: Vec<Unmet> = Vec::new();
        let mut unless = |holds: bool, why: &dyn Fn() -> String| {
            if !holds {
                bars.push(why().into());
            }
        };
        unless(body.content == self.content, &|| "it is of another content".to_owned());
        unless(time <= self.time, &|| "it is newer than what cites it".to_owned());
        let age = self.time.0.saturating_sub(run.asked_at().0);
        let fresh = demand.max_age.is_none_or(|most| age <= i64::try_from(most.0).unwrap_or(i64::MAX));
        unless(fresh, &|| match run.asked_at() < time {
            false => "it is too old".to_owned(),
            true => format!("it is too old, its answers were asked for at {}", run.asked_at()),
        });
        let key = held(self.policy, &run.tag().record().by);
        let stands = key.is_some_and(|(p, key)| p.name == run.signer.principal && key.state != KeyState::Revoked);
        let may = self.policy.may(&run.signer.principal, Action::Attest, None, None);
        unless(stands && may, &|| "its attester no longer may attest".to_owned());
        let live = demand.mode == PolicyMode::Replay || body.mode == Mode::Live;
        unless(live, &|| "it replays recordings, policy wants live answers".to_owned());
        if live {
            bars.extend(not_policys_providers(demand, run));
        }
        if let Some(Pinned::Unlike(why)) = pin.map(|pin| Pinned::of(pin, run)) {
            bars.push(why.into());
        }
        bars
    }

    /// In what `run`, which may serve, does not meet `demand`.
    fn shortfalls(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Vec<Unmet> {
        let mut short = Vec::new();
        if !self.is_independent(demand, run) {
            short.push("its attester signed the release, policy wants another".to_owned().into());
        }
        short.extend(self.passes(demand, pin, run));
        short
    }

    /// Whether `run` is of another than who signed the release, where `demand` wants that.
    fn is_independent(&self, demand: &EvidenceDemand, run: &Evidence) -> bool {
        !demand.independent || run.signer.principal != self.releaser
    }

    /// In what `run`, whoever attested it, falls short.
    fn passes(&self, demand: &EvidenceDemand, pin: Option<&PinnedSuite>, run: &Evidence) -> Vec<Unmet> {
        let mut short = self.answered(demand, run);
        short.extend(pin.and_then(|pin| unfixed(pin, run)));
        short
    }

    /// In what the answers of `run` fall short, whoever signed it and when; its verdict is recomputed from its counts.
    fn answered(&self, demand: &EvidenceDemand, run: &Evidence) -> Vec<Unmet> {
        let mut short = Vec::new();
        match run.body().verdict {
            Verdict::Passed => {}
            Verdict::Failed => short.push("its gate failed".to_owned().into()),
            Verdict::Inconclusive => {
                if self.policy.on_inconclusive(self.risk) == Inconclusive::Fail {
                    short.push("its comparison is inconclusive, which fails at this risk".to_owned().into());
                }
            }
        }
        // Every model must reach it by itself: a good one must not carry a bad one.
        for (model, counts) in &run.by_model {
            short.extend(short_of(demand, model, counts, run.terms.units));
        }
        short
    }
}

/// Whether answers are of providers that the attester defined, where `demand` wants those that policy defines.
fn not_policys_providers(demand: &EvidenceDemand, run: &Evidence) -> Option<Unmet> {
    let own = &run.terms.own_providers;
    if demand.providers == AskedOf::Any {
        return None;
    }
    if run.body().mode == Mode::Replay {
        return Some("it replays recordings, nobody knows of whose providers; policy wants its own".to_owned().into());
    }
    if own.is_empty() {
        return None;
    }
    let why = format!("it asked {} by a definition of its attester's own, policy wants its own", own.join(", "));
    let help = format!(
        "run it without definitions of your own (--providers, or providers.yaml in your configuration folder); what {} is to mean stands in policies/models.yaml, under `providers`",
        own.join(", ")
    );
    Some(Unmet { help: Some(help), ..why.into() })
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

fn nothing<'r>(pin: Option<&PinnedSuite>) -> Missing<'r> {
    let by = pin.map_or_else(String::new, |pin| format!(" by {}", pin.path));
    Missing { why: format!("there is no attested run of this content{by}"), help: None, nearest: None }
}
