//! Composition: what a prompt needs once its includes and imports are entered, and whether they can be.
//!
//! Blocks are summed up once each, from those that use no other upwards, so that a prompt costs the same however its
//! blocks include each other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use source::{BlockName, Finding, Place};

use crate::catalog::Block;
use crate::limits;
use crate::template::Template;
use crate::template::facts::{Call, Flow, How, UseKind};

/// What a block does to whoever uses it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    /// The variables its text takes from outside.
    reads: Vec<FreeRead>,
    /// The variables each of its macros takes from outside.
    macros: BTreeMap<String, Vec<FreeRead>>,
    /// The names that its macros and imports leave behind where it is included.
    leaves: Vec<(String, Place)>,
    /// How many blocks lie on the longest way down, itself included.
    height: usize,
    /// Whether all of this is known: nothing that it uses is missing, unreadable or part of a circle.
    complete: bool,
}

/// A variable that must come from outside.
#[derive(Debug, Clone)]
pub(crate) struct FreeRead {
    pub(crate) name: String,
    /// Where it is read.
    pub(crate) at: Place,
    /// The include or import that leads there, in the file at hand.
    pub(crate) via: Option<Place>,
    /// False where a statement that may not have run defines it.
    pub(crate) certain: bool,
    pub(crate) how: How,
}

/// The blocks of a catalog with their summaries, and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    pub(crate) summaries: BTreeMap<BlockName, Summary>,
    pub(crate) findings: BTreeMap<BlockName, Vec<Finding>>,
}

/// Where blocks are looked up: `None` is a file that is there but could not be parsed.
pub(crate) type Library = BTreeMap<BlockName, Option<Block>>;

impl Blocks {
    /// Sums up every block that can be.
    pub(crate) fn of(library: &Library) -> Self {
        let mut blocks = Self::default();
        let sound = |name: &BlockName| library.get(name).is_some_and(Option::is_some);
        let mut waiting: BTreeMap<&BlockName, BTreeSet<&BlockName>> = BTreeMap::new();
        let mut users: BTreeMap<&BlockName, Vec<&BlockName>> = BTreeMap::new();
        for block in library.values().flatten() {
            let below: BTreeSet<_> = block.template.facts.uses.iter().map(|u| &u.block).filter(|n| sound(n)).collect();
            below.iter().for_each(|used| users.entry(used).or_default().push(&block.name));
            waiting.insert(&block.name, below);
        }
        let mut ready: Vec<&BlockName> =
            waiting.iter().filter(|(_, below)| below.is_empty()).map(|(n, _)| *n).collect();
        while let Some(name) = ready.pop() {
            waiting.remove(name);
            if let Some(Some(block)) = library.get(name) {
                blocks.sum_up(block, library);
            }
            for user in users.get(name).into_iter().flatten() {
                if let Some(below) = waiting.get_mut(user) {
                    below.remove(name);
                    if below.is_empty() {
                        ready.push(user);
                    }
                }
            }
        }
        blocks.cycles(&waiting, library);
        blocks.findings.values_mut().for_each(|f| f.sort_by_key(|f| f.at.span));
        blocks
    }

    fn sum_up(&mut self, block: &Block, library: &Library) {
        let template = &block.template;
        let mut findings = Vec::new();
        let reads = self.reads(template, &template.facts.flow, library, &mut findings);
        let mut macros = BTreeMap::new();
        for m in &template.facts.macros {
            macros.insert(m.name.clone(), self.reads(template, &m.flow, library, &mut findings));
        }
        let mut leaves: Vec<_> = template.facts.defines.iter().map(|(n, at)| (n.clone(), template.place(at))).collect();
        let mut height = 1;
        let complete = self.knows(template);
        for used in &template.facts.uses {
            let Some(below) = self.summaries.get(&used.block) else { continue };
            height = height.max(below.height + 1);
            if used.kind == UseKind::Include {
                leaves.extend(below.leaves.iter().cloned());
            }
            if height == limits::INCLUDE_DEPTH + 1 && below.height == limits::INCLUDE_DEPTH {
                let message =
                    format!("more than {} blocks lie inside one another from here down", limits::INCLUDE_DEPTH);
                let finding = Finding::new("include-too-deep", template.place(&used.at), message);
                findings.push(finding.help("include the blocks further down directly"));
            }
        }
        block.check_inputs(&reads, macros.values().flatten(), complete, &mut findings);
        self.findings.entry(block.name.clone()).or_default().extend(findings);
        self.summaries.insert(block.name.clone(), Summary { reads, macros, leaves, height, complete });
    }

    /// The variables that `flow` takes from outside, each name once for each way in which it is used.
    pub(crate) fn reads(
        &self,
        template: &Template,
        flow: &Flow,
        library: &Library,
        findings: &mut Vec<Finding>,
    ) -> Vec<FreeRead> {
        let mut gather = Gather { blocks: self, template, library, found: BTreeMap::new(), called: BTreeSet::new() };
        gather.flow(flow, findings);
        gather.found.into_values().collect()
    }

    /// Whether all that `template` uses is known, down to the last block: only then can it be told what it does not use.
    pub(crate) fn knows(&self, template: &Template) -> bool {
        let known = |block: &BlockName| self.summaries.get(block).is_some_and(|summary| summary.complete);
        !template.facts.unparsed && template.facts.uses.iter().all(|used| known(&used.block))
    }

    /// The names that including `block` leaves behind.
    pub(crate) fn leaves(&self, block: &BlockName) -> &[(String, Place)] {
        self.summaries.get(block).map_or(&[], |s| &s.leaves)
    }

