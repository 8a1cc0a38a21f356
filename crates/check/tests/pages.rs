//! Every page's example, judged by every rule, finds exactly what the page says.
//!
//! `BLESS=1 cargo test -p check --test pages` writes what is found into the pages; review it as code.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

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
        let found = source::render::short(&surroundings::judge(&page.example, |_, _| Vec::new()));
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

/// `docs/rules.md` shows every finding as people meet it.
#[test]
fn the_document_shows_every_finding() {
    let mut document = String::from(HEAD);
    for rule in rules() {
        let _ = writeln!(document, "- [{0}](#{0}): {1}", rule.id, rule.summary());
    }
    for rule in rules() {
        let page = Page::parse(rule.page).unwrap();
        let remedy = page.sections[2].1;
        let level =
            if rule.is_fixed() { "error, whatever policy says".to_owned() } else { rule.level.as_str().to_owned() };
        let seen = if rule.is_of_suites() {
            page.example.finds.to_owned()
        } else {
            source::render::human(&surroundings::judge(&page.example, |_, _| Vec::new()), false)
        };
        let (fence, why) = ("````", page.sections[0].1);
        let _ = write!(
            document,
            "\n## {}\n\n{}\n\nDefault level: {level}.\n\n{why}\n\n{fence}text\n{}\n{fence}\n\n{remedy}\n",
            rule.id,
            page.summary,
            seen.trim_end(),
        );
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &document).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(written == document, "docs/rules.md is not what the pages say: run with BLESS=1 and review it");
}

const HEAD: &str = "# Rules\n\n\
    Everything that `promptuary check` can find, each as you would see it. `promptuary explain RULE` shows the page with\n\
    the files that produce it. Levels are set under `rules:` in `policies/policy.yaml`, for all prompts or for a family.\n\n\
    <!-- Written by a test from crates/check/src/rules/*.md: BLESS=1 cargo test -p check --test pages -->\n\n";
