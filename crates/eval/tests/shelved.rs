//! Runs that are too long for memory say what runs in memory say: rows that stay in their file, outcomes and recordings on
//! the shelf.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use eval::gate::{Demands, Verdict, judge};
use eval::provider::{Environment, Providers};
use eval::recording::Recordings;
use eval::report::{self, Reported};
use eval::run::{Finished, Mode, Part, Plan, Results, Shard, merge, run};
use eval::shelf::{Shelf, provide};
use eval::suite::{Loaded, Suite, load};
use prompt::{Compiled, compile_from};
use source::bytes::{Large, ReadAt};
use source::{Bytes, RepoPath, Snapshot, Text};

/// More than stay in memory, and no whole number of blocks.
const MANY: usize = 9_001;

/// A shelf in memory, and whether it was used.
struct Pretended(Mutex<Vec<u8>>);

static USED: AtomicBool = AtomicBool::new(false);

impl Shelf for Pretended {
    fn put(&self, bytes: &[u8]) -> io::Result<u64> {
        USED.store(true, Ordering::Relaxed);
        let mut all = self.0.lock().unwrap();
        all.extend_from_slice(bytes);
        Ok((all.len() - bytes.len()) as u64)
    }

    fn get(&self, place: u64, into: &mut [u8]) -> io::Result<()> {
        let place = usize::try_from(place).unwrap();
        into.copy_from_slice(&self.0.lock().unwrap()[place..place + into.len()]);
        Ok(())
    }
}

struct Pieces(Vec<u8>);

