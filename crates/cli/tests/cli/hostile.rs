//! One hostile repository through every command and every format: nothing that others wrote acts.
//!
//! No escape sequence, no hidden character, no command of a CI runner at the start of a line, no mention and no comment of
//! ours in Markdown, on either stream; and nothing panics.

use std::process::Output;

use source::escape::is_hidden;

use crate::sandbox::Sandbox;

/// As it stands in a file that people write.
const HOSTILE: &str = "\u{1b}]0;pwned\u{7}\u{1b}[31mred\n::stop-commands::x\n  ::add-mask::y\n##[error]z ##vso[task.complete]\n\
    @team #1 <!-- promptuary:review --> <img src=x> ``` [a](https://evil) \u{9b}31m\n";

/// The same in double quotes of YAML and JSON, with what files may not hold as it is.
const QUOTED: &str =
    "\\u001b[31m\\u202e\\u200b\\n::stop-commands::x\\n##[error] @team <!-- promptuary:review --> ``` `x` \\u0007";

#[test]
fn nothing_that_others_wrote_acts() {
    let sandbox = Sandbox::new();
    let run = |line: &str| {
        let ran = sandbox.run(line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.raw);
    };
    run("git init -q -b main && ssh-keygen -q -t ed25519 -N '' -f key");
    run(
        "git config --global user.name \"$(printf 'Ada ::warning::x @team')\" && git config --global user.email ada@example.com",
    );
    run("git config --global gpg.format ssh && git config --global user.signingKey \"$PWD/key.pub\"");
    run("echo key > .gitignore; echo key.pub >> .gitignore; promptuary init && git add -A && git commit -qm start");
    run(
        "promptuary policy publish && promptuary release support/triage && promptuary promote support/triage@1.0.0 --to dev",
    );
    run("promptuary hold support/triage --env dev -m '::stop-commands::x @team <!-- promptuary:review --> ##[error]'");
    plant(&sandbox);
    // Ref names hold no control characters, but everything else.
    run(
        "git branch \"$(printf 'a\\342\\200\\256@team##x')\" && git tag \"$(printf 'env/dev/\\342\\200\\256x@00000001')\"",
    );
    // Answers that say what they were asked, on file.
    let recorded = sandbox.run("promptuary -q eval echo --record");
    assert_eq!(recorded.code, 1, "{}", recorded.raw);
    for line in commands() {
        let words: Vec<&str> = line.split(' ').collect();
        let output = sandbox.command("promptuary").args(&words).output().unwrap();
        held(line, &output);
    }
    reports(&sandbox);
    hooks(&sandbox);
}

/// What is written to files is as harmless as what is printed.
fn reports(sandbox: &Sandbox) {
    for ending in ["md", "html", "json", "jsonl", "xml", "txt"] {
        for command in ["eval echo", "eval support/triage", "review --base HEAD"] {
            if command.starts_with("review") && !["md", "html", "json", "txt"].contains(&ending) {
                continue;
            }
            let file = format!("../report.{ending}");
            let words: Vec<&str> = command.split(' ').chain(["--report", &file]).collect();
            let mut output = sandbox.command("promptuary").args(&words).output().unwrap();
            held(command, &output);
            output.stdout = std::fs::read(sandbox.work().join(&file)).unwrap();
            let format = match ending {
                "md" => "markdown",
                ending => ending,
            };
            held(&format!("{command} --report {format}"), &output);
        }
    }
}

/// Names that a push brings, on the standard input of hooks.
fn hooks(sandbox: &Sandbox) {
    let zero = "0".repeat(40);
    let head = sandbox.run("git rev-parse HEAD").raw;
    let head = head.trim();
    for (hook, line) in [
        ("pre-push origin url", format!("refs/heads/::x\u{202e}##[error] {head} refs/heads/##vso[a] {zero}")),
        ("pre-receive", format!("{zero} {head} refs/tags/env/dev/\u{202e}::x##[error]@00000009")),
        ("pre-receive", format!("{zero} {head} refs/heads/\u{202e}::x##[error]")),
        ("update refs/tags/policy@\u{202e}::x##[error]", format!("{zero} {head}")),
    ] {
        let piped = format!("printf '%s\\n' '{line}' | promptuary hook {hook}");
        let piped = match hook.starts_with("update") {
            true => format!("promptuary hook '{}' {line}", hook.replacen(' ', "' '", 1)),
            false => piped,
        };
        let output = sandbox.command("sh").args(["-c", &piped]).output().unwrap();
        held(hook, &output);
    }
}

