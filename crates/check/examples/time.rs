//! Says how long each part of a check takes on a folder that `generate` wrote.
//!
//! `cargo run --release -p check --example time -- DIR`

use std::path::Path;
use std::time::Instant;

use check::{Contents, History, Subject, check};
use policy::Policy;
use prompt::Catalog;
use source::{File, Mode, RepoPath, Snapshot, Timestamp};

#[expect(clippy::print_stdout, reason = "figures are what this example is for")]
fn main() {
    let root = std::env::args().nth(1).expect("name a folder");
    let mut snapshot = Snapshot::default();
    let began = Instant::now();
    let (mut last, mut spent) = (began, processors());
    let mut say = |what: &str| {
        println!("{what:>10} {:>6} ms, {:>6} ms of processors", last.elapsed().as_millis(), processors() - spent);
        (last, spent) = (Instant::now(), processors());
    };
    read(Path::new(&root), "", &mut snapshot);
    say("read");
    let catalog = Catalog::load(&snapshot);
    say("parse");
    let contents = Contents::of(&catalog);
    say("compile");
    let loaded = Policy::load(&snapshot);
    let history = History::of_revision(&contents, "before");
    say("history");
    let now = Timestamp::parse("2026-11-22").expect("a date");
    let subject =
        Subject::new(&snapshot, &contents, loaded.policy.as_ref(), &history, now).with_findings(loaded.findings);
    say("subject");
    let report = check(&subject);
    say("rules");
    println!("{} in {} ms", source::render::summary(&report), began.elapsed().as_millis());
    for finding in report.findings().iter().take(5) {
        println!("{} {} {}", finding.at.path(), finding.rule, finding.message);
    }
}

/// Milliseconds of processor time so far, in steps of ten; what counts on a machine that others use too.
fn processors() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.get(11..13).into_iter().flatten().filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

fn read(root: &Path, below: &str, snapshot: &mut Snapshot) {
    let mut entries: Vec<_> = std::fs::read_dir(root.join(below)).expect("a folder").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().expect("plain names");
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            read(root, &path, snapshot);
        } else {
            let bytes = std::fs::read(entry.path()).expect("a readable file").into();
            snapshot.files.insert(RepoPath::new(&path).expect("sound"), File { mode: Mode::Regular, bytes });
        }
    }
}
