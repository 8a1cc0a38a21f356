//! `docs/json.md` against the program: what its commands of the ledger answer has exactly the keys that the page states.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// What the page says of a value.
#[derive(Debug, Clone)]
enum Shape {
    /// An object with these keys; `true` where a key may be missing.
    Object(BTreeMap<String, (bool, Shape)>),
    List(Box<Self>),
    /// A shape by its name, or a word for anything.
    Named(String),
}

impl Shape {
    /// Reads `{a, b?, c: [word], d: {…}}`.
    fn read(text: &mut &str) -> Self {
        *text = text.trim_start();
        if let Some(rest) = text.strip_prefix('{') {
            *text = rest;
            let mut keys = BTreeMap::new();
            loop {
                *text = text.trim_start();
                if let Some(rest) = text.strip_prefix('}') {
                    *text = rest;
                    return Self::Object(keys);
                }
                let end = text.find([',', '}', ':']).unwrap();
                let (name, rest) = text.split_at(end);
                let (name, optional) = name.trim().strip_suffix('?').map_or((name.trim(), false), |name| (name, true));
                *text = rest;
                let shape = match text.strip_prefix(':') {
                    Some(rest) => {
                        *text = rest;
                        Self::read(text)
                    }
                    None => Self::Named(String::new()),
                };
                keys.insert(name.to_owned(), (optional, shape));
                *text = text.trim_start();
                *text = text.strip_prefix(',').unwrap_or(text);
            }
        }
        if let Some(rest) = text.strip_prefix('[') {
            *text = rest;
            let inner = Self::read(text);
            // `[old, new]` is a pair; the page says in words of what.
            let end = text.find(']').unwrap();
            let pair = text[..end].contains(',');
            *text = &text[end + 1..];
            return if pair { Self::Named(String::new()) } else { Self::List(Box::new(inner)) };
        }
        let end = text.find([',', '}', ']']).unwrap();
        let (name, rest) = text.split_at(end);
        *text = rest;
        Self::Named(name.trim().to_owned())
    }
}

/// Every shape of the page that has a name: of a command, by its heading or before a colon, or of a part ("A word: …").
fn shapes() -> BTreeMap<String, Shape> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json.md");
    let text = std::fs::read_to_string(page).unwrap();
    let mut found = BTreeMap::new();
    for section in text.split("\n## ").skip(1) {
        let (heading, body) = section.split_once('\n').unwrap();
        // The pieces between backticks are code; what stands before one says whose shape it is.
        let body = body.replace('\n', " ");
        let pieces: Vec<&str> = body.split('`').collect();
        for (at, piece) in pieces.iter().enumerate().skip(1).step_by(2).filter(|(_, piece)| piece.starts_with('{')) {
            let before = pieces[at - 1].trim_end();
            let name = match before.strip_suffix(':') {
                Some("") if at > 2 => pieces[at - 2].to_owned(),
                Some(prose) => {
                    let sentence = prose.rsplit(". ").next().unwrap_or(prose).trim();
                    sentence.trim_start_matches("An ").trim_start_matches("A ").to_owned()
                }
                None if before.is_empty() && at == 1 => heading.trim_matches('`').to_owned(),
                None => continue,
            };
            let mut rest = *piece;
            found.insert(name, Shape::read(&mut rest));
        }
    }
    found
}

/// Holds a value to a shape; gives what differs.
fn differs(value: &Value, shape: &Shape, shapes: &BTreeMap<String, Shape>, place: &str, wrong: &mut BTreeSet<String>) {
    match (value, shape) {
        (Value::Null, _) => {}
        (_, Shape::Named(name)) => {
            if let Some(shape) = shapes.get(name) {
                differs(value, shape, shapes, place, wrong);
            }
        }
        (Value::Array(list), Shape::List(inner)) => {
            list.iter().for_each(|one| differs(one, inner, shapes, &format!("{place}[]"), wrong));
        }
        (Value::Object(map), Shape::Object(keys)) => {
            for (key, value) in map {
                match keys.get(key) {
                    Some((_, shape)) => differs(value, shape, shapes, &format!("{place}.{key}"), wrong),
                    None => drop(wrong.insert(format!("{place}.{key} is not on the page"))),
                }
            }
            for (key, (optional, _)) in keys {
                if !optional && !map.contains_key(key) {
                    wrong.insert(format!("{place}.{key} is on the page and not in the answer"));
                }
            }
        }
        _ => drop(wrong.insert(format!("{place} has another shape: {value}"))),
    }
}

