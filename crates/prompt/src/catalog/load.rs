//! From files to a catalog: all of a snapshot, or what some prompts need.

use std::collections::{BTreeMap, BTreeSet};

use source::characters::{self, Faults};
use source::{BlockName, File, Files, Finding, Place, PromptId, ReadError, RepoPath, Snapshot};

use super::prompt::Made;
use super::{Block, Catalog, Entry, Prompt, block, prompt};
use crate::compose::Blocks;
use crate::{Routes, limits, routes, stack};

/// What a file under `prompts/` is, by its path.
enum Role {
    Prompt(PromptId),
    Block(BlockName),
    Routes,
    Ignored,
    Stray,
    Unnamed(&'static str, &'static str),
}

fn role(path: &RepoPath) -> Role {
    if path.as_str() == routes::PATH {
        return Role::Routes;
    }
    if path.file_name() == "README.md" || path.as_str().split('/').any(|s| s.starts_with('.')) {
        return Role::Ignored;
    }
    match (BlockName::of_path(path), PromptId::of_path(path)) {
        (Some(Ok(name)), _) => Role::Block(name),
        (Some(Err(error)), _) => Role::Unnamed("a block's name", error.why),
        (None, Some(Ok(id))) => Role::Prompt(id),
        (None, Some(Err(error))) => Role::Unnamed("an id", error.why),
        (None, None) => Role::Stray,
    }
}

/// What parsing one file gives.
enum Parsed {
    Prompt(PromptId, Box<Entry>),
    Block(BlockName, Box<(Option<Block>, Vec<Finding>)>),
    Routes(Routes, Vec<Finding>),
    Nothing(Option<Finding>),
}

fn parsed(path: &RepoPath, file: &File) -> Parsed {
    let role = role(path);
    match &role {
        Role::Ignored => return Parsed::Nothing(None),
        Role::Stray => {
            let finding =
                Finding::new("stray-file", Place::file(path), "this file is neither prompt, block nor routes");
            return Parsed::Nothing(Some(finding.help("move it out of `prompts/`, or give it the ending `.md`")));
        }
        Role::Unnamed(what, why) => {
            let finding = Finding::new(
                "id-invalid",
                Place::file(path),
                format!("this path makes no {}: {why}", what.trim_start_matches("an ").trim_start_matches("a ")),
            );
            return Parsed::Nothing(Some(finding.help("rename the file")));
        }
        _ => {}
    }
    let text = characters::read(path, file, limits::FILE_BYTES);
    match (role, text) {
        (Role::Prompt(id), Ok(text)) => {
            let (made, findings) = prompt::parse_here(&id, &text);
            let (prompt, draft) = match made {
                Made::Whole(prompt) => (Some(prompt), None),
                Made::Draft(draft) => (None, Some(draft)),
                Made::Nothing => (None, None),
            };
            Parsed::Prompt(id, Box::new(Entry { prompt, draft, findings }))
        }
        (Role::Prompt(id), Err(finding)) => {
            Parsed::Prompt(id, Box::new(Entry { findings: vec![*finding], ..Entry::default() }))
        }
        (Role::Block(name), Ok(text)) => {
            let found = block::parse(&name, &text);
            Parsed::Block(name, Box::new(found))
        }
        (Role::Block(name), Err(finding)) => Parsed::Block(name, Box::new((None, vec![*finding]))),
        (_, Ok(text)) => {
            let Faults { findings: mut faults, fatal } = characters::faults(&text, limits::FILE_BYTES);
            let (routes, findings) = if fatal { (Routes::unreadable(), Vec::new()) } else { Routes::parse(&text) };
            faults.extend(findings);
            Parsed::Routes(routes, faults)
        }
        (_, Err(finding)) => Parsed::Routes(Routes::unreadable(), vec![*finding]),
    }
}

impl Catalog {
    fn add(&mut self, parsed: Parsed) {
        match parsed {
            Parsed::Prompt(id, entry) => {
                self.prompts.insert(id, *entry);
            }
            Parsed::Block(name, found) => {
                let (block, findings) = *found;
                self.library.insert(name.clone(), block);
                if !findings.is_empty() {
                    self.block_findings.insert(name, findings);
                }
            }
            Parsed::Routes(routes, findings) => {
                self.routes = routes;
                self.other_findings.extend(findings);
            }
            Parsed::Nothing(finding) => self.other_findings.extend(finding),
        }
    }

    /// Enters blocks, once every file is parsed.
    fn compose(&mut self) {
        self.composed = stack::with_room(|| Blocks::of(&self.library));
        let whole = self.prompts().map(|prompt| (prompt, true));
        let prompts: Vec<(&Prompt, bool)> = whole.chain(self.drafts().map(|draft| (draft, false))).collect();
        let found = stack::for_each(&prompts, |(p, is_whole)| {
            p.compose(&self.composed, &self.library, &self.routes, *is_whole)
        });
        let ids: Vec<PromptId> = prompts.iter().map(|(p, _)| p.id.clone()).collect();
        for (id, findings) in ids.into_iter().zip(found) {
            if let Some(entry) = self.prompts.get_mut(&id) {
                without_echoes(&mut entry.findings, &findings);
                entry.findings.extend(findings);
            }
        }
        let prompts = self.prompts.values().flat_map(|e| &e.findings);
        let blocks = self.block_findings.values().chain(self.composed.findings.values()).flatten();
        self.findings = prompts.chain(blocks).chain(&self.other_findings).cloned().collect();
    }
}

