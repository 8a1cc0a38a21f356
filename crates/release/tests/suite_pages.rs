//! The pages of rules about suites: `check` keeps them and knows no suites, so they are held to their word here.
//!
//! `BLESS=1 cargo test -p release --test suite_pages` writes what is found into the pages; review it as code.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use check::Contents;
use check::page::{Page, surroundings};
use eval::{recording, suite};
use source::{Finding, Snapshot, Text};

#[test]
fn every_rule_about_suites_has_a_page() {
    let known: Vec<&str> = check::rules().iter().filter(|rule| rule.is_of_suites()).map(|rule| rule.id).collect();
    let mut found: Vec<&str> = eval::rules::ALL.iter().map(|(id, _)| *id).collect();
    found.sort_unstable();
    assert_eq!(known, found);
}

#[test]
fn every_page_finds_what_it_says() {
    let mut wrong = Vec::new();
    for rule in check::rules().iter().filter(|rule| rule.is_of_suites()) {
        let page = Page::parse(rule.page).unwrap();
        let found = source::render::short(&surroundings::judge(&page.example, of_suites));
        if !found.contains(&format!("[{}]", rule.id)) {
            wrong.push(format!("the page of {} does not show it:\n{found}", rule.id));
        } else if found != page.example.finds && std::env::var_os("BLESS").is_some() {
            let file = format!("{}/../check/src/rules/{}.md", env!("CARGO_MANIFEST_DIR"), rule.id.replace('-', "_"));
            let said = format!("text finds\n{}```", page.example.finds);
            std::fs::write(file, rule.page.replace(&said, &format!("text finds\n{found}```"))).unwrap();
        } else if found != page.example.finds {
            wrong.push(format!("{}\nthe page says:\n{}found:\n{found}", rule.id, page.example.finds));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn of_suites(snapshot: &Snapshot, contents: &Contents<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in suite::paths(snapshot).unwrap() {
        let loaded = suite::load(snapshot, &path);
        findings.extend(loaded.findings);
        let content = contents.get(&"ask".parse().unwrap());
        if let (Some(suite), Some(content)) = (loaded.suite, content) {
            findings.extend(suite.fit(&content.compiled, &content.compiled.renderer().unwrap()));
        }
    }
    for (path, file) in snapshot.below("evals/recordings") {
        let text = Text::new(path.clone(), String::from_utf8_lossy(&file.bytes));
        findings.extend(recording::Recordings::read(&text).err().into_iter().flatten());
    }
    findings
}
