//! What an editor says of the same files by the schemas in `docs/schemas/`: of the good ones nothing, of a fault as much as
//! JSON Schema can express. Where it says nothing, the fault is named here with the reason.

use std::path::Path;

use prompt::schema::Validator;
use source::yaml::{self, Limits};
use source::{RepoPath, Span, Text};

use crate::files::{self, Planted};

/// Rules about more than the one value that a schema sees, each with what it would have to see.
const BEYOND: &[(&str, &str)] = &[
    // Templates are texts to a schema.
    ("template-syntax", "templates are texts to a schema"),
    ("filter-unknown", "templates are texts to a schema"),
    ("test-unknown", "templates are texts to a schema"),
    ("function-unknown", "templates are texts to a schema"),
    ("statement-unsupported", "templates are texts to a schema"),
    ("macro-missing", "templates are texts to a schema"),
    ("block-missing", "templates are texts to a schema"),
    ("block-name-invalid", "templates are texts to a schema"),
    ("name-computed", "templates are texts to a schema"),
    ("include-cycle", "templates are texts to a schema"),
    ("block-set-leaks", "templates are texts to a schema"),
    ("block-name-collides", "templates are texts to a schema"),
    ("name-reserved", "templates are texts to a schema"),
    ("input-undeclared", "templates are texts to a schema"),
    ("input-unused", "templates are texts to a schema"),
    ("input-misused", "templates are texts to a schema"),
    ("value-not-printable", "templates are texts to a schema"),
    ("role-misplaced", "templates are texts to a schema"),
    ("role-missing", "templates are texts to a schema"),
    ("role-unknown", "templates are texts to a schema"),
    ("message-empty", "templates are texts to a schema"),
    ("template-refused", "templates are texts to a schema"),
    // It is about the file, its name or its bytes.
    ("file-has-bom", "it is about the file, its name or its bytes"),
    ("file-has-nul", "it is about the file, its name or its bytes"),
    ("file-not-utf8", "it is about the file, its name or its bytes"),
    ("file-not-regular", "it is about the file, its name or its bytes"),
    ("id-invalid", "it is about the file, its name or its bytes"),
    ("id-case-twin", "it is about the file, its name or its bytes"),
    ("stray-file", "it is about the file, its name or its bytes"),
    ("too-complex", "it is about the file, its name or its bytes"),
    ("prompt-too-large", "it is about the file, its name or its bytes"),
    ("text-too-long", "it is about the file, its name or its bytes"),
    ("conflict-marker", "it is about the file, its name or its bytes"),
    // It is about characters and words, wherever they stand.
    ("character-bidi", "it is about characters and words, wherever they stand"),
    ("character-invisible", "it is about characters and words, wherever they stand"),
    ("secret-present", "it is about characters and words, wherever they stand"),
    ("phrase-banned", "it is about characters and words, wherever they stand"),
    // It takes several files.
    ("block-unused", "it takes several files"),
    ("route-unknown", "it takes several files"),
    ("model-unknown", "it takes several files"),
    ("model-not-allowed", "it takes several files"),
    ("context-exceeded", "it takes several files"),
    ("capability-missing", "it takes several files"),
    ("budget-exceeded", "it takes several files"),
    ("budget-unbounded", "it takes several files"),
    ("risk-too-low", "it takes several files"),
    ("text-duplicated", "it takes several files"),
    ("policy-missing", "it takes several files"),
    ("family-empty", "it takes several files"),
    ("suite-missing", "it takes several files"),
    ("suite-misplaced", "it takes several files"),
    ("suite-file-missing", "it takes several files"),
    ("suite-file-outside", "it takes several files"),
    ("tests-missing", "it takes several files"),
    ("case-input-invalid", "it takes several files"),
    ("variable-unused", "it takes several files"),
    ("recording-invalid", "it takes several files"),
    // It takes what was released, or the day.
    ("price-stale", "it takes what was released, or the day"),
    ("version-not-bumped", "it takes what was released, or the day"),
    ("bump-too-small", "it takes what was released, or the day"),
    ("input-required", "it takes what was released, or the day"),
    ("input-narrowed", "it takes what was released, or the day"),
    ("output-widened", "it takes what was released, or the day"),
    ("output-format-changed", "it takes what was released, or the day"),
    ("tool-added", "it takes what was released, or the day"),
    ("tool-widened", "it takes what was released, or the day"),
    ("schema-incomparable", "it takes what was released, or the day"),
    ("risk-lowered", "it takes what was released, or the day"),
    ("prompt-live-removed", "it takes what was released, or the day"),
    // One value is held against another.
    ("default-invalid", "one value is held against another"),
    ("tool-invalid", "one value is held against another"),
    ("name-repeated", "one value is held against another"),
    ("name-unknown", "one value is held against another"),
    ("environment-cycle", "one value is held against another"),
    ("approval-impossible", "one value is held against another"),
    ("role-unheld", "one value is held against another"),
    ("public-key-shared", "one value is held against another"),
    ("case-unknown", "one value is held against another"),
    ("case-id-twin", "one value is held against another"),
    ("variable-undefined", "one value is held against another"),
    ("gate-contradictory", "one value is held against another"),
    ("assertions-missing", "one value is held against another"),
    // What an assertion takes follows from its type.
    ("assertion-invalid", "what an assertion takes follows from its type"),
    ("assertion-refused", "what an assertion takes follows from its type"),
    ("threshold-missing", "what an assertion takes follows from its type"),
    // Cells of a table are no JSON.
    ("data-unreadable", "cells of a table are no JSON"),
    ("cell-invalid", "cells of a table are no JSON"),
];