/// Drops from `findings` the calls of macros that are not known only because `composed` tells that their import is misspelt.
fn without_echoes(findings: &mut Vec<Finding>, composed: &[Finding]) {
    for import in composed.iter().filter(|f| f.rule == "macro-missing") {
        let help = import.help.as_deref().unwrap_or_default();
        if let Some(meant) = help.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?")) {
            findings.retain(|f| f.rule != "function-unknown" || f.at.text.slice(f.at.span) != meant);
        }
    }
}

pub(super) fn all(snapshot: &Snapshot) -> Catalog {
    let files: Vec<(&RepoPath, &File)> = snapshot.below("prompts").collect();
    let mut catalog = Catalog { routes: Routes::absent(), ..Catalog::default() };
    for parsed in stack::for_each(&files, |(path, file)| parsed(path, file)) {
        catalog.add(parsed);
    }
    catalog.other_findings.extend(twins(files.iter().map(|(path, _)| *path)));
    catalog.compose();
    catalog
}

/// Paths that differ only in case: on many disks only one of them can exist.
fn twins<'a>(paths: impl Iterator<Item = &'a RepoPath> + Clone) -> Vec<Finding> {
    // Ids are in lower case: mostly no path has another letter.
    if paths.clone().all(|path| path.as_str().bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase())) {
        return Vec::new();
    }
    let mut folded: BTreeMap<String, &RepoPath> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths {
        let twin = folded.insert(path.as_str().to_lowercase(), path);
        if let Some(twin) = twin {
            let message = format!("`{path}` and `{twin}` differ only in case");
            let finding =
                Finding::new("id-case-twin", Place::file(path), message).also(Place::file(twin), "the other file");
            found.push(finding.help("rename one of them: many disks hold only one"));
        }
    }
    found
}

pub(super) fn only(files: &dyn Files, ids: Vec<&PromptId>) -> Result<Catalog, ReadError> {
    let mut catalog = Catalog { routes: Routes::absent(), ..Catalog::default() };
    let mut next: Vec<RepoPath> = vec![routes::path()];
    for id in ids {
        let path = id.path();
        match files.file(&path)? {
            Some(file) => catalog.add(stack::with_room(|| parsed(&path, &file))),
            None => {
                let known: Vec<PromptId> =
                    files.paths_below("prompts")?.iter().filter_map(|path| PromptId::of_path(path)?.ok()).collect();
                catalog.prompts.insert(id.clone(), Entry { findings: vec![missing(id, &known)], ..Entry::default() });
            }
        }
    }
    next.extend(catalog.prompts().chain(catalog.drafts()).flat_map(Prompt::block_names).map(BlockName::path));
    let mut seen: BTreeSet<RepoPath> = BTreeSet::new();
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let Some(file) = files.file(&path)? else { continue };
        let found = stack::with_room(|| parsed(&path, &file));
        if let Parsed::Block(_, block) = &found {
            let below = block.0.iter().flat_map(|b| &b.template.facts.uses);
            next.extend(below.map(|u| u.block.path()));
        }
        catalog.add(found);
    }
    catalog.compose();
    Ok(catalog)
}

/// There is no prompt `id`; of those that are `known`, one may have been meant.
pub(super) fn missing<'a>(id: &PromptId, known: impl IntoIterator<Item = &'a PromptId>) -> Finding {
    let near = source::did_you_mean(id.as_str(), known.into_iter().map(PromptId::as_str));
    let help = near.unwrap_or_else(|| format!("write the file {}", id.path()));
    Finding::new("prompt-missing", Place::file(&id.path()), format!("there is no prompt {id} here")).help(help)
}

/// Names of blocks stand in files as plain literals, so a file that does not hold one cannot use that block.
pub(super) fn affected(snapshot: &Snapshot, changed: &BTreeSet<RepoPath>) -> Vec<PromptId> {
    let all = changed.contains(routes::PATH);
    let mut names: BTreeSet<String> =
        changed.iter().filter_map(|p| BlockName::of_path(p)?.ok()).map(|b| b.to_string()).collect();
    let blocks: Vec<(BlockName, &File)> =
        snapshot.below("prompts/blocks").filter_map(|(p, f)| Some((BlockName::of_path(p)?.ok()?, f))).collect();
    loop {
        let uses = |file: &File| names.iter().any(|n| holds(&file.bytes, n));
        let more: Vec<String> =
            blocks.iter().filter(|(n, f)| !names.contains(n.as_str()) && uses(f)).map(|(n, _)| n.to_string()).collect();
        if more.is_empty() {
            break;
        }
        names.extend(more);
    }
    let mut found = Vec::new();
    for (path, file) in snapshot.below("prompts") {
        let Some(Ok(id)) = PromptId::of_path(path) else { continue };
        if all || changed.contains(path) || names.iter().any(|n| holds(&file.bytes, n)) {
            found.push(id);
        }
    }
    found
}

fn holds(bytes: &[u8], name: &str) -> bool {
    // What is not UTF-8 is a finding of its own, so its prompt is among those to look at.
    std::str::from_utf8(bytes).map_or(true, |text| text.contains(name))
}
