//! Planning pointers: which release, what it cites, which time it carries, what speaks against it.

use std::sync::Arc;

use policy::{Action, Policy};
use source::{EnvName, PromptId, Risk, Timestamp};

use super::permission::{permission, signer};
use super::{Plan, Under};
use crate::ballot::{self, Excluded, Subject};
use crate::chain::{Beyond, Chain};
use crate::demand::Demand;
use crate::evidence::{Evidence, Wanted};
use crate::judge::{CLOCK_TOLERANCE, Signer};
use crate::pointer::{Bench, Candidate, citable_upstream};
use crate::reading::Ledger;
use crate::record::{Body, By, PointerAction, PointerBody, Position, Reason};
use crate::release::Release;
use crate::{Code, RefName, Refusal};

/// What a writer of a pointer wants.
#[derive(Clone)]
pub struct PointerIntent<'r> {
    /// Where.
    pub environment: EnvName,
    /// Which prompt.
    pub prompt: PromptId,
    /// What to do.
    pub action: PointerAction,
    /// The release, for `promote`; for `rollback` where one was named. What is live decides otherwise.
    pub release: Option<&'r Release>,
    /// Who signs, with which key.
    pub by: By,
    /// Why.
    pub reason: Option<Reason>,
}

/// What the next entry of a chain would need.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// Where it would stand.
    pub position: Position,
    /// What it would be: a promotion, or a rollback.
    pub action: PointerAction,
    /// The risk that decides what is demanded.
    pub risk: Risk,
    /// Every demand but the signer's right, met or not.
    pub demands: Vec<Demand>,
    /// Who may sign it.
    pub signers: Vec<String>,
    /// Who may approve or reject it at all.
    pub approvers: Vec<String>,
    /// The last words on it, one a principal.
    pub words: Vec<crate::ballot::Word>,
    /// What is live before it.
    pub live: Option<Arc<crate::Live>>,
    /// Whether automation stands still there, so that a person goes on and says why.
    pub held: bool,
}

/// What somebody wants to write, apart from where.
struct Asked<'a> {
    action: PointerAction,
    release: &'a Arc<Release>,
    signer: Signer,
    says_why: bool,
}

/// How it stands.
struct Weighed {
    body: PointerBody,
    time: Timestamp,
    demands: Vec<Demand>,
    risk: Risk,
}

impl Weighed {
    const fn subject<'a>(&self, target: &'a crate::ObjectId) -> Subject<'a> {
        let PointerBody { release, content, .. } = self.body;
        Subject::Pointer { previous: self.body.position.previous, release, content, target }
    }
}

