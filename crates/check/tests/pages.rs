//! Every page's example, judged by every rule, finds exactly what the page says.
//!
//! `BLESS=1 cargo test -p check --test pages` writes what is found into the pages; review it as code.

#[path = "pages/surroundings.rs"]
mod surroundings;

use check::page::Page;
use check::rules;

#[test]
fn every_rule_has_its_page_and_stands_in_order() {
    assert!(rules().windows(2).all(|w| w[0].id < w[1].id), "the registry is sorted by id");
    for rule in rules() {
        let page = Page::parse(rule.page).unwrap_or_else(|e| panic!("{}: could not {e}", rule.id));
        assert_eq!(page.title, rule.id);
    }
}

#[test]
fn every_rule_stands_in_two_files_and_the_registry() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut stems: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").or(name.strip_suffix(".md")).map(str::to_owned))
        .collect();
    stems.sort();
    let expected: Vec<_> =
        rules().iter().flat_map(|rule| [rule.id.replace('-', "_"), rule.id.replace('-', "_")]).collect();
    assert_eq!(stems, expected);
}

/// Fewer than the catalogue only by those whose files this crate cannot read.
#[test]
fn every_page_finds_what_it_says() {
    let mut wrong = Vec::new();
    for rule in rules().iter().filter(|rule| !rule.is_of_suites()) {
        let page = Page::parse(rule.page).unwrap();
        let found = source::render::short(&surroundings::judge(&page.example));
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

fn bless(id: &str, page: &str, said: &str, found: &str) {
    let file = format!("{}/src/rules/{}.md", env!("CARGO_MANIFEST_DIR"), id.replace('-', "_"));
    let blessed = page.replace(&format!("text finds\n{said}```"), &format!("text finds\n{found}```"));
    std::fs::write(file, blessed).unwrap();
}