    /// Each circle once, at the include that closes it.
    fn cycles(&mut self, waiting: &BTreeMap<&BlockName, BTreeSet<&BlockName>>, library: &Library) {
        let mut told: BTreeSet<&BlockName> = BTreeSet::new();
        for start in waiting.keys() {
            let mut way: Vec<&BlockName> = vec![start];
            // Every waiting block waits for another one, so this walk meets itself.
            while let Some(next) = way.last().and_then(|last| waiting.get(last)).and_then(|below| below.first()) {
                let met = way.iter().position(|n| n == next);
                if let Some(from) = met {
                    way.drain(..from);
                    break;
                }
                way.push(next);
            }
            if way.iter().any(|n| told.contains(n)) {
                continue;
            }
            told.extend(&way);
            self.cycle(&way, library);
        }
    }

    fn cycle(&mut self, way: &[&BlockName], library: &Library) {
        let step = |i: usize| {
            let (from, to) = (way[i], way[(i + 1) % way.len()]);
            let block = library.get(from)?.as_ref()?;
            let used = block.template.facts.uses.iter().find(|u| u.block == *to)?;
            Some((block.template.place(&used.at), to))
        };
        let last = way.len() - 1;
        let Some((at, to)) = step(last) else { return };
        let circle: Vec<String> = way.iter().chain([&to]).map(ToString::to_string).collect();
        let mut finding =
            Finding::new("include-cycle", at, format!("blocks include each other: {}", circle.join(" → ")));
        for (place, to) in (0..last).filter_map(step) {
            finding = finding.also(place, format!("includes `{to}`"));
        }
        let finding = finding.help("take one of these includes out");
        self.findings.entry(way[last].clone()).or_default().push(finding);
    }
}

struct Gather<'b> {
    blocks: &'b Blocks,
    template: &'b Template,
    library: &'b Library,
    found: BTreeMap<(String, How), FreeRead>,
    called: BTreeSet<usize>,
}

impl<'b> Gather<'b> {
    fn flow(&mut self, flow: &'b Flow, findings: &mut Vec<Finding>) {
        for read in &flow.reads {
            let at = self.template.place(&read.at);
            self.add(FreeRead { name: read.name.clone(), at, via: None, certain: read.certain, how: read.how });
        }
        for &i in &flow.uses {
            let used = &self.template.facts.uses[i];
            let at = self.template.place(&used.at);
            match self.library.get(&used.block) {
                None => findings.push(missing(&used.block, at, self.library)),
                Some(None) => {}
                Some(Some(block)) => {
                    if let UseKind::Names(names) = &used.kind {
                        for (name, at) in names {
                            self.macro_named(block, name, at, findings);
                        }
                    }
                    if let Some(summary) = self.blocks.summaries.get(&used.block) {
                        self.entered(&summary.reads, i, &used.at);
                    }
                }
            }
        }
        for call in &flow.calls {
            match call {
                Call::Local(i) => {
                    if self.called.insert(*i) {
                        self.flow(&self.template.facts.macros[*i].flow, findings);
                    }
                }
                Call::Imported { by, name, at } => {
                    let used = &self.template.facts.uses[*by];
                    let Some(Some(block)) = self.library.get(&used.block) else { continue };
                    if used.kind == UseKind::Module {
                        self.macro_named(block, name, at, findings);
                    }
                    let reads = self.blocks.summaries.get(&used.block).and_then(|s| s.macros.get(name));
                    self.entered(reads.map_or(&[], Vec::as_slice), *by, at);
                }
            }
        }
    }

    /// What a block or macro takes from outside, less what is defined around its use.
    fn entered(&mut self, reads: &[FreeRead], by: usize, at: &Range<usize>) {
        let used = &self.template.facts.uses[by];
        for read in reads {
            let certain = match used.visible.get(&read.name) {
                Some(true) => continue,
                Some(false) => false,
                None => read.certain,
            };
            self.add(FreeRead { via: Some(self.template.place(at)), certain, ..read.clone() });
        }
    }

    fn macro_named(&self, block: &Block, name: &str, at: &Range<usize>, findings: &mut Vec<Finding>) {
        let macros = || block.template.facts.macros.iter().map(|m| m.name.as_str());
        if findings.len() >= limits::FINDINGS || macros().any(|m| m == name) {
            return;
        }
        let message = format!("`{}` defines no macro `{name}`", block.name);
        let finding = Finding::new("macro-missing", self.template.place(at), message);
        let help = match source::nearest::nearest(name, macros()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if macros().next().is_none() => "include the block instead: it has no macros".to_owned(),
            None => format!("use one of {}", macros().collect::<Vec<_>>().join(", ")),
        };
        findings.push(finding.help(help));
    }

    fn add(&mut self, read: FreeRead) {
        // More variables than any prompt can declare: enough is known.
        if self.found.len() >= READS {
            return;
        }
        let known = self.found.entry((read.name.clone(), read.how)).or_insert_with(|| read.clone());
        // A certain use outranks an uncertain one, one in the file at hand outranks one further away.
        if (read.certain, read.via.is_none()) > (known.certain, known.via.is_none()) {
            *known = read;
        }
    }
}

/// How many variables of one source are followed.
const READS: usize = 2_000;

fn missing(name: &BlockName, at: Place, library: &Library) -> Finding {
    let finding = Finding::new("block-missing", at, format!("there is no block `{name}` here"));
    match source::nearest::nearest(name.as_str(), library.keys().map(BlockName::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("write prompts/{name}; for a commit, `git add` it too")),
    }
}
