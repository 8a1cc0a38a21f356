//! Front matter: the readings of YAML agree, spans hold, and what a prompt or block makes of it never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use source::{BlockName, Text};

fuzz_target!(|text: &str| {
    assert!(source::yaml::exercise(text), "the readings of YAML differ, or a span is wrong");
    let id = "a".parse().expect("an id");
    let path = source::RepoPath::new("prompts/a.md").expect("a path");
    let whole = format!("---\n{text}\n---\nHello.\n");
    let (_, findings) = prompt::parse(&id, &Text::new(path, whole.as_str()));
    fuzz::hold(&findings);
    // The same as a block, as routes, and the file as it came.
    let block = BlockName::of_path(&source::RepoPath::new("prompts/blocks/b.md").expect("a path"));
    assert!(matches!(block, Some(Ok(_))));
    let catalog = prompt::Catalog::load(&fuzz::snapshot([
        ("prompts/blocks/b.md", whole.as_str()),
        ("prompts/routes.yaml", text),
        ("prompts/c.md", text),
    ]));
    fuzz::hold(catalog.findings());
});
