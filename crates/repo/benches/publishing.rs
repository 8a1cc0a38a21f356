//! Publishing one tag to a local bare remote, and fetching one prompt's pointers from it, beside plain git.
//!
//! `cargo bench -p repo --bench publishing -- [TAGS]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints what it measured and stops at any fault")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use repo::{Environment, Repo, Wanted};

const RUNS: usize = 7;

fn main() {
    let count = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name).display().to_string();
    let (hub, clone, plain) = (at("hub.git"), at("clone"), at("plain"));
    git(".", &["init", "-q", &plain]);
    git(&plain, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"]);
    git(".", &["clone", "-q", "--bare", &plain, &hub]);
    let head = git(&plain, &["rev-parse", "HEAD"]);
    let mut names: Vec<_> = (0..count).map(|i| format!("env/prod/p{:06}@{:08}", i / 50, i % 50 + 1)).collect();
    names.sort();
    let lines: String = names.iter().map(|n| format!("{head} refs/tags/{n}\n")).collect();
    let branch = git(&plain, &["symbolic-ref", "HEAD"]);
    let packed = format!("# pack-refs with: peeled fully-peeled sorted \n{head} {branch}\n{lines}");
    std::fs::write(Path::new(&hub).join("packed-refs"), &packed).unwrap();
    for folder in [&clone, &plain] {
        if folder == &clone {
            git(".", &["clone", "-q", "--no-tags", &hub, folder]);
        } else {
            git(folder, &["remote", "add", "origin", &hub]);
        }
        std::fs::write(Path::new(folder).join(".git/packed-refs"), &packed).unwrap();
    }
    let repo = Repo::open(Path::new(&clone), &Environment::new(std::env::vars_os())).unwrap();
    let origin = repo.remote("origin").unwrap();
    let tag = |i: usize| {
        let text = format!("object {head}\ntype commit\ntag x\ntagger A <a@b> 1795359600 +0000\n\n{i}\n");
        repo.write_tag(text.as_bytes()).unwrap()
    };
    println!("{count} tags on a local bare remote, medians of {RUNS}:");
    show("  publish one tag (push, then here)", |i| {
        let made = (tag(i), format!("refs/tags/env/prod/new@{i:08}"));
        assert!(repo.publish(Some(&origin), &[made]).unwrap().is_published());
    });
    show("  git push of one tag", |i| {
        git(&plain, &["push", "-q", "origin", &format!("{head}:refs/tags/env/prod/plain@{i:08}")]);
    });
    let wanted = Wanted::Prefixes(vec!["policy@".to_owned(), "env/prod/new@".to_owned()]);
    show("  fetch of one prompt's pointers", |_| {
        repo.fetch_ledger(&origin, &wanted).unwrap();
    });
    show("  git ls-remote of one ref", |_| {
        git(&plain, &["ls-remote", "origin", "refs/tags/env/prod/new@00000001"]);
    });
    let start = Instant::now();
    let fetched = repo.fetch_ledger(&origin, &Wanted::Ledgers).unwrap();
    println!("  first fetch of every ledger ({} new): {:.2} s", fetched.new.len(), start.elapsed().as_secs_f64());
    let start = Instant::now();
    repo.fetch_ledger(&origin, &Wanted::Ledgers).unwrap();
    println!("  the same again: {:.2} s", start.elapsed().as_secs_f64());
}

fn show(what: &str, mut run: impl FnMut(usize)) {
    let mut times: Vec<Duration> = (1..=RUNS)
        .map(|i| {
            let start = Instant::now();
            run(i);
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("{what}: {:.1} ms (least {:.1})", times[RUNS / 2].as_secs_f64() * 1e3, times[0].as_secs_f64() * 1e3);
}

fn git(folder: &str, args: &[&str]) -> String {
    let output = Command::new("git").args(["-c", "gc.auto=0", "-C", folder]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
