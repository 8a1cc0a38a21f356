//! A prompt that applications still get, and that is no longer there.

use std::collections::BTreeMap;

use source::{Finding, Place, PromptId};

use crate::catalogue::Scope;
use crate::{Live, Subject};

pub(super) const ID: &str = "prompt-live-removed";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let mut gone: BTreeMap<&PromptId, Vec<&Live>> = BTreeMap::new();
    for live in subject.history.live.iter().filter(|l| !subject.snapshot.files.contains_key(&l.prompt.path())) {
        gone.entry(&live.prompt).or_default().push(live);
    }
    for (id, mut live) in gone {
        // As policy lists them, which is the order in which a release moves.
        let environments = subject.policy.map_or(&[][..], |policy| policy.environments());
        live.sort_by_key(|live| environments.iter().position(|env| env.name == live.env).unwrap_or(environments.len()));
        let mut message = format!("{id} is gone, but {}", places(&live));
        let renamed = live.iter().find_map(|live| live.renamed.as_ref());
        let help = match renamed {
            Some(new) => {
                message += &format!("; {new} has its content, and a new id is a new prompt");
                format!(
                    "keep both files: release and promote {new}, move the callers, then retire {id} and delete its file"
                )
            }
            None => format!(
                "put the file back until nobody asks for it; then `promptuary retire {id} --env ENV --reason \"…\"` takes \
                 it from applications, and the file may go"
            ),
        };
        let mut finding = Finding::new(ID, Place::file(&id.path()), message).help(help);
        if let Some(new) = renamed.and_then(|new| subject.catalog().prompt(new)) {
            finding = finding.also(Place::whole(&new.text), "the same content");
        }
        found.push(finding);
    }
}

/// `2.1.0 is live in dev and prod`, `2.2.0 is live in dev, 2.1.0 in prod`.
fn places(live: &[&Live]) -> String {
    let mut versions: Vec<(String, Vec<&str>)> = Vec::new();
    for live in live {
        let version = live.version.to_string();
        match versions.iter_mut().find(|(known, _)| *known == version) {
            Some((_, envs)) => envs.push(live.env.as_str()),
            None => versions.push((version, vec![live.env.as_str()])),
        }
    }
    let said = |(at, (version, envs)): (usize, (String, Vec<&str>))| {
        let verb = if at == 0 { " is live" } else { "" };
        let listed = match envs.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            _ => envs.concat(),
        };
        format!("{version}{verb} in {listed}")
    };
    versions.into_iter().enumerate().map(said).collect::<Vec<_>>().join(", ")
}
