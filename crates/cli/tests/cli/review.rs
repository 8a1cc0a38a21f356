//! Reviews of branches that mean no good, that are huge, and of clones that hold next to nothing.

use crate::sandbox::Sandbox;

const ROUTES: &str = "routes: { fast: echo/echo }\ndefaults: { low: fast, medium: fast, high: fast }\n";

fn prompt(version: &str, more: &str, body: &str) -> String {
    format!("---\nversion: {version}\ndescription: Greet.\nowner: docs\nrisk: low\n{more}---\n{body}\n")
}

/// A repository with one prompt on `main`, and a branch `change` to work on.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("prompts/routes.yaml", ROUTES);
    sandbox.write("prompts/blocks/tone.md", "Be kind.\n");
    let inputs = "inputs:\n  name: { enum: [ada, bob] }\n";
    let body = "{% include \"blocks/tone.md\" %}\nSay hello to {{ name }}.";
    sandbox.write("prompts/greet.md", &prompt("1.0.0", inputs, body));
    sandbox.write(
        "evals/greet.yaml",
        "tests:\n  - { id: ada, vars: { name: ada }, assert: [{ type: contains, value: hello }] }\n",
    );
    sandbox.done("git init -q -b main && git config user.name Ada && git config user.email ada@example.com");
    sandbox.done("git add -A && git commit -qm one && git checkout -qb change");
    sandbox
}

/// What somebody may write in the hope that it does something.
const BAIT: [&str; 12] = [
    "::stop-commands::pwned",
    "  ::add-mask::x",
    "##[error]pwned ##[group]x",
    "@everyone look, closes #1, GH-2, see https://evil.example and www.evil.example",
    "<!-- promptuary:review -->",
    "--> </details></summary></table> <script>alert(1)</script> <img src=x onerror=alert(1)>",
    "```",
    "~~~~~ ````diff",
    "| a | b |\\",
    "# title [link](javascript:alert(1)) ![pixel](//evil.example/x.png)",
    "`unbalanced *stars* _lines_ ~~gone~~ $x$",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
];

fn hostile() -> Sandbox {
    let sandbox = repository();
    let bait = BAIT.join("\n");
    let quoted: Vec<String> = BAIT[..11].iter().map(|text| format!("{text:?}")).collect();
    let inputs = format!(
        "metadata: {{ {0}: {0} }}\ntags: [{0}]\ninputs:\n  name: {{ enum: [ada, {1}] }}\ntools:\n  - {{ name: t, description: {2} }}\n",
        quoted[4],
        quoted.join(", "),
        quoted[5]
    );
    let body = format!("{{% include \"blocks/tone.md\" %}}\n{bait}\nSay hello to {{{{ name }}}}.");
    sandbox.write("prompts/greet.md", &prompt("1.0.0", &inputs, &body));
    sandbox.write("prompts/new.md", &prompt("1.0.0", "", &bait));
    sandbox.write("prompts/blocks/tone.md", &format!("{bait}\n"));
    sandbox.write("prompts/::error::`@team`<b>.md", &bait);
    let case =
        |id: &str| format!("  - {{ id: {id}, vars: {{ name: ada }}, assert: [{{ type: contains, value: {id} }}] }}\n");
    let cases: String = quoted.iter().map(|id| case(id)).collect();
    sandbox.write("evals/greet.yaml", &format!("tests:\n{cases}"));
    let policy = format!(
        "format: 1\nroot: \".\"\nbanned_phrases:\n  - {{ phrase: Be, why: {0} }}\n  - {{ phrase: Say, why: {1} }}\nenvironments: [{{ name: dev }}]\n",
        quoted[3], quoted[2]
    );
    sandbox.write("policies/policy.yaml", &policy);
    sandbox.write("policies/models.yaml", "format: 1\nmodels: [{ model: echo/echo }]\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILaDZZjtct6q2FDVrSFVxU4r7/Z1OjznYBgq7YwmOSOz";
    sandbox.write(
        "policies/principals.yaml",
        &format!("format: 1\nprincipals:\n  - {{ name: a@b, keys: [{{ ssh: {key} }}], roles: {{ maintainer: true, releaser: [\"**\"] }} }}\n"),
    );
    sandbox.run("promptuary eval greet --record >/dev/null 2>&1");
    sandbox
}

#[test]
fn a_hostile_branch_is_text_in_its_comment() {
    let sandbox = hostile();
    let shown = sandbox.run("promptuary review --base main --format markdown");
    assert_eq!(shown.code, 1, "{}", shown.raw);
    let comment = shown.raw;
    assert!(comment.starts_with("<!-- promptuary:review -->\n"), "{comment}");
    assert_eq!(comment.matches("<!--").count(), 1, "{comment}");
    harmless_in_a_log(&comment);
    let mut fence: Option<String> = None;
    let mut fenced = 0;
    for line in comment.lines().skip(1) {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(open) => {
                assert!(ticks.len() < open.len(), "`{line}` ends a fence of `{open}`");
                fenced += 1;
            }
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => harmless_outside_code(line),
        }
    }
    assert!(fence.is_none() && fenced > 10, "the bait is shown, inside fences that end: {comment}");
    assert!(comment.contains("stop-commands::pwned"), "what was written can be read: {comment}");
}

/// Nothing that a terminal or a CI runner would take for more than text.
fn harmless_in_a_log(text: &str) {
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains("##["), "{text}");
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::"), "{line}");
    }
}

