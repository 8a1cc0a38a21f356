//! What `check --base`, the pre-push hook and `review` hold a branch to: the base's policy, its prompts, what is live.

use crate::sandbox::Sandbox;

const FRONT: &str = "description: Greet.\nowner: docs\nrisk: low\nmodel: echo/echo\n";
const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

fn prompt(version: &str, more: &str, body: &str) -> String {
    format!("---\nversion: {version}\n{FRONT}{more}---\n{body}\n")
}

fn policy(rules: &str) -> String {
    format!("format: 1\nroot: \".\"\n{rules}environments: [{{ name: dev }}]\n")
}

/// `main` with a prompt, a policy and a suite; the branch `change` is checked out.
fn repository() -> Sandbox {
    let sandbox = Sandbox::of_ada();
    sandbox.write("prompts/greet.md", &prompt("1.0.0", "", "Hello."));
    sandbox.write("policies/policy.yaml", &policy("banned_phrases: [{ phrase: as an AI, why: it is not said }]\n"));
    sandbox.write("policies/models.yaml", "format: 1\nmodels: [{ model: echo/echo }]\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILaDZZjtct6q2FDVrSFVxU4r7/Z1OjznYBgq7YwmOSOz";
    sandbox.write(
        "policies/principals.yaml",
        &format!("format: 1\nprincipals:\n  - {{ name: a@b, keys: [{{ ssh: {key} }}], roles: {{ maintainer: true, releaser: [\"**\"] }} }}\n"),
    );
    sandbox.done("git init -q && git add -A && git commit -qm one && git checkout -qb change");
    sandbox
}

#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, says: &str) {
    let outcome = sandbox.run(line);
    assert_eq!(outcome.code, 1, "{line}\n{}", outcome.raw);
    assert!(outcome.raw.contains(says), "{line}\n{}", outcome.raw);
}

/// `main` with a ledger in which `greet` 1.0.0 is released.
fn released() -> Sandbox {
    let sandbox = repository();
    sandbox
        .done("sed -i \"s|ssh: ssh-ed25519 [^ ]*|ssh: $(cut -d' ' -f1,2 ../home/key.pub)|\" policies/principals.yaml");
    sandbox.done(
        "git commit -qam key && git branch -f main && git checkout -q main && promptuary -q policy publish && \
         promptuary -q release greet && git checkout -q change",
    );
    sandbox
}

#[test]
fn a_version_that_goes_down_is_refused_alike_by_everything() {
    let sandbox = released();
    for (version, body, needs) in [("0.9.0", "Hello.", "1.0.0"), ("0.9.0", "Good day.", "1.1.0")] {
        sandbox.write("prompts/greet.md", &prompt(version, "", body));
        let says = "the version went down, from 1.0.0 to 0.9.0";
        for line in ["promptuary check", "promptuary check --base main", "git add -A && promptuary check --staged"] {
            refused(&sandbox, line, says);
        }
        let bumped = format!("greet 0.9.0 -> {needs}\n");
        assert_eq!(sandbox.done("promptuary bump --dry-run"), bumped);
        assert_eq!(sandbox.done("promptuary bump --dry-run --base main"), bumped);
        let differs = sandbox.done("promptuary diff greet v:1.0.0 worktree");
        assert!(differs.contains(&format!("what follows 1.0.0 should be {needs} or higher")), "{differs}");
        sandbox.done("git commit -qam down --no-verify");
        refused(&sandbox, "promptuary review --base main", &format!("1.0.0 → 0.9.0, needs {needs}"));
        sandbox.done("git branch -qf was main && git branch -f main change && git checkout -q main");
        refused(&sandbox, "promptuary release -n greet", says);
        sandbox.done("git checkout -q change && git branch -f main was");
    }
}

#[test]
fn a_description_alone_needs_no_version_anywhere() {
    let sandbox = released();
    sandbox.write("prompts/greet.md", &prompt("1.0.0", "", "Hello.").replace("Greet.", "Greets."));
    sandbox.done("promptuary check && promptuary check --base main");
    for line in ["promptuary bump", "promptuary bump --base main"] {
        assert_eq!(sandbox.done(line), "every version already says what changed\n", "{line}");
    }
    let differs = sandbox.done("promptuary diff greet v:1.0.0 worktree");
    assert!(differs.contains("a patch change, which needs no version"), "{differs}");
    sandbox.done("git commit -qam described && promptuary review --base main");
    // Who wants to announce it may.
    sandbox.done("sed -i 's/^version: .*/version: 1.0.1/' prompts/greet.md && promptuary check && promptuary bump");
}