impl Ledger<'_> {
    /// The pointer that `intent` wants, written under the policy in effect.
    pub fn plan_pointer(&self, intent: &PointerIntent<'_>) -> Result<Plan, Refusal> {
        self.plan_pointer_under(intent, &self.in_effect()?)
    }

    /// The pointer that `intent` wants, written under `under`: a seal that is pushed together with its policy.
    ///
    /// An error means that nothing could be written at all, whatever is met.
    pub fn plan_pointer_under(&self, intent: &PointerIntent<'_>, under: &Under<'_>) -> Result<Plan, Refusal> {
        let chain = self.open_chain(&intent.environment, &intent.prompt)?;
        let release = self.intended(intent, &chain)?;
        let signer = signer(&intent.by, under.policy);
        let asked = Asked { action: intent.action, release: &release, signer, says_why: intent.reason.is_some() };
        let Weighed { body, time, mut demands, .. } = self.weigh(&chain, &asked, under)?;
        let held = |d: &&mut Demand| d.refusal.as_ref().is_some_and(|refusal| refusal.code == Code::Held);
        if let Some(held) = demands.iter_mut().find(held) {
            let all = under.policy.who_may(Action::Promote, Some(&body.environment), Some(&body.prompt));
            held.who = all.iter().filter(|p| !p.automation).map(|p| p.name.clone()).collect();
        }
        demands.insert(0, permission(&intent.by, under.policy, intent.action.action(), Some(&body)));
        let name = RefName::Pointer(body.environment.clone(), body.prompt.clone(), body.position.sequence);
        let record = self.record(Body::Pointer(body), intent.by.clone(), under.link, intent.reason.clone());
        Ok(Plan { name, target: *release.id(), record, time, demands })
    }

    /// What making `release` live in `environment` would need now, and who could give it, whoever signs in the end: as a
    /// rollback where it was live under what is live, else as a promotion.
    pub fn prospect(&self, environment: &EnvName, release: &Arc<Release>) -> Result<Prospect, Refusal> {
        let under = self.in_effect()?;
        let prompt = &release.body().prompt;
        let chain = self.open_chain(environment, prompt)?;
        let digest = release.tag().digest();
        let below = chain
            .state
            .stack()
            .split_last()
            .is_some_and(|(top, below)| top.release != digest && below.iter().any(|live| live.release == digest));
        let action = if below { PointerAction::Rollback } else { PointerAction::Promote };
        let signer = Signer { principal: String::new(), automation: false, leaf: None };
        let weighed = self.weigh(&chain, &Asked { action, release, signer, says_why: true }, &under)?;
        // While automation stands still, only a person promotes.
        let people = action == PointerAction::Promote && chain.state.held().is_some();
        let may = |action, people: bool| {
            let all = under.policy.who_may(action, Some(environment), Some(prompt));
            // Whoever has only keys that sign nothing any more is no help.
            let able = all.iter().filter(|p| !(people && p.automation) && p.signs());
            able.map(|p| p.name.clone()).collect::<Vec<_>>()
        };
        let ready = weighed.demands.iter().all(|d| d.missing.is_none());
        // Whoever signs approves nothing: not everybody who may promote can, where too few would be left to approve.
        let able = |name: &String| {
            let signer = Signer { principal: name.clone(), automation: false, leaf: None };
            let weighed = self.weigh(&chain, &Asked { action, release, signer, says_why: true }, &under);
            let left = |d: &Demand| d.missing.is_none_or(|missing| d.who.len() as u64 >= u64::from(missing));
            // What others have met must not be unmet by whoever signs.
            let met = |d: &Demand| !ready || d.missing.is_none();
            weighed.is_ok_and(|weighed| weighed.demands.iter().all(|d| left(d) && met(d)))
        };
        let ballots = self.ballots(&weighed.body)?;
        let subject = weighed.subject(release.id());
        let said = ballots.last_words(&subject, self.judge.now);
        Ok(Prospect {
            words: said.into_iter().map(crate::ballot::Word::of).collect(),
            position: weighed.body.position.clone(),
            action,
            risk: weighed.risk,
            demands: weighed.demands,
            signers: may(action.action(), people).into_iter().filter(able).collect(),
            approvers: may(Action::Approve, true),
            live: chain.live().cloned(),
            held: chain.state.held().is_some(),
        })
    }

    /// The chain of a prompt in an environment, fit to be added to.
    fn open_chain(&self, environment: &EnvName, prompt: &PromptId) -> Result<Chain, Refusal> {
        let chain = self.chain(environment, prompt)?;
        self.check_end(&chain, Beyond::Pass)?;
        Ok(chain)
    }

    /// The next entry of `chain`, and how everything stands that it must bring but its signer's right.
    fn weigh(&self, chain: &Chain, asked: &Asked<'_>, under: &Under<'_>) -> Result<Weighed, Refusal> {
        let Asked { action, release, signer, says_why } = asked;
        let fields = release.body();
        let mut body = PointerBody {
            environment: chain.environment.clone(),
            prompt: chain.prompt.clone(),
            position: chain.next(self.over_conflicts)?,
            action: *action,
            version: fields.version.clone(),
            release: release.tag().digest(),
            content: fields.content,
            risk: fields.risk,
            after: Vec::new(),
            approvals: Vec::new(),
            evidence: Vec::new(),
        };
        let live = chain.live();
        let bench = Bench { policy: under.policy, release, risk: chain.state.risk_before(*action) };
        let time = self.cite(&mut body, &bench, signer, chain, under)?;
        let step = chain.state.step(&body, signer.automation, *says_why);
        let mut demands = Vec::new();
        if *action == PointerAction::Promote
            && chain.state.held().is_none()
            && live.is_some_and(|live| live.release == body.release)
        {
            let detail = format!("{} {} is live in {}", body.prompt, body.version, body.environment);
            demands.push(Demand::unmet("it is not live already", Refusal::new(Code::AlreadyLive, detail)));
        }
        let candidate = Candidate { body: &body, target: release.id(), time, signer };
        demands.extend(candidate.validity(self, &bench, &step));
        self.decide_evidence(&mut demands, &candidate, &bench)?;
        self.explain_approvals(&mut demands, &candidate, chain)?;
        demands.extend(self.objections_to(&candidate, release, under.policy)?);
        let (_, risk) = candidate.demands(&bench);
        Ok(Weighed { body, time, demands, risk })
    }

    /// The release that an intent is about.
    fn intended(&self, intent: &PointerIntent<'_>, chain: &Chain) -> Result<Arc<Release>, Refusal> {
        if let Some(release) = intent.release {
            return Ok(Arc::new(release.clone()));
        }
        let (_, live) = chain.require_live()?;
        let tag = match intent.action {
            PointerAction::Rollback => match chain.state.rollback_target() {
                Some(target) => target.tag,
                None => {
                    let detail = format!("nothing was live in {} under {}", intent.environment, live.version);
                    return Err(Refusal::new(Code::NotUnderTop, detail));
                }
            },
            _ => live.tag,
        };
        self.release_at(&tag)
    }

    /// Fills in what the entry cites and gives the time it carries.
    fn cite(
        &self,
        body: &mut PointerBody,
        bench: &Bench<'_>,
        signer: &Signer,
        chain: &Chain,
        under: &Under<'_>,
    ) -> Result<Timestamp, Refusal> {
        let previous = chain.tip().map(|tip| tip.time());
        let known = [Some(under.time), Some(bench.release.tag().time()), previous];
        let time = self.stamp(known.into_iter().flatten())?;
        let draft = body.clone();
        let candidate = Candidate { body: &draft, target: bench.release.id(), time, signer };
        let (demands, risk) = candidate.demands(bench);
        let mut times = vec![time];
        if let Some(upstream) = &demands.upstream {
            body.after = citable_upstream(self, body, upstream, time);
            for after in &body.after {
                times.push(self.upstream(body, after)?.time());
            }
        }
        if !demands.approvals.is_empty() {
            let ballots = self.ballots(body)?;
            let excluded = Excluded { promoter: signer, releaser: &bench.release.signer };
            let until = Timestamp(self.judge.now.0.saturating_add(CLOCK_TOLERANCE));
            for ballot in ballots.citable(&candidate.subject(), until) {
                if ballot::is_active(under.policy, ballot)
                    && excluded.allows(&ballot.signer.principal)
                    && demands.approvals.iter().any(|d| d.from.contains(&ballot.signer.principal))
                {
                    body.approvals.push(ballot.tag().digest());
                    times.push(ballot.tag().time());
                }
            }
            body.approvals.sort();
        }
        if !demands.evidence.is_empty() {
            let runs = self.runs(&body.content)?;
            let runs: Vec<&Evidence> = runs.entries().iter().collect();
            let wanted = self.wanted_of(&candidate, bench, risk, &runs);
            let cited = wanted.citable(&demands.evidence, &runs);
            times.extend(runs.iter().filter(|r| cited.contains(&r.tag().digest())).map(|r| r.tag().time()));
            body.evidence = cited;
        }
        self.stamp(times.into_iter())
    }

    /// Says of approvals that are missing which were given for a number that another entry has taken since.
    fn explain_approvals(
        &self,
        demands: &mut [Demand],
        candidate: &Candidate<'_>,
        chain: &Chain,
    ) -> Result<(), Refusal> {
        let missing = |d: &&mut Demand| d.refusal.as_ref().is_some_and(|r| r.code == Code::ApprovalsMissing);
        let Some(demand) = demands.iter_mut().find(missing) else { return Ok(()) };
        // A few entries back: one may have put the environment on hold right after another.
        for entry in chain.entries.iter().rev().take(4) {
            let body = entry.body();
            if moves(body.action) && body.release == candidate.body.release {
                return Ok(());
            }
            let n = entry.link().sequence;
            let ballots = self.ballots_of(&chain.environment, &chain.prompt, n)?;
            let mut given: Vec<_> = ballots.valid.iter().filter(|b| b.is_for(&candidate.body.release)).collect();
            // By person: their tags are named after keys.
            given.sort_by_key(|ballot| &ballot.signer.principal);
            let did = match body.action {
                PointerAction::Promote | PointerAction::Rollback => format!("made {} live instead", body.version),
                PointerAction::Hold => "stopped automation".to_owned(),
                PointerAction::Retire => format!("retired {}", body.version),
                PointerAction::Seal => format!("sealed {}", body.version),
            };
            for ballot in &given {
                let who = &ballot.signer.principal;
                demand.notes.push(format!("the approval by {who} was for entry {n}, which {did}; it is void"));
            }
            if !given.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// What evidence is wanted for, by a writer: at the time of the newest run of `runs` that the entry could cite, so
    /// that none is passed over for the clock of whoever signed it.
    fn wanted_of<'b>(
        &self,
        candidate: &Candidate<'_>,
        bench: &'b Bench<'_>,
        risk: Risk,
        runs: &[&Evidence],
    ) -> Wanted<'b> {
        let mut wanted = candidate.wanted(bench, risk);
        let latest = runs.iter().map(|run| run.tag().time()).max().unwrap_or(wanted.time).max(wanted.time);
        wanted.time = latest.min(Timestamp(self.judge.now.0.saturating_add(CLOCK_TOLERANCE)));
        wanted
    }

    /// Judges evidence by every run there is: of what the entry cites, any that fits would do, and an older run that
    /// passed does not outlive a newer one that failed. Says of what is missing why the run that decides will not do.
    fn decide_evidence(
        &self,
        demands: &mut [Demand],
        candidate: &Candidate<'_>,
        bench: &Bench<'_>,
    ) -> Result<(), Refusal> {
        let (wants, risk) = candidate.demands(bench);
        if wants.evidence.is_empty() {
            return Ok(());
        }
        let runs = self.runs(&candidate.body.content)?;
        let runs: Vec<&Evidence> = runs.entries().iter().collect();
        let wanted = self.wanted_of(candidate, bench, risk, &runs);
        // They were judged last, in this order.
        let first = demands.len().saturating_sub(wants.evidence.len());
        for (slot, want) in demands[first..].iter_mut().zip(&wants.evidence) {
            let told = wanted.decided(want, &runs);
            let missing = slot.refusal.as_ref().is_some_and(|refusal| refusal.code == Code::EvidenceMissing);
            // What verifiers would refuse stays refused, whatever a writer makes of it.
            if slot.is_met() || missing && !told.is_met() {
                *slot = told;
            }
        }
        Ok(())
    }

    /// What verifiers would hold against the entry though it is valid.
    fn objections_to(
        &self,
        candidate: &Candidate<'_>,
        release: &Release,
        policy: &Policy,
    ) -> Result<Vec<Demand>, Refusal> {
        let body = candidate.body;
        let mut list = Vec::new();
        if moves(body.action) {
            let may = |b: &ballot::Ballot| {
                let (env, prompt) = (Some(&body.environment), Some(&body.prompt));
                policy.may(&b.signer.principal, Action::Approve, env, prompt) && ballot::is_active(policy, b)
            };
            let until = Timestamp(candidate.time.0.saturating_add(CLOCK_TOLERANCE));
            // Nobody's word stops a rollback: the fire comes first.
            if body.action == PointerAction::Promote {
                let rejected = ballot::objection(&self.ballots(body)?, &candidate.subject(), until, may);
                list.push(match rejected {
                    Some(refusal) => {
                        let PointerBody { environment, prompt, version, .. } = body;
                        let help = format!("promptuary approve {prompt}@{version} --env {environment}");
                        let who = ballot::rejecters(&self.ballots(body)?, &candidate.subject(), until, may);
                        Demand::unmet("nobody rejects it", refusal).who(who).help(|| Some(help))
                    }
                    None => Demand::met("nobody rejects it", ""),
                });
            }
            list.push(match self.of_release(release, policy)? {
                Some(refusal) => Demand::unmet("its commit holds what was released", refusal),
                None => Demand::met("its commit holds what was released", ""),
            });
        }
        Ok(list)
    }
}

const fn moves(action: PointerAction) -> bool {
    matches!(action, PointerAction::Promote | PointerAction::Rollback)
}
