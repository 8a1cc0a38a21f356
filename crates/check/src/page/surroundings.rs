//! What stands around every example unless the page says otherwise, and how an example is judged.

use policy::Policy;
use prompt::Catalog;
use source::{File, Finding, Mode, RepoPath, Report, Snapshot, Timestamp};

use super::Example;
use crate::{Contents, History, Live, Subject, check};

const FILES: [(&str, &str); 4] = [
    (
        "prompts/routes.yaml",
        "routes: { accurate: openai/gpt-5, fast: openai/gpt-5-mini }
defaults: { low: fast, medium: fast, high: accurate }
",
    ),
    ("policies/policy.yaml", "format: 1\nenvironments: [{ name: dev }, { name: prod, after: [dev] }]\n"),
    (
        "policies/models.yaml",
        "format: 1
models:
  - model: openai/gpt-5
    price: { input: 1.25, output: 10, as_of: 2026-11-01, source: https://openai.com/api/pricing }
  - model: openai/gpt-5-mini
    price: { input: 0.25, output: 2, as_of: 2026-11-01, source: https://openai.com/api/pricing }
",
    ),
    (
        "policies/principals.yaml",
        "format: 1
principals:
  - name: ada@example.com
    keys: [{ ssh: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOxhubioKBoygbmcZ5/+yGGGaQ1+5PEqZUqJ4OqnEuUU }]
    roles:
      maintainer: true
      releaser: [\"**\"]
      promoter: { \"*\": [\"**\"] }
      approver: { \"*\": [\"**\"] }
",
    ),
];

/// The day on which every example is judged.
pub const TODAY: &str = "2026-11-22";

/// Judges an example by every rule, and by what `more` finds in its files, which it gets after those of before.
///
/// # Panics
///
/// On a page that is none: pages are part of this crate and tested.
pub fn judge(example: &Example<'_>, more: impl Fn([&Snapshot; 2], [&Contents<'_>; 2]) -> Vec<Finding>) -> Report {
    let snapshot = snapshot(&example.files);
    let catalog = Catalog::load(&snapshot);
    let contents = Contents::of(&catalog);
    let loaded = Policy::load(&snapshot);
    let mut earlier = snapshot.clone();
    earlier.files.extend(example.before.iter().map(|(path, text)| file(path, text)));
    let then = Catalog::load(&earlier);
    let then = Contents::of(&then);
    let mut history = if example.before.is_empty() { History::default() } else { History::of_contents(&then) };
    history.live = example.live.iter().map(|line| live(line)).collect();
    let now = Timestamp::parse(TODAY).expect("a date");
    let asked = example.asks.iter().filter_map(|id| catalog.compile(&id.parse().expect("an id")).err()).flatten();
    let found = loaded.findings.into_iter().chain(asked).chain(more([&earlier, &snapshot], [&then, &contents]));
    check(&Subject::new(&snapshot, &contents, loaded.policy.as_ref(), &history, now).with_findings(found))
}

fn snapshot(files: &std::collections::BTreeMap<&str, &str>) -> Snapshot {
    let mut snapshot = Snapshot { name: "the page".to_owned(), ..Snapshot::default() };
    snapshot.files.extend(FILES.iter().map(|(path, text)| file(path, text)));
    for (path, text) in files {
        match path.strip_prefix("absent:") {
            Some(path) => {
                snapshot.files.remove(path);
            }
            None => snapshot.files.extend([file(path, text)]),
        }
    }
    snapshot
}

/// A file of the example; `escaped:` and `symlink:` before its path say how its text is meant.
fn file(path: &str, text: &str) -> (RepoPath, File) {
    let (path, mode, bytes) = match path.split_once(':') {
        Some(("escaped", path)) => (path, Mode::Regular, unescaped(text)),
        Some(("symlink", path)) => (path, Mode::Symlink, text.trim_end().as_bytes().to_vec()),
        _ => (path, Mode::Regular, text.as_bytes().to_vec()),
    };
    (RepoPath::new(path).expect("a sound path"), File { mode, bytes: bytes.into() })
}

/// `\\u{…}` stands for a character and `\\x..` for a byte, so that no page holds what would be a finding itself.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        if let Some(code) = escape.strip_prefix("u{") {
            let end = code.find('}').expect("a closed escape");
            let c = u32::from_str_radix(&code[..end], 16).ok().and_then(char::from_u32).expect("a character");
            bytes.extend_from_slice(c.to_string().as_bytes());
            rest = &code[end + 1..];
        } else {
            let code = escape.strip_prefix('x').expect("an escape is \\u{…} or \\x..");
            bytes.push(u8::from_str_radix(&code[..2], 16).expect("two hex digits"));
            rest = &code[2..];
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn live(line: &str) -> Live {
    let (line, renamed) = line.split_once(" now ").map_or((line, None), |(line, id)| (line, Some(id)));
    let words: Vec<&str> = line.split(' ').collect();
    let [env, prompt, version] = words[..] else { panic!("{line}: environment prompt version") };
    Live {
        env: env.parse().expect("an environment"),
        prompt: prompt.parse().expect("an id"),
        version: version.parse().expect("a version"),
        renamed: renamed.map(|id| id.parse().expect("an id")),
    }
}