/// One line outside of fences: code spans aside, no markup but our own and nothing that notifies or links.
fn harmless_outside_code(line: &str) {
    let mut rest = String::new();
    let mut chars = line;
    while let Some(at) = chars.find('`') {
        rest.push_str(&chars[..at]);
        if rest.ends_with('\\') {
            rest.push('`');
            chars = &chars[at + 1..];
            continue;
        }
        let ticks = &chars[at..at + chars[at..].bytes().take_while(|b| *b == b'`').count()];
        let inside = &chars[at + ticks.len()..];
        let ends = |(i, run): &(usize, &str)| {
            *run == ticks && !inside[..*i].ends_with('`') && !inside[i + run.len()..].starts_with('`')
        };
        let (end, _) =
            inside.match_indices(ticks).find(ends).unwrap_or_else(|| panic!("code that does not end: {line}"));
        chars = &inside[end + ticks.len()..];
    }
    rest.push_str(chars);
    let mut tags = rest.clone();
    for ours in ["details", "summary", "sub", "code", "b"] {
        tags = tags.replace(&format!("<{ours}>"), "").replace(&format!("</{ours}>"), "");
    }
    assert!(!tags.contains('<'), "{line}");
    assert!(rest.match_indices('@').all(|(i, _)| rest[i + 1..].starts_with("&#8203;")), "{line}");
    assert!(!rest.contains("://") && !rest.contains("www.") && !rest.contains("]("), "{line}");
    let heading = rest.trim_start_matches('#');
    assert!(
        heading.match_indices('#').all(|(i, _)| heading[..i].ends_with('\\') || heading[..i].ends_with('&')),
        "{line}"
    );
}

#[test]
fn a_hostile_branch_is_text_in_every_other_form() {
    let sandbox = hostile();
    let human = sandbox.run("promptuary review --base main").raw;
    harmless_in_a_log(&human);
    let json = sandbox.run("promptuary review --base main --format json").raw;
    harmless_in_a_log(&json);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["conclusion"], &value["exit"]), (&"findings".into(), &1.into()));
    let html = sandbox.run("promptuary review --base main --format html").raw;
    harmless_in_a_log(&html);
    assert!(
        !html.contains("<script") && !html.contains("<img") && !html.contains("<!--") && html.contains("&lt;script")
    );
    let diff = sandbox.run("promptuary diff greet rev:main --rendered").raw;
    harmless_in_a_log(&diff);
    harmless_in_a_log(&sandbox.run("promptuary diff greet rev:main --rendered --format markdown").raw);
}

#[test]
fn a_review_never_grows_beyond_a_comment() {
    let sandbox = repository();
    let line = "All work and no play makes a very long line of prose indeed. ".repeat(40);
    for n in 0..90 {
        let body: Vec<String> = (0..30).map(|i| format!("{n} {i} {line}")).collect();
        sandbox.write(&format!("prompts/many/p{n}.md"), &prompt("1.0.0", "", &body.join("\n")));
    }
    sandbox.write("prompts/huge.md", &prompt("1.0.0", "", &"x ".repeat(300_000)));
    let comment = sandbox.run("promptuary review --base main --format markdown").raw;
    assert!(comment.len() <= 65_536, "{}", comment.len());
    assert!(comment.contains("91 prompts are new") && comment.contains("left out"), "{}", &comment[..2_000]);
    assert!(comment.contains("<sub>"), "what was compared is said all the same");
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
}

#[test]
fn a_shallow_clone_of_a_merge_is_enough() {
    let sandbox = repository();
    sandbox.write("prompts/blocks/tone.md", "Be brief.\n");
    sandbox.done("git commit -qam two && git checkout -q main && git commit -q --allow-empty -m three");
    sandbox.done(
        "git checkout -q --detach && git merge -q --no-ff change -m merge && git update-ref refs/pull/1/merge HEAD",
    );
    sandbox.done("git init -q ../ci && cd ../ci && git remote add origin file://$PWD/../work");
    sandbox.done("cd ../ci && git fetch -q --depth=1 origin +refs/pull/1/merge:refs/remotes/pull/1/merge");
    sandbox.done("cd ../ci && git checkout -q refs/remotes/pull/1/merge");
    let missing = sandbox.run("cd ../ci && promptuary review --base origin/main");
    let command = "git fetch --unshallow origin +main:refs/remotes/origin/main";
    assert!(missing.code == 2 && missing.raw.contains(&format!("help: fetch it: {command}")), "{}", missing.raw);
    sandbox.done("cd ../ci && git fetch -q --depth=1 origin +main:refs/remotes/origin/main");
    let shown = sandbox.run("cd ../ci && promptuary review --base origin/main");
    assert!(shown.code == 1 && shown.raw.contains("1 prompt is reached by blocks/tone.md"), "{}", shown.raw);
}

#[test]
fn a_shallow_clone_of_a_branch_is_told_what_to_fetch() {
    let sandbox = repository();
    sandbox.write("prompts/blocks/tone.md", "Be brief.\n");
    sandbox.done("git commit -qam two && git checkout -q main && git commit -q --allow-empty -m three");
    sandbox.done("git clone -q --depth=1 --branch change file://$PWD ../ci");
    sandbox.done("cd ../ci && git fetch -q --depth=1 origin +main:refs/remotes/origin/main");
    let refused = sandbox.run("cd ../ci && promptuary review --base origin/main");
    let command = "git fetch --unshallow origin +main:refs/remotes/origin/main";
    assert_eq!(refused.code, 8, "{}", refused.raw);
    assert!(refused.raw.contains(&format!("help: fetch the history: {command}")), "{}", refused.raw);
    sandbox.done(&format!("cd ../ci && {command} 2>&1"));
    let shown = sandbox.run("cd ../ci && promptuary review --base origin/main");
    assert!(shown.code == 1 && shown.raw.contains("1 prompt is reached by blocks/tone.md"), "{}", shown.raw);
}