const BEGIN: &str = "set -e
git config --global user.name Ada; git config --global user.email ada@example.com; git config --global gpg.format ssh
git config --global init.defaultBranch main
for k in ada ben; do ssh-keygen -q -t ed25519 -N '' -C $k -f ~/$k; done
git config --global user.signingKey ~/ada.pub
git init -q --bare origin.git; git init -q r; cd r; git remote add origin ../origin.git; promptuary -q init >/dev/null
printf '  - name: ben@example.com\\n    keys: [{ ssh: %s }]\\n    roles: { maintainer: true, approver: { prod: [\"**\"] } }\\n' \
  \"$(cut -d' ' -f1,2 ~/ben.pub)\" >>policies/principals.yaml
git add -A; git commit -qm one; git push -q -u origin main
git clone -q ../origin.git ../ben; git -C ../ben config user.email ben@example.com; git -C ../ben config user.signingKey ~/ben.pub";

/// Each with what its answer is called on the page, and how it ends.
const ASKED: [(&str, &str, i32); 41] = [
    (
        "edit",
        "cp prompts/support/triage.md prompts/support/sort.md && sed -i 's/^You /You there /' prompts/support/triage.md",
        0,
    ),
    ("diff", "diff support/triage", 0),
    ("diff", "diff support/sort", 0),
    ("diff", "diff support/triage --rendered", 0),
    ("bump", "bump --base HEAD --dry-run", 0),
    ("impact", "impact prompts", 0),
    ("edit", "rm prompts/support/sort.md && git checkout -q .", 0),
    ("policy publish", "policy publish --dry-run", 0),
    ("policy publish", "policy publish", 0),
    ("sync", "sync", 0),
    ("trust show", "trust show", 0),
    ("release", "release support/triage --dry-run", 0),
    ("release", "release support/triage", 0),
    ("release", "release support/triage", 0),
    ("promote", "promote support/triage@1.0.0 --to dev --dry-run", 0),
    ("promote", "promote support/triage@1.0.0 --to dev", 0),
    ("promote", "promote support/triage@1.0.0 --to dev", 0),
    ("promote", "promote support/triage@1.0.0 --to staging", 0),
    (
        "edit",
        "sed -i 's/^approvals: .*/approvals: [{ environments: [prod], needed: 1 }]/; s/  approvals: 0/  approvals: 1/' policies/policy.yaml",
        0,
    ),
    ("policy diff", "policy diff", 0),
    ("edit", "git commit -qam two && git push -q", 0),
    ("policy publish", "policy publish", 0),
    ("promote", "promote support/triage@1.0.0 --to prod", 1),
    ("status", "status support/triage", 0),
    ("approve", "approve support/triage@1.0.0 --env prod --content CONTENT", 1),
    ("approve", "-C ../ben approve support/triage@1.0.0 --env prod --dry-run", 0),
    ("approve", "-C ../ben approve support/triage@1.0.0 --env prod --content CONTENT", 0),
    ("approve", "-C ../ben approve support/triage@1.0.0 --env prod --content CONTENT", 0),
    ("promote", "promote support/triage@1.0.0 --to prod", 0),
    ("rollback --drill", "rollback --env prod --drill", 1),
    ("hold", "hold support/triage --env prod -m 'a look'", 0),
    ("retire", "retire support/triage --env dev -m 'not needed'", 0),
    (
        "edit",
        "sed -i 's/needed: 1/needed: 1, expires: 2d/' policies/policy.yaml && git commit -qam three && git push -q && git -C ../ben pull -q",
        0,
    ),
    ("policy approve", "-C ../ben policy approve --dry-run", 0),
    ("resolve", "resolve support/triage --env prod", 0),
    ("evidence", "evidence support/triage", 0),
    ("log", "log", 0),
    ("log", "log support/triage --env prod", 0),
    ("audit", "audit", 0),
    ("verify", "verify --all", 0),
    ("trust lock", "trust lock --dry-run", 0),
];