#[test]
fn a_maintenance_line_does_not_go_down() {
    let sandbox = released();
    sandbox.done("git checkout -q main");
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", "Good day."));
    sandbox.done("git commit -qam more && promptuary -q release greet && git checkout -q change");
    sandbox.write("prompts/greet.md", &prompt("1.0.1", "", "Hello.").replace("risk: low", "risk: medium"));
    assert_eq!(sandbox.done("promptuary bump"), "every version already says what changed\n");
    sandbox.done("promptuary check && promptuary check --base main");
}

#[test]
fn bump_does_not_pass_what_it_cannot_judge() {
    let sandbox = repository();
    let without = sandbox.run("promptuary bump greet");
    assert_eq!(without.code, 2, "{}", without.raw);
    assert!(without.raw.contains("promptuary bump greet --base main"), "{}", without.raw);
    assert!(!without.raw.contains("policy publish"), "{}", without.raw);
    sandbox.write("prompts/greet.md", &prompt("1.0.0", "", "Hello {{ nobody }}."));
    for line in ["promptuary bump --base main", "promptuary bump greet --base main"] {
        refused(&sandbox, line, "greet cannot be judged: see promptuary check prompts/greet.md");
        assert!(!sandbox.run(line).raw.contains("every version"), "{line}");
    }
    sandbox.write("prompts/greet.md", "---\nversion: [\n---\nHello.\n");
    refused(&sandbox, "promptuary bump greet --base main", "greet cannot be judged");
}

#[test]
fn a_bump_that_is_not_staged_is_to_be_added() {
    let sandbox = repository();
    sandbox.write("prompts/greet.md", &prompt("1.0.0", "", "Good day."));
    sandbox.done("git add -A && promptuary -q bump --base main");
    refused(
        &sandbox,
        "promptuary check --staged --base main",
        "the worktree already says 1.1.0: git add prompts/greet.md",
    );
    sandbox.done("git add prompts/greet.md && promptuary check --staged --base main");
    // A question that no version below the next major one settles stays a question.
    let input = |pattern: &str| format!("inputs: {{ name: {{ type: string, maxLength: 9, pattern: '{pattern}' }} }}\n");
    sandbox.write("prompts/greet.md", &prompt("1.1.0", &input("^a|b+"), "Hello {{ name }}."));
    sandbox.done("git add -A && git commit -qm input && git branch -f main");
    sandbox.write("prompts/greet.md", &prompt("1.2.0", &input("^(a|bb*)"), "Hello {{ name }}."));
    let asked = sandbox.done("git add -A; promptuary check --staged --base main || true");
    assert!(!asked.contains("the worktree already says"), "{asked}");
}

#[test]
fn what_stands_in_the_place_of_a_folder_is_found() {
    let sandbox = repository();
    sandbox.done("promptuary check");
    for folder in ["prompts", "policies", "evals"] {
        sandbox.done(&format!(
            "mkdir -p {folder} && touch {folder}/.keep && git mv {folder} aside 2>/dev/null || mv {folder} aside"
        ));
        for stand_in in ["ln -s aside", "touch"] {
            sandbox.done(&format!("{stand_in} {folder} && git add -A && git commit -qm swap"));
            let says =
                format!("error[file-not-regular]: a {} stands", if stand_in == "touch" { "file" } else { "symlink" });
            for view in ["", " --rev HEAD", " --base main"] {
                refused(&sandbox, &format!("promptuary check{view}"), &says);
            }
            refused(&sandbox, "promptuary review --base main", "file-not-regular");
            sandbox.done("git reset -q --hard HEAD^");
            sandbox.done(&format!("rm -rf aside {folder}.x; [ -d {folder} ] && mv {folder} aside || true"));
        }
        sandbox.done("git reset -q --hard && git clean -qfd && rm -rf aside");
    }
    // Staged over what was there.
    sandbox.done("git mv prompts aside && ln -s aside prompts && git add prompts");
    refused(&sandbox, "promptuary check --staged", "error[file-not-regular]: a symlink stands");
    sandbox.done("git reset -q --hard && git clean -qfd && git rm -rq prompts && git commit -qm gone");
    refused(&sandbox, "promptuary check --base main", "error[prompt-missing]: `prompts/` is gone");
    refused(&sandbox, "promptuary review --base main", "prompt-missing");
}

