//! The suites of this repository, which a reader will copy: sound, and fitting their prompts.

use std::path::Path;

use source::{Severity, Snapshot};

fn collect(folder: &Path, root: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, root, texts);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text));
        }
    }
}

#[test]
fn every_suite_of_the_sample_is_sound_and_fits_its_prompt() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut texts = Vec::new();
    for folder in ["prompts", "evals"] {
        collect(&root.join(folder), &root, &mut texts);
    }
    let files = Snapshot::of_texts("the sample", texts.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    let paths = eval::suite::paths(&files).unwrap();
    assert!(!paths.is_empty());
    for path in paths {
        let loaded = eval::suite::load(&files, &path);
        let mut findings = loaded.findings.clone();
        if let Some(suite) = &loaded.suite {
            let (_, compiled) = prompt::compile_from(&files, &suite.prompt).unwrap();
            findings.extend(suite.fit(&compiled, &compiled.renderer().unwrap()));
        }
        findings.retain(|f| f.severity > Severity::Note);
        let report = source::render::human(&source::Report::new(findings), false);
        assert!(loaded.suite.is_some() && report.trim().is_empty() || !report.contains("error"), "{path}\n{report}");
        assert!(!loaded.fails(), "{report}");
    }
}
