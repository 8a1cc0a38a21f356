//! A block that no prompt reaches.

use std::collections::BTreeSet;

use source::{BlockName, Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "block-unused";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let mut used: BTreeSet<BlockName> = BTreeSet::new();
    for prompt in subject.catalog().prompts() {
        match subject.content(prompt) {
            Some(content) => content.compiled.blocks.keys().for_each(|name| {
                if !used.contains(name) {
                    used.insert(name.clone());
                }
            }),
            None => used.extend(subject.catalog().reach(&prompt.id).into_keys()),
        }
    }
    for block in subject.catalog().blocks().filter(|block| !used.contains(&block.name)) {
        found.push(
            Finding::new(ID, Place::whole(&block.text), format!("no prompt includes `{}`", block.name))
                .help("include it where it is needed, or delete the file"),
        );
    }
}