#[test]
fn a_branch_cannot_talk_itself_clean() {
    let sandbox = repository();
    sandbox.write("policies/policy.yaml", &policy("rules: { secret-present: off, phrase-banned: note }\n"));
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", &format!("Hello, as an AI, with {TOKEN}.")));
    sandbox.done("git commit -qam relaxed && promptuary check");
    let shown = sandbox.run("promptuary check --base main");
    assert_eq!(shown.code, 1, "{}", shown.raw);
    assert!(shown.raw.contains("error[secret-present]") && shown.raw.contains("error[phrase-banned]"), "{}", shown.raw);
    assert!(shown.raw.contains("this makes it nothing, but the policy of `main` judges too"), "{}", shown.raw);
    refused(&sandbox, "promptuary check --base main --format github", "secret-present");
    // The other way round: a branch may be stricter for itself.
    sandbox.write(
        "policies/policy.yaml",
        &policy("rules: { version-not-bumped: error }\nbanned_phrases: [{ phrase: Good, why: x }]\n"),
    );
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", "Good day."));
    refused(&sandbox, "git commit -qam strict; promptuary check --base main", "phrase-banned");
}

#[test]
fn policies_that_are_gone_are_a_weaker_demand() {
    let sandbox = repository();
    sandbox.done("git rm -rq policies && git commit -qm gone");
    let shown = sandbox.done("promptuary review --base main");
    assert!(shown.contains("policies/ is gone") && !shown.contains("nothing to review"), "{shown}");
    sandbox.done("git reset -q --hard main && echo '# a note' >> policies/policy.yaml && git commit -qam note");
    let shown = sandbox.done("promptuary review --base main");
    assert!(shown.contains("ready to merge") && !shown.contains("nothing to review"), "{shown}");
    sandbox.done("git reset -q --hard main");
    assert!(sandbox.done("promptuary review --base main").contains("nothing to review"));
}

#[test]
fn a_pre_release_in_between_breaks_no_promise() {
    let sandbox = repository();
    let input = |most: u32| format!("inputs: {{ name: {{ type: string, maxLength: {most} }} }}\n");
    let write = |version, most, body| sandbox.write("prompts/greet.md", &prompt(version, &input(most), body));
    sandbox.done("git checkout -q main");
    write("1.4.2", 1000, "Hello {{ name }}.");
    sandbox.done("git commit -qam stable && git checkout -qB change");
    write("1.5.0-rc.1", 1000, "Hi {{ name }}.");
    sandbox.done("git commit -qam rc && promptuary check --base main && git checkout -q main && git merge -q change && git checkout -q change",
    );
    write("1.5.0", 10, "Hi {{ name }}.");
    sandbox.done("git commit -qam final");
    refused(&sandbox, "promptuary check --base main", "error[input-narrowed]");
    refused(&sandbox, "promptuary review --base main", "not ready to merge");
    write("1.5.0", 1000, "Hi {{ name }}.");
    sandbox.done("git commit -qam sound && promptuary check --base main");
}

#[test]
fn a_base_that_does_not_compile_is_compared_by_its_promises() {
    let sandbox = repository();
    let input = |most: u32| format!("inputs: {{ name: {{ type: string, maxLength: {most} }} }}\n");
    let write = |most, body| sandbox.write("prompts/greet.md", &prompt("1.0.0", &input(most), body));
    sandbox.done("git checkout -q main");
    write(1000, "Hello {{ name }}, {{ undeclared }}.");
    sandbox.done("git commit -qam broken && git checkout -qB change");
    write(1000, "Hello {{ name }}.");
    sandbox.done("git commit -qam mended && promptuary check --base main");
    write(10, "Hello {{ name }}.");
    refused(&sandbox, "git commit -qam narrowed; promptuary check --base main", "error[input-narrowed]");
    sandbox.done(
        "git checkout -q main && echo nothing > prompts/greet.md && git commit -qam worse && git checkout -qB other",
    );
    write(10, "Hello {{ name }}.");
    let shown = sandbox.done("git commit -qam again; promptuary check --base main");
    assert!(shown.contains("note: not compared, as nothing of it can be read in main: greet"), "{shown}");
}

