//! What the ledger says of released and live versions, as the plain data that rules compare with.

use check::contract::Terms;
use check::{Base, Contents, History, Live, Released};
use ledger::Ledger;
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
    for (id, version) in history.wanted(contents) {
        if let Some(terms) = terms(desk, ledger, &id, &version)? {
            history.add_base(id, Base { version, terms });
        }
    }
    Ok(history)
}

pub(crate) fn live_without_file(ledger: &Ledger<'_>, gone: impl Fn(&PromptId) -> bool) -> Result<Vec<Live>> {
    let mut found = Vec::new();
    for (env, prompt) in ledger.chains()? {
        if gone(&prompt)
            && let Some(live) = ledger.chain(&env, &prompt)?.live()
        {
            found.push(Live { prompt, env, version: live.version.clone() });
        }
    }
    Ok(found)
}

/// What a release promises, from its commit; `None` where the commit is not here.
fn terms(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId, version: &source::Version) -> Result<Option<Terms>> {
    let Some(release) = ledger.release(id, version)? else { return Ok(None) };
    let unreadable = |e: source::Unreadable| ledger::Refusal::new(ledger::Code::Unreadable, e.to_string());
    let Some(files) = desk.repo.files(release.commit(), release.root.folder()).map_err(unreadable)? else {
        return Ok(None);
    };
    Ok(prompt::compile_from(&*files, id).ok().map(|(prompt, compiled)| Terms::of(&prompt, &compiled)))
}
