//! Inside hooks: what git hands over counts.

use repo::{Environment, Repo};

use crate::scratch::{Scratch, entry};

#[test]
fn a_pre_receive_hook_reads_what_is_still_in_quarantine() {
    let scratch = Scratch::with_remote();
    // The hook keeps what git gave it, and refuses.
    let hook = "#!/bin/sh\nenv > ../told\ncat > ../lines\ncp -r \"$GIT_OBJECT_DIRECTORY\" ../quarantine\nexit 1\n";
    scratch.write("hub.git/hooks/pre-receive", hook);
    scratch.make_executable("hub.git/hooks/pre-receive");
    let repo = scratch.open("r");
    let made = entry(&repo, "env/dev/a@00000001", "");
    repo.push(&Scratch::origin(&repo), std::slice::from_ref(&made)).unwrap();
    let lines = std::fs::read_to_string(scratch.path("lines")).unwrap();
    assert!(lines.contains(&made.0.to_string()), "{lines}");
    let told = std::fs::read_to_string(scratch.path("told")).unwrap();
    let quarantine = scratch.path("quarantine").display().to_string();
    let vars = told.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| match k {
        "GIT_OBJECT_DIRECTORY" | "GIT_QUARANTINE_PATH" => (k, quarantine.as_str()),
        _ => (k, v),
    });
    let environment = Environment::new(vars).in_hook();
    let hub = Repo::open(&scratch.path("hub.git"), &environment).unwrap();
    assert!(hub.is_bare());
    assert!(hub.object(made.0).is_ok());
    assert!(hub.tags("env/").unwrap().is_empty());
    let main = hub.rev_parse("main").unwrap();
    assert!(hub.is_ancestor(main, main).unwrap());
    // A program that is not in the hook does not see it.
    let outside = scratch.open("hub.git");
    assert!(outside.object(made.0).is_err());
}

#[test]
fn a_pre_commit_hook_of_a_linked_worktree_judges_its_own_index() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["worktree", "add", "-q", "../linked", "-b", "topic"]);
    scratch.write("r/.git/hooks/pre-commit", "#!/bin/sh\nenv > ../told\n");
    scratch.make_executable("r/.git/hooks/pre-commit");
    scratch.write("linked/prompts/b.md", "b\n");
    scratch.git("linked", &["add", "prompts/b.md"]);
    scratch.git("linked", &["commit", "-q", "-m", "b"]);
    let told = std::fs::read_to_string(scratch.path("told")).unwrap();
    scratch.git("linked", &["rm", "-q", "--cached", "prompts/a.md"]);
    for hook in [false, true] {
        let environment = Environment::new(told.lines().filter_map(|l| l.split_once('=')));
        let environment = if hook { environment.in_hook() } else { environment };
        let repo = Repo::open(&scratch.path("linked"), &environment).unwrap();
        let index = repo.index().unwrap();
        let names: Vec<_> = index.files.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["policies/policy.yaml", "prompts/b.md"]);
        assert_eq!(repo.staged_paths().unwrap().len(), 1);
    }
}
