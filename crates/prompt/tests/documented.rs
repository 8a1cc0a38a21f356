//! The pages say what the code does: lists in `docs/format.md`, the ids of findings.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::fs;
use std::path::{Path, PathBuf};

use prompt::template::subset;
use prompt::{limits, rules};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The words in backticks between `<!-- name -->` and `<!-- /name -->`.
fn listed(page: &str, name: &str) -> Vec<String> {
    let start = page.find(&format!("<!-- {name} -->")).unwrap();
    let end = page.find(&format!("<!-- /{name} -->")).unwrap();
    page[start..end].split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_lists_the_whole_language() {
    let page = fs::read_to_string(root().join("docs/format.md")).unwrap();
    assert_eq!(listed(&page, "filters"), subset::FILTERS.iter().map(|f| f.0).collect::<Vec<_>>());
    assert_eq!(listed(&page, "tests"), subset::TESTS);
    for (name, _) in subset::FUNCTIONS {
        assert!(page.contains(&format!("`{name}(")), "{name}");
    }
}

#[test]
fn the_page_gives_the_limits() {
    let page = fs::read_to_string(root().join("docs/format.md")).unwrap();
    for (row, value) in [
        ("| operators, filters, attributes and brackets in a tag | ", limits::TAG_OPERATORS),
        ("| brackets inside brackets in a tag; a slice is one around what it is taken of | ", limits::TAG_DEPTH),
        ("| statements inside statements | ", limits::STATEMENT_DEPTH),
        ("| branches in a statement, nested ones counted in | ", limits::STATEMENT_BRANCHES),
        ("| blocks inside blocks | ", limits::INCLUDE_DEPTH),
    ] {
        assert!(page.contains(&format!("{row}{value} |")), "{row}{value}");
    }
    assert_eq!((limits::FILE_BYTES, limits::FRONT_MATTER_BYTES, limits::FRONT_MATTER_DEPTH), (1 << 20, 64 << 10, 32));
    assert_eq!((limits::FUEL, limits::FILTER_BYTES, limits::LINE_BYTES), (1_000_000, 4 << 20, 60_000));
}

/// Every rule id in the sources is listed, here or with the rules about YAML, and every listed one is in the sources.
#[test]
fn rules_are_listed() {
    let mut sources = String::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    for (rule, _) in rules::RULES {
        assert!(sources.contains(&format!("\"{rule}\"")), "no source raises {rule}");
    }
    for raised in ["Finding::new(\"", "Fault::new(\"", "self.at(\"", "self.at_key(\""] {
        for (at, _) in sources.match_indices(raised) {
            let id = sources[at + raised.len()..].split('"').next().unwrap();
            let kebab =
                id.contains('-') && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let listed = || rules::RULES.iter().chain(source::yaml::RULES).any(|(rule, _)| *rule == id);
            assert!(!kebab || listed(), "{id} is not in rules::RULES");
        }
    }
}

fn gather(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, sources);
        } else if path.file_name().unwrap() != "rules.rs" {
            sources.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
