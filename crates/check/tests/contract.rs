//! Before and after, with the verdict: every file below `tests/contract` is one argued case.
//!
//! A file holds a sentence that argues the case, then front matter of both sides (keys that every prompt needs are
//! filled in; a `---` line begins a body), then the verdict: the bump, and one line a change.
//! `BLESS=1 cargo test -p check --test contract` writes the verdicts anew; review them as code.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use check::contract::{Terms, compare};
use check::subject::validator;
use prompt::Catalog;
use source::Snapshot;

const ROUTES: &str = "\
routes:
  accurate: openai/gpt-5
  fast: openai/gpt-5-mini
defaults: { low: fast, medium: fast, high: accurate }
";

#[test]
fn every_case_gets_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let mut files = files_below(&folder);
    files.sort();
    assert!(files.len() >= 120, "{} cases", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (head, expected) = text.split_once("=== verdict\n").unwrap();
        let (why, sides) = head.split_once("=== before\n").unwrap();
        let (before, after) = sides.split_once("=== after\n").unwrap();
        assert!(why.trim().len() >= 10, "{} argues nothing", file.display());
        let verdict = verdict(&file, before, after);
        if verdict == expected {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, format!("{head}=== verdict\n{verdict}")).unwrap();
        } else {
            wrong.push(format!("{}\nexpected:\n{expected}found:\n{verdict}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn verdict(file: &Path, before: &str, after: &str) -> String {
    let contract = compare(&terms(file, before), &terms(file, after), &validator);
    let mut out = format!("{}\n", contract.bump());
    for change in &contract.changes {
        let kind = serde_json::to_value(change.kind).unwrap();
        let _ = writeln!(out, "{}: {}", kind.as_str().unwrap(), change.message);
    }
    out
}

fn terms(file: &Path, side: &str) -> Terms {
    let (front, body) = side.split_once("\n---\n").unwrap_or((side.trim_end(), "Do it.\n"));
    let mut whole = String::from("---\n");
    for (key, default) in [("version", "1.0.0"), ("description", "For a test."), ("owner", "team"), ("risk", "medium")]
    {
        if !front.lines().any(|line| line.starts_with(&format!("{key}:"))) {
            let _ = writeln!(whole, "{key}: {default}");
        }
    }
    let _ = write!(whole, "{front}\n---\n{body}");
    let snapshot = Snapshot::of_texts("t", [("prompts/routes.yaml", ROUTES), ("prompts/case.md", &whole)]);
    let catalog = Catalog::load(&snapshot);
    let id = "case".parse().unwrap();
    let compiled = catalog.compile(&id).unwrap_or_else(|findings| panic!("{}: {findings:#?}\n{whole}", file.display()));
    Terms::of(catalog.prompt(&id).unwrap(), &compiled)
}
