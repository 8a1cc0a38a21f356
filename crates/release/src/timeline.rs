//! What happened, entry by entry: read from signed tags alone, those that hold and those that do not.

mod event;

use std::collections::{BTreeMap, BTreeSet};

use ledger::evidence::Evidence;
use ledger::record::{Body, Mode};
use ledger::{Ballots, Beyond, Ledger, RefName, Refusal, Sequence, SignedTag};
use source::{Digest, EnvName, PromptId, Timestamp, Version};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::pointers::known_environment;
use crate::reading::{Scope, environments};
use crate::views::asked;

pub use event::Event;
use event::{event, unknown};

/// Which part of the timeline is wanted.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Wanted {
    /// Only this prompt.
    pub prompt: Option<PromptId>,
    /// Only this environment.
    pub environment: Option<EnvName>,
    /// Only what this principal signed.
    pub by: Option<String>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only up to this moment.
    pub until: Option<Timestamp>,
}

impl Wanted {
    fn takes(&self, event: &Event) -> bool {
        (self.environment.is_none() || event.environment == self.environment)
            && self.by.as_ref().is_none_or(|by| *by == event.by)
            && self.since.is_none_or(|since| event.at.is_none_or(|at| at >= since))
            && self.until.is_none_or(|until| event.at.is_none_or(|at| at <= until))
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        self.prompt.as_ref().map_or(Scope::All, Scope::Prompt)
    }
}

/// A part of the timeline, and what says that it may not be all of it.
#[derive(Debug)]
pub struct Logged {
    /// The events, in the order that was asked for.
    pub events: Vec<Event>,
    /// Why the end of a ledger that was read cannot be relied on: something is missing, or stands where it must not.
    pub faults: Vec<Refusal>,
}

/// What happened, newest first. Only entries that hold are told.
pub fn log(desk: &Desk, wanted: &Wanted) -> Result<Logged> {
    desk.read(wanted.scope(), |ledger| {
        let mut events = timeline(desk, ledger, wanted)?;
        events.retain(|event| event.refusal.is_none());
        events.reverse();
        Ok(Logged { events, faults: faults(ledger, wanted)? })
    })
}

/// What was live at a moment, in every environment: the entry that says so, with the version that was live.
pub fn live_at(desk: &Desk, wanted: &Wanted, moment: Timestamp) -> Result<Logged> {
    desk.read(wanted.scope(), |ledger| {
        let mut found = Vec::new();
        let asked = asked(desk, ledger, wanted.prompt.as_ref())?;
        for (env, id) in chains(ledger, wanted)? {
            let chain = ledger.chain(&env, &id)?;
            if asked.contains(&id)
                && let Some((entry, Some(live))) = chain.live_at(moment)
            {
                let mut told = event(entry.tag());
                told.version = Some(live.version.clone());
                found.push(told);
            }
        }
        let order = environments(ledger)?;
        let place = |e: &Event| e.environment.as_ref().and_then(|env| order.iter().position(|known| known == env));
        found.sort_by(|a, b| (place(a), &a.prompt).cmp(&(place(b), &b.prompt)));
        Ok(Logged { events: found, faults: faults(ledger, wanted)? })
    })
}

/// What is wrong with the ends of the chains that are wanted: of a broken one, the entries after the fault are not told.
fn faults(ledger: &Ledger<'_>, wanted: &Wanted) -> Result<Vec<Refusal>> {
    let mut faults = Vec::new();
    for (env, id) in chains(ledger, wanted)? {
        faults.extend(ledger.check_end(&ledger.chain(&env, &id)?, Beyond::Refuse).err());
    }
    Ok(faults)
}

