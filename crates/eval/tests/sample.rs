//! The suites at the root of this repository read well and fit their prompts.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sample has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eval::gate::{Conclusion, Standing};
use eval::provider::{Environment, Providers};
use eval::session::{Place, replay};
use policy::Policy;
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
    for folder in ["prompts", "policies", "evals"] {
        walk(&root.join(folder), &mut paths);
    }
    let file = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        (RepoPath::new(name).unwrap(), File { mode: Mode::Regular, bytes: std::fs::read(path).unwrap().into() })
    };
    Snapshot { name: "the sample".into(), files: paths.iter().map(file).collect::<BTreeMap<_, _>>() }
}

#[test]
fn every_suite_of_the_sample_fits_its_prompt_and_its_policy() {
    let snapshot = sample();
    let catalog = Catalog::load(&snapshot);
    let policy = Policy::load(&snapshot).policy.unwrap();
    let mut told = Vec::new();
    for prompt in catalog.prompts() {
        let risk = policy.effective_risk(&prompt.id, prompt.front_matter.risk, None).risk;
        let demand = policy.suite_demand(&prompt.id, risk);
        let paths = eval::suite::paths_of(&snapshot, &prompt.id).unwrap();
        assert!(demand.required.is_none() || !paths.is_empty(), "{} has no suite", prompt.id);
        let compiled = catalog.compile(&prompt.id).unwrap();
        assert!(policy.model_allowed(&compiled.model), "{}", compiled.model);
        let renderer = compiled.renderer().unwrap();
        for path in paths {
            let loaded = eval::suite::load(&snapshot, &path);
            let mut findings = loaded.findings;
            if let Some(suite) = &loaded.suite {
                findings.extend(suite.fit(&compiled, &renderer).findings);
                let least = demand.min_cases.as_ref().map_or(0, |c| c.value);
                assert!(suite.cases.len() as u64 >= least, "{path} has {} cases", suite.cases.len());
            }
            let tell = |f: &source::Finding| {
                format!("{}:{} {}: {} ({:?})", f.at.path(), f.at.start().line, f.rule, f.message, f.help)
            };
            told.extend(findings.iter().map(tell));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_sample_passes_from_its_recordings() {
    let snapshot = sample();
    let catalog = Catalog::load(&snapshot);
    let policy = Policy::load(&snapshot).policy.unwrap();
    let providers = Providers::new([], Environment::empty());
    for prompt in catalog.prompts() {
        let place = |_: &str| Place::Nowhere(Standing::Absent, "this is the only revision".to_owned());
        let replayed = replay(&snapshot, &prompt.id, catalog.routes(), Some(&policy), &providers, None, &place);
        let replayed = replayed.unwrap();
        for suite in replayed {
            let (finished, verdict) = suite.done.unwrap();
            assert_eq!(verdict.conclusion, Conclusion::Pass, "{}\n{verdict:#?}\n{finished:#?}", suite.path);
        }
    }
}
