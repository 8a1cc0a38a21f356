//! What a revision asked of the same cases: in what a question that has no recording differs from one that has.

use std::collections::BTreeSet;

use eval::recording::{Difference, Recordings, differences};
use eval::run::{Mode, Plan, Request, Results, requests};
use eval::session::{self, Opened};
use prompt::Catalog;
use serde_json::json;
use source::Files;

use super::Bench;
use super::course::Course;
use crate::exit::Failure;

/// The requests of the same suite at a revision.
pub(crate) struct Before {
    requests: Vec<(String, Request)>,
    recordings: Recordings,
}

impl Before {
    /// Those of `opened` in `files` for the cases that are `wanted`, asked of `models`; `None` where the suite or its prompt cannot be run there.
    pub(crate) fn read(
        files: &dyn Files,
        opened: &Opened,
        models: &[String],
        wanted: impl Fn(&str) -> bool,
        bench: &Bench<'_>,
    ) -> Result<Option<Self>, Failure> {
        let Some(id) = opened.suite.as_ref().map(|s| &s.prompt) else { return Ok(None) };
        let there = session::open_with(files, bench.keys, &opened.path)?;
        let Ok(catalog) = Catalog::load_only(files, [id]) else { return Ok(None) };
        let Ok(plan) = there.plan(catalog.routes(), bench.rules.own(), Mode::Replay, models) else {
            return Ok(None);
        };
        let Ok(found) = requests(&plan, bench.providers, wanted) else { return Ok(None) };
        let named = |r: Request| (plan.suite.cases.at(r.case).id.clone(), r);
        Ok(Some(Self { requests: found.into_iter().map(named).collect(), recordings: there.recordings.clone() }))
    }

    /// How `request` differs from that of the same case there, where that one is on file.
    pub(crate) fn differences(&self, request: &Request, case: &str, now: &Recordings) -> Option<Vec<Difference>> {
        let same = |(id, r): &&(String, Request)| id == case && r.sample == request.sample;
        let on_file = |r: &Request| self.recordings.has(&r.key) || now.has(&r.key);
        let (_, old) = self.requests.iter().filter(same).find(|(_, r)| on_file(r))?;
        let whole = |r: &Request| {
            let p = &r.prepared;
            json!({ "kind": p.kind, "path": p.path, "model": p.model, "body": p.body })
        };
        Some(differences(&whole(old), &whole(request)))
    }
}

/// Has what `results` lacks say in what it differs from what the base of the run, or else HEAD, asked: where the recordings
/// know nothing of a case by its id, they cannot tell.
pub(super) fn name_by(results: &mut Results, plan: &Plan<'_>, opened: &Opened, course: &Course<'_>, bench: &Bench<'_>) {
    let unknown = |case: &str| !opened.recordings.has_case(case);
    let open: Vec<_> = results.misses.iter_mut().filter(|miss| miss.helping.is_none() && unknown(&miss.case)).collect();
    if plan.mode != Mode::Replay || opened.recordings.is_empty() || open.is_empty() {
        return;
    }
    let ids: BTreeSet<String> = open.iter().map(|miss| miss.case.clone()).collect();
    let wanted = |case: &str| ids.contains(case);
    let base = course.base.unwrap_or("HEAD");
    // It is about a help: where the revision cannot be read, what was found without it stands.
    let files = bench.repo.rev_parse(base).and_then(|commit| bench.repo.files_at(commit));
    let before = files.ok().and_then(|files| Before::read(&files, opened, course.models, wanted, bench).ok().flatten());
    let (Some(before), Ok(now)) = (before, requests(plan, bench.providers, wanted)) else { return };
    for miss in open {
        let request = now.iter().find(|request| request.key == miss.key);
        let found = request.and_then(|r| before.differences(r, &miss.case, &opened.recordings)).unwrap_or_default();
        if let Some(first) = found.first() {
            let more = match found.len() - 1 {
                0 => String::new(),
                n => format!(", and {n} more"),
            };
            let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (was, is) = (line(&first.before), line(&first.now));
            let field = first.field.trim_start_matches("body.");
            miss.nearest =
                format!("it is on file as {base} asks it, which differs in {field}: `{was}`, now `{is}`{more}");
        }
    }
}
