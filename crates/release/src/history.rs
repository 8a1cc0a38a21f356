//! What the ledger says of released and live versions, as the plain data that rules compare with.

use check::contract::Terms;
use check::{Base, Contents, History, Live, Released};
use ledger::Ledger;
use prompt::{Compiled, Prompt};
use repo::{Oid, Repo};
use source::{Objects as _, PromptId};

use crate::desk::Desk;
use crate::error::Result;

/// The history that the prompts of `contents` are judged by: valid releases only, and what is live of prompts that are
/// gone, which `gone` tells. The versions that a prompt differs from are read in full.
pub fn history(
    desk: &Desk,
    ledger: &Ledger<'_>,
    contents: &Contents<'_>,
    gone: impl Fn(&PromptId) -> bool,
) -> Result<History> {
    let mut releases = Vec::new();
    for prompt in contents.catalog.prompts() {
        for release in ledger.releases(&prompt.id)?.into_values().flatten() {
            let body = release.body();
            let (version, content, risk) = (body.version.clone(), body.content, body.risk);
            releases.push((prompt.id.clone(), Released { version, content, risk }));
        }
    }
    let mut history = History::new(releases, live_without_file(ledger, gone)?);
    tell_renamed(desk, ledger, contents, &mut history)?;
    for (id, version) in history.wanted(contents) {
        if let Some(terms) = terms(desk, ledger, &id, &version)? {
            history.add_base(id, Base { version, terms });
        }
    }
    Ok(history)
}

/// Adds to a history taken from a revision what only the ledger knows: what is live of prompts that are gone.
pub fn complete(
    desk: &Desk,
    ledger: &Ledger<'_>,
    history: &mut History,
    contents: &Contents<'_>,
    gone: impl Fn(&PromptId) -> bool,
) -> Result<()> {
    history.live = live_without_file(ledger, gone)?;
    tell_renamed(desk, ledger, contents, history)?;
    for (id, below) in history.without_stable(contents) {
        let releases = ledger.releases(&id)?.into_values().flatten();
        let stable = releases.filter(|release| {
            let version = &release.body().version;
            !version.is_pre_release() && *version < below
        });
        let Some(last) = stable.max_by(|a, b| a.body().version.cmp(&b.body().version)) else { continue };
        let body = last.body();
        if let Some(terms) = terms(desk, ledger, &id, &body.version)? {
            let released = Released { version: body.version.clone(), content: body.content, risk: body.risk };
            history.add_release(&id, released);
            history.add_base(id, Base { version: body.version.clone(), terms });
        }
    }
    Ok(())
}

/// So many changes of a prompt are looked through for the last one that was no pre-release.
const FAR: usize = 200;

/// Adds to a history taken from the commit `from` the last stable version of each prompt that is a pre-release there, as the
/// commits before it have it: what breaks against that one is not made good by a pre-release in between.
pub fn add_stable(repo: &Repo, from: Oid, history: &mut History, contents: &Contents<'_>) -> Result<()> {
    for (id, below) in history.without_stable(contents) {
        for commit in repo.commits_of(from, &id.path(), FAR)? {
            let Ok(files) = repo.files_at(commit) else { break };
            let Ok((prompt, compiled)) = prompt::compile_from(&files, &id) else { continue };
            let (version, risk) = (prompt.front_matter.version.clone(), prompt.front_matter.risk);
            if !version.is_pre_release() && version < below {
                let released = Released { version: version.clone(), content: compiled.digest(), risk };
                history.add_release(&id, released);
                history.add_base(id, Base { version, terms: Terms::of(&prompt, &compiled) });
                break;
            }
        }
    }
    Ok(())
}

/// Tells of each prompt that is gone and live which one has, but for the id, its content now and was never released.
fn tell_renamed(desk: &Desk, ledger: &Ledger<'_>, contents: &Contents<'_>, history: &mut History) -> Result<()> {
    if history.live.is_empty() {
        return Ok(());
    }
    let new: Vec<_> = contents.iter().filter(|(id, _)| history.releases(id).is_empty()).collect();
    for live in &mut history.live {
        let Some((_, mut compiled)) = released(desk, ledger, &live.prompt, &live.version)? else { continue };
        let same = new.iter().find(|(id, content)| {
            compiled.id.clone_from(id);
            compiled.digest() == content.digest
        });
        live.renamed = same.map(|(id, _)| (*id).clone());
    }
    Ok(())
}

pub(crate) fn live_without_file(ledger: &Ledger<'_>, gone: impl Fn(&PromptId) -> bool) -> Result<Vec<Live>> {
    let mut found = Vec::new();
    for (env, prompt) in ledger.chains()? {
        if gone(&prompt)
            && let Some(live) = ledger.chain(&env, &prompt)?.live()
        {
            found.push(Live { prompt, env, version: live.version.clone(), renamed: None });
        }
    }
    Ok(found)
}

/// What a release promises, from its commit; `None` where the commit is not here.
fn terms(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId, version: &source::Version) -> Result<Option<Terms>> {
    Ok(released(desk, ledger, id, version)?.map(|(prompt, compiled)| Terms::of(&prompt, &compiled)))
}

/// A release as its commit holds it.
fn released(
    desk: &Desk,
    ledger: &Ledger<'_>,
    id: &PromptId,
    version: &source::Version,
) -> Result<Option<(Prompt, Compiled)>> {
    let Some(release) = ledger.release(id, version)? else { return Ok(None) };
    let unreadable = |e: source::Unreadable| ledger::Refusal::new(ledger::Code::Unreadable, e.to_string());
    let Some(files) = desk.repo.files(release.commit(), release.root.folder()).map_err(unreadable)? else {
        return Ok(None);
    };
    Ok(prompt::compile_from(&*files, id).ok())
}