#[test]
fn a_staged_submodule_cannot_be_ignored_away() {
    let sandbox = repository();
    sandbox.write(".gitmodules", "[submodule \"x\"]\npath = prompts/x\nurl = ./x\nignore = all\n");
    sandbox.done("git add -A && git commit -qm modules && mkdir -p prompts/x");
    sandbox.done("git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),prompts/x");
    refused(&sandbox, "promptuary check --staged", "prompts/x");
    refused(&sandbox, "promptuary check", "prompts/x");
}

#[test]
fn a_live_prompt_is_missed_with_a_base_as_well() {
    let sandbox = Sandbox::of_ada();
    sandbox.done("git init -q && promptuary init --quiet && git add -A && git commit -qm start");
    sandbox.done("promptuary policy publish && promptuary release support/triage");
    sandbox.done("promptuary promote support/triage@1.0.0 --to dev");
    sandbox.done("git checkout -qb change && git rm -qr prompts/support/triage.md && git commit -qm gone");
    refused(&sandbox, "promptuary check", "error[prompt-live-removed]");
    refused(&sandbox, "promptuary check --base main", "error[prompt-live-removed]");
}

#[test]
fn a_branch_pushed_again_is_held_against_the_default_branch() {
    let sandbox = repository();
    sandbox.done("git checkout -q main && git init -q --bare ../there.git && git remote add origin ../there.git && git push -qu origin main",
    );
    sandbox.done("git checkout -q change");
    let push = "git rev-parse HEAD | sed \"s,.*,refs/heads/change & refs/heads/change $(git ls-remote origin refs/heads/change | cut -f1 | grep . || echo 0000000000000000000000000000000000000000),\" | promptuary hook pre-push origin ../there.git";
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", "Hello there."));
    sandbox.done(&format!("git commit -qam one && {push} && git push -q origin change"));
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", "Hello to you."));
    sandbox.done(&format!("git commit -qam wording && {push} && git push -q origin change"));
    sandbox.write("prompts/greet.md", &prompt("1.0.0", "", "Hello to all."));
    refused(&sandbox, &format!("git commit -qam unannounced; {push}"), "since `origin/main`, where it is 1.0.0 too");
}

/// What a command's JSON says at `pointer`, whatever it exits with.
fn said(sandbox: &Sandbox, line: &str, pointer: &str) -> Option<String> {
    let outcome = sandbox.run(&format!("{line} --format json 2>/dev/null"));
    let value: serde_json::Value = serde_json::from_str(&outcome.raw).unwrap_or_else(|e| panic!("{line}: {e}"));
    value.pointer(pointer).and_then(|found| found.as_str()).map(str::to_owned)
}

#[test]
fn everything_asks_for_the_same_version_after_pre_releases() {
    let sandbox = repository();
    let input = |most: u32| format!("inputs: {{ name: {{ type: string, maxLength: {most} }} }}\n");
    let write = |version, most, body| sandbox.write("prompts/greet.md", &prompt(version, &input(most), body));
    // The stable version before, the base's, the branch's, what its input takes and its text; what is asked for.
    let cases = [
        (None, "0.1.0-rc.1", "0.1.0-rc.1", 900, "Hi {{ name }}.", Some("0.1.0-rc.2")),
        (None, "1.0.0-rc.1", "1.0.0-rc.1", 900, "Hi {{ name }}.", Some("1.0.0-rc.2")),
        (None, "1.0.0-rc.1", "1.0.0-rc.2", 10, "Hi {{ name }}.", None),
        (None, "1.0.0-rc.1", "1.0.0", 10, "Hi {{ name }}.", None),
        (None, "1.0.0-rc.2", "1.0.0-rc.1", 1000, "Hello {{ name }}.", Some("1.0.0-rc.2")),
        (Some("1.0.0"), "1.1.0-rc.1", "1.1.0-rc.2", 10, "Hi {{ name }}.", Some("2.0.0")),
        (Some("1.0.0"), "1.1.0-rc.1", "1.1.0-rc.2", 900, "Hi {{ name }}.", Some("2.0.0")),
        (Some("1.0.0"), "1.1.0-rc.1", "1.1.0", 1000, "Hi {{ name }}.", None),
        (Some("1.0.0"), "1.1.0-rc.1", "1.0.1-rc.1", 1000, "Hi {{ name }}.", Some("1.1.0")),
        (Some("1.0.0"), "2.0.0-rc.1", "2.0.0-rc.2", 10, "Hi {{ name }}.", None),
    ];
    for case @ (stable, base, version, most, body, asked) in cases {
        sandbox.done("git checkout -q main");
        if let Some(stable) = stable {
            write(stable, 1000, "Hello {{ name }}.");
            sandbox.done("git commit -qam stable");
        }
        write(base, 1000, "Hello {{ name }}.");
        sandbox.done("git commit -qam base --allow-empty && git checkout -qB change");
        write(version, most, body);
        sandbox.done("git commit -qam change --allow-empty");
        let bumped = said(&sandbox, "promptuary bump --base main --dry-run", "/bumped/0/to");
        let needed = said(&sandbox, "promptuary review --base main", "/prompts/0/needs_version");
        assert_eq!(needed, bumped, "review and bump: {case:?}");
        let checked = sandbox.run("promptuary check --base main");
        assert_eq!(checked.code, i32::from(needed.is_some()), "{case:?}\n{}", checked.raw);
        let reviewed = sandbox.run("promptuary review --base main");
        assert_eq!(reviewed.code, i32::from(needed.is_some()), "{case:?}\n{}", reviewed.raw);
        if let Some(needed) = &needed {
            assert!(checked.raw.contains(&format!("write `version: {needed}`")), "{case:?}\n{}", checked.raw);
            let step = format!("write honest versions: greet {needed}");
            assert!(reviewed.raw.contains(&step), "{case:?}\n{}", reviewed.raw);
        }
        assert_eq!(needed.as_deref(), asked, "{case:?}");
        sandbox.done("git checkout -q main && git reset -q --hard $(git rev-list --max-parents=0 HEAD)");
    }
}

