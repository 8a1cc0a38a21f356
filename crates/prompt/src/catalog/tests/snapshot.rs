//! What a catalog makes of the files of a snapshot: which are prompts, which it reads, which models they mean.

use super::*;

#[test]
fn files_that_are_no_prompts_are_named() {
    let good = format!("---\n{HEAD}---\nx");
    let catalog = catalog(&[
        ("prompts/a.md", &good),
        ("prompts/A.md", &good),
        ("prompts/notes.txt", ""),
        ("prompts/blocks/x.txt", ""),
        ("prompts/blocks/README.md", ""),
        ("prompts/con.md", &good),
        ("elsewhere.md", ""),
    ]);
    let named: Vec<_> = found(&catalog).into_iter().map(|(rule, path, _)| (rule, path)).collect();
    let expected = [
        ("id-case-twin", "a.md"),
        ("id-invalid", "A.md"),
        ("id-invalid", "con.md"),
        ("stray-file", "blocks/x.txt"),
        ("stray-file", "notes.txt"),
    ];
    assert_eq!(named, expected.map(|(r, p)| (r, p.to_owned())));
}

#[test]
fn models_come_from_the_same_snapshot() {
    let head = "version: 1.0.0\ndescription: d\nowner: o\nrisk: low\n";
    let with = |model: &str, routes: &str| {
        let prompt = format!("---\n{head}{model}---\nx");
        let catalog = catalog(&[("prompts/p.md", &prompt), ("prompts/routes.yaml", routes)]);
        let model = catalog.compile(&"p".parse().unwrap()).map(|c| c.model.to_string());
        model.map_err(|f| (f[0].rule, f[0].at.text.slice(f[0].at.span).to_owned()))
    };
    assert_eq!(with("", "routes: { f: a/b }\ndefaults: { low: f }").unwrap(), "a/b");
    assert_eq!(with("model: f\n", "routes: { f: a/b }").unwrap(), "a/b");
    assert_eq!(with("model: x/y\n", "").unwrap(), "x/y");
    assert_eq!(with("model: g\n", "routes: { f: a/b }").unwrap_err(), ("route-unknown", "g".to_owned()));
    assert_eq!(with("", "routes: { f: a/b }").unwrap_err(), ("route-missing", "low".to_owned()));
}

#[test]
fn one_prompt_reads_only_what_it_needs() {
    let catalog = triage();
    let files = Snapshot::of_texts(
        "t",
        [
            ("prompts/support/triage.md", TRIAGE),
            ("prompts/broken.md", "no front matter"),
            ("prompts/blocks/json-only.md", "Answer with JSON only.\n\n"),
            ("prompts/routes.yaml", "routes: { accurate: openai/gpt-5 }\ndefaults: { high: accurate }\n"),
        ],
    );
    let id = "support/triage".parse().unwrap();
    let (prompt, compiled) = compile_from(&files, &id).unwrap();
    assert_eq!(compiled.digest(), catalog.compile(&id).unwrap().digest());
    assert_eq!(prompt.front_matter.version.to_string(), "2.1.0");
    assert_eq!(prompt.value_place(&["inputs", "ticket", "maxLength"]).unwrap().start().line, 8);
    let CompileError::Findings(findings) = compile_from(&files, &"none".parse().unwrap()).unwrap_err() else {
        panic!()
    };
    assert_eq!(findings[0].rule, "prompt-missing");
    let changed = |path: &str| Catalog::affected(&files, &[source::RepoPath::new(path).unwrap()].into()).len();
    assert_eq!(changed("prompts/blocks/json-only.md"), 1);
    assert_eq!(changed("prompts/routes.yaml"), 2);
    assert_eq!(changed("prompts/broken.md"), 1);
    assert_eq!(changed("evals/x.yaml"), 0);
}