/// Everything that is wanted, oldest first, refused tags included.
pub(crate) fn timeline(desk: &Desk, ledger: &Ledger<'_>, wanted: &Wanted) -> Result<Vec<Event>> {
    if let Some(env) = &wanted.environment {
        known_environment(ledger, env)?;
    }
    let mut told = Told { ledger, events: Vec::new(), contents: BTreeMap::new() };
    let ids = asked(desk, ledger, wanted.prompt.as_ref())?;
    if wanted.prompt.is_none() {
        told.policies()?;
    }
    for id in &ids {
        told.releases(id)?;
    }
    for (env, id) in chains(ledger, wanted)? {
        told.chain(&env, &id)?;
        told.decisions(&env, &id)?;
    }
    told.evidence(wanted.prompt.is_none())?;
    let mut events = told.events;
    if let Some(by) = wanted.by.as_ref().filter(|by| !events.iter().any(|event| event.by == **by)) {
        known_principal(ledger, by)?;
    }
    events.retain(|event| wanted.takes(event));
    // Within one second the order of what rests on what: policy, release, evidence, then the environments as policy has
    // them, decisions before what they are about, by person, since their tags are named after keys.
    let order = environments(ledger)?;
    let rank = |e: &Event| {
        let env = e.environment.as_ref().and_then(|env| order.iter().position(|known| known == env));
        let decides = !matches!(e.act, "approve" | "reject");
        (e.at, e.prompt.is_some(), e.environment.is_some(), env, e.act == "attest", e.sequence, decides)
    };
    events.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| (&a.by, &a.tag).cmp(&(&b.by, &b.tag))));
    Ok(events)
}

/// Refuses a name that no policy ever had, and nothing that is here claims: a slip of the finger must not read as if somebody had
/// done nothing.
fn known_principal(ledger: &Ledger<'_>, name: &str) -> Result<()> {
    let mut known = BTreeSet::new();
    for entry in ledger.policies().entries() {
        known.extend(entry.policy(ledger.judge())?.principals().iter().map(|principal| principal.name.clone()));
    }
    if known.contains(name) {
        return Ok(());
    }
    let all = known.iter().map(String::as_str);
    let near = source::did_you_mean(name, all.clone());
    let remedy = near.unwrap_or_else(|| format!("there were {}", all.collect::<Vec<_>>().join(", ")));
    Err(Error::usage(format!("find `{name}`: no policy ever named a principal so"), remedy))
}

fn chains(ledger: &Ledger<'_>, wanted: &Wanted) -> Result<Vec<(EnvName, PromptId)>> {
    let mut chains = match &wanted.prompt {
        Some(id) => ledger.chains_of(id)?,
        None => ledger.chains()?,
    };
    chains.retain(|(env, _)| wanted.environment.as_ref().is_none_or(|wanted| wanted == env));
    Ok(chains)
}

/// What is being gathered.
struct Told<'l, 'a> {
    ledger: &'l Ledger<'a>,
    events: Vec<Event>,
    /// Which release a content belongs to, for evidence, which names only the content.
    contents: BTreeMap<Digest, Option<(PromptId, Version)>>,
}

impl Told<'_, '_> {
    fn policies(&mut self) -> Result<()> {
        let policies = self.ledger.policies();
        let mut numbers: BTreeSet<Sequence> = BTreeSet::new();
        for name in self.ledger.names("approval/policy@")? {
            if let RefName::PolicyApproval(n, ..) = name {
                numbers.insert(n);
            }
        }
        for entry in policies.entries() {
            self.hold(entry.tag(), None);
        }
        for junk in policies.junk() {
            self.refuse(RefName::Policy(junk.sequence), &junk.refusal)?;
        }
        for n in numbers {
            let ballots = self.ledger.ballots_of_policy(n)?;
            self.ballots(&ballots, None)?;
        }
        Ok(())
    }

    fn releases(&mut self, id: &PromptId) -> Result<()> {
        for (version, release) in self.ledger.releases(id)? {
            match release {
                Ok(release) => {
                    self.contents.insert(release.body().content, Some((id.clone(), version)));
                    self.hold(release.tag(), Some(release.signer.automation));
                }
                Err(refusal) => self.refuse(RefName::Release(id.clone(), version), &refusal)?,
            }
        }
        Ok(())
    }

    fn chain(&mut self, env: &EnvName, id: &PromptId) -> Result<()> {
        let chain = self.ledger.chain(env, id)?;
        let mut before: Option<Version> = None;
        for entry in &chain.entries {
            let body = entry.body();
            let mut event = event(entry.tag());
            event.before = before.take();
            event.automation = entry.signer.as_ref().map(|signer| signer.automation);
            if !body.approvals.is_empty() {
                let ballots = self.ledger.ballots_of(env, id, body.position.sequence)?;
                let cited = ballots.valid.iter().filter(|b| body.approvals.contains(&b.tag().digest()));
                event.approved_by = cited.map(|b| b.signer.principal.clone()).collect();
                event.approved_by.sort();
            }
            if !body.evidence.is_empty() {
                let runs = self.ledger.runs(&body.content)?;
                let cited = runs.entries().iter().filter(|run| body.evidence.contains(&run.tag().digest()));
                event.attested = cited.map(|run| format!("{}, by {}", outcome(run), run.signer.principal)).collect();
            }
            before = entry.live.as_ref().map(|live| live.version.clone());
            self.events.push(event);
        }
        for junk in &chain.junk {
            self.refuse(RefName::Pointer(env.clone(), id.clone(), junk.sequence), &junk.refusal)?;
        }
        Ok(())
    }

