//! Whole repositories before and after a change: what moves, what it asks of versions, and what is found.
//!
//! Every folder below `tests/scenarios` holds `before/` and `after/`, a `why.md` that argues the case, and `verdict.txt`. Where
//! there is `earlier/` too, that was released before `before/`.
//! `BLESS=1 cargo test -p check --test scenarios` writes the verdicts anew; review them as code.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use check::contract::{Bump, Terms, compare};
use check::impact::{impact, tree};
use check::subject::validator;
use check::{Base, Contents, History, Released, Subject};
use prompt::Catalog;
use source::{File, Mode, RepoPath, Snapshot, Timestamp};

#[test]
fn every_change_gets_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut scenarios: Vec<PathBuf> = entries(&folder);
    scenarios.sort();
    assert!(scenarios.len() >= 20, "{} scenarios", scenarios.len());
    let mut wrong = Vec::new();
    for scenario in scenarios {
        let why = std::fs::read_to_string(scenario.join("why.md")).unwrap();
        assert!(why.trim().len() >= 40, "{} argues nothing", scenario.display());
        let verdict = verdict(&scenario);
        let file = scenario.join("verdict.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &verdict).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if verdict != expected {
            wrong.push(format!("{}\nexpected:\n{expected}found:\n{verdict}", scenario.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn snapshot(folder: &Path) -> Snapshot {
    let mut snapshot = Snapshot { name: "a scenario".to_owned(), ..Snapshot::default() };
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path));
            continue;
        }
        let name = RepoPath::new(path.strip_prefix(folder).unwrap().to_str().unwrap()).unwrap();
        let bytes = std::fs::read(&path).unwrap().into();
        snapshot.files.insert(name, File { mode: Mode::Regular, bytes });
    }
    snapshot
}

/// What moves, then each prompt's bump with its reasons, then what `check --base` finds.
fn verdict(scenario: &Path) -> String {
    let after = &snapshot(&scenario.join("after"));
    let (old_files, new_files) = (Catalog::load(&snapshot(&scenario.join("before"))), Catalog::load(after));
    let (old, new) = (Contents::of(&old_files), Contents::of(&new_files));
    let mut out = tree::tree(&impact(&old, &new));
    for prompt in new_files.prompts() {
        let (Some(was), Some(is)) = (old.get(&prompt.id), new.get(&prompt.id)) else { continue };
        let terms = Terms::of(old_files.prompt(&prompt.id).unwrap(), &was.compiled);
        let contract = compare(&terms, &Terms::of(prompt, &is.compiled), &validator);
        if contract.bump() == Bump::None {
            continue;
        }
        let _ = writeln!(out, "\n{}: {}", prompt.id, contract.bump());
        contract.changes.iter().for_each(|change| writeln!(out, "  {}", change.message).unwrap());
    }
    let mut history = History::of_revision(&old, "main");
    let earlier = scenario.join("earlier");
    let earlier = Catalog::load(&if earlier.is_dir() { snapshot(&earlier) } else { Snapshot::default() });
    for (id, content) in Contents::of(&earlier).iter() {
        let prompt = earlier.prompt(id).unwrap();
        let (version, risk) = (prompt.front_matter.version.clone(), prompt.front_matter.risk);
        history.add_base(id.clone(), Base { version: version.clone(), terms: Terms::of(prompt, &content.compiled) });
        history.add_release(id, Released { version, content: content.digest, risk });
    }
    let report = check::check(&Subject::new(after, &new, None, &history, Timestamp(0)));
    let found = source::render::short(&report);
    if !found.is_empty() {
        let _ = write!(out, "\n{found}");
    }
    out
}

/// One prompt of this version, risk and text, compiled on its own.
fn one(version: &str, text: &str) -> Catalog {
    let routes = "routes: { fast: openai/gpt-5-mini }\ndefaults: { low: fast, medium: fast, high: fast }\n";
    let prompt = format!("---\nversion: {version}\ndescription: d\nowner: o\nrisk: low\n---\n{text}\n");
    Catalog::load(&Snapshot::of_texts("t", [("prompts/routes.yaml", routes), ("prompts/triage.md", &prompt)]))
}

/// What `bump` writes over `now` where `releases` stand in the ledger, until it is content.
fn bumped(releases: &[(&str, &str)], now: (&str, &str)) -> Vec<String> {
    let id: source::PromptId = "triage".parse().unwrap();
    let mut all = Vec::new();
    let mut bases = Vec::new();
    for (version, text) in releases {
        let catalog = one(version, text);
        let content = catalog.compile(&id).unwrap();
        let prompt = catalog.prompt(&id).unwrap();
        let (version, risk) = (prompt.front_matter.version.clone(), prompt.front_matter.risk);
        bases.push(Base { version: version.clone(), terms: Terms::of(prompt, &content) });
        all.push((id.clone(), Released { version, content: content.digest(), risk }));
    }
    let mut written = Vec::new();
    let mut version = now.0.to_owned();
    for _ in 0..4 {
        let catalog = one(&version, now.1);
        let contents = Contents::of(&catalog);
        let mut history = History::new(all.clone(), Vec::new());
        for (id, wanted) in history.wanted(&contents) {
            history.add_base(id, bases.iter().find(|base| base.version == wanted).unwrap().clone());
        }
        let snapshot = Snapshot::default();
        let subject = Subject::new(&snapshot, &contents, None, &history, Timestamp(0));
        let Some(next) = check::bump::honest(&subject, catalog.prompt(&id).unwrap()) else { break };
        version = next.to_string();
        written.push(version.clone());
    }
    written
}

#[test]
fn bump_is_content_with_what_it_wrote() {
    let line = [("1.0.0", "One."), ("1.1.0", "Two.")];
    assert_eq!(bumped(&line, ("1.0.1", "Three.")), ["1.2.0"], "1.1.0 is another text");
    assert_eq!(bumped(&line, ("1.0.1", "Two.")), ["1.1.0"], "it is what was released so");
    assert_eq!(bumped(&line, ("1.1.0", "Three.")), ["1.2.0"]);
    assert_eq!(bumped(&line, ("0.9.0", "Two.")), ["1.1.0"], "it only went down");
    assert_eq!(bumped(&[line[0], ("2.0.0", "Two.")], ("1.0.1", "Three.")), ["1.1.0"], "a maintenance line goes on");
    let candidates = [("1.0.0", "One."), ("1.1.0-rc.1", "Two.")];
    assert_eq!(bumped(&candidates, ("1.1.0-rc.1", "Three.")), ["1.1.0-rc.2"], "the line is kept");
    assert_eq!(bumped(&candidates, ("1.1.0-rc.2", "Three.")), Vec::<String>::new());
    assert_eq!(bumped(&[("0.1.0-rc.1", "One.")], ("0.1.0", "Two.")), Vec::<String>::new(), "nothing was promised");
}
