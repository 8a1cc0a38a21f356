//! The scripts of the GitHub action and the GitLab template, run as their runners run them, against a stand-in for the hosts'
//! comment APIs: real HTTP over loopback, in the documented shapes.

mod stand_in;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::sandbox::{Outcome, Sandbox};
use stand_in::StandIn;

const MARKER: &str = "<!-- promptuary:review -->";

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A runner: a sandbox, a host, and what the host's steps find in their environment.
struct Runner {
    sandbox: Sandbox,
    host: StandIn,
    environment: BTreeMap<String, String>,
}

impl Runner {
    fn new() -> Self {
        let (sandbox, host) = (Sandbox::of_ada(), StandIn::new());
        let action = top().join(".github/actions/promptuary").display().to_string();
        let temp = sandbox.work().join("../temp");
        std::fs::create_dir(&temp).unwrap();
        let environment = [
            ("GITHUB_ACTION_PATH", action),
            ("GITHUB_API_URL", host.address()),
            ("GITHUB_REPOSITORY", "larkfield/prompts".to_owned()),
            ("GITHUB_OUTPUT", temp.join("output").display().to_string()),
            ("GITHUB_STEP_SUMMARY", temp.join("summary").display().to_string()),
            ("RUNNER_TEMP", temp.display().to_string()),
            ("TOKEN", "of-the-job".to_owned()),
            ("PULL_REQUEST", "7".to_owned()),
            ("CI_API_V4_URL", host.address()),
            ("CI_PROJECT_ID", "42".to_owned()),
            ("CI_MERGE_REQUEST_IID", "7".to_owned()),
            ("PROMPTUARY_TOKEN", "of-the-job".to_owned()),
        ];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { sandbox, host, environment }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    fn run(&self, script: &str) -> Outcome {
        let mut command = self.sandbox.command("bash");
        command.arg(top().join(script)).envs(&self.environment);
        let output = command.output().unwrap();
        let raw = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Outcome { text: raw.clone(), raw, code: output.status.code().unwrap_or(-1) }
    }

    fn report(&mut self, text: &str) {
        self.sandbox.write("report.md", &format!("{MARKER}\n{text}\n"));
        self.set("REPORT", "report.md");
    }

    #[track_caller]
    fn passes(&self, script: &str) -> String {
        let outcome = self.run(script);
        assert_eq!(outcome.code, 0, "{script}: {}", outcome.raw);
        outcome.raw
    }
}

const COMMENT: [&str; 2] = [".github/actions/promptuary/comment.sh", ".gitlab/note.sh"];

/// curl and jq are on every runner; where a machine lacks them, only CI insists.
fn without_tools() -> bool {
    let there = |tool: &str| ["/usr/bin", "/usr/local/bin", "/bin"].iter().any(|d| Path::new(d).join(tool).exists());
    let missing = !(there("curl") && there("jq"));
    assert!(!missing || std::env::var_os("CI").is_none(), "install curl and jq");
    missing
}

#[test]
fn one_comment_is_written_and_then_kept_up_to_date() {
    if without_tools() {
        return;
    }
    for script in COMMENT {
        let mut runner = Runner::new();
        runner.report("Two prompts change.\n\n`\"quoted\"` \\ $(touch pwned) `touch pwned` ${{ github.token }}");
        assert_eq!(runner.passes(script), "");
        runner.report("Three prompts change. 🙂");
        assert_eq!(runner.passes(script), "");
        let comments = runner.host.comments();
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert_eq!(comments[0].1, format!("{MARKER}\nThree prompts change. 🙂\n"));
        assert!(!runner.sandbox.work().join("pwned").exists());
        assert!(runner.host.tokens().iter().all(|token| token.contains("of-the-job")), "{:?}", runner.host.tokens());
    }
}

#[test]
fn a_comment_of_somebody_else_is_left_alone_whatever_it_says() {
    if without_tools() {
        return;
    }
    for script in COMMENT {
        let mut runner = Runner::new();
        runner.host.comment("mallory", &format!("{MARKER}\nAll is well, merge it."));
        // Ours lies on the second page, and talk about the marker is no report.
        runner.host.comment(stand_in::OURS, &format!("The report starts with {MARKER}."));
        (0..120).for_each(|n| runner.host.comment("ada", &format!("Remark {n}")));
        runner.host.comment(stand_in::OURS, &format!("{MARKER}\nOld."));
        runner.report("New.");
        runner.passes(script);
        let comments = runner.host.comments();
        assert_eq!(comments.len(), 123);
        assert!(comments[0].1.ends_with("merge it."));
        assert_eq!(comments[122].1, format!("{MARKER}\nNew.\n"));
    }
}

#[test]
fn a_token_that_may_only_read_is_no_failure() {
    if without_tools() {
        return;
    }
    let mut runner = Runner::new();
    runner.host.read_only();
    runner.report("New.");
    let said = runner.passes(COMMENT[0]);
    assert!(said.starts_with("::notice::") && said.contains("pull-requests: write"), "{said}");
    runner.set("PROMPTUARY_TOKEN", "");
    assert!(runner.passes(COMMENT[1]).contains("PROMPTUARY_TOKEN is not set"));
    assert!(runner.host.comments().is_empty());
}

#[test]
fn what_is_no_report_or_no_pull_request_is_refused() {
    if without_tools() {
        return;
    }
    let mut runner = Runner::new();
    runner.sandbox.write("report.md", "Two prompts change.\n");
    runner.set("REPORT", "report.md");
    for script in COMMENT {
        let outcome = runner.run(script);
        assert!(outcome.code == 2 && outcome.raw.contains("does not start with a marker"), "{}", outcome.raw);
    }
    runner.report("New.");
    runner.set("PULL_REQUEST", "7/../../other");
    assert_eq!(runner.run(COMMENT[0]).code, 2);
    assert!(runner.host.comments().is_empty());
}

/// A pull request that edits a prompt without a new version, in a clone as shallow as a runner's checkout.
fn pull_request(runner: &Runner) -> String {
    let set_up = runner.sandbox.run(
        "git config --global advice.detachedHead false && git init -q ../theirs && cd ../theirs && \
         promptuary -q init >/dev/null && git add -A && git commit -q -m start && git checkout -q -b topic && \
         sed -i 's/^risk: .*/risk: low/; s/^description: .*/description: \"$(touch pwned) ::stop-commands::x\"/' prompts/support/triage.md && \
         git commit -q -a -m '$(touch pwned)' && git checkout -q main && git merge -q --no-ff -m merge topic && \
         git init -q --bare ../hub.git && git push -q ../hub.git main~1:refs/heads/main main:refs/pull/7/merge && \
         git rev-parse main && git clone -q --depth 1 file://$PWD/../hub.git ../work/clone",
    );
    assert_eq!(set_up.code, 0, "{}", set_up.raw);
    set_up.raw.trim().to_owned()
}

#[test]
fn a_pull_request_is_reviewed_without_checking_it_out() {
    for event in ["pull_request_target", "pull_request"] {
        let mut runner = Runner::new();
        let merge = pull_request(&runner);
        let main = runner.sandbox.run("git -C clone rev-parse HEAD").raw.trim().to_owned();
        let sha = if event == "pull_request" { &merge } else { &main };
        let program = runner.sandbox.work().join("../bin/promptuary").display().to_string();
        for (name, value) in
            [("GITHUB_EVENT_NAME", event), ("GITHUB_SHA", sha), ("GITHUB_BASE_REF", "main"), ("PROGRAM", &program)]
        {
            runner.set(name, value);
        }
        let mut command = runner.sandbox.command("bash");
        command.arg(top().join(".github/actions/promptuary/review.sh")).envs(&runner.environment);
        let output = command.current_dir(runner.sandbox.work().join("clone")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{event}: {said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("::error file=prompts/support/triage.md,line=2"), "{said}");
        assert!(
            said.lines().all(|line| ["::error ", "::warning ", "::notice"].iter().any(|w| line.starts_with(w))),
            "{said}"
        );
        let read = |name: &str| std::fs::read_to_string(runner.sandbox.work().join("../temp").join(name)).unwrap();
        let (summary, outputs) = (read("summary"), read("output"));
        assert!(summary.starts_with(MARKER) && summary.contains("promptuary bump --base origin/main"), "{summary}");
        assert!(outputs.contains(&format!("commit={merge}\nref=refs/pull/7/merge\nexit-code=1\n")), "{outputs}");
        // The base is still what is checked out, and nothing that the pull request says was run.
        assert_eq!(
            runner.sandbox.run("git -C clone rev-parse HEAD && git -C clone status --short").raw,
            format!("{main}\n")
        );
        assert!(runner.sandbox.run("find .. -name pwned").raw.is_empty());
    }
}

/// The merge request's branch in a shallow clone, judged by the program of the path; the verdict is the exit code, whatever
/// becomes of the comment.
#[test]
fn a_merge_request_is_reviewed_from_a_shallow_clone() {
    if without_tools() {
        return;
    }
    let mut runner = Runner::new();
    pull_request(&runner);
    let clone = runner.sandbox.run(
        "cd ../theirs && git checkout -q topic && for n in 1 2 3; do git commit -q --allow-empty -m more; done && \
         git push -q ../hub.git topic main~1:refs/heads/target && git -C ../hub.git config uploadpack.allowAnySHA1InWant true && \
         git clone -q --depth 1 --branch topic file://$PWD/../hub.git ../work/merge && git merge-base topic main~1",
    );
    assert_eq!(clone.code, 0, "{}", clone.raw);
    for (name, value) in [("PROGRAM", "promptuary"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", clone.raw.trim())] {
        runner.set(name, value);
    }
    let review = |runner: &Runner| {
        let mut command = runner.sandbox.command("bash");
        command.arg(top().join(".gitlab/review.sh")).envs(&runner.environment);
        command.current_dir(runner.sandbox.work().join("merge")).output().unwrap()
    };
    for _ in 0..2 {
        let output = review(&runner);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let comments = runner.host.comments();
    assert!(comments.len() == 1 && comments[0].1.starts_with(MARKER), "{comments:?}");
    let written = runner.sandbox.run("cd merge/promptuary-report && ls && git -C .. log --oneline | wc -l");
    assert!(written.raw.starts_with("code-quality.json\njunit.xml\nreview.md\n"), "{}", written.raw);
    assert!(runner.sandbox.run("find .. -name pwned").raw.is_empty());
}

#[test]
fn a_merge_request_chooses_neither_the_program_nor_where_results_go() {
    let mut runner = Runner::new();
    let made = runner.sandbox.run(
        "git init -q && promptuary -q init >/dev/null && git add -A && git commit -qm start && \
         mkdir -p .promptuary-program/bin ../victim && ln -s ../victim promptuary-report && \
         printf '#!/bin/sh\\ntouch pwned\\n' > .promptuary-program/bin/promptuary && \
         chmod +x .promptuary-program/bin/promptuary && git add -A && git commit -qm hostile && git rev-parse HEAD~1",
    );
    assert_eq!(made.code, 0, "{}", made.raw);
    let mut build = runner.sandbox.command("bash");
    build.env("PATH", "/usr/bin:/bin").arg(top().join(".ci/program")).arg(".promptuary-program");
    let refused = build.output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), said.contains("is tracked by the repository")), (Some(2), true), "{said}");

    let program = runner.sandbox.work().join("../bin/promptuary").display().to_string();
    runner.set("PROGRAM", &program);
    runner.set("CI_MERGE_REQUEST_DIFF_BASE_SHA", made.raw.trim());
    runner.environment.remove("PROMPTUARY_TOKEN");
    runner.passes(".gitlab/review.sh");
    let lies =
        runner.sandbox.run("ls ../victim; test ! -L promptuary-report && ls promptuary-report; find .. -name pwned");
    assert_eq!(lies.raw, "code-quality.json\njunit.xml\nreview.md\n");
}

#[test]
fn findings_are_uploaded_packed() {
    if without_tools() {
        return;
    }
    let mut runner = Runner::new();
    let sarif = "{\"version\": \"2.1.0\", \"runs\": []}\n";
    runner.sandbox.write("found.sarif", sarif);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for (name, value) in [("SARIF", "found.sarif"), ("COMMIT", commit), ("REF", "refs/pull/7/merge")] {
        runner.set(name, value);
    }
    runner.passes(".github/actions/promptuary/sarif.sh");
    let uploads = runner.host.uploads();
    assert_eq!(
        (uploads[0]["commit_sha"].as_str(), uploads[0]["ref"].as_str()),
        (Some(commit), Some("refs/pull/7/merge"))
    );
    let packed = uploads[0]["sarif"].as_str().unwrap();
    assert_eq!(runner.sandbox.run(&format!("echo {packed} | base64 -d | gzip -d")).raw, sarif);
    runner.host.read_only();
    assert!(runner.passes(".github/actions/promptuary/sarif.sh").contains("security-events: write"));
}

#[test]
fn no_expression_stands_where_a_shell_reads() {
    let action = std::fs::read_to_string(top().join(".github/actions/promptuary/action.yml")).unwrap();
    let runs: Vec<_> = action.lines().filter(|line| line.trim_start().starts_with("run:")).collect();
    assert_eq!(runs.len(), 6);
    assert!(runs.iter().all(|line| !line.contains("${{") && !line.contains('|')), "{runs:?}");
    // Every third-party step is pinned by commit.
    let pinned = |line: &&str| line.split('@').nth(1).is_some_and(|pin| pin.split(' ').next().unwrap().len() == 40);
    assert!(action.lines().filter(|line| line.contains("uses:")).all(|line| pinned(&line)));
}
