//! How long an open resolver takes: when nothing moved, and when somebody promoted; beside git, which verifies nothing.
//!
//! ```text
//! cargo run --release -p ledger --example big_ledger -- DIR --policies 1 --loose 24
//! cargo bench -p resolver --bench open -- DIR
//! ```
//!
//! The newest pointers of `support/triage`, which lie loose, are put aside and come back one by one, each by a rename, as
//! git writes a ref. `DIR` is left as it was. One policy, because what is new to somebody who has seen a policy must cite it.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints what it measured and stops at any fault")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use repo::{Environment, Repo};
use resolver::{Options, Resolver};
use source::Timestamp;

/// How often an unmoved answer is asked for.
const ASKED: u32 = 20_000;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|a| !a.starts_with("--")).map(PathBuf::from) else {
        println!(
            "name a folder made by: cargo run --release -p ledger --example big_ledger -- DIR --policies 1 --loose 24"
        );
        return;
    };
    let pointers = folder.join(".git/refs/tags/env/prod/support");
    let aside = folder.join(".git/put-aside");
    std::fs::create_dir_all(&aside).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&pointers).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert!(names.len() > 1, "{} holds no loose pointers", pointers.display());
    for name in &names {
        std::fs::rename(pointers.join(name), aside.join(name)).unwrap();
    }
    let state = tempfile::tempdir().unwrap();
    let variables = std::env::vars_os().chain([("XDG_STATE_HOME".into(), state.path().as_os_str().to_owned())]);
    let repo = Repo::open(&folder, &Environment::new(variables)).unwrap();
    let mut resolver = Resolver::new(repo, Options::default());
    let (env, id) = ("prod".parse().unwrap(), "support/triage".parse().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut ask = |what: &str| {
        let answer = resolver.resolve(&env, &id, Timestamp(i64::try_from(now).unwrap()));
        answer.unwrap_or_else(|e| panic!("{what}: {e}")).sequence
    };
    let first = timed(|| _ = ask("the first"));
    let mut moved = Vec::new();
    for name in &names {
        let before = ask("before");
        std::fs::rename(aside.join(name), pointers.join(name)).unwrap();
        moved.push(timed(|| assert!(ask("moved") > before)));
        // What was seen is on the disk before the next promotion comes; nobody promotes every millisecond.
        std::thread::sleep(Duration::from_millis(30));
    }
    let begin = Instant::now();
    (0..ASKED).for_each(|_| _ = ask("unmoved"));
    let unmoved = begin.elapsed() / ASKED;
    std::fs::remove_dir(&aside).unwrap();
    println!("first answer of an open resolver, everything verified: {}", shown(first));
    println!("nothing moved: {} (mean of {ASKED})", shown(unmoved));
    println!("somebody promoted: {} (median of {}), least {}", shown(median(&mut moved)), moved.len(), shown(moved[0]));
    let mut git: Vec<_> = (0..11).map(|_| timed(|| for_each_ref(&folder))).collect();
    println!("git for-each-ref of the prefix, a process, verifying nothing: {}", shown(median(&mut git)));
}

fn for_each_ref(folder: &Path) {
    let listed = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["for-each-ref", "refs/tags/env/prod/support/triage@*"])
        .output()
        .unwrap();
    assert!(listed.status.success());
}

fn timed(work: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}
