//! Whole sessions of the binary, as pages: `tests/sessions/*.md` and [`DOCUMENTS`] hold files and commands, with the exact
//! text they print.
//!
//! Every page is run in a sandbox of its own: an empty home, a cleared environment, real git, real keys, no network.
//! A fence ```` ```file PATH ```` writes a file; a fence ```` ```console ```` runs each line after `$ ` by a shell and holds what
//! it printed, with `(exit N)` where that is not 0. What differs from run to run (times, keys, digests of signed texts) is
//! shown as `<time>` and so on. Bless with `BLESS=1 cargo test -p promptuary sessions`, then read the difference.

use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

#[test]
fn every_session_prints_what_its_page_says() {
    let only = std::env::var("SESSION").unwrap_or_default();
    let pages: Vec<_> = pages().into_iter().filter(|p| p.to_string_lossy().contains(&only)).collect();
    assert!(!pages.is_empty(), "no page is named like `{only}`");
    let wrong: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| check(page))).collect();
        running.into_iter().filter_map(|handle| handle.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs a page; gives the difference, where there is one.
fn check(page: &Path) -> Option<String> {
    let expected = std::fs::read_to_string(page).unwrap();
    let actual = play(&expected, &Sandbox::new());
    if actual == expected {
        return None;
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page, actual).unwrap();
        return None;
    }
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let (expected, actual) = (snapbox::Data::text(expected), snapbox::Data::text(actual));
    let mut diff = String::new();
    snapbox::report::write_diff(
        &mut diff,
        &expected,
        &actual,
        Some(&format!("{name}, as the page says")),
        Some(&"as it printed"),
        snapbox::report::Palette::plain(),
    )
    .unwrap();
    Some(diff)
}

/// The page as it should read: its commands followed by what they printed now.
fn play(page: &str, sandbox: &Sandbox) -> String {
    let mut written = String::new();
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        written.push_str(line);
        let info = line.trim_end().trim_start_matches('`');
        // What is printed may hold fences itself; then the page's own has one backtick more.
        let ticks = &line[..line.trim_end().len() - info.len()];
        if ticks.len() < 3 {
            continue;
        }
        let body: Vec<_> = lines.by_ref().take_while(|l| l.trim_end() != ticks).collect();
        match info.split_once(' ') {
            Some(("file", path)) => {
                sandbox.write(path, &body.concat());
                written.push_str(&body.concat());
            }
            _ if info == "console" => {
                for command in body.iter().filter_map(|l| l.strip_prefix("$ ")) {
                    written.push_str(&format!("$ {command}"));
                    written.push_str(&sandbox.run(command.trim_end()).shown());
                }
            }
            _ => written.push_str(&body.concat()),
        }
        written.push_str(&format!("{ticks}\n"));
    }
    written
}

/// Pages for readers that are sessions too.
const DOCUMENTS: [&str; 1] = ["../../docs/review.md"];

fn pages() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> =
        std::fs::read_dir(here.join("tests/sessions")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(pages.iter().all(|p| p.extension().is_some_and(|e| e == "md")), "only pages belong into tests/sessions");
    pages.extend(DOCUMENTS.map(|page| here.join(page)));
    pages.sort();
    pages
}
