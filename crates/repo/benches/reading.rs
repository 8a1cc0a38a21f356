//! Listing tags by prefix beside `git for-each-ref`, and reading a worktree beside `cat`: each as a new process.
//!
//! `cargo bench -p repo -- [TAGS] [PROMPTS]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints what it measured and stops at any fault")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use repo::{Environment, Repo};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // Started by this very program.
        ["list", folder, prefix] => println!("{}", open(folder).tags(prefix).unwrap().len()),
        ["open", folder] => drop(open(folder)),
        ["worktree", folder] => println!("{}", open(folder).worktree().unwrap().files.len()),
        ["index", folder] => println!("{}", open(folder).index().unwrap().files.len()),
        ["revision", folder] => println!("{}", open(folder).revision("HEAD").unwrap().files.len()),
        ["nothing"] => {}
        ref sizes => {
            let size = |i: usize, or| sizes.get(i).map_or(or, |s| s.parse().unwrap());
            tags(size(0, 100_000));
            worktree(size(1, 10_000));
        }
    }
}

fn open(folder: &str) -> Repo {
    Repo::open(Path::new(folder), &Environment::new(std::env::vars_os())).unwrap()
}

/// Pointers of `count / 50` prompts, 50 each, packed.
fn tags(count: usize) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().display().to_string();
    git(&folder, &["init", "-q", "."]);
    git(&folder, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"]);
    let head = git(&folder, &["rev-parse", "HEAD"]);
    let mut names: Vec<_> = (0..count).map(|i| format!("env/prod/p{:06}@{:08}", i / 50, i % 50 + 1)).collect();
    names.sort();
    let lines: String = names.iter().map(|n| format!("{head} refs/tags/{n}\n")).collect();
    let packed = format!("# pack-refs with: peeled fully-peeled sorted \n{lines}");
    std::fs::write(scratch.path().join(".git/packed-refs"), packed).unwrap();
    let prefix = format!("env/prod/p{:06}@", count / 100);
    println!("{count} tags, one prompt's 50, new process each:");
    show("  an empty process", ours(&["nothing"]));
    show("  opening the repository", ours(&["open", &folder]));
    show("  tags(prefix)", ours(&["list", &folder, &prefix]));
    let mut listed = Command::new("git");
    let pattern = format!("refs/tags/{prefix}*");
    listed.args(["-C", &folder, "for-each-ref", "--format=%(refname) %(objectname)", &pattern]);
    show("  git for-each-ref", listed);
    let repo = open(&folder);
    let start = Instant::now();
    for _ in 0..1000 {
        repo.tags(&prefix).unwrap();
    }
    println!("  in an open repository: {:.1} µs", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let names = [format!("{prefix}00000051"), format!("{prefix}00000050"), "policy@00000001".to_owned()];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..1000 {
        repo.stamp(&names);
    }
    println!("  a stamp: {:.1} µs", start.elapsed().as_secs_f64() * 1e3);
}

fn worktree(count: usize) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().display().to_string();
    git(&folder, &["init", "-q", "."]);
    for i in 0..count {
        let path = scratch.path().join(format!("prompts/f{:03}/p{i}.md", i % 100));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{i} {}\n", "x".repeat(1500))).unwrap();
    }
    git(&folder, &["add", "."]);
    git(&folder, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"]);
    git(&folder, &["repack", "-q", "-a", "-d"]);
    println!("{count} prompts of 1.5 KB, new process each:");
    show("  worktree()", ours(&["worktree", &folder]));
    show("  index()", ours(&["index", &folder]));
    show("  revision(HEAD)", ours(&["revision", &folder]));
    let mut cat = Command::new("sh");
    cat.args(["-c", "find prompts -type f -print0 | xargs -0 cat > /dev/null"]).current_dir(scratch.path());
    show("  find | xargs cat", cat);
}

fn ours(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(args);
    command
}

/// The median of 15 runs after 3 to warm up.
fn show(what: &str, mut command: Command) {
    command.stdout(Stdio::null());
    let mut run = || {
        let start = Instant::now();
        assert!(command.status().unwrap().success());
        start.elapsed()
    };
    for _ in 0..3 {
        run();
    }
    let mut times: Vec<Duration> = (0..15).map(|_| run()).collect();
    times.sort();
    println!("{what}: {:.2} ms (least {:.2})", times[7].as_secs_f64() * 1e3, times[0].as_secs_f64() * 1e3);
}

fn git(folder: &str, args: &[&str]) -> String {
    let output = Command::new("git").args(["-c", "gc.auto=0", "-C", folder]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
