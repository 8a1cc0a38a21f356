//! The scripts of .githooks/ under real git: each way in which git makes a commit or pushes, judged by what it would hold.
//!
//! Every life starts from the same small repository; a hook that finds nothing says nothing.

use std::path::Path;

use crate::sandbox::{Outcome, Sandbox};

const FRONT: &str = "---\nversion: 1.0.0\ndescription: Say hello.\nowner: docs\nrisk: low\nmodel: echo/echo\n---\n";

/// An author's clone with the hooks switched on.
struct Author(Sandbox);

impl Author {
    fn new() -> Self {
        let author = Self(Sandbox::new());
        author.0.write(
            "../home/.gitconfig",
            "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n[core]\nhooksPath = .githooks\n\
             [advice]\ndetachedHead = false\nskippedCherryPicks = false\n[protocol \"file\"]\nallow = always\n",
        );
        author.lay_out("");
        author.done("git init -q && git add -A && git commit -q -m start");
        author
    }

    /// The files of the small repository, below `folder`.
    fn lay_out(&self, folder: &str) {
        let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.githooks");
        for hook in ["pre-commit", "pre-merge-commit", "pre-push"] {
            let path = format!("{folder}.githooks/{hook}");
            self.0.write(&path, &std::fs::read_to_string(hooks.join(hook)).unwrap());
            self.done(&format!("chmod +x {path}"));
        }
        self.0.write(&format!("{folder}prompts/blocks/kind.md"), "Be kind.\n");
        self.0
            .write(&format!("{folder}prompts/hello.md"), &format!("{FRONT}{{% include \"blocks/kind.md\" %}}\nHi.\n"));
        self.0.write(&format!("{folder}prompts/other.md"), &format!("{FRONT}Another.\n"));
        let test = "tests: [{ vars: {}, assert: [{ type: contains, value: Hi }] }]\ngate: { min_pass_rate: 1 }\n";
        self.0.write(&format!("{folder}evals/hello.yaml"), test);
        self.0.write(&format!("{folder}notes.txt"), "Not ours.\n");
    }

    fn good(&self, id: &str) {
        self.0.write(&format!("prompts/{id}.md"), &format!("{FRONT}Fine, {id}.\n"));
    }

    fn bad(&self, id: &str) {
        self.0.write(&format!("prompts/{id}.md"), &format!("{FRONT}{{{{ nope }}}}\n"));
    }

    fn run(&self, line: &str) -> Outcome {
        self.0.run(line)
    }

    /// Does what must work, and say nothing.
    #[track_caller]
    fn done(&self, line: &str) {
        let outcome = self.run(line);
        assert_eq!((outcome.code, outcome.raw.as_str()), (0, ""), "{line}");
    }

    /// Does what the hook must refuse, for this rule in this file.
    #[track_caller]
    fn refused(&self, line: &str, rule: &str, path: &str) {
        let outcome = self.run(line);
        assert_eq!(outcome.code, 1, "{line}\n{}", outcome.raw);
        assert!(outcome.raw.contains(&format!("error[{rule}]")), "{line}\n{}", outcome.raw);
        assert!(outcome.raw.contains(&format!("--> {path}")), "{line}\n{}", outcome.raw);
    }
}

#[test]
fn the_index_is_judged_and_not_the_worktree() {
    let author = Author::new();
    author.bad("a");
    author.done("git add prompts/a.md");
    author.good("a");
    author.refused("git commit -m bad", "input-undeclared", "prompts/a.md:8");
    author.done("git add prompts/a.md");
    author.bad("a");
    author.done("git commit -q -m good");
    author.refused("cd prompts && git commit -q -a -m bad", "input-undeclared", "prompts/a.md:8");
}

/// The cases of a suite lie in files that are not staged with the prompt.
#[test]
fn a_staged_prompt_is_judged_with_the_data_of_its_suite() {
    let author = Author::new();
    author.0.write("evals/data/cases.jsonl", "{\"assert\": [{\"type\": \"contains\", \"value\": \"Hi\"}]}\n");
    author.0.write("evals/hello.yaml", "tests: [file://data/cases.jsonl]\ngate: { min_pass_rate: 1 }\n");
    author.done("git add -A && git commit -q -m data");
    author.good("hello");
    author.done("git add -A && git commit -q -m fine");
}