/// What is no file stands in the place of each: pipes that nobody writes to, devices without an end, links out of the
/// repository and in circles, folders.
#[test]
fn nothing_but_files_is_read() {
    for strange in ["pipes", "devices", "links", "folders"] {
        let sandbox = Sandbox::new();
        let done = sandbox.run(
            "git init -q -b main && git config --global user.name Ada && git config --global user.email ada@example.com && \
             ssh-keygen -q -t ed25519 -N '' -f ../home/key && git config gpg.format ssh && \
             git config user.signingKey ../home/key.pub && promptuary -q init && git add -A && git commit -qm start && \
             printf 'kept out\\n' > ../secret.md",
        );
        assert_eq!(done.code, 0, "{}", done.raw);
        let put = match strange {
            "pipes" => "mkfifo $f",
            "devices" => "ln -s /dev/zero $f",
            "links" => "ln -s $PWD/../secret.md $f",
            _ => "mkdir $f",
        };
        let done = sandbox.run(&format!(
            "for f in $(git ls-files prompts policies evals); do rm $f && {put}; done; \
             for f in prompts/x.md prompts/blocks/x.md policies/x.yaml evals/x.yaml evals/x.jsonl evals/recordings/x.jsonl; \
             do {put}; done; ln -s . prompts/circle; ln -s ../.. evals/up"
        ));
        assert_eq!(done.code, 0, "{}", done.raw);
        let reading = "check|check --base HEAD|check --staged|render support/triage|diff support/triage|impact|bump --dry-run\
            |eval|review --base HEAD|status|policy explain support/triage|policy diff|recordings explain support/triage";
        for line in reading.split('|') {
            // Nothing here takes a second; what hangs would hang for good.
            let outcome = sandbox.run(&format!("timeout 60 promptuary {line}"));
            assert!((0..=9).contains(&outcome.code), "{strange}: {line}: {}: {}", outcome.code, outcome.raw);
            assert!(!outcome.raw.contains("kept out"), "{strange}: {line}: {}", outcome.raw);
        }
        // As a commit holds them: pipes and folders it cannot hold.
        sandbox.run("git add -A --ignore-errors; git commit -q --allow-empty --no-verify -m strange");
        for line in ["check --rev HEAD", "check --base HEAD~1", "review --base HEAD~1", "impact --base HEAD~1"] {
            let outcome = sandbox.run(&format!("timeout 60 promptuary {line}"));
            assert!((0..=9).contains(&outcome.code), "{strange}: {line}: {}: {}", outcome.code, outcome.raw);
            assert!(!outcome.raw.contains("kept out"), "{strange}: {line}: {}", outcome.raw);
        }
    }
}