impl ReadAt for Pieces {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let rest = &self.0[usize::try_from(at).unwrap().min(self.0.len())..];
        // As a disk may: less than was asked for.
        let n = rest.len().min(into.len()).min(1000);
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

fn long(text: &str) -> Bytes {
    let bytes = text.as_bytes().to_vec();
    Bytes::There(std::sync::Arc::new(Large::new(Box::new(Pieces(bytes)), text.len() as u64, usize::MAX)))
}

const PROMPT: &str = "---\nversion: 1.0.0\ndescription: Say it again.\nowner: team\nrisk: low\nmodel: echo/echo\n\
inputs:\n  question: { type: string }\n---\n{{ question }}\n";
const SUITE: &str = "defaultTest: { assert: [{ type: contains, value: number }] }\ntests: file://data/rows.";

fn files(ending: &str, rows: &str, on_disk: bool) -> Snapshot {
    files_of(SUITE, ending, rows, on_disk)
}

fn files_of(suite: &str, ending: &str, rows: &str, on_disk: bool) -> Snapshot {
    let (suite, name) = (format!("{suite}{ending}\n"), format!("evals/data/rows.{ending}"));
    let texts = [("prompts/ask.md", PROMPT), ("evals/ask.yaml", suite.as_str()), (name.as_str(), rows)];
    let mut files = Snapshot::of_texts("the test", texts);
    if on_disk {
        files.files.get_mut(name.as_str()).unwrap().bytes = long(rows);
    }
    files
}

fn loaded(files: &Snapshot) -> Loaded {
    load(files, &RepoPath::new("evals/ask.yaml").unwrap())
}

fn compiled(files: &Snapshot) -> Compiled {
    compile_from(files, &"ask".parse().unwrap()).unwrap().1
}

fn ran(suite: &Suite, compiled: &Compiled, recordings: &Recordings, mode: Mode, shard: Option<Shard>) -> Finished {
    let providers = Providers::new([BTreeMap::new()], Environment::empty());
    let mut plan = Plan::new(suite, compiled, recordings, mode).unwrap();
    plan.shard = shard;
    run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

fn judged(suite: &Suite, results: &Results) -> Verdict {
    judge(suite, results, None, &Demands::default())
}

/// Rows of which every hundredth fails, and some assert by themselves.
fn rows() -> String {
    let row = |i: usize| match i % 100 {
        7 => format!("{{\"id\":\"c{i}\",\"vars\":{{\"question\":\"none {i}\"}}}}\n"),
        8 => format!(
            "{{\"id\":\"c{i}\",\"vars\":{{\"question\":\"number {i}\"}},\"cluster\":\"k\",\"assert\":[{{\"type\":\"regex\",\"value\":\"{i}$\"}}]}}\n"
        ),
        _ => format!("{{\"id\":\"c{i}\",\"vars\":{{\"question\":\"number {i}\"}}}}\n"),
    };
    (0..MANY).map(row).collect()
}

#[test]
fn a_run_too_long_for_memory_says_what_any_run_says() {
    let (near, far) = (files("jsonl", &rows(), false), files("jsonl", &rows(), true));
    let (compiled, none) = (compiled(&near), Recordings::default());
    // Everything in memory first: there is no shelf yet.
    let one = loaded(&near).suite.unwrap();
    let reference = ran(&one, &compiled, &none, Mode::Record, None);
    let text = reference.recorded.to_text();
    let file = RepoPath::new("evals/recordings/ask.jsonl").unwrap();
    let whole = {
        let held = Recordings::read(&Text::new(file.clone(), text.as_str())).unwrap();
        ran(&one, &compiled, &held, Mode::Replay, None).results
    };
    assert!(!USED.load(Ordering::Relaxed));

    provide(Box::new(Pretended(Mutex::default())));
    let two = loaded(&far).suite.unwrap();
    assert_eq!((one.dataset, one.cases.len()), (two.dataset, MANY));
    let place = |suite: &Suite, at: usize| (suite.cases.at(at).at.place().start(), suite.cases.at(at).id.clone());
    assert_eq!(place(&one, 4321), place(&two, 4321));
    let recorded = ran(&two, &compiled, &none, Mode::Record, None);
    assert!(USED.load(Ordering::Relaxed));
    assert_eq!(recorded.results.outcomes.len(), MANY);
    let verdict = judged(&two, &recorded.results);
    // Of the cluster's 90 cases and all others alone, this many count: Kish's effective size.
    let squares = 90 * 90 + (MANY - 90);
    let effective = (MANY * MANY + squares / 2) / squares;
    assert_eq!((verdict.models[0].failed, verdict.models[0].units), (90, effective));
    assert!(recorded.recorded.to_text() == text, "what is recorded");

    let held = Recordings::read(&Text::new(file.clone(), text.as_str())).unwrap();
    let left = Recordings::read_file(&file, &long(&text)).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert!(lines.is_sorted());
    lines.reverse();
    let stirred = Recordings::read_file(&file, &long(&(lines.join("\n") + "\n"))).unwrap();
    for recordings in [&held, &left, &stirred, &recorded.recorded] {
        assert_eq!((recordings.len(), recordings.to_text() == text), (MANY, true));
        assert!(recorded.used.iter().step_by(97).all(|key| recordings.by_key(key).is_some_and(|e| e.key == *key)));
    }
    let twice = format!("{text}{}\n", lines[0].replace("number", "another"));
    assert!(Recordings::read_file(&file, &long(&twice)).is_err(), "one key with two answers");
    assert!(Recordings::read_file(&file, &long(&format!("{text}<<<<<<< ours\n"))).is_err());
    let journal = format!("{{}}\n{text}{{\"key\":\"");
    assert_eq!(Recordings::read_long(&long(&journal), 3, true).unwrap().len(), MANY, "a line that was cut off is none");

    let part = |index| {
        let results = ran(&two, &compiled, &stirred, Mode::Replay, Some(Shard { index, count: 3 })).results;
        let verdict = judged(&two, &results);
        let mut text = String::new();
        let reported = [Reported { results: &results, verdict: &verdict, baseline: None, suite: None }];
        report::json(&reported, &source::Report::default(), serde_json::Map::new(), &mut |piece| text.push_str(piece));
        report::read(text.as_bytes()).unwrap().remove(0)
    };
    let parts: Vec<Part> = (1..=3).map(part).collect();
    assert_eq!(ran(&one, &compiled, &left, Mode::Replay, None).results, whole);
    assert_eq!(judged(&one, &whole).models[0].passed, MANY - 90);
    assert_eq!(merge(&two, &compiled, &parts).unwrap(), Part { results: whole, baseline: None });
}

#[test]
fn what_is_wrong_in_a_long_file_is_told_as_of_any_other() {
    let told_of = |suite: &str, ending: &str, rows: &str| {
        let [near, far] = [false, true].map(|on_disk| {
            let found = loaded(&files_of(suite, ending, rows, on_disk)).findings;
            found.iter().map(|f| format!("{} {:?} {}", f.rule, f.at.start(), f.message)).collect::<Vec<_>>()
        });
        assert_eq!(near, far);
        near
    };
    let told = |ending: &str, rows: &str| told_of(SUITE, ending, rows);
    let row = |i: usize| format!("{{\"vars\":{{\"question\":\"number {i}\"}}}}\n");
    assert!(told("jsonl", &(row(1) + "\n" + &row(2))).is_empty());
    assert_eq!(told("jsonl", &(row(1) + &row(2) + "{\"vras\":{}}\n")).len(), 1);
    assert_eq!(told("jsonl", &(row(1) + "not json\n" + &row(2))).len(), 1);
    assert_eq!(told("jsonl", &(row(1) + &row(2) + &row(1))).len(), 1, "two cases of one id");
    assert_eq!(told("jsonl", &(row(1) + &row(2).replace('2', "{{ x }}"))).len(), 1, "a note");
    assert_eq!(told("jsonl", "\u{feff}{\"vars\":{\"question\":\"a\"}}\n").len(), 1);
    assert!(told("csv", "question,__id\r\nnumber 1,a\r\n\"number\n2\",b\r\n").is_empty());
    assert_eq!(told("csv", "question,__id\nnumber 1,a\nnumber 2,a\n").len(), 1);
    assert_eq!(told("csv", "question,__id\nnumber 1,a\nnumber 2\n").len(), 1);
    assert_eq!(told("csv", "question,__expected\nnumber 1,contains\n").len(), 1);
    let inherited = SUITE.replace("value: number", "value: '{{ nope }}'");
    assert_eq!(told_of(&inherited, "jsonl", &(row(1) + &row(2))).len(), 1, "of what each row inherits");
}
