//! A block that no prompt reaches.

use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "block-unused";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let used = subject.catalog().used_blocks(subject.snapshot);
    for block in subject.catalog().blocks().filter(|block| !used.contains(&block.name)) {
        found.push(
            Finding::new(ID, Place::whole(&block.text), format!("no prompt includes `{}`", block.name))
                .help("include it where it is needed, or delete the file"),
        );
    }
}
