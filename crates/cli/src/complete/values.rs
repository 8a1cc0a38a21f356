//! What stands for each kind of value: names that this repository has.

use std::collections::BTreeSet;

use clap::builder::StyledStr;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};
use policy::Policy;
use prompt::Catalog;
use source::Files as _;

use super::line::{self, Here};

/// Those of `names` that are nothing but names to a shell.
fn proposed(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    names.into_iter().filter(|name| harmless(name)).map(CompletionCandidate::new).collect()
}

fn harmless(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '@' | '+' | '-' | ':' | '=');
    !name.starts_with('-') && name.chars().all(plain)
}

/// Files and folders, as far as their names are harmless.
pub(super) fn paths(current: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    let mut found = PathCompleter::any().complete(current);
    found.retain(|candidate| candidate.get_value().to_str().is_some_and(harmless));
    found
}

pub(super) fn prompts() -> Vec<CompletionCandidate> {
    proposed(ids())
}

/// The prompts that are there or were released, each once.
fn ids() -> Vec<String> {
    let paths = Here::of_the_line().and_then(|here| here.paths_below("prompts").ok()).unwrap_or_default();
    let id = |path: &source::RepoPath| {
        let id = path.below("prompts")?.strip_suffix(".md")?;
        let aside = id.starts_with("blocks/") || id.rsplit('/').next() == Some("README");
        (!aside).then(|| id.to_owned())
    };
    let here = paths.iter().filter_map(id);
    here.chain(line::releases().into_iter().map(|(id, _)| id)).collect::<BTreeSet<_>>().into_iter().collect()
}

pub(super) fn releases() -> Vec<CompletionCandidate> {
    proposed(line::releases().into_iter().map(|(id, version)| format!("{id}@{version}")))
}

pub(super) fn versions() -> Vec<CompletionCandidate> {
    proposed(released_versions())
}

/// The released versions of the prompts that the line names; of all where it names none.
fn released_versions() -> Vec<String> {
    let named = line::named(&ids());
    let meant = |id: &str| named.is_empty() || named.iter().any(|named| named.as_str() == id);
    let mut found: Vec<String> = Vec::new();
    for (_, version) in line::releases().into_iter().filter(|(id, _)| meant(id)) {
        let version = version.to_string();
        if !found.contains(&version) {
            found.push(version);
        }
    }
    found
}

pub(super) fn branches() -> Vec<CompletionCandidate> {
    proposed(revisions())
}

fn revisions() -> Vec<String> {
    let Some(repo) = line::repo() else { return Vec::new() };
    let here: Vec<_> = repo.branches().unwrap_or_default().into_keys().collect();
    let remote = repo.default_remote().ok().flatten().map(|remote| remote.name);
    let there = remote.iter().flat_map(|remote| here.iter().map(move |name| format!("{remote}/{name}")));
    let there = there.filter(|name| repo.rev_parse(&format!("refs/remotes/{name}")).is_ok());
    ["HEAD".to_owned()].into_iter().chain(there).chain(here.iter().cloned()).collect()
}

fn policy() -> Option<Policy> {
    Policy::load(&Here::of_the_line()?).policy
}

pub(super) fn environments() -> Vec<CompletionCandidate> {
    proposed(environment_names())
}

fn environment_names() -> Vec<String> {
    policy().iter().flat_map(Policy::environments).map(|environment| environment.name.to_string()).collect()
}

pub(super) fn principals() -> Vec<CompletionCandidate> {
    proposed(policy().iter().flat_map(Policy::principals).map(|principal| principal.name.clone()))
}

pub(super) fn references() -> Vec<CompletionCandidate> {
    proposed(std::iter::once("worktree".to_owned()).chain(prefixed()))
}

pub(super) fn baselines() -> Vec<CompletionCandidate> {
    proposed(std::iter::once("merge-base".to_owned()).chain(prefixed()))
}

/// Every version that can be named with its prefix.
fn prefixed() -> impl Iterator<Item = String> {
    let environments = environment_names().into_iter().map(|name| format!("env:{name}"));
    let versions = released_versions().into_iter().map(|version| format!("v:{version}"));
    environments.chain(versions).chain(revisions().into_iter().map(|name| format!("rev:{name}")))
}

/// The inputs of the prompt that the line names, each with the `=` that its value follows.
pub(super) fn inputs() -> Vec<CompletionCandidate> {
    let Some(here) = Here::of_the_line() else { return Vec::new() };
    let named = line::named(&ids());
    let catalog = Catalog::load_only(&here, &named).unwrap_or_default();
    let found = catalog.prompts().chain(catalog.drafts()).filter(|prompt| named.contains(&prompt.id));
    proposed(found.flat_map(|prompt| prompt.front_matter.inputs.iter().map(|input| format!("{}=", input.name))))
}

/// The cases of the suites of the prompts that the line names.
pub(super) fn cases() -> Vec<CompletionCandidate> {
    let Some(here) = Here::of_the_line() else { return Vec::new() };
    let named = line::named(&ids());
    let suites = named.iter().filter_map(|id| eval::suite::paths_of(&here, id).ok()).flatten();
    let suites: Vec<_> = suites.filter_map(|path| eval::suite::load(&here, &path).suite).collect();
    proposed(suites.iter().flat_map(|suite| &suite.cases).map(|case| case.id.clone()))
}

/// The routes, and the models that policy allows.
pub(super) fn models() -> Vec<CompletionCandidate> {
    let Some(here) = Here::of_the_line() else { return Vec::new() };
    let catalog = Catalog::load_only(&here, []).unwrap_or_default();
    let routes: Vec<_> = catalog.routes().routes.keys().cloned().collect();
    let allowed = policy();
    let models = allowed.iter().flat_map(Policy::models).map(|model| model.model.to_string());
    proposed(routes.into_iter().chain(models))
}

pub(super) fn rules() -> Vec<CompletionCandidate> {
    let described = |name: &str, about: &str| {
        CompletionCandidate::new(name).help(Some(StyledStr::from(about.trim_end_matches('.').to_owned())))
    };
    let rules = check::rules().iter().map(|rule| described(rule.id, &rule.summary()));
    rules.chain(ledger::code::TABLE.iter().map(|entry| described(entry.name, entry.meaning))).collect()
}

/// The commands, for `man` and `help`.
pub(super) fn commands() -> Vec<CompletionCandidate> {
    let command = crate::args::command();
    proposed(command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(|sub| sub.get_name().to_owned()))
}