#[test]
fn answers_have_the_keys_that_the_page_states() {
    let shapes = shapes();
    let sandbox = Sandbox::new();
    let begun = sandbox.run(BEGIN);
    assert_eq!(begun.code, 0, "{}", begun.raw);
    let mut content = String::new();
    let mut wrong = BTreeSet::new();
    for (name, line, exit) in ASKED {
        if name == "edit" {
            assert_eq!(sandbox.run(&format!("cd r && {line}")).code, 0, "{line}");
            continue;
        }
        let line = format!("cd r && promptuary -q {} --format json 2>../said", line.replace("CONTENT", &content));
        let outcome = sandbox.run(&line);
        let said = sandbox.run("cat said").raw;
        assert_eq!(outcome.code, exit, "{line}: {said}{}", outcome.raw);
        let value: Value =
            serde_json::from_str(&outcome.raw).unwrap_or_else(|e| panic!("{line}: {e}: {}", outcome.raw));
        if let Some(found) = value["next"][0]["content"].as_str() {
            content = found.to_owned();
        }
        let shape = shapes.get(name).or_else(|| shapes.get(moved(name)));
        let shape = shape.unwrap_or_else(|| panic!("the page states no shape for {name}"));
        if name == "resolve" {
            let canonical = serde_json::to_string(&value["compiled"]).unwrap();
            assert_eq!(value["content"], source::Digest::of(canonical.as_bytes()).tagged());
        }
        differs(&value, shape, &shapes, name, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Who resolves reads the exit code first, and never half an answer.
#[test]
fn resolve_says_nothing_where_it_cannot_answer() {
    let sandbox = Sandbox::new();
    let begun = sandbox.run(BEGIN);
    assert_eq!(begun.code, 0, "{}", begun.raw);
    let ask = |line: &str, exit: i32, code: &str| {
        let outcome = sandbox.run(&format!("cd r && promptuary {line} --format json 2>../said"));
        let said = sandbox.run("cat said").raw;
        assert_eq!((outcome.code, outcome.raw.as_str()), (exit, ""), "{line}: {said}");
        assert!(said.contains(code), "{line}: {said}");
    };
    ask("resolve support/triage --env prod", 8, "root-missing");
    let live = "cd r && promptuary -q policy publish && promptuary -q release support/triage && promptuary -q promote \
                support/triage@1.0.0 --to dev && promptuary -q sync";
    assert_eq!(sandbox.run(live).code, 0);
    ask("resolve support/triage --env prod", 2, "never promoted");
    ask("resolve support/triage --env moon", 2, "policy names");
    ask(
        "resolve support/triage --env dev --strict --root sha256:0000000000000000000000000000000000000000000000000000000000000000",
        7,
        "root-mismatch",
    );
    ask("resolve support/triage --env dev --locked", 8, "lock-missing");
    assert_eq!(sandbox.run("cd r && promptuary -q retire support/triage --env dev -m 'not needed'").code, 0);
    ask("resolve support/triage --env dev", 2, "nothing-live");
    assert_eq!(sandbox.run("cd r && git tag -d env/dev/support/triage@00000001 && rm -r .git/promptuary").code, 0);
    ask("resolve support/triage --env dev", 8, "stale");
}

/// What pointers' commands share.
fn moved(name: &str) -> &str {
    if ["promote", "rollback", "hold", "retire", "seal"].contains(&name) { "The others" } else { name }
}
