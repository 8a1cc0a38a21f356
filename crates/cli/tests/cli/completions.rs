//! Completions in real shells: keys are pressed on a terminal, and what the shell then runs is what counts.

use std::process::Command;

use crate::sandbox::Sandbox;

/// A repository with a released prompt.
fn repository() -> Sandbox {
    let sandbox = Sandbox::of_ada();
    sandbox.done(
        "git init -q && promptuary -q init && git add -A && git commit -qm start && git branch topic && \
         git tag prompt/support/triage@1.0.0 && git tag prompt/support/triage@1.1.0-rc.1 && git tag prompt/other@3.0.0",
    );
    sandbox
}

/// Whether `program` is installed: bash is where git is, the others need not be.
fn is_here(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// What the shell makes of keys that are pressed at its prompt: the words of the command that is run in the end.
///
/// `script` gives it a terminal; `show` stands for the program, so that nothing but completion is tried.
fn typed(sandbox: &Sandbox, shell: &str, start: &str, keys: &str) -> String {
    sandbox.write("start", &format!("{start}\nshow() {{ printf '<%s>' \"$@\" > shown; }}\n"));
    sandbox.write("keys", &format!(". ./start\nshow {keys}\nexit\n"));
    let outcome = sandbox.run(&format!("rm -f shown; TERM=dumb script -qec '{shell}' /dev/null < keys"));
    std::fs::read_to_string(sandbox.work().join("shown")).unwrap_or(outcome.raw)
}

/// Keys, and what they must lead to.
const KEYS: &[(&str, &str)] = &[
    ("promo\t", "<promote>"),
    ("promote oth\t", "<promote><other@3.0.0>"),
    ("promote other@\t", "<promote><other@3.0.0>"),
    ("promote other@3\t", "<promote><other@3.0.0>"),
    ("promote --to=st\t", "<promote><--to=staging>"),
    ("promote other@3.0.0 --to st\t", "<promote><other@3.0.0><--to><staging>"),
    ("diff support/tri\tenv:s\t", "<diff><support/triage><env:staging>"),
    ("diff support/triage env:d\tv:1.1\t", "<diff><support/triage><env:dev><v:1.1.0-rc.1>"),
    ("diff support/triage rev:to\t", "<diff><support/triage><rev:topic>"),
    ("diff other v:\t", "<diff><other><v:3.0.0>"),
    ("diff support/triage worktree rev:m\t--rendered", "<diff><support/triage><worktree><rev:main><--rendered>"),
    ("eval --against env:st\t", "<eval><--against><env:staging>"),
    ("eval --against=env:st\t", "<eval><--against=env:staging>"),
    ("render support/triage --release 1.1\t", "<render><support/triage><--release><1.1.0-rc.1>"),
    ("render support/triage -i tick\tx", "<render><support/triage><-i><ticket=x>"),
    ("render support/triage --input=tick\tx", "<render><support/triage><--input=ticket=x>"),
    ("explain secret-p\t", "<explain><secret-present>"),
    ("schema princ\t", "<schema><principals>"),
];

fn holds_in(shell: &str, start: &str) {
    let sandbox = repository();
    let wrong: Vec<_> = KEYS
        .iter()
        .map(|(keys, wanted)| (keys, wanted, typed(&sandbox, shell, start, keys)))
        .filter(|(_, wanted, shown)| shown != *wanted)
        .collect();
    assert!(wrong.is_empty(), "{shell}: {wrong:#?}");
}

#[test]
fn bash_completes_words_with_colons() {
    if is_here("script") {
        let start = "bind 'set bell-style none'; . <(promptuary completions bash); complete -F _promptuary show";
        holds_in("bash --norc --noprofile -i", start);
    }
}

#[test]
fn zsh_completes_words_with_colons() {
    if is_here("script") && is_here("zsh") {
        let start = "autoload -U compinit && compinit -u -D; . <(promptuary completions zsh); compdef _promptuary show";
        holds_in("zsh -f -i", start);
    }
}

#[test]
fn fish_completes_words_with_colons() {
    if !is_here("fish") {
        return;
    }
    let sandbox = repository();
    for (keys, _) in KEYS {
        // Fish tells what it would propose: each word that is completed here has one proposal.
        let mut words: Vec<String> = Vec::new();
        for part in keys.split_inclusive('\t') {
            let Some(before) = part.strip_suffix('\t') else { continue };
            let line = format!("promptuary {}{before}", words.concat());
            let asked = format!("promptuary completions fish | source; complete -C '{line}'");
            let said = sandbox.done(&format!("fish --no-config -c \"{asked}\""));
            let proposed: Vec<_> = said.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
            let typed = line.rsplit(' ').next().unwrap_or_default();
            assert!(proposed.len() == 1 && proposed[0].starts_with(typed), "{line}: {proposed:?}");
            words.push(format!("{}{} ", &before[..before.len() - typed.len()], proposed[0]));
        }
    }
}

/// What is proposed for a line, as a shell's script asks for it.
fn proposed(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let words = line.split(' ').count() - 1;
    let outcome =
        sandbox.run(&format!("_CLAP_IFS='\n' _CLAP_COMPLETE_INDEX={words} COMPLETE=bash promptuary -- {line}; echo"));
    outcome.raw.lines().map(str::to_owned).filter(|word| !word.is_empty() && !word.starts_with('-')).collect()
}

#[test]
fn tab_proposes_what_the_repository_has() {
    let sandbox = repository();
    for (line, wanted) in [
        ("promptuary promote ''", vec!["other@3.0.0", "support/triage@1.1.0-rc.1", "support/triage@1.0.0"]),
        ("promptuary promote --to ''", vec!["dev", "staging", "prod"]),
        ("promptuary render ''", vec!["other", "support/triage"]),
        ("promptuary render --env p", vec!["prod"]),
        ("promptuary render support/triage --release ''", vec!["1.1.0-rc.1", "1.0.0"]),
        ("promptuary render support/triage -i ''", vec!["product=", "ticket="]),
        ("promptuary explain block-m", vec!["block-missing"]),
        ("promptuary policy explain s", vec!["support/triage"]),
        ("promptuary check --format s", vec!["short", "sarif"]),
        ("promptuary schema po", vec!["policy"]),
        ("promptuary check --base m", vec!["main"]),
        ("promptuary eval --models acc", vec!["accurate"]),
        ("promptuary eval --models accurate,f", vec!["accurate,fast"]),
        ("promptuary log --by a", vec!["ada@example.com"]),
        ("promptuary check pol", vec!["policies/"]),
    ] {
        assert_eq!(proposed(&sandbox, line), wanted, "{line}");
    }
    let cases = proposed(&sandbox, "promptuary diff support/triage --case ''");
    assert!(!cases.is_empty(), "a suite has cases");
    // Bash puts a proposal into the line as it is: a name that a shell would obey is none.
    let hostile = sandbox.run(
        "cd prompts/support && touch 'x;touch pwned.md' 'x$(touch pwned).md' 'x`touch pwned`.md' \"$(printf 'x\\033[31m\\ny.md')\" \
         && git branch 'x;id' && git branch 'x`id`' && git tag 'prompt/support/x;id@1.0.0' && mkfifo ../../policies/pipe.yaml \
         && ln -s /dev/zero ../../policies/zero.yaml && ln -s /dev/zero ../../evals/support/triage.zero.yaml \
         && touch '../../pol;id'",
    );
    assert_eq!(hostile.code, 0, "{}", hostile.raw);
    assert_eq!(proposed(&sandbox, "promptuary render ''"), ["other", "support/triage"]);
    assert_eq!(proposed(&sandbox, "promptuary promote s").len(), 2);
    assert_eq!(proposed(&sandbox, "promptuary check --base x").concat(), "");
    assert_eq!(proposed(&sandbox, "promptuary diff support/triage rev:x").concat(), "");
    assert_eq!(proposed(&sandbox, "promptuary check pol"), ["policies/"]);
    assert_eq!(proposed(&sandbox, "promptuary render --env p"), ["prod"]);
    assert_eq!(proposed(&sandbox, "promptuary diff support/triage --case ''"), cases);
    // Outside of a repository there is nothing to propose, and nothing to say.
    assert_eq!(proposed(&sandbox, "promptuary -C / render ''"), Vec::<String>::new());
}
