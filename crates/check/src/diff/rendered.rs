//! What a model would see before and after, over many cases: a difference is shown once, with every case that has it.

use prompt::Message;
use serde::Serialize;
use source::Veil;

use super::messages::paired;
use super::{Diff, Mark, Section, State};

/// Both sides rendered with the inputs of one case.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The case.
    pub case: String,
    /// The file in which it stands.
    pub suite: String,
    /// What the two versions render to, or why they do not: a fragment that fits after "could not …". Nothing where a side
    /// has no such prompt.
    pub sides: [Result<Vec<Message>, String>; 2],
}

/// Differences between renderings that the same cases have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// The cases, in order; what is shown is from the first of them.
    pub cases: Vec<String>,
    /// The files in which they stand, one for each case.
    pub suites: Vec<String>,
    /// Whether these are all the cases there are.
    pub all: bool,
    /// Why the older or the newer version cannot be rendered with these inputs.
    pub faults: [Option<String>; 2],
    /// The messages that differ; none where a side cannot be rendered, or where nothing differs.
    pub messages: Vec<Section>,
}

impl Rendered {
    /// Whether the model sees the same.
    pub fn is_same(&self) -> bool {
        self.faults == [None, None] && self.messages.is_empty()
    }
}

/// Something that cases can have in common.
#[derive(Debug, PartialEq, Eq)]
enum Trait {
    /// Everything is as it was.
    Same,
    /// A side cannot be rendered.
    Fault([Option<String>; 2]),
    /// A message differs in this, whatever the inputs put around it.
    Message(String, State, Vec<(Mark, Vec<String>)>),
}

/// A difference with what shows it and the cases that have it, by position.
struct Found {
    what: Trait,
    shown: Option<Section>,
    cases: Vec<usize>,
}

impl Diff {
    /// Takes up what both versions render to, case by case.
    pub fn set_rendered(&mut self, pairs: &[Pair]) {
        let mut found: Vec<Found> = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            for (what, shown) in traits(pair) {
                match found.iter_mut().find(|known| known.what == what) {
                    Some(known) if known.cases.last() == Some(&at) => {}
                    Some(known) => known.cases.push(at),
                    None => found.push(Found { what, shown, cases: vec![at] }),
                }
            }
        }
        self.rendered = groups(found, pairs);
    }

    /// Whether any case renders to something else than before, or not at all.
    pub fn renders_differently(&self) -> bool {
        self.rendered.iter().any(|one| !one.is_same())
    }
}

/// What one case shows; messages that are alike in two places count once.
fn traits(pair: &Pair) -> Vec<(Trait, Option<Section>)> {
    let [old, new] = &pair.sides;
    let (Ok(old), Ok(new)) = (old, new) else {
        let fault = |side: &Result<_, String>| side.as_ref().err().map(|said| Veil::default().over(said).into_owned());
        return vec![(Trait::Fault([fault(&pair.sides[0]), fault(&pair.sides[1])]), None)];
    };
    let differing = paired(&titled(old), &titled(new)).into_iter().filter(|section| section.state != State::Same);
    let found: Vec<_> = differing.map(|section| (of_section(&section), Some(section))).collect();
    if found.is_empty() { vec![(Trait::Same, None)] } else { found }
}

fn of_section(section: &Section) -> Trait {
    let lines = section.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.mark != Mark::Same);
    let lines = lines.map(|line| {
        let emphasised = line.parts.iter().any(|part| part.changed);
        let parts = line.parts.iter().filter(|part| part.changed == emphasised);
        (line.mark, parts.map(|part| part.text.clone()).collect())
    });
    Trait::Message(section.title.clone(), section.state, lines.collect())
}

/// Differences that the same cases have, together; what most cases have first, what is the same last.
fn groups(found: Vec<Found>, pairs: &[Pair]) -> Vec<Rendered> {
    let mut groups: Vec<(Vec<usize>, Rendered)> = Vec::new();
    for Found { what, shown, cases } in found {
        let faults = if let Trait::Fault(faults) = what { faults } else { [None, None] };
        let together = groups.iter_mut().find(|(known, group)| *known == cases && !group.messages.is_empty());
        if let (Some(_), Some((_, group))) = (&shown, together) {
            group.messages.extend(shown);
            continue;
        }
        let of = |what: fn(&Pair) -> &String| cases.iter().map(|at| what(&pairs[*at]).clone()).collect();
        let (named, suites) = (of(|pair| &pair.case), of(|pair| &pair.suite));
        let all = cases.len() == pairs.len();
        groups.push((cases, Rendered { cases: named, suites, all, faults, messages: shown.into_iter().collect() }));
    }
    groups.sort_by_key(|(cases, group)| (group.is_same(), std::cmp::Reverse(cases.len())));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Messages as texts; what an assistant asked of tools, and which call is answered, stand below.
fn titled(messages: &[Message]) -> Vec<(String, String)> {
    let one = |message: &Message| {
        let mut text = format!("{}\n", message.content);
        for call in &message.tool_calls {
            text.push_str(&format!("[calls {}({})]\n", call.name, call.arguments));
        }
        if let Some(id) = &message.tool_call_id {
            text.push_str(&format!("[answers {id}]\n"));
        }
        (format!("{} message", message.role), text)
    };
    messages.iter().map(one).collect()
}
