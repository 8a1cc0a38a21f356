//! What policy and the chain demand of one pointer. Writers ask before they sign, verifiers when they read: the same
//! lines, so that nobody can write what others refuse.

use std::sync::Arc;

use policy::{Action, Demands, Policy, UpstreamRule};
use source::{Digest, EnvName, Risk, Timestamp};

use crate::ballot::{self, Excluded, Subject};
use crate::demand::Demand;
use crate::evidence::{Evidence, Wanted};
use crate::judge::{Signer, is_revoked, not_before};
use crate::live::Step;
use crate::reading::Ledger;
use crate::record::{Link, PointerAction, PointerBody, Upstream};
use crate::release::Release;
use crate::{Code, ObjectId, Refusal};

/// A pointer, signed or about to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) body: &'a PointerBody,
    /// The release's tag object.
    pub(crate) target: &'a ObjectId,
    pub(crate) time: Timestamp,
    pub(crate) signer: &'a Signer,
}

/// What a pointer is judged against.
pub(crate) struct Bench<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) release: &'a Release,
    /// The risk that the chain has run since its last promotion, see [`State::risk_before`](crate::live::State).
    pub(crate) risk: Option<Risk>,
}

impl<'a> Candidate<'a> {
    pub(crate) fn subject(&self) -> Subject<'a> {
        Subject::Pointer {
            previous: self.body.position.previous,
            release: self.body.release,
            content: self.body.content,
            target: self.target,
        }
    }

    /// What it must bring, by the risk that policy makes of it.
    pub(crate) fn demands(&self, bench: &Bench<'_>) -> (Demands, source::Risk) {
        let body = self.body;
        let risk = bench.policy.effective_risk(&body.prompt, body.risk, bench.risk).risk;
        (bench.policy.demands(&body.environment, &body.prompt, risk, body.action.action()), risk)
    }

    /// How everything stands that decides whether it is valid: what it says and what it cites, nothing else.
    pub(crate) fn validity(&self, ledger: &Ledger<'_>, bench: &Bench<'_>, step: &Result<Step, Refusal>) -> Vec<Demand> {
        let mut list = vec![self.transition(step), self.of_release(bench)];
        let (demands, risk) = self.demands(bench);
        if let Some(upstream) = &demands.upstream {
            list.extend(self.order(ledger, upstream, bench));
        } else if !self.body.after.is_empty() {
            list.extend(self.body.after.iter().map(|after| self.upstream(ledger, after, 0)));
        }
        if let Some(windows) = &demands.windows {
            list.push(self.window(windows));
        }
        let ballots = ledger.ballots(self.body);
        let excluded = Excluded { promoter: self.signer, releaser: &bench.release.signer };
        for demand in &demands.approvals {
            let (cited, subject) = (&self.body.approvals, self.subject());
            list.push(match &ballots {
                Ok(b) => ballot::pointer_demand(bench.policy, demand, &subject, cited, b, &excluded, self.time)
                    .help(|| Some(self.approve())),
                Err(refusal) => Demand::unmet("approvals", refusal.clone()),
            });
        }
        if !demands.evidence.is_empty() {
            let wanted = self.wanted(bench, risk);
            match self.cited_evidence(ledger) {
                Ok(cited) => {
                    let runs: Vec<&Evidence> = cited.iter().map(|(runs, at)| &runs.entries()[*at]).collect();
                    list.extend(demands.evidence.iter().map(|demand| wanted.demand(demand, &runs)));
                }
                Err(refusal) => list.push(Demand::unmet("attested evidence", refusal)),
            }
        }
        list
    }

    /// The command by which somebody approves it.
    fn approve(&self) -> String {
        let PointerBody { environment, prompt, version, .. } = self.body;
        format!("promptuary approve {prompt}@{version} --env {environment}")
    }

    /// The command that makes its release live in `environments`, in this order.
    fn promote<'e>(&self, environments: impl IntoIterator<Item = &'e EnvName>) -> Option<String> {
        let PointerBody { prompt, version, .. } = self.body;
        let step = |env: &EnvName| format!("promptuary promote {prompt}@{version} --to {env}");
        let steps: Vec<String> = environments.into_iter().map(step).collect();
        (!steps.is_empty()).then(|| steps.join(" && "))
    }

    /// The same where a person must say why, because automation stands still there.
    fn promote_in_turn(&self, environments: &[EnvName], ledger: &Ledger<'_>) -> Option<String> {
        let held = |env: &EnvName| ledger.chain(env, &self.body.prompt).is_ok_and(|chain| chain.state.held().is_some());
        let step = |env: &EnvName| {
            let why = if held(env) { " --reason \"…\"" } else { "" };
            self.promote([env]).map(|step| step + why)
        };
        let steps: Vec<String> = environments.iter().filter_map(step).collect();
        (!steps.is_empty()).then(|| steps.join(" && "))
    }

    pub(crate) fn wanted<'b>(&self, bench: &'b Bench<'_>, risk: source::Risk) -> Wanted<'b> {
        let releaser = &bench.release.signer.principal;
        let body = bench.release.body();
        let (policy, prompt, version) = (bench.policy, &body.prompt, Some(&body.version));
        Wanted { policy, prompt, content: self.body.content, version, risk, releaser, time: self.time }
    }

    fn transition(&self, step: &Result<Step, Refusal>) -> Demand {
        let title = match self.body.action {
            PointerAction::Promote => "nothing stops promotions there",
            PointerAction::Rollback => "it was live under what is live now",
            _ => "it is what is live now",
        };
        let help = |code: Code| match code {
            Code::ReasonMissing => Some("--reason \"…\"".to_owned()),
            Code::Held => self.promote([&self.body.environment]).map(|promote| format!("{promote} --reason \"…\"")),
            Code::NotUnderTop => self.promote([&self.body.environment]),
            _ => None,
        };
        let code = step.as_ref().err().map(|refusal| refusal.code);
        Demand::of(title, step.clone().map(|_| String::new())).help(|| code.and_then(help))
    }

    fn of_release(&self, bench: &Bench<'_>) -> Demand {
        let release = bench.release;
        let check = || {
            release.check_pointer(self.body)?;
            not_before(self.time, release.tag().time(), "the release")?;
            let by = &release.tag().record().by;
            let revoked = is_revoked(bench.policy, by);
            let moves = matches!(self.body.action, PointerAction::Promote | PointerAction::Rollback);
            if revoked && moves {
                let detail = format!("{} was signed with the key {}", release.tag().name(), by.key);
                return Err(Refusal::new(Code::ReleaseKeyRevoked, detail));
            }
            Ok(format!("signed by {}", release.signer.principal))
        };
        Demand::of(format!("release {}", release.tag().name()), check())
    }

    /// The environments' order: each upstream entry that is cited, and each that is wanted and is not.
    fn order(&self, ledger: &Ledger<'_>, upstream: &policy::Upstream, bench: &Bench<'_>) -> Vec<Demand> {
        let cited = |env: &EnvName| self.body.after.iter().any(|a| a.environment == *env);
        let mut list: Vec<Demand> = self
            .body
            .after
            .iter()
            .map(|after| {
                let wanted = upstream.environments.contains(&after.environment);
                let soak = if wanted { upstream.soak_seconds } else { 0 };
                self.upstream(ledger, after, soak).at(&upstream.at)
            })
            .collect();
        let any_cited = upstream.environments.iter().any(cited);
        let missing = |env: &&EnvName| match upstream.rule {
            UpstreamRule::All => !cited(env),
            UpstreamRule::Any => !any_cited,
        };
        for env in upstream.environments.iter().filter(missing) {
            let detail = format!("{} {} is not live in {env}", self.body.prompt, self.body.version);
            let demand = Demand::unmet(format!("live in {env} first"), Refusal::new(Code::OrderUnmet, detail));
            let help = || {
                let mut path = Vec::new();
                self.path_to(env, ledger, bench, &mut path);
                self.promote_in_turn(&path, ledger)
            };
            list.push(demand.at(&upstream.at).help(help));
        }
        list
    }

    /// The environments in which the release must be made live until it may be in `env`, that one last.
    fn path_to(&self, env: &EnvName, ledger: &Ledger<'_>, bench: &Bench<'_>, path: &mut Vec<EnvName>) {
        let chain = ledger.chain(env, &self.body.prompt);
        let is_live = chain.is_ok_and(|chain| chain.live().is_some_and(|live| live.release == self.body.release));
        if is_live || path.contains(env) {
            return;
        }
        let (_, risk) = self.demands(bench);
        if let Some(upstream) = bench.policy.demands(env, &self.body.prompt, risk, Action::Promote).upstream {
            let wanted = match upstream.rule {
                UpstreamRule::All => upstream.environments.len(),
                UpstreamRule::Any => 1,
            };
            upstream.environments.iter().take(wanted).for_each(|env| self.path_to(env, ledger, bench, path));
        }
        path.push(env.clone());
    }

    /// One upstream entry: valid, making this release live, old enough.
    fn upstream(&self, ledger: &Ledger<'_>, after: &Upstream, soak: u64) -> Demand {
        let check = || {
            let entry = ledger.upstream(self.body, after)?;
            not_before(self.time, entry.time(), "the entry upstream")?;
            if entry.live.as_ref().is_none_or(|live| live.release != self.body.release) {
                let detail =
                    format!("entry {} of {} made another release live", after.link.sequence, after.environment);
                return Err(Refusal::new(Code::OrderUnmet, detail));
            }
            check_soak(entry.time(), self.time, soak, &after.environment)?;
            Ok(format!("since {}", entry.time()))
        };
        let opens = |refusal: &Refusal| {
            let since = ledger.upstream(self.body, after).ok()?.time();
            (refusal.code == Code::SoakUnmet).then(|| soaked(since, soak))
        };
        let outcome = check();
        let opens = outcome.as_ref().err().and_then(opens);
        Demand::of(format!("live in {} first", after.environment), outcome).opens(|| opens)
    }

    fn window(&self, windows: &policy::Sourced<policy::Windows>) -> Demand {
        let closed = |why: String| Err(Refusal::new(Code::WindowClosed, why));
        let outcome = match windows.value.opening(self.time) {
            Ok(policy::window::Opening::Open) => Ok(String::new()),
            Ok(policy::window::Opening::OutsideHours { now }) => {
                closed(format!("it is {now} in {}", windows.value.zone))
            }
            Ok(policy::window::Opening::Frozen(freeze)) => {
                let why = freeze.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
                closed(format!("nothing moves from {} to {}{why}", freeze.from, freeze.to))
            }
            Err(e) => closed(format!("could not {e}")),
        };
        let opens = || windows.value.next_opening(self.time).ok().flatten();
        Demand::of("the window is open", outcome).at(&windows.at).opens(opens)
    }

    fn cited_evidence(&self, ledger: &Ledger<'_>) -> Result<Vec<(Arc<crate::evidence::Runs>, usize)>, Refusal> {
        let mut cited = Vec::new();
        for digest in &self.body.evidence {
            let runs = ledger.runs(&self.body.content)?;
            let found = runs.cited(&self.body.content, digest)?.map(|e| e.tag().digest());
            let at = found.and_then(|digest| runs.entries().iter().position(|e| e.tag().digest() == digest));
            // Where everything was fetched, nobody waits for what an insider made up.
            let code = if ledger.judge().tags.is_complete(&self.body.name().full()) {
                Code::EvidenceMissing
            } else {
                Code::ObjectMissing
            };
            cited.push((Arc::clone(&runs), at.ok_or_else(|| missing_evidence(code, digest))?));
        }
        Ok(cited)
    }
}