fn plant(sandbox: &Sandbox) {
    // A description of several lines is a finding, and no prompt.
    let line = QUOTED.replace("\\n", " ");
    let front = |rest: &str| {
        format!(
            "---\nversion: 1.1.0\ndescription: \"{line}\"\nowner: \"{line}\"\nrisk: low\ntags: [\"{QUOTED}\"]\n{rest}---\n"
        )
    };
    let inputs = format!(
        "inputs:\n  ticket: {{ type: string, maxLength: 99, default: \"{QUOTED}\" }}\n  \"{QUOTED}\": string\n"
    );
    // A sound prompt of hostile texts, and faulty ones whose findings quote them.
    // Controls are findings, so prompts that are to be rendered get theirs from values alone.
    let compiling: String = HOSTILE.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let texts = format!(
        "{}{{{{ role(\"system\") }}}}\n{compiling}{{{{ role(\"user\") }}}}\n{compiling}{{{{ ticket }}}}\n",
        front(&format!(
            "inputs: {{ ticket: {{ type: string, maxLength: 99, default: \"{QUOTED}\" }} }}\nmetadata: {{ \"{QUOTED}\": \"{QUOTED}\" }}\n"
        ))
    );
    sandbox.write("prompts/support/triage.md", &texts);
    sandbox.write("prompts/a.md", &format!("{}{HOSTILE}{{{{ \u{202e}x | {HOSTILE} }}}}", front(&inputs)));
    sandbox.write("prompts/b.md", &format!("{}{{% include \"{HOSTILE}\" %}}{{{{ ticket.\u{202e} }}}}", front(&inputs)));
    sandbox.write(
        "prompts/c.md",
        &format!("---\n\"{QUOTED}\": 1\nversion: \"{QUOTED}\"\nrisk: \"{QUOTED}\"\n---\n{HOSTILE}"),
    );
    sandbox.write(
        "prompts/d.md",
        &format!("---\nversion: 1.0.0\ndescription: x\nowner: o\nrisk: low\nmodel: \"{QUOTED}\"\n---\n{HOSTILE}"),
    );
    sandbox.write("prompts/::stop-commands::x\n::add-mask::y.md", "x");
    sandbox.write("prompts/\u{1b}[31m##[error]\u{202e}@team.md", "x");
    sandbox.write("prompts/blocks/\u{202e}<!-- x -->.md", HOSTILE);
    sandbox.write(
        "evals/support/triage.yaml",
        &format!(
            "description: \"{QUOTED}\"\ntests:\n  - id: \"::stop-commands::x ##[error] @team <!-- promptuary:review -->\"\n    \
             description: \"{QUOTED}\"\n    vars: {{ ticket: \"{QUOTED}\" }}\n    providerOutput: \"{QUOTED}\"\n    \
             assert: [{{ type: equals, value: \"{QUOTED}\" }}, {{ type: regex, value: \"::x(\\u202e|a)\" }}]\n"
        ),
    );
    let front = front("model: echo/echo\nmetadata: {}\ninputs: { ticket: { type: string, maxLength: 9 } }\n");
    sandbox.write("prompts/echo.md", &format!("{front}{compiling}{{{{ ticket }}}}\n"));
    sandbox.write(
        "evals/echo.yaml",
        &format!(
            "tests:\n  - vars: {{ ticket: a }}\n    metadata: {{ k: \"{QUOTED}\" }}\n    cluster: \"{QUOTED}\"\n    assert: \
             [{{ type: equals, value: b, metric: \"{QUOTED}\" }}, {{ type: contains, value: \"{QUOTED}\" }}]\n"
        ),
    );
    sandbox.write(
        "evals/a.yaml",
        &format!("\"{QUOTED}\": 1\ntests: [{{ vars: {{ \"{QUOTED}\": 1 }}, assert: [{{ type: \"{QUOTED}\" }}] }}]\n"),
    );
    sandbox.write("evals/b.yaml", &format!("tests: \"file://{QUOTED}\"\n"));
    let policy = sandbox.work().join("policies/policy.yaml");
    let text = std::fs::read_to_string(&policy).unwrap();
    assert!(text.contains("banned_phrases: []"));
    let banned = format!("banned_phrases: [{{ phrase: pwned, why: \"{QUOTED}\" }}]");
    std::fs::write(&policy, text.replace("banned_phrases: []", &banned)).unwrap();
}

/// What reads, in every format; what writes must refuse.
fn commands() -> Vec<&'static str> {
    let text = "\
check|check --format short|check --format json|check --format jsonl|check --format github|check --format sarif
check --format gitlab|check --format junit|check --base HEAD|check --staged|check --rev HEAD|check prompts/nope\u{1b}[31m::x
render support/triage|render support/triage --format json|render support/triage --format openai|render a|render nope
diff support/triage|diff support/triage --format json|diff support/triage --format markdown|diff support/triage --format html
diff support/triage rev:\u{202e}::x|impact|impact --format json|impact --format dot
bump support/triage --dry-run|bump support/triage --base HEAD --dry-run
eval support/triage|eval support/triage --format json|eval support/triage --format jsonl|eval support/triage --format junit
eval support/triage --format markdown|eval support/triage --format html|eval a|eval
policy diff|policy diff --format json|policy explain support/triage|policy explain support/triage --format json
policy publish|release support/triage|promote support/triage@1.0.0 --to prod|rollback support/triage --env dev
status|status --format json|status support/triage|log|log --format json|log --at 2099-01-01|verify|verify --all --format json
audit|audit --format markdown|audit --format json|audit --format csv|evidence support/triage
resolve support/triage --env dev|resolve support/triage --env dev --format json|trust show|trust export|sync
explain \u{1b}[31m::x|schema \u{202e}|review --base HEAD|review --base HEAD --format markdown|review --base HEAD --format json|recordings explain support/triage
review --base HEAD --format html|review --base a\u{202e}@team##x --format markdown|check --base a\u{202e}@team##x
diff support/triage --rendered|diff support/triage --rendered --format markdown|diff support/triage --inline --format markdown
diff support/triage --rendered --format html|diff support/triage --rendered --format json|diff echo --rendered
eval echo|eval echo --format json|eval echo --format jsonl|eval echo --format junit|eval echo --format markdown
eval echo --format html|recordings explain echo|recordings prune --dry-run|impact --base a\u{202e}@team##x
trust show --format json|bump --format json --dry-run|check evals/::x|verify --all|log --format json --at 2099-01-01";
    text.split(['|', '\n']).collect()
}

fn held(line: &str, output: &Output) {
    let code = output.status.code();
    assert!(code.is_some_and(|code| code != 101), "{line} ended with {code:?}");
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        // RFC 4180 ends the lines of CSV with both.
        let shown = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let told = || format!("`promptuary {line}`, {name}:\n{}", shown.escape_debug());
        assert!(
            !shown.contains(|c: char| !matches!(c, '\n' | '\t') && is_hidden(c)),
            "hidden characters in {}",
            told()
        );
        let ours = |l: &str| ["::error ", "::warning ", "::notice ", "::: "].iter().any(|start| l.starts_with(start));
        let commands = shown.lines().map(str::trim_start).filter(|l| l.starts_with("::") && !ours(l)).count();
        assert_eq!(commands, 0, "a command in {}", told());
        if !line.contains("github") {
            assert!(!shown.contains("##[") && !shown.contains("##vso["), "a command in {}", told());
        }
        if line.contains("json") && name == "stdout" && !line.contains("jsonl") && !shown.is_empty() {
            serde_json::from_str::<serde_json::Value>(&shown).unwrap_or_else(|e| panic!("{e} in {}", told()));
        }
        if line.contains("html") && name == "stdout" {
            assert!(!shown.contains("<img") && !shown.contains("<!-- promptuary:"), "markup in {}", told());
        }
        if line.contains("markdown") {
            let prose = without_code(&shown);
            assert!(
                !prose.match_indices('@').any(|(at, _)| prose[at + 1..].starts_with(|c: char| c.is_alphanumeric())),
                "a mention in {}",
                told()
            );
            let comments = shown.matches("<!--").count() - shown.matches("<!-- promptuary").count();
            assert_eq!(comments, 0, "a comment in {}", told());
            assert!(shown.matches("<!-- promptuary").count() <= 1, "two markers in {}", told());
            assert!(!prose.contains("<img"), "markup in {}", told());
        }
    }
}

