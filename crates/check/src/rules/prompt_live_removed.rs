//! A prompt that applications still get, and that is no longer there.

use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "prompt-live-removed";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for live in &subject.history.live {
        let path = live.prompt.path();
        if !subject.snapshot.files.contains_key(&path) {
            let message = format!("{} is gone, but {} is live in {}", live.prompt, live.version, live.env);
            found.push(Finding::new(ID, Place::file(&path), message).help(format!(
                "put the file back, or run `promptuary retire {} --env {} --reason \"…\"` first",
                live.prompt, live.env
            )));
        }
    }
}
