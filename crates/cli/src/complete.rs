//! What a shell proposes when Tab is pressed: commands and options as clap knows them, and what this repository has:
//! prompts, releases, environments, branches, and the names of rules.
//!
//! Reads file names, ref names and policy's environments, never a prompt; whatever cannot be read proposes nothing. Shells
//! put what is proposed into the line as it is, so a name that means something to a shell is no proposal: who names a file
//! or a branch does not choose what runs.

use std::ffi::OsString;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use policy::Policy;
use repo::{Environment, Repo};
use source::{File, Mode, RepoPath, Snapshot};

/// The variable by which a shell's script asks.
const ASKED: &str = "COMPLETE";

/// Answers a shell's script and ends the process, where it is one that asks.
pub(crate) fn answer() {
    if std::env::var_os(ASKED).is_some() {
        CompleteEnv::with_factory(command).var(ASKED).complete();
    }
}

/// The script for `shell`, one of those that clap names.
pub(crate) fn script(shell: &str, out: &mut impl Write) -> std::io::Result<()> {
    let unknown = || std::io::Error::other(format!("there is no script for {shell}"));
    let name = "promptuary";
    Shells::builtins().completer(shell).ok_or_else(unknown)?.write_registration(ASKED, name, name, name, out)
}

/// The whole surface, with what stands for each kind of value.
fn command() -> clap::Command {
    completed(crate::args::command())
}

fn completed(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        if !arg.get_action().takes_values() {
            return arg;
        }
        let name = arg
            .get_value_names()
            .and_then(<[_]>::first)
            .map_or_else(|| arg.get_id().to_string().to_uppercase(), ToString::to_string);
        let candidates = match name.as_str() {
            "ID" | "IDS" => ArgValueCandidates::new(prompts),
            "ID@VERSION" => ArgValueCandidates::new(releases),
            "ENV" => ArgValueCandidates::new(environments),
            "REV" => ArgValueCandidates::new(branches),
            "RULE" => ArgValueCandidates::new(rules),
            "A" | "B" => ArgValueCandidates::new(references),
            _ => return arg,
        };
        arg.add(candidates)
    });
    command.mut_subcommands(completed)
}

/// The repository that the line on which Tab was pressed works in.
fn repo() -> Option<Repo> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let named = words.windows(2).find(|pair| pair[0] == "-C").map(|pair| PathBuf::from(&pair[1]));
    let dir = named.unwrap_or_else(|| PathBuf::from("."));
    Repo::open(&dir, &Environment::new(std::env::vars_os())).ok()
}

fn prompts() -> Vec<CompletionCandidate> {
    let Some(top) = repo().and_then(|repo| repo.root_dir().ok()).map(|root| root.join("prompts")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    gather(&top, "", &mut found);
    found.sort();
    proposed(found)
}

/// Those of `names` that are nothing but names to a shell.
fn proposed(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '@' | '+' | '-' | ':');
    let harmless = |name: &String| !name.starts_with('-') && name.chars().all(plain);
    names.into_iter().filter(harmless).map(CompletionCandidate::new).collect()
}

/// The ids of the prompts in `folder`, whose own part of an id is `before`.
fn gather(folder: &Path, before: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !(before.is_empty() && name == "blocks") {
            gather(&entry.path(), &format!("{before}{name}/"), found);
        } else if let Some(stem) = name.strip_suffix(".md").filter(|stem| !is_folder && *stem != "README") {
            found.push(format!("{before}{stem}"));
        }
    }
}

fn releases() -> Vec<CompletionCandidate> {
    let tags = repo().and_then(|repo| repo.tags("prompt/").ok()).unwrap_or_default();
    proposed(tags.iter().filter_map(|tag| tag.name.strip_prefix("prompt/")).map(str::to_owned))
}

fn branches() -> Vec<CompletionCandidate> {
    let Some(repo) = repo() else { return Vec::new() };
    let here: Vec<_> = repo.branches().unwrap_or_default().into_keys().collect();
    let remote = repo.default_remote().ok().flatten().map(|remote| remote.name);
    let there = remote.iter().flat_map(|remote| here.iter().map(move |name| format!("{remote}/{name}")));
    let there = there.filter(|name| repo.rev_parse(&format!("refs/remotes/{name}")).is_ok());
    proposed(["HEAD".to_owned()].into_iter().chain(there).chain(here.iter().cloned()))
}

fn environments() -> Vec<CompletionCandidate> {
    proposed(environment_names())
}

/// More of a document is not read for the names in it.
const MOST_BYTES: u64 = 1 << 20;

/// The environments of the worktree's policy.
fn environment_names() -> Vec<String> {
    let mut snapshot = Snapshot::default();
    let folder = repo().and_then(|repo| repo.root_dir().ok()).map(|root| root.join("policies"));
    for entry in folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let path = RepoPath::new(&format!("policies/{}", entry.file_name().to_string_lossy()));
        // Neither a pipe, which may never end, nor what a link leads to.
        let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        let mut bytes = Vec::new();
        let mut read = || std::fs::File::open(entry.path())?.take(MOST_BYTES).read_to_end(&mut bytes);
        if let Ok(path) = path
            && regular
            && read().is_ok()
        {
            snapshot.files.insert(path, File { mode: Mode::Regular, bytes: bytes.into() });
        }
    }
    let policy = Policy::load(&snapshot).policy;
    policy.iter().flat_map(Policy::environments).map(|environment| environment.name.to_string()).collect()
}

fn references() -> Vec<CompletionCandidate> {
    let mut words = vec!["worktree".to_owned(), "rev:HEAD".to_owned()];
    words.extend(environment_names().into_iter().map(|name| format!("env:{name}")));
    proposed(words)
}

fn rules() -> Vec<CompletionCandidate> {
    let described = |name: &str, about: &str| {
        CompletionCandidate::new(name).help(Some(StyledStr::from(about.trim_end_matches('.').to_owned())))
    };
    let rules = check::rules().iter().map(|rule| described(rule.id, &rule.summary()));
    rules.chain(ledger::code::TABLE.iter().map(|entry| described(entry.name, entry.meaning))).collect()
}
