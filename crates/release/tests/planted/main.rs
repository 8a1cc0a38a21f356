//! Planted faults: each file below `faults/` is a good one with one fault, and that one is found, there, and nothing else.
//!
//! `good/` is a repository without a fault. `mutations.txt` says what was done to it, and which bytes are wrong; the files
//! below `faults/` are made from both (`BLESS=1 cargo test -p release --test planted`), and what is judged is those files.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

mod files;
mod mutations;
mod schemas;

use std::fmt::Write as _;

use check::{Contents, History, Live, Subject};
use files::{Planted, folder};
use policy::Policy;
use prompt::Catalog;
use source::{Report, Snapshot, Timestamp};

/// Faults that are not found, or not where they are, with the reason. Frankly: none is forgotten here.
const MISSED: &[(&str, &str)] = &[];

#[test]
fn the_good_files_are_clean() {
    let report = judge(files::good(), false, &[]);
    assert!(report.findings().is_empty(), "{}", source::render::short(&report));
}

#[test]
fn the_files_are_what_the_mutations_make() {
    let made = mutations::planted(files::good());
    let on_disk = files::on_disk();
    let unlike = made.iter().filter(|(name, text)| on_disk.get(*name) != Some(text)).map(|(name, _)| name);
    let stale = on_disk.keys().filter(|name| !made.contains_key(*name));
    let unlike: Vec<_> = unlike.chain(stale).cloned().collect();
    if std::env::var_os("BLESS").is_some() {
        let folder = folder("faults");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        made.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    } else {
        assert!(unlike.is_empty(), "these are not what mutations.txt says: {unlike:?}");
    }
    assert!(made.len() >= 150, "{} faults", made.len());
}

#[test]
fn every_fault_is_found_where_it_was_planted() {
    let mut wrong = String::new();
    let only = std::env::var("FAULT").unwrap_or_default();
    let all = files::on_disk();
    for (name, text) in all.iter().filter(|(name, _)| name.contains(&only)) {
        let planted = Planted::read(text);
        let report = judge(&planted.snapshot(), planted.released, &planted.live);
        let missed = MISSED.iter().any(|(missed, _)| name.contains(missed));
        if let Err(why) = held(&planted, &report)
            && !missed
        {
            let (at, found) = (planted.place(), source::render::short(&report));
            let _ = writeln!(wrong, "{name}: {why}: {} at {at}\n{found}", planted.rule);
        } else if missed && held(&planted, &report).is_ok() {
            let _ = writeln!(wrong, "{name} is found: it is no miss any more");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\n{} of {} faults", wrong.matches(": ").count(), all.len());
}

/// Whether what is found is what was planted.
fn held(planted: &Planted, report: &Report) -> Result<(), String> {
    let level = check::find(&planted.rule).expect("a rule").level.severity().unwrap();
    let named: Vec<_> = report.findings().iter().filter(|f| f.rule == planted.rule).collect();
    if named.is_empty() {
        return Err("not found".to_owned());
    }
    let at = |f: &&&source::Finding| f.at.path().as_str() == planted.path && (f.at.start().line == planted.at.0);
    let Some(found) = named.iter().find(at) else { return Err("found in another line".to_owned()) };
    if found.at.start().column != planted.at.1 {
        return Err("found in another column".to_owned());
    }
    let (line, column) = (found.at.end().line, found.at.end().column);
    if planted.end.is_some_and(|end| end != (line, column)) {
        return Err("found, but it ends elsewhere".to_owned());
    }
    if found.severity != level {
        return Err("found at another level".to_owned());
    }
    let said = |f: &source::Finding| std::ptr::eq(f, *found) || planted.also.iter().any(|rule| rule == f.rule);
    let others: Vec<_> = report.findings().iter().filter(|f| !said(f)).map(|f| f.rule).collect();
    if !others.is_empty() {
        return Err(format!("found beside it: {}", others.join(" ")));
    }
    let found_too = |rule: &String| report.findings().iter().any(|f| f.rule == *rule && !std::ptr::eq(f, *found));
    match planted.also.iter().find(|rule| !found_too(rule)) {
        Some(silent) => Err(format!("not found beside it: {silent}")),
        None => Ok(()),
    }
}

/// Everything that `promptuary check` judges, on a fixed day.
fn judge(snapshot: &Snapshot, released: bool, live: &[Live]) -> Report {
    let good = if released { Catalog::load(files::good()) } else { Catalog::default() };
    let base = Contents::of(&good);
    let mut history = History::of_revision(&base, "the good files");
    history.live = live.to_vec();
    let catalog = Catalog::load(snapshot);
    let contents = Contents::of(&catalog);
    let loaded = Policy::load(snapshot);
    let now = Timestamp::parse("2026-11-22").unwrap();
    let suites = release::suite_findings(snapshot, &contents, loaded.policy.as_ref(), now);
    let found: Vec<_> = loaded.findings.iter().cloned().chain(suites).collect();
    check::check(&Subject::new(snapshot, &contents, loaded.policy.as_ref(), &history, now).with_findings(found))
}