fn missing_evidence(code: Code, digest: &Digest) -> Refusal {
    Refusal::new(code, format!("the attested run {} is not here, or is none", digest.tagged()))
}

/// Refuses a release that has not been live upstream for `soak` seconds.
pub(crate) fn check_soak(since: Timestamp, now: Timestamp, soak: u64, environment: &EnvName) -> Result<(), Refusal> {
    let ready = soaked(since, soak);
    if now >= ready {
        return Ok(());
    }
    let wanted = policy::Duration(soak);
    let detail = format!("live in {environment} since {since}, policy wants {wanted} of it, which is at {ready}");
    Err(Refusal::new(Code::SoakUnmet, detail))
}

/// When a release that is live since `since` has soaked.
fn soaked(since: Timestamp, soak: u64) -> Timestamp {
    Timestamp(since.0.saturating_add(i64::try_from(soak).unwrap_or(i64::MAX)))
}

/// The upstream entries that a writer cites: where the release is live, the entry that made it so.
pub(crate) fn citable_upstream(
    ledger: &Ledger<'_>,
    body: &PointerBody,
    upstream: &policy::Upstream,
    time: Timestamp,
) -> Vec<Upstream> {
    let mut cited: Vec<Upstream> = Vec::new();
    for environment in &upstream.environments {
        let Ok(chain) = ledger.chain(environment, &body.prompt) else { continue };
        let Some(live) = chain.live().filter(|l| l.release == body.release) else { continue };
        let ready = check_soak(live.at, time, upstream.soak_seconds, environment).is_ok();
        // Of several that would do alone, one that would not is left out.
        if upstream.rule == UpstreamRule::All || ready {
            cited.push(Upstream { environment: environment.clone(), link: live.since });
        }
    }
    if upstream.rule == UpstreamRule::Any {
        cited.truncate(1);
    }
    cited.sort();
    cited
}

/// Whether the release is still live upstream where the pointer says it was: seen from now, not from the entry.
pub(crate) fn upstream_moved(ledger: &Ledger<'_>, body: &PointerBody, time: Timestamp) -> Option<Refusal> {
    body.after.iter().find_map(|after| {
        let chain = ledger.chain(&after.environment, &body.prompt).ok()?;
        let since = chain.entries.partition_point(|e| e.link().sequence < after.link.sequence);
        // Of two entries of one second nobody can say which came first.
        let until = chain.entries.partition_point(|e| e.time() < time);
        let between = chain.entries.get(since..until.max(since))?;
        let moved = between.iter().find(|e| e.live.as_ref().is_none_or(|l| l.release != body.release))?;
        let link: Link = moved.link();
        let detail =
            format!("entry {} of {} had moved on before, at {}", link.sequence, after.environment, moved.time());
        Some(Refusal::new(Code::OrderUnmet, detail).about(moved.tag().name()))
    })
}