#[test]
fn no_form_of_a_comparison_shows_a_secret() {
    let sandbox = repository();
    let other = TOKEN.replace("16C7", "99Zz");
    let of = |token: &str| prompt("1.1.0", &format!("metadata: {{ note: {token} }}\n"), &format!("Hello, {token}."));
    sandbox.write("prompts/greet.md", &of(TOKEN));
    sandbox.done("git commit -qam one");
    sandbox.write("prompts/greet.md", &of(&other));
    sandbox.write("prompts/new.md", &of(TOKEN));
    sandbox.write("prompts/broken.md", &prompt("1.0.0", "", &format!("{{% if %}} {TOKEN}")));
    sandbox.write("prompts/blocks/tone.md", &format!("{TOKEN}\n"));
    let suite = format!(
        "tests:\n  - {{ id: a, vars: {{}}, assert: [{{ type: contains, value: {TOKEN} }}] }}\ngate: {{ min_pass_rate: 1 }}\n"
    );
    sandbox.write("evals/new.yaml", &suite);
    let lines = ["diff greet", "diff new --rendered", "diff greet --inline", "review --base main", "impact"];
    for line in lines {
        for format in ["human", "json", "markdown", "html"] {
            let format = if line == "impact" { "json" } else { format };
            let shown = sandbox.run(&format!("promptuary {line} --format {format}"));
            for token in [TOKEN, &other] {
                assert!(!shown.raw.contains(&token[8..]), "{line} --format {format}\n{}", shown.raw);
            }
            assert!(line == "impact" || shown.raw.contains("GitHub token"), "{line} --format {format}\n{}", shown.raw);
        }
    }
    let shown = sandbox.done("promptuary diff greet");
    assert!(shown.contains("+ Hello, [a GitHub token, no. 2]."), "{shown}");
}

#[test]
fn a_review_finds_its_base_by_itself() {
    let sandbox = repository();
    sandbox.write("prompts/greet.md", &prompt("1.1.0", "", "Good day."));
    sandbox.done("git commit -qam two");
    let shown = sandbox.done("promptuary review");
    assert!(shown.contains("note: compared with main;"), "{shown}");
    sandbox.done("git init -q --bare -b trunk ../there.git && git remote add origin ../there.git");
    sandbox.done("git push -q origin main:trunk && git branch -qm main old && git fetch -q");
    let shown = sandbox.run("promptuary review");
    assert_eq!(shown.code, 2, "git noted no default branch, and there is no main: {}", shown.raw);
    assert!(shown.raw.contains("name it: promptuary review --base"), "{}", shown.raw);
    let shown = sandbox.done("git remote set-head origin trunk && promptuary review");
    assert!(shown.contains("note: compared with origin/trunk;") && shown.contains("1 prompt is edited"), "{shown}");
}
