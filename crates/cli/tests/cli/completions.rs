//! Completions in a real bash: what Tab proposes, from the script that the program prints.

use crate::sandbox::Sandbox;

/// What bash proposes for a line, as its own function for the program answers.
fn proposed(sandbox: &Sandbox, line: &str) -> Vec<String> {
    sandbox.write(
        "try.bash",
        "source <(promptuary completions bash)\nCOMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9\n\
         ask=$(complete -p promptuary | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         $ask promptuary \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n",
    );
    let outcome = sandbox.run(&format!("bash try.bash {line}"));
    assert_eq!(outcome.code, 0, "{line}: {}", outcome.raw);
    outcome.raw.lines().map(|word| word.trim_end().to_owned()).filter(|word| !word.starts_with('-')).collect()
}

#[test]
fn tab_proposes_what_the_repository_has() {
    let sandbox = Sandbox::of_ada();
    let done = sandbox.run(
        "git init -q && promptuary -q init && git add -A && git commit -qm start && \
         git tag prompt/support/triage@1.0.0",
    );
    assert_eq!(done.code, 0, "{}", done.raw);
    for (line, wanted) in [
        ("promptuary promo", vec!["promote"]),
        ("promptuary promote ''", vec!["support/triage@1.0.0"]),
        ("promptuary promote --to ''", vec!["dev", "staging", "prod"]),
        ("promptuary render ''", vec!["support/triage"]),
        ("promptuary render --env p", vec!["prod"]),
        ("promptuary diff support/triage env:s", vec!["env:staging"]),
        ("promptuary explain block-m", vec!["block-missing"]),
        ("promptuary policy explain s", vec!["support/triage"]),
        ("promptuary check --format s", vec!["short", "sarif"]),
        ("promptuary schema po", vec!["policy"]),
        ("promptuary check --base m", vec!["main"]),
    ] {
        assert_eq!(proposed(&sandbox, line), wanted, "{line}");
    }
    // Bash puts a proposal into the line as it is: a name that a shell would obey is none.
    let hostile = sandbox.run(
        "cd prompts/support && touch 'x;touch pwned.md' 'x$(touch pwned).md' 'x`touch pwned`.md' \"$(printf 'x\\033[31m\\ny.md')\" \
         && git branch 'x;id' && git branch 'x`id`' && git tag 'prompt/support/x;id@1.0.0' && mkfifo ../../policies/pipe.yaml \
         && ln -s /dev/zero ../../policies/zero.yaml",
    );
    assert_eq!(hostile.code, 0, "{}", hostile.raw);
    assert_eq!(proposed(&sandbox, "promptuary render ''"), ["support/triage"]);
    assert_eq!(proposed(&sandbox, "promptuary promote ''"), ["support/triage@1.0.0"]);
    assert_eq!(proposed(&sandbox, "promptuary check --base x").concat(), "");
    assert_eq!(proposed(&sandbox, "promptuary render --env p"), ["prod"]);
    // Outside of a repository there is nothing to propose, and nothing to say.
    assert_eq!(proposed(&sandbox, "promptuary -C / render ''"), Vec::<String>::new());
}