/// Single faults that a schema lets pass although it sees the value, with the reason.
const PASSED: &[(&str, &str)] = &[
    ("a-pattern-that-looks-ahead", "patterns are texts"),
    ("a-pattern-with-a-back-reference", "patterns are texts"),
    ("schema-invalid-a-pattern-that-is-not-closed", "patterns are texts"),
    ("a-reference-that-leads-nowhere", "one value is held against another"),
    ("a-zone-that-is-none", "zones change with the world"),
    ("a-window-that-ends-before-it-begins", "one value is held against another"),
    ("a-frozen-time-that-ends-before-it-begins", "one value is held against another"),
    ("a-day-that-no-calendar-has", "months differ in length"),
    ("public-key-malformed-cut-off", "a key's bytes say how long it is"),
    ("an-algorithm-that-does-not-count", "the list of algorithms grows"),
    ("a-set-that-nothing-reaches", "one value is held against another"),
];

#[test]
fn editors_say_nothing_of_the_good_files() {
    for (path, file) in &files::good().files {
        let said = said(path.as_str(), &file.bytes).unwrap_or_default();
        assert!(said.is_empty(), "{path}: {said:?}");
    }
}

#[test]
fn editors_see_what_a_schema_can_express() {
    let (mut wrong, mut seen) = (String::new(), std::collections::BTreeSet::new());
    for (name, text) in files::on_disk() {
        let planted = Planted::read(&text);
        let changed = planted.files.iter().filter_map(|(path, file)| Some((path, &file.as_ref()?.1)));
        // What cannot be read as YAML is seen by the editor's reader of YAML.
        let Some(said) = changed.map(|(path, bytes)| said(path, bytes)).collect::<Option<Vec<_>>>() else { continue };
        let silent = said.iter().all(Vec::is_empty);
        let beyond = BEYOND.iter().find(|(rule, _)| *rule == planted.rule).map(|(rule, _)| *rule);
        let passed = PASSED.iter().find(|(passed, _)| name.contains(passed)).map(|(passed, _)| *passed);
        match (silent, beyond.or(passed)) {
            (true, None) => wrong += &format!("{name}: the schema says nothing\n"),
            (true, Some(told)) => drop(seen.insert(told)),
            (false, _) => {}
        }
    }
    let idle = BEYOND.iter().chain(PASSED).filter(|(told, _)| !seen.contains(told));
    idle.for_each(|(told, _)| wrong += &format!("{told}: the schema sees it, so it is no exception\n"));
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What the schema of this kind of file says; nothing of files without one, `None` where it cannot be read.
fn said(path: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let Some(kind) = kind(path) else { return Some(Vec::new()) };
    let text = std::str::from_utf8(bytes).ok()?;
    let values: Vec<String> = match path.rsplit('.').next() {
        Some("jsonl") => text.lines().map(str::to_owned).collect(),
        Some("md") if kind == "block" && !text.starts_with("---\n") => return Some(Vec::new()),
        Some("md") => vec![text.strip_prefix("---\n")?.split_once("\n---\n")?.0.to_owned()],
        _ => vec![text.to_owned()],
    };
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(format!("{kind}.json"));
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = Validator::for_answers(&schema).unwrap();
    let mut said = Vec::new();
    for value in values {
        let text = Text::new(RepoPath::new("a.yaml").unwrap(), value.as_str());
        let tree = yaml::read(&text, Span::new(0, value.len()), &Limits::DOCUMENT).ok()?;
        let faults = validator.faults(&tree.to_json());
        said.extend(faults.into_iter().map(|fault| format!("{}: {}", fault.path_text(), fault.message)));
    }
    Some(said)
}

/// Which schema is about the file at `path`.
fn kind(path: &str) -> Option<&'static str> {
    let (folder, _) = path.split_once('/')?;
    Some(match (folder, path.rsplit('/').next()?) {
        ("prompts", "routes.yaml") => "routes",
        ("prompts", name) if name.ends_with(".md") && path.starts_with("prompts/blocks/") => "block",
        ("prompts", name) if name.ends_with(".md") => "prompt",
        ("policies", "policy.yaml") => "policy",
        ("policies", "models.yaml") => "models",
        ("policies", "principals.yaml") => "principals",
        ("evals", _) if path.contains("/recordings/") => return None,
        ("evals", name) if name.ends_with(".jsonl") => "test",
        ("evals", name) if name.ends_with(".yaml") && path.contains("/data/") => "tests",
        ("evals", name) if name.ends_with(".yaml") => "suite",
        _ => return None,
    })
}
