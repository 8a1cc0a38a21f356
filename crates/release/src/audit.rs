//! A report for auditors: who did what, on whose word and on what evidence, and whether each entry holds.
//!
//! Made of signed tags and of the commits that they name, and of nothing else: not of what this machine remembers, nor of
//! when it is made. The same refs give the same report, byte for byte.

use std::collections::BTreeMap;

use ledger::chain::Beyond;
use ledger::{Depth, Refusal, Sequence};
use source::{Digest, EnvName, Timestamp};

use crate::desk::Desk;
use crate::error::{Class, Result, of_refusal};
use crate::reading::{Again, Scope, environments};
use crate::timeline::{Event, Wanted, timeline};
use crate::views::{Standing, objections, standing};

/// The report.
#[derive(Debug, serde::Serialize)]
pub struct Audit {
    /// The root of the ledger.
    pub root: Digest,
    /// The policy in effect.
    pub policy: Sequence,
    /// The time of the newest entry that the report tells of.
    pub newest: Option<Timestamp>,
    /// What was asked for.
    pub wanted: Wanted,
    /// Entries that hold, oldest first.
    pub entries: Vec<Event>,
    /// Tags that count for nothing, each with why.
    pub refused: Vec<Event>,
    /// How many more tags are of a ledger that was inherited, which counts for nothing in this one.
    pub inherited: usize,
    /// What each person and machine did.
    pub people: Vec<Person>,
    /// What happened in each environment.
    pub environments: Vec<Place>,
    /// What is live now, and whether it may be.
    pub live: Vec<Standing>,
    /// Where the ledger falls behind what this machine, or the lock file, has seen. No part of what refs say.
    #[serde(skip)]
    pub memory: Vec<Refusal>,
}

/// What somebody signed.
#[derive(Debug, serde::Serialize)]
pub struct Person {
    /// The principal, as policy names them.
    pub name: String,
    /// Whether it is a machine.
    pub automation: bool,
    /// How many entries that hold, by what they do.
    pub acts: BTreeMap<&'static str, usize>,
}

/// What happened in an environment.
#[derive(Debug, serde::Serialize)]
pub struct Place {
    /// The environment.
    pub environment: EnvName,
    /// How many entries that hold, by what they do.
    pub acts: BTreeMap<&'static str, usize>,
    /// How many tags that count for nothing.
    pub refused: usize,
}

impl Audit {
    /// The worst of what is wrong now; what was refused and passed over harms nobody.
    pub fn class(&self) -> Option<Class> {
        let classes: Vec<Class> =
            self.live.iter().flat_map(|standing| &standing.faults).chain(&self.memory).map(of_refusal).collect();
        [Class::Refused, Class::CannotVerify]
            .into_iter()
            .find(|class| classes.contains(class))
            .or(classes.first().copied())
    }
}

/// Reads all of the ledger anew and reports what is wanted of it.
pub fn audit(desk: &Desk, wanted: &Wanted) -> Result<Audit> {
    let memory = std::cell::RefCell::new(Vec::new());
    let mut report = desk.read_again(Again::All, Scope::All, |ledger| {
        let (mut refused, entries): (Vec<Event>, Vec<Event>) =
            timeline(desk, ledger, wanted)?.into_iter().partition(|event| event.refusal.is_some());
        let all = refused.len();
        refused.retain(|event| event.refusal.as_ref().is_none_or(|refusal| !ledger.is_inherited(refusal)));
        let inherited = all - refused.len();
        refused.extend(strays(desk, wanted)?);
        let mut live = Vec::new();
        let chains = match &wanted.prompt {
            Some(id) => ledger.chains_of(id)?,
            None => ledger.chains()?,
        };
        for (env, id) in chains {
            if wanted.environment.as_ref().is_some_and(|wanted| *wanted != env) {
                continue;
            }
            let chain = ledger.chain(&env, &id)?;
            memory.borrow_mut().extend(ledger.check_end(&chain, Beyond::Pass).err());
            if chain.tip().is_some() {
                // Judged by refs alone: what this machine remembers is told apart.
                let mut standing = standing(ledger, &chain)?;
                standing.faults = chain.check_end(None, Beyond::Refuse).err().into_iter().collect();
                let objections = objections(ledger, &chain, Depth::Tip, &standing.faults)?;
                standing.faults.extend(objections);
                live.push(standing);
            }
        }
        let people = people(&entries);
        let environments = environments(ledger)?;
        let place = |env: &EnvName| environments.iter().position(|known| known == env);
        live.sort_by(|a, b| (&a.prompt, place(&a.environment)).cmp(&(&b.prompt, place(&b.environment))));
        let environments = environments.into_iter().filter(|env| wanted.environment.as_ref().is_none_or(|w| w == env));
        Ok(Audit {
            root: ledger.policies().root(),
            policy: ledger.policies().current().link().sequence,
            newest: entries.iter().filter_map(|event| event.at).max(),
            wanted: wanted.clone(),
            environments: environments.map(|env| of_place(env, &entries, &refused)).collect(),
            people,
            entries,
            refused,
            inherited,
            live,
            memory: Vec::new(),
        })
    })?;
    report.memory = memory.into_inner();
    Ok(report)
}

/// Tags in our folders that have none of our names: nobody signed them as anything.
fn strays(desk: &Desk, wanted: &Wanted) -> Result<Vec<Event>> {
    if wanted.prompt.is_some() || wanted.environment.is_some() || wanted.by.is_some() {
        return Ok(Vec::new());
    }
    Ok(crate::strays::names(desk)?.into_iter().map(Event::stray).collect())
}

fn people(entries: &[Event]) -> Vec<Person> {
    let mut people: BTreeMap<&str, Person> = BTreeMap::new();
    for event in entries {
        let new = || Person { name: event.by.clone(), automation: false, acts: BTreeMap::new() };
        let person = people.entry(&event.by).or_insert_with(new);
        person.automation |= event.automation == Some(true);
        *person.acts.entry(event.act).or_default() += 1;
    }
    people.into_values().collect()
}

fn of_place(environment: EnvName, entries: &[Event], refused: &[Event]) -> Place {
    let here = |event: &&Event| event.environment.as_ref() == Some(&environment);
    let mut acts = BTreeMap::new();
    for event in entries.iter().filter(here) {
        *acts.entry(event.act).or_default() += 1;
    }
    let refused = refused.iter().filter(here).count();
    Place { acts, refused, environment }
}
