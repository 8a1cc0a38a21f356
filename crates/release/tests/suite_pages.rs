//! The pages of rules about suites: `check` keeps them and knows no suites, so they are held to their word here. And the
//! document that shows the findings of all rules, as `promptuary check` does.
//!
//! `BLESS=1 cargo test -p release --test suite_pages` writes what is found into the pages, and docs/rules.md; review both
//! as code.

use std::fmt::Write as _;

use check::page::{Page, surroundings};
use check::rules;

/// What is wrong in suites, by the policy beside them and on the day of the pages, and what they were before.
fn suites(
    [before, snapshot]: [&source::Snapshot; 2],
    [then, contents]: [&check::Contents<'_>; 2],
) -> Vec<source::Finding> {
    let policy = policy::Policy::load(snapshot).policy;
    let now = source::Timestamp::parse(surroundings::TODAY).expect("the day of the pages is one");
    let mut found = release::suite_findings(snapshot, contents, policy.as_ref(), now);
    let keys = eval::Keys::default();
    let side = |snapshot, catalog| release::suite_changes::Side { snapshot, catalog, keys: &keys };
    let changed = release::suite_changes::changed(&side(before, then.catalog), &side(snapshot, contents.catalog));
    found.extend(release::suite_changes::findings("main", &changed));
    found
}

#[test]
fn every_rule_about_suites_has_a_page() {
    let known: Vec<&str> = rules().iter().filter(|rule| rule.is_of_suites()).map(|rule| rule.id).collect();
    let mut found: Vec<&str> = eval::rules::ALL.iter().map(|(id, _)| *id).collect();
    found.sort_unstable();
    assert_eq!(known, found);
}

#[test]
fn every_page_finds_what_it_says() {
    let mut wrong = Vec::new();
    for rule in rules().iter().filter(|rule| rule.is_of_suites()) {
        let page = Page::parse(rule.page).unwrap();
        let report = surroundings::judge(&page.example, suites);
        if report.findings().iter().any(|f| f.help.is_none()) {
            wrong.push(format!("the page of {} shows a finding without a help line", rule.id));
        }
        let found = source::render::short(&report);
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
        let seen = source::render::human(&surroundings::judge(&page.example, suites), false);
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
    <!-- Written by a test from crates/check/src/rules/*.md: BLESS=1 cargo test -p release --test suite_pages -->\n\n";