#[test]
fn a_staged_policy_judges_every_prompt() {
    let author = Author::new();
    author.0.write(
        "policies/policy.yaml",
        "format: 1\nenvironments: [{ name: dev }]\nbanned_phrases: [{ phrase: Another }]\n",
    );
    author.0.write("policies/models.yaml", "format: 1\nmodels: [{ model: echo/echo }]\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOxhubioKBoygbmcZ5/+yGGGaQ1+5PEqZUqJ4OqnEuUU";
    let roles = "{ maintainer: true, releaser: [\"**\"], promoter: { \"*\": [\"**\"] } }";
    let ada =
        format!("format: 1\nprincipals: [{{ name: ada@example.com, keys: [{{ ssh: {key} }}], roles: {roles} }}]\n");
    author.0.write("policies/principals.yaml", &ada);
    author.refused("git add policies && git commit -m banned", "phrase-banned", "prompts/other.md");
}

#[test]
fn a_conflict_that_nobody_resolved_is_refused_wherever_it_stands() {
    let author = Author::new();
    let conflict = "<<<<<<< HEAD\nBe kind.\n=======\nBe very kind.\n>>>>>>> topic\n";
    author.0.write("prompts/blocks/kind.md", conflict);
    author.refused("git add -A && git commit -m block", "conflict-marker", "prompts/blocks/kind.md:1");
    author.done("git checkout -q HEAD -- prompts");
    author.0.write(
        "prompts/other.md",
        &FRONT.replace("risk: low\n", "<<<<<<< a\nrisk: low\n=======\nrisk: high\n>>>>>>> b\n"),
    );
    let outcome = author.run("git add -A && git commit -m front");
    assert!(outcome.raw.contains("error[conflict-marker]: lines 5 to 9"), "{}", outcome.raw);
    assert!(!outcome.raw.contains("yaml-syntax"), "{}", outcome.raw);
    author.done("git checkout -q HEAD -- prompts");
    author.0.write("evals/hello.yaml", conflict);
    author.refused("git add -A && git commit -m suite", "conflict-marker", "evals/hello.yaml:1");
}

#[test]
fn the_first_commit_is_judged() {
    let author = Author::new();
    author.done("rm -rf .git && git init -q");
    author.bad("a");
    author.refused("git add -A && git commit -m start", "input-undeclared", "prompts/a.md:8");
    author.good("a");
    author.done("git add -A && git commit -q -m start");
}

#[test]
fn commit_all_and_commit_path_hand_over_an_index_of_their_own() {
    let author = Author::new();
    author.bad("other");
    author.refused("git commit -a -m all", "input-undeclared", "prompts/other.md:8");
    author.refused("git commit -m path prompts/other.md", "input-undeclared", "prompts/other.md:8");
    author.done("git add prompts/other.md");
    author.good("hello");
    // What is staged beside the path is not part of the commit.
    author.done("git commit -q -m path prompts/hello.md");
    author.done("test \"$(git status --short)\" = 'M  prompts/other.md'");
    author.refused("git commit -q -i -m both prompts/hello.md", "input-undeclared", "prompts/other.md:8");
    author.done("git restore --staged --worktree prompts/other.md && git commit -q --amend -m reworded");
}

#[test]
fn commit_patch_is_judged_by_the_hunks_that_were_taken() {
    let author = Author::new();
    let text = |first: &str, last: &str| format!("{FRONT}{first}\n{}{last}\n", "A line.\n".repeat(20));
    author.0.write("prompts/long.md", &text("First.", "Last."));
    author.done("git add -A && git commit -q -m long");
    author.0.write("prompts/long.md", &text("The first.", "{{ nope }}"));
    author.refused("printf 'n\\ny\\n' | git commit -p -m bad", "input-undeclared", "prompts/long.md:29");
    let taken = author.run("printf 'y\\nn\\n' | git commit -q -p -m good");
    assert_eq!(taken.code, 0, "{}", taken.raw);
    author.done("test \"$(git status --short)\" = ' M prompts/long.md'");
}

#[test]
fn a_merge_is_judged_with_or_without_conflicts() {
    let author = Author::new();
    author.done("git checkout -q -b topic");
    author.0.write("prompts/user.md", &format!("{FRONT}{{% include \"blocks/kind.md\" %}}\nHi.\n"));
    author.done("git add -A && git commit -q -m user && git checkout -q main");
    author.good("hello");
    author.done("git rm -q prompts/blocks/kind.md && git commit -q -a -m gone");
    // Both sides are sound, their merge is not.
    author.refused("git merge -q -m merged topic", "block-missing", "prompts/user.md:8");
    author.done("git merge --abort && git checkout -q -b third topic");
    author.0.write("prompts/other.md", &format!("{FRONT}Yet another.\n"));
    author.done("git commit -q -a -m third && git checkout -q topic");
    author.0.write("prompts/other.md", &format!("{FRONT}Still another.\n"));
    author.done("git commit -q -a -m topic");
    assert_eq!(author.run("git merge -q third").code, 1);
    author.bad("other");
    author.refused("git add -A && git commit -m merged", "input-undeclared", "prompts/other.md:8");
    author.good("other");
    author.done("git add -A && git commit -q -m merged");
}

#[test]
fn what_is_taken_away_is_missed_where_it_was_used() {
    let author = Author::new();
    author.refused("git rm -q prompts/blocks/kind.md && git commit -m gone", "block-missing", "prompts/hello.md:8");
    author.done("git reset -q --hard");
    author.refused(
        "git mv prompts/blocks/kind.md prompts/blocks/kinder.md && git commit -m moved",
        "block-missing",
        "prompts/hello.md:8",
    );
    author.done("git reset -q --hard");
    author.0.write("prompts/blocks/kinder.md", "{% include \"blocks/kind.md\" %}\nVery.\n");
    author.0.write("prompts/other.md", &format!("{FRONT}{{% include \"blocks/kinder.md\" %}}\n"));
    author.done("git add -A && git commit -q -m kinder");
    author.refused(
        "git rm -q prompts/blocks/kind.md && git commit -m gone",
        "block-missing",
        "prompts/blocks/kinder.md:1",
    );
    author.done("git reset -q --hard");
    author.refused("git rm -q prompts/hello.md && git commit -m gone", "suite-misplaced", "evals/hello.yaml");
    author.done("git reset -q --hard");
    author.done("git rm -q prompts/hello.md evals/hello.yaml && git commit -q -m gone");
}

#[test]
fn only_what_is_staged_is_judged() {
    let author = Author::new();
    author.bad("old");
    author.done("git add -A && git commit -q --no-verify -m old");
    author.0.write("notes.txt", "Changed.\n");
    author.done("git commit -q -a -m notes && git commit -q --allow-empty -m nothing");
    author.bad("announced");
    author.good("new");
    author.done("git add -N prompts/announced.md && git add prompts/new.md && git commit -q -m new");
}

#[test]
fn a_sparse_checkout_is_judged_with_what_it_leaves_out() {
    for shape in ["--cone --no-sparse-index", "--cone --sparse-index"] {
        let author = Author::new();
        author.done(&format!("git sparse-checkout set {shape} .githooks prompts/blocks && test ! -e evals"));
        author.0.write("prompts/blocks/kind.md", "{{ nope }}\n");
        author.refused("git commit -a -m bad", "input-undeclared", "prompts/hello.md:8");
        author.0.write("prompts/blocks/kind.md", "Be very kind.\n");
        author.done("git commit -q -a -m good && promptuary -q check");
        author.refused("git rm -q prompts/blocks/kind.md && git commit -m gone", "block-missing", "prompts/hello.md:8");
    }
    let author = Author::new();
    author.done("git sparse-checkout set --no-cone '/*' '!/prompts/blocks/' && test ! -e prompts/blocks");
    author.done("promptuary -q check");
    author.bad("a");
    author.refused("git add -A && git commit -m bad", "input-undeclared", "prompts/a.md:8");
}

#[test]
fn a_split_index_and_one_named_by_the_environment_are_judged() {
    let author = Author::new();
    author.done("git update-index --split-index");
    author.bad("a");
    author.refused("git add -A && git commit -m bad", "input-undeclared", "prompts/a.md:8");
    author.good("a");
    author.done("git add -A && git commit -q -m good");
    author.done("cp .git/index .git/mine");
    author.bad("b");
    author.done("GIT_INDEX_FILE=.git/mine git add prompts/b.md && rm prompts/b.md");
    author.refused("GIT_INDEX_FILE=.git/mine git commit -m bad", "input-undeclared", "prompts/b.md:8");
    author.done("git commit -q --allow-empty -m good");
}

#[test]
fn linked_worktrees_and_submodules_are_judged_by_their_own_index() {
    let author = Author::new();
    author.done("git worktree add -q ../linked -b topic");
    author.bad("a");
    author.done("cp prompts/a.md ../linked/prompts/ && rm prompts/a.md && git -C ../linked add -A");
    author.refused("cd ../linked && git commit -m bad", "input-undeclared", "prompts/a.md:8");
    author.refused("cd ../linked && git commit -m bad prompts/a.md", "input-undeclared", "prompts/a.md:8");
    author.done("git commit -q --allow-empty -m good");
    author.done("git init -q ../outer && git -C ../outer submodule --quiet add ../work inner");
    author.bad("a");
    author.done("cp prompts/a.md ../outer/inner/prompts/ && git -C ../outer/inner add -A");
    author.refused("cd ../outer/inner && git commit -m bad", "input-undeclared", "prompts/a.md:8");
    author.done("cd ../outer && git commit -q -m 'the outer repository has no hooks'");
}

#[test]
fn a_hook_without_the_program_says_how_to_get_it() {
    let author = Author::new();
    author.done("rm ../bin/promptuary && git remote add origin ../hub.git && git init -q --bare ../hub.git");
    author.good("a");
    for line in ["git add -A && git commit -m a", "git push -q origin main"] {
        let outcome = author.run(line);
        assert_eq!(outcome.code, 1, "{line}: {}", outcome.raw);
        let said = outcome.raw.lines().next().unwrap();
        assert!(said.contains("promptuary is not installed: run cargo install"), "{line}: {said}");
        assert!(said.contains("--no-verify"), "{line}: {said}");
    }
    author.done("git commit -q --no-verify -m a && git push -q --no-verify origin main");
}

#[test]
fn a_push_needs_an_honest_version() {
    let author = Author::new();
    author.done("git init -q --bare ../hub.git && git remote add origin ../hub.git && git push -q -u origin main");
    author.0.write("prompts/other.md", &format!("{FRONT}Something else.\n"));
    author.done("git commit -q -a -m other");
    author.refused("git push -q", "version-not-bumped", "prompts/other.md:2");
    author.refused(
        "git push -q origin main:refs/heads/elsewhere HEAD:refs/heads/main",
        "version-not-bumped",
        "prompts/other.md:2",
    );
    assert_eq!(author.run("git ls-remote -q | grep -c refs/heads").raw, "1\n");
    let bumped = author.run("promptuary bump other --base origin/main");
    assert_eq!(bumped.raw, "other 1.0.0 -> 1.1.0\n");
    author.done("git commit -q -a -m bumped && git push -q");
    // An edited block asks for a version of every prompt that includes it.
    author.0.write("prompts/blocks/kind.md", "Be very kind.\n");
    author.done("git commit -q -a -m kind");
    author.refused("git push -q", "version-not-bumped", "prompts/hello.md:2");
    author.done(
        "promptuary -q bump --reached --base origin/main >/dev/null && git commit -q -a -m bumped && git push -q",
    );
    // Tags and branches that go are nobody's business here.
    author.bad("a");
    author.done("git tag v1 && git push -q origin v1 && git push -q origin main:gone && git push -q origin :gone");
    author.done("git add -A && git commit -q --no-verify -m bad");
    author.refused("git push -q", "input-undeclared", "prompts/a.md:8");
}
