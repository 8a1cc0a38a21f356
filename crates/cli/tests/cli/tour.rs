//! The tour runs to its end, quickly, and leaves everything else alone.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::sandbox::{Sandbox, steady};

#[test]
fn the_tour_ends_well_and_leaves_the_home_alone() {
    let sandbox = Sandbox::new();
    let began = Instant::now();
    let outcome = sandbox.run("promptuary tour ../tour");
    assert_eq!(outcome.code, 0, "{}", outcome.text);
    assert!(began.elapsed() < Duration::from_secs(60), "ten seconds on a quiet machine, some more on a busy one");
    compare(&outcome.raw, &sandbox);
    let home = sandbox.work().join("../home");
    assert_eq!(std::fs::read_dir(home).unwrap().count(), 0, "the tour wrote into the home");
    let again = sandbox.run("promptuary tour ../tour");
    assert_eq!(again.code, 2, "{}", again.text);
}

#[test]
fn the_tours_folder_can_be_explored() {
    let sandbox = Sandbox::new();
    sandbox.run("promptuary tour ../tour");
    let outcome = sandbox.run("cd ../tour/clone && . ../env && promptuary verify && git fsck --strict 2>&1");
    assert_eq!(outcome.code, 0, "{}", outcome.text);
}

/// Holds `docs/tour.md` to what the tour printed; `BLESS=1` writes it.
fn compare(printed: &str, sandbox: &Sandbox) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tour.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("```text\n").unwrap();
    let (shown, after) = rest.rsplit_once("```\n").unwrap();
    let folder = sandbox.work().join("../tour").canonicalize().unwrap();
    let printed = printed.replace(&*folder.to_string_lossy(), "/tmp/promptuary-tour-8gNw0N");
    let same = |text: &str| {
        let lines = steady(text.trim(), Path::new("/nowhere"));
        // How long it took, and ids that git shortened or counted in seconds.
        let lines = lines.lines().filter(|l| !l.starts_with("All of it ran here") && !l.starts_with("tagger "));
        lines.map(|line| line.split(" score 1.00").next().unwrap_or(line).to_owned()).collect::<Vec<_>>()
    };
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}```text\n{}\n```\n{after}", printed.trim())).unwrap();
        return;
    }
    let (shown, printed) = (same(shown), same(&printed));
    let first = shown.iter().zip(&printed).find(|(a, b)| a != b);
    assert!(shown == printed, "run `BLESS=1 cargo test -p promptuary tour`; the first difference is {first:#?}");
}
