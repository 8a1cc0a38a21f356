//! Suites that people bring from promptfoo with a mistake in them: each file below `broken/` is one, and what it says in
//! its first lines is found, there, with a remedy, before anybody is asked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;
use std::path::Path;

use source::{RepoPath, Snapshot};

/// The prompt that all of them test.
const PROMPT: &str = "---\nversion: 1.0.0\ndescription: Answer.\nowner: team\nrisk: low\nmodel: echo/echo\n\
    inputs: { question: string, tone: { type: string, default: plain } }\n---\nAnswer {{ question }} in a {{ tone }} tone.\n";

#[test]
fn each_is_found_where_it_stands_with_a_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut wrong = String::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        if let Err(why) = held(&text) {
            writeln!(wrong, "{}: {why}", path.file_name().unwrap().display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(paths.len() >= 60, "{} suites", paths.len());
}

/// Whether what is planted in `text` is found where it says.
fn held(text: &str) -> Result<(), String> {
    let (head, files) = text.split_once("==== file ").unwrap();
    let said = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    let files = files.split("==== file ").map(|file| file.split_once('\n').unwrap());
    let snapshot = Snapshot::of_texts("t", files.chain([("prompts/ask.md", PROMPT)]));
    let opened = eval::session::open(&snapshot, &RepoPath::new("evals/ask.yaml").unwrap()).unwrap();
    let found: Vec<_> = opened.findings.iter().filter(|f| f.rule == said("rule: ")).collect();
    let listed = || {
        opened.findings.iter().map(|f| {
            format!("\n  {} {}:{}:{} {}", f.rule, f.at.path(), f.at.start().line, f.at.start().column, f.message)
        })
    };
    let there = |f: &&&source::Finding| {
        let start = f.at.start();
        format!("{}:{}:{}", f.at.path(), start.line, start.column) == said("at: ")
    };
    let Some(finding) = found.iter().find(there) else {
        return Err(format!("{} is not found at {}{}", said("rule: "), said("at: "), listed().collect::<String>()));
    };
    if finding.help.as_ref().is_none_or(|help| help.is_empty()) {
        return Err(format!("no remedy: {}", finding.message));
    }
    let remedy = head.lines().find_map(|line| line.strip_prefix("help: ")).unwrap_or_default();
    if !finding.help.as_ref().is_some_and(|help| help.contains(remedy)) {
        return Err(format!("another remedy: {:?}", finding.help));
    }
    Ok(())
}