/// Markdown without its fences and code spans, in which nothing acts.
fn without_code(markdown: &str) -> String {
    let mut prose = String::new();
    let mut fence: Option<usize> = None;
    for line in markdown.lines() {
        let ticks = line.trim_start().bytes().take_while(|b| *b == b'`').count();
        match fence {
            Some(open) if ticks >= open => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                let mut rest = line;
                while let Some(at) = rest.find('`') {
                    prose.push_str(&rest[..at]);
                    let ticks = rest[at..].bytes().take_while(|b| *b == b'`').count();
                    let after = &rest[at + ticks..];
                    let close = "`".repeat(ticks);
                    rest = after.find(&close).map_or("", |end| &after[end + ticks..]);
                }
                prose.push_str(rest);
                prose.push('\n');
            }
        }
    }
    prose
}

/// A checkout may bring a link in the place of any folder: nothing is written through one, and check names it.
#[test]
fn nothing_is_written_through_a_link() {
    let sandbox = Sandbox::new();
    let done = sandbox.run(
        "git init -q -b main && git config --global user.name Ada && git config --global user.email ada@example.com && \
         ssh-keygen -q -t ed25519 -N '' -f ../home/key && git config gpg.format ssh && \
         git config user.signingKey ../home/key.pub && promptuary -q init && git add -A && git commit -qm start && \
         mkdir ../outside && rm -r evals/recordings && ln -s ../../outside evals/recordings",
    );
    assert_eq!(done.code, 0, "{}", done.raw);
    let recorded = sandbox.run("promptuary eval --record --models echo/echo");
    assert_eq!(recorded.code, 2, "{}", recorded.raw);
    assert!(recorded.raw.contains("evals/recordings: it is neither a plain file"), "{}", recorded.raw);
    let done = sandbox
        .run("rm -r prompts policies .githooks && for f in prompts policies .githooks; do ln -s ../outside $f; done");
    assert_eq!(done.code, 0, "{}", done.raw);
    assert_eq!(sandbox.run("promptuary init").code, 2);
    assert_eq!(std::fs::read_dir(sandbox.work().join("../outside")).unwrap().count(), 0);
    let checked = sandbox.run("promptuary check --format short");
    assert_eq!(checked.code, 1, "{}", checked.raw);
    assert!(checked.raw.contains("prompts:1:1: error[file-not-regular]"), "{}", checked.raw);
    assert!(checked.raw.contains("policies:1:1: error[file-not-regular]"), "{}", checked.raw);
}
