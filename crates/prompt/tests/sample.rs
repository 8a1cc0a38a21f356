//! The prompts at the root of this repository parse, compile and render.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prompt::Catalog;
use source::{File, Mode, RepoPath, Snapshot};

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

fn sample() -> Snapshot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    walk(&root.join("prompts"), &mut paths);
    let file = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        (RepoPath::new(name).unwrap(), File { mode: Mode::Regular, bytes: std::fs::read(path).unwrap().into() })
    };
    Snapshot { name: "the sample".into(), files: paths.iter().map(file).collect::<BTreeMap<_, _>>() }
}

#[test]
fn the_sample_has_no_findings_and_compiles() {
    let snapshot = sample();
    let catalog = Catalog::load(&snapshot);
    let told: Vec<String> = catalog
        .findings()
        .iter()
        .map(|f| {
            format!(
                "{}:{} {}: {} ({})",
                f.at.path(),
                f.at.start().line,
                f.rule,
                f.message,
                f.help.clone().unwrap_or_default()
            )
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert_eq!(catalog.prompts().count(), 10);
    for prompt in catalog.prompts() {
        catalog.compile(&prompt.id).unwrap();
    }
    let shared = |name: &str| {
        let block = name.parse().unwrap();
        catalog.prompts().filter(|p| catalog.reach(&p.id).contains_key(&block)).count()
    };
    for block in catalog.blocks() {
        assert!(shared(block.name.as_str()) >= 2, "{} is not shared", block.name);
    }
}
