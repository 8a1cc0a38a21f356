//! A crate uses only lower floors, nothing sideways; a dependency has a reason and one home; only named crates touch
//! disk, network, clock and environment. Read from the manifests and sources, said in a sentence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The floors of `crates/README.md`, from the ground up.
const FLOORS: [&[&str]; 5] = [
    &["source"],
    &["prompt", "policy", "repo"],
    &["check", "eval", "ledger"],
    &["release", "resolver"],
    &["promptuary"],
];

/// Third-party crates that only one of ours may touch: what they do is hidden behind its interface.
const HOMES: [(&str, &str); 18] = [
    ("annotate-snippets", "source"),
    ("clap", "promptuary"),
    ("csv", "eval"),
    ("git2", "repo"),
    ("gix-config", "repo"),
    ("gix-ref", "repo"),
    ("globset", "policy"),
    ("indicatif", "promptuary"),
    ("jsonschema", "prompt"),
    ("minijinja", "prompt"),
    ("quick-junit", "source"),
    ("regress", "eval"),
    ("saphyr-parser", "source"),
    ("serde_yaml", "source"),
    ("sha2", "source"),
    ("ssh-key", "ledger"),
    ("statrs", "eval"),
    ("ureq", "eval"),
];

/// What only some sources may name outside their tests: a part of the path, by what they touch.
const REACHES: [(&str, &str, &[&str]); 9] = [
    ("env::var", "the environment", &["cli/"]),
    ("env::args", "the arguments", &["cli/"]),
    ("env::current", "the process's surroundings", &["cli/"]),
    ("env::temp_dir", "the process's surroundings", &["cli/", "repo/"]),
    ("SystemTime::now", "the clock", &["cli/"]),
    ("std::fs", "the disk", &["cli/", "repo/"]),
    ("process::Command", "other programs", &["cli/", "repo/", "eval/src/provider"]),
    ("std::net", "the network", &["eval/src/provider"]),
    ("process::exit", "the exit", &["cli/"]),
];

/// The manifests, as cargo reads them: each crate with what it names under any kind of dependency.
fn manifests() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(workspace().join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |v: &Value| v["name"].as_str().unwrap().to_owned();
    let uses = |p: &Value| p["dependencies"].as_array().unwrap().iter().map(name).collect();
    metadata["packages"].as_array().unwrap().iter().map(|p| (name(p), uses(p))).collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|crates| crates.contains(&name))
}

/// A sentence for each use that the floors forbid.
fn trespasses(manifests: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut said = Vec::new();
    for (user, uses) in manifests {
        let Some(from) = floor(user) else {
            said.push(format!("`{user}` stands on no floor: give it one in crates/README.md and in this test."));
            continue;
        };
        for used in uses {
            match floor(used) {
                Some(to) if to > from => said.push(format!(
                    "`{user}` (floor {from}) uses `{used}` (floor {to}) above it: hand the data in, or move the code up."
                )),
                Some(to) if to == from => said.push(format!(
                    "`{user}` uses `{used}` beside it on floor {from}: hand plain data in, or join them one floor up."
                )),
                _ => {}
            }
            if let Some((_, home)) = HOMES.iter().find(|(dep, home)| dep == used && home != user) {
                said.push(format!("`{user}` uses `{used}`, which lives in `{home}`: use that crate's interface."));
            }
        }
    }
    said
}

#[test]
fn crates_use_only_lower_floors() {
    let said = trespasses(&manifests());
    assert!(said.is_empty(), "\n{}\n", said.join("\n"));
}

#[test]
fn every_trespass_is_said_in_a_sentence() {
    let planted =
        |user: &str, used: &str| trespasses(&BTreeMap::from([(user.to_owned(), vec![used.to_owned()])])).join(" ");
    assert!(planted("source", "policy").contains("above it"));
    assert!(planted("check", "eval").contains("beside it on floor 2"));
    assert!(planted("release", "git2").contains("lives in `repo`"));
    assert!(planted("newcomer", "serde").contains("stands on no floor"));
    assert_eq!(planted("resolver", "ledger"), "");
    assert_eq!(planted("repo", "git2"), "");
}

#[test]
fn only_named_sources_reach_outside() {
    let mut said = Vec::new();
    for path in sources(&workspace().join("crates")) {
        let shown = path.strip_prefix(workspace().join("crates")).unwrap().display().to_string();
        if !shown.contains("/src/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Tests stand last in a file and may touch what they like.
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for (number, line) in product.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for (name, what, allowed) in REACHES {
                if line.contains(name) && !allowed.iter().any(|part| shown.starts_with(part)) {
                    let number = number + 1;
                    said.push(format!("crates/{shown}:{number} reaches {what}: only {} may.", allowed.join(", ")));
                }
            }
        }
    }
    assert!(said.is_empty(), "\n{}\n", said.join("\n"));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_map_shows_these_floors() {
    let map = std::fs::read_to_string(workspace().join("crates/README.md")).unwrap();
    for (number, crates) in FLOORS.iter().enumerate() {
        let names: Vec<_> = crates.iter().map(|c| if *c == "promptuary" { "cli" } else { *c }).collect();
        let line = format!("floor {number}  {}", names.join(" · "));
        assert!(map.lines().any(|l| l == line), "crates/README.md lacks the line `{line}`");
    }
    assert!(map.lines().count() <= 60, "crates/README.md is the map: one screen");
}
