//! Tags that lie where only entries may: junk that may stand in the way of the next entry.

use std::collections::BTreeMap;

use ledger::refname::{RefNameError, Standing};
use ledger::{Code, Refusal};
use source::Objects as _;

use crate::desk::Desk;
use crate::error::Result;

/// A tag that is no entry and lies among them.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Stray {
    /// Its name, without `refs/tags/`.
    pub tag: String,
    /// Why it is none.
    pub why: String,
    /// The command that takes it away.
    pub remedy: String,
}

/// Every stray tag of this clone, and of the remote as last fetched, sorted.
pub fn strays(desk: &Desk) -> Result<Vec<Stray>> {
    let stray = |error: RefNameError| {
        let tag = error.name.trim_start_matches("refs/tags/").to_owned();
        Stray { why: error.why, remedy: remedy(desk, &tag), tag }
    };
    Ok(names(desk)?.into_iter().map(stray).collect())
}

/// The names alone, each with the rule it breaks.
pub(crate) fn names(desk: &Desk) -> Result<Vec<RefNameError>> {
    let mut tops = desk.repo.tops_of_tags()?;
    tops.extend(["approval", "env", "evidence", "policy", "prompt"].map(str::to_owned));
    // A twin in other letters is the very same folder on a disk that folds case.
    let ours = |top: &String| Standing::of(&format!("refs/tags/{top}")) != Standing::Foreign;
    let mut found = BTreeMap::new();
    for top in tops.iter().filter(|top| ours(top)) {
        let refs = desk.repo.list(&format!("refs/tags/{top}"));
        for (full, _) in refs.map_err(|e| Refusal::new(Code::Unreadable, e.to_string()))? {
            if let Standing::Stray(error) = Standing::of(&full) {
                found.insert(full, error);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The command that takes a tag away where it lies: here, on the remote, or both.
pub(crate) fn remedy(desk: &Desk, tag: &str) -> String {
    let quoted = source::escape::shell(tag);
    let here = desk.repo.rev_parse(&format!("refs/tags/{tag}")).is_ok();
    let mut steps = Vec::new();
    steps.extend(here.then(|| format!("git tag -d {quoted}")));
    steps.extend(desk.remote.as_ref().map(|remote| format!("git push {} :refs/tags/{quoted}", remote.name)));
    steps.join(" && ")
}