    fn decisions(&mut self, env: &EnvName, id: &PromptId) -> Result<()> {
        let mut numbers: BTreeSet<Sequence> = BTreeSet::new();
        for name in self.ledger.names(&format!("approval/{env}/{id}@"))? {
            if let RefName::Approval(_, _, n, ..) = name {
                numbers.insert(n);
            }
        }
        for n in numbers {
            let ballots = self.ledger.ballots_of(env, id, n)?;
            self.ballots(&ballots, Some(id))?;
        }
        Ok(())
    }

    fn ballots(&mut self, ballots: &Ballots, id: Option<&PromptId>) -> Result<()> {
        for ballot in &ballots.valid {
            let mut event = event(ballot.tag());
            event.automation = Some(ballot.signer.automation);
            if id.is_some() {
                event.version = self.ledger.release_at(ballot.tag().target()).ok().map(|r| r.body().version.clone());
            }
            self.events.push(event);
        }
        for void in &ballots.void {
            if let Some(Ok(name)) = void.refusal.tag.as_ref().map(|tag| tag.parse()) {
                self.refuse(name, &void.refusal)?;
            }
        }
        Ok(())
    }

    /// Attested runs of what was released; with `all` those of every other content too.
    fn evidence(&mut self, all: bool) -> Result<()> {
        let mut unread = Vec::new();
        if all {
            for name in self.ledger.names("evidence/")? {
                match self.ledger.peek(&name)?.as_ref().map(|tag| &tag.record().body) {
                    Some(Body::Evidence(body)) => drop(self.contents.entry(body.content).or_insert(None)),
                    _ => unread.push(name),
                }
            }
        }
        let contents = std::mem::take(&mut self.contents);
        for (content, release) in contents {
            let runs = self.ledger.runs(&content)?;
            for run in runs.entries().iter().filter(|run| run.body().content == content) {
                let mut event = event(run.tag());
                (event.prompt, event.version) = release.clone().unzip();
                event.attested = vec![outcome(run)];
                event.automation = Some(run.signer.automation);
                self.events.push(event);
            }
            for junk in runs.junk() {
                let name = RefName::Evidence(ledger::refname::Hex16::of(&content), junk.sequence);
                unread.retain(|unread| *unread != name);
                self.refuse(name, &junk.refusal)?;
            }
        }
        for name in unread {
            let refusal = Refusal::new(ledger::Code::TagMalformed, "it cannot be read as an attested run");
            self.refuse(name, &refusal)?;
        }
        Ok(())
    }

    fn hold(&mut self, tag: &SignedTag, automation: Option<bool>) {
        let mut event = event(tag);
        event.automation = automation;
        self.events.push(event);
    }

    /// A tag that counts for nothing, told by what it claims, where that can be read at all.
    fn refuse(&mut self, name: RefName, refusal: &Refusal) -> Result<()> {
        let mut event = match self.ledger.peek(&name)? {
            Some(tag) => event(&tag),
            None => unknown(&name),
        };
        event.tag = name.to_string();
        event.refusal = Some(refusal.clone());
        self.events.push(event);
        Ok(())
    }
}

fn outcome(run: &Evidence) -> String {
    let body = run.body();
    let mode = if body.mode == Mode::Live { "live" } else { "replayed" };
    let gate = match body.verdict {
        ledger::record::Verdict::Passed => "",
        other => &format!(", gate {}", other.as_str()),
    };
    let mut text = format!("{} of {} passed, {mode}{gate}", body.cases.passed, body.cases.total());
    let helped = [("judged", &run.terms.judge), ("embedded", &run.terms.embeddings)];
    for (what, helper) in helped.iter().filter_map(|(what, helper)| Some((what, helper.as_ref()?))) {
        text += &format!(", {what} by {}", helper.model);
    }
    if !run.terms.own_providers.is_empty() {
        text += &format!(", asked of its attester's own {}", run.terms.own_providers.join(", "));
    }
    text
}
