//! `docs/attacks.md` against real git: what verifying and resolving make of each attack. `BLESS=1` writes the answers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attacks.md")
}

/// Every code of the ledger.
fn codes() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ledger-codes.md");
    let text = std::fs::read_to_string(page).unwrap();
    text.lines().filter_map(|l| Some(l.strip_prefix("| `")?.split('`').next()?.to_owned())).collect()
}

/// A ledger with one prompt, two releases and three entries in dev, by ada; and what her machine remembers of it.
const COMPANY: &str = "set -e
git config --global user.name Ada; git config --global user.email ada@example.com
git config --global init.defaultBranch main; git config --global gpg.format ssh
for k in ada mal; do ssh-keygen -q -t ed25519 -N '' -C $k -f ~/$k; done
git config --global user.signingKey ~/ada.pub
git init -q r; cd r; promptuary -q init; git add -A; git commit -qm start
promptuary -q policy publish; promptuary -q release support/triage
sed -i 's/^version: 1.0.0/version: 1.1.0/; s/^description: .*/description: Another./; s/Use fewer than 120/Use fewer than 100/' \
  prompts/support/triage.md
git commit -qam next; promptuary -q release support/triage
for v in 1.0.0 1.1.0 1.0.0; do promptuary -q promote support/triage@$v --to dev; done
promptuary -q verify; promptuary -q resolve support/triage --env dev
cp -a ../r ~/pristine; cp -a ~/.local ~/remembered";

const RESTORE: &str = "set -e
find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +
cp -a ~/pristine r; rm -rf ~/.local";

struct Ground {
    sandbox: Sandbox,
    codes: Vec<String>,
}

impl Ground {
    /// The answers to the three questions after an attack.
    fn answers(&self, prelude: &str, attack: &str) -> String {
        assert_eq!(self.sandbox.run(RESTORE).code, 0);
        let done = self.sandbox.run(&format!("set -e\ncd r\n{prelude}\n{attack}"));
        assert_eq!(done.code, 0, "{attack}\n{}", done.raw);
        let verify = self.ask("promptuary -C r verify");
        let resolve = self.ask("rm -rf ~/.local; promptuary -C r resolve support/triage --env dev");
        let remembered =
            "rm -rf ~/.local; cp -a ~/remembered ~/.local; promptuary -C r resolve support/triage --env dev";
        let remembered = self.ask(remembered);
        let ran = self.sandbox.run("test ! -e r/canary");
        assert_eq!(ran.code, 0, "a program of the repository's own was started:\n{attack}");
        format!("verify {verify}; resolve {resolve}; remembered {remembered}")
    }

    fn ask(&self, line: &str) -> String {
        let outcome = self.sandbox.run(line);
        let code = self.codes.iter().filter_map(|code| Some((outcome.raw.find(&format!("{code}: "))?, code))).min();
        let live = outcome.raw.lines().find_map(|l| l.strip_prefix("support/triage "));
        let strays = outcome.raw.lines().filter(|line| line.starts_with("stray ")).count();
        match (outcome.code, code, live) {
            (0, _, None) if strays > 0 => format!("ok, {strays} named as stray"),
            (0, _, Some(live)) => format!("ok, {live}"),
            (0, _, None) => "ok".to_owned(),
            (exit, Some((_, code)), _) => format!("`{code}` {exit}"),
            (exit, None, _) => format!("exit {exit}"),
        }
    }
}

#[test]
fn attacks_meet_what_the_page_says() {
    let text = std::fs::read_to_string(page()).unwrap();
    let prelude = text.split("```sh prelude\n").nth(1).unwrap().split("```").next().unwrap();
    let ground = Ground { sandbox: Sandbox::new(), codes: codes() };
    let begun = ground.sandbox.run(COMPANY);
    assert_eq!(begun.code, 0, "{}", begun.raw);
    let mut written = String::new();
    let mut attack: Option<String> = None;
    let mut inside = false;
    let (mut count, mut prose) = (0, String::new());
    let (mut unexplained, mut undetected) = (Vec::new(), 0);
    for line in text.lines() {
        // Old answers are made anew.
        if line.starts_with("> verify ") {
            continue;
        }
        let _ = writeln!(written, "{line}");
        if line.starts_with("### ") {
            prose.clear();
        }
        if !inside {
            prose.push_str(line);
        }
        match (line, inside) {
            ("```sh", false) => (attack, inside) = (Some(String::new()), true),
            ("```", true) => {
                inside = false;
                let answers = ground.answers(prelude, &attack.take().unwrap_or_default());
                let _ = writeln!(written, "> {answers}");
                let (harmless, open) = (prose.contains("**No harm**: "), prose.contains("**Not detected**"));
                undetected += usize::from(open);
                if answers.starts_with("verify ok") != (harmless || open) {
                    unexplained.push(prose.clone());
                }
                count += 1;
            }
            (_, true) => {
                if let Some(attack) = &mut attack {
                    let _ = writeln!(attack, "{line}");
                }
            }
            _ => {}
        }
    }
    assert!(count >= 80, "{count} attacks");
    assert!(unexplained.is_empty(), "`ok` is explained, and nothing else is: {unexplained:#?}");
    let (_, told) = text.split_once("**no harm**). ").unwrap();
    assert!(told.starts_with("Three are") && undetected == 3, "{undetected} are not detected");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page(), &written).unwrap();
        return;
    }
    for (old, new) in text.lines().zip(written.lines()) {
        assert_eq!(old, new, "BLESS=1 writes it down; then read it as code");
    }
    assert_eq!(text.lines().count(), written.lines().count());
}

/// Every test that the page names stands somewhere.
#[test]
fn the_list_names_tests_that_are_there() {
    let text = std::fs::read_to_string(page()).unwrap();
    let list = text.split("## The list").nth(1).unwrap();
    let is_test = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named: Vec<&str> = list.split('`').filter(is_test).filter(|word| *word != "real_git").collect();
    assert!(named.len() > 60, "{}", named.len());
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    for entry in walkdir(&crates) {
        sources += &std::fs::read_to_string(entry).unwrap();
    }
    let missing: Vec<_> = named.into_iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What was found since is counted as the page counts it, and each attack of the page that it names is run there.
#[test]
fn what_was_found_beyond_the_list_is_counted() {
    let text = std::fs::read_to_string(page()).unwrap();
    let beyond = text.split("## Beyond the list").nth(1).unwrap();
    let rows: Vec<Vec<&str>> = beyond
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| |"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 40, "{}", rows.len());
    assert!(beyond.trim_start().starts_with(&format!("{} attacks", rows.len())));
    let mut seen = std::collections::BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row[0], (at + 1).to_string());
        assert!(seen.insert(row[1]), "{} stands there twice", row[1]);
        assert!(row[2] != "above" || text.contains(&format!("\n### {}\n", row[1])), "{} is not above", row[1]);
    }
}

fn walkdir(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walkdir(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}
