//! Every page's example, judged by every rule, finds exactly what the page says.
//!
//! `BLESS=1 cargo test -p check --test pages` writes what is found into the pages; review it as code.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::collections::BTreeSet;

use check::page::{Page, surroundings};
use check::rules;

#[test]
fn every_rule_has_its_page_and_stands_in_order() {
    for pair in rules().windows(2) {
        assert!(pair[0].id < pair[1].id, "in rules.rs, {} stands after {}", pair[1].id, pair[0].id);
    }
    for rule in rules() {
        let page = Page::parse(rule.page).unwrap_or_else(|e| panic!("{}: could not {e}", rule.id));
        assert_eq!(page.title, rule.id);
    }
}

#[test]
fn every_rule_stands_in_two_files_and_the_registry() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = names.filter(|name| name.ends_with(".rs") || name.ends_with(".md")).collect();
    let both = |rule: &check::Rule| ["rs", "md"].map(|ending| format!("{}.{ending}", rule.id.replace('-', "_")));
    let expected: BTreeSet<String> = rules().iter().flat_map(both).collect();
    let difference: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(difference.is_empty(), "not in rules.rs, or not in the folder: {difference:?}");
}

/// Fewer than the catalogue only by those whose files this crate cannot read.
#[test]
fn every_page_finds_what_it_says() {
    let mut wrong = Vec::new();
    for rule in rules().iter().filter(|rule| !rule.is_of_suites()) {
        let page = Page::parse(rule.page).unwrap();
        let report = surroundings::judge(&page.example, |_, _| Vec::new());
        if report.findings().iter().any(|f| f.help.is_none()) {
            wrong.push(format!("the page of {} shows a finding without a help line", rule.id));
        }
        let found = source::render::short(&report);
        if !found.contains(&format!("[{}]", rule.id)) {
            wrong.push(format!("the page of {} does not show it:\n{found}", rule.id));
        } else if found == page.example.finds {
            continue;
        } else if std::env::var_os("BLESS").is_some() {
            bless(rule.id, rule.page, page.example.finds, &found);
        } else {
            wrong.push(format!("{}\nthe page says:\n{}found:\n{found}", rule.id, page.example.finds));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A page that promises that `check --fix` does it shows a finding that brings the correction.
#[test]
fn pages_promise_only_the_corrections_that_are_made() {
    for rule in rules().iter().filter(|rule| !rule.is_of_suites()) {
        let page = Page::parse(rule.page).unwrap();
        let report = surroundings::judge(&page.example, |_, _| Vec::new());
        let made = report.findings().iter().filter(|f| f.rule == rule.id).all(|f| f.fix.is_some());
        let promised = page.sections[2].1.contains("--fix");
        assert!(made || !promised, "the page of {} promises a correction that its finding does not bring", rule.id);
    }
}

fn bless(id: &str, page: &str, said: &str, found: &str) {
    let file = format!("{}/src/rules/{}.md", env!("CARGO_MANIFEST_DIR"), id.replace('-', "_"));
    let blessed = page.replace(&format!("text finds\n{said}```"), &format!("text finds\n{found}```"));
    std::fs::write(file, blessed).unwrap();
}
