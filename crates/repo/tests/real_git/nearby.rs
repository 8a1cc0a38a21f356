//! A remote that is a folder of this machine: less work for git, the same answers, and the remote's own rules.

use repo::{Fetched, PushOutcome, Repo, Wanted};

use crate::scratch::{Scratch, entry, tag_bytes};

/// What git's other half was told to hide, by what the remote's hook saw of it; nothing where it was started plainly.
fn hidden(scratch: &Scratch) -> Vec<String> {
    let said = std::fs::read_to_string(scratch.path("hidden")).unwrap_or_default();
    std::fs::remove_file(scratch.path("hidden")).ok();
    said.lines().map(str::to_owned).collect()
}

fn with_hook() -> Scratch {
    let scratch = Scratch::with_remote();
    let told = scratch.path("hidden").display().to_string();
    scratch.write(
        "hub.git/hooks/pre-receive",
        &format!("#!/bin/sh\ngit config --get-all receive.hideRefs > {told}\nexit 0\n"),
    );
    scratch.make_executable("hub.git/hooks/pre-receive");
    scratch
}

fn push(scratch: &Scratch, made: (repo::Oid, String)) -> PushOutcome {
    let repo = scratch.open("r");
    repo.publish(Some(&Scratch::origin(&repo)), &[made]).unwrap()
}

#[test]
fn tags_that_a_push_does_not_touch_are_not_read_there() {
    let scratch = with_hook();
    let repo = scratch.open("r");
    let release = entry(&repo, "prompt/a@1.0.0", "");
    assert_eq!(push(&scratch, release.clone()), PushOutcome::Accepted);
    assert_eq!(hidden(&scratch), ["refs/tags", "!refs/tags/prompt/a@1.0.0"]);
    let pointer = |n: u32| {
        let name = format!("env/dev/a@{n:08}");
        (repo.write_tag(&tag_bytes(release.0, "tag", &name)).unwrap(), format!("refs/tags/{name}"))
    };
    assert_eq!(push(&scratch, pointer(1)), PushOutcome::Accepted);
    assert_eq!(hidden(&scratch), ["refs/tags", "!refs/tags/env/dev/a@00000001", "!refs/tags/prompt/a@1.0.0"]);
    scratch.git("hub.git", &["fsck", "--strict", "--no-dangling"]);
    // The same again, and another under the same name.
    assert_eq!(push(&scratch, pointer(1)), PushOutcome::UpToDate);
    std::fs::remove_dir_all(scratch.path("r/.git/refs/tags")).unwrap();
    std::fs::create_dir(scratch.path("r/.git/refs/tags")).unwrap();
    std::fs::remove_dir_all(scratch.path("r/.git/promptuary")).unwrap();
    let other = entry(&scratch.open("r"), "env/dev/a@00000001", "another\n");
    assert_eq!(push(&scratch, other), PushOutcome::LostRace(vec!["refs/tags/env/dev/a@00000001".to_owned()]));
}

#[test]
fn what_the_remote_hides_stays_hidden() {
    let scratch = with_hook();
    for (key, value) in [("receive.hideRefs", "refs/tags/env"), ("transfer.hideRefs", "refs/tags/env")] {
        scratch.git("hub.git", &["config", key, value]);
        let refused = push(&scratch, entry(&scratch.open("r"), "env/dev/a@00000001", ""));
        let PushOutcome::Rejected { reason, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(reason, "deny updating a hidden ref", "{key}");
        scratch.git("hub.git", &["config", "--unset", key]);
    }
    // As its administrator may say for every repository of this machine.
    scratch.git("", &["config", "--file", "home/.gitconfig", "receive.hideRefs", "refs/tags/env"]);
    let refused = push(&scratch, entry(&scratch.open("r"), "env/dev/a@00000001", ""));
    assert!(matches!(refused, PushOutcome::Rejected { .. }), "{refused:?}");
}

#[test]
fn what_configuration_says_of_the_way_is_done() {
    let scratch = with_hook();
    let plain = |scratch: &Scratch, n: u32| {
        let made = entry(&scratch.open("r"), &format!("env/dev/a@{n:08}"), "");
        assert_eq!(push(scratch, made), PushOutcome::Accepted);
        hidden(scratch).is_empty()
    };
    assert!(!plain(&scratch, 1));
    scratch.git("r", &["config", "remote.origin.receivepack", "git-receive-pack"]);
    assert!(plain(&scratch, 2));
    scratch.git("r", &["config", "--unset", "remote.origin.receivepack"]);
    scratch.git("r", &["config", "url.x:.insteadOf", "nothing:"]);
    assert!(plain(&scratch, 3));
    scratch.git("r", &["config", "--unset", "url.x:.insteadOf"]);
    scratch.git("hub.git", &["config", "include.path", "more"]);
    assert!(plain(&scratch, 4));
    scratch.git("hub.git", &["config", "--unset", "include.path"]);
    assert!(!plain(&scratch, 5));
}

#[test]
fn a_push_of_two_is_still_one() {
    let scratch = with_hook();
    let repo = scratch.open("r");
    assert_eq!(push(&scratch, entry(&repo, "env/dev/b@00000001", "")), PushOutcome::Accepted);
    std::fs::remove_dir_all(scratch.path("r/.git/promptuary")).unwrap();
    scratch.git("r", &["update-ref", "-d", "refs/tags/env/dev/b@00000001"]);
    let repo = scratch.open("r");
    let refs = [entry(&repo, "env/dev/a@00000001", ""), entry(&repo, "env/dev/b@00000001", "another\n")];
    let lost = repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap();
    assert_eq!(lost, PushOutcome::LostRace(vec!["refs/tags/env/dev/b@00000001".to_owned()]));
    assert_eq!(scratch.git("hub.git", &["tag"]), "env/dev/b@00000001");
}

/// Counts the programs that `git` starts as by a wrapper on the PATH.
fn fetches(scratch: &Scratch, prefix: &str) -> (Fetched, Vec<String>) {
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|p| p.join("git")).find(|p| p.is_file());
    let log = scratch.path("calls").display().to_string();
    std::fs::write(&log, "").unwrap();
    scratch.write("bin/git", &format!("#!/bin/sh\necho \"$*\" >> {log}\nexec {} \"$@\"\n", git.unwrap().display()));
    scratch.make_executable("bin/git");
    let path = format!("{}:{}", scratch.path("bin").display(), std::env::var("PATH").unwrap());
    let bob = Repo::open(&scratch.path("bob"), &scratch.environment_with(&[("PATH", &path)])).unwrap();
    let fetched = bob.fetch_ledger(&Scratch::origin(&bob), &Wanted::Prefixes(vec![prefix.to_owned()])).unwrap();
    let calls = std::fs::read_to_string(&log).unwrap();
    let verb = |line: &str| line.split(' ').find(|w| ["fetch", "upload-pack"].contains(w)).map(str::to_owned);
    (fetched, calls.lines().filter_map(verb).collect())
}

fn published() -> Scratch {
    let scratch = Scratch::with_remote();
    scratch.git("", &["clone", "-q", &scratch.path("hub.git").display().to_string(), "bob"]);
    let repo = scratch.open("r");
    let refs: Vec<_> = (1..=3).map(|n| entry(&repo, &format!("env/dev/a@{n:08}"), "")).collect();
    repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap();
    scratch
}

#[test]
fn that_nothing_is_new_is_asked_in_one_program() {
    let scratch = published();
    let (fetched, calls) = fetches(&scratch, "env/dev/a@");
    assert_eq!((fetched.new.len(), calls), (3, vec!["upload-pack".to_owned(), "fetch".to_owned()]));
    let (fetched, calls) = fetches(&scratch, "env/dev/a@");
    assert_eq!((fetched.new.len(), fetched.shown, calls), (0, 3, vec!["upload-pack".to_owned()]));
    assert_eq!(fetches(&scratch, "env/none@").1, ["upload-pack"]);
    // What moved or went is told as ever.
    scratch.git("hub.git", &["update-ref", "-d", "refs/tags/env/dev/a@00000001"]);
    scratch.git("hub.git", &["update-ref", "refs/tags/env/dev/a@00000002", "refs/tags/env/dev/a@00000003"]);
    let (fetched, calls) = fetches(&scratch, "env/dev/a@");
    assert_eq!((fetched.moved.len(), fetched.deleted.len(), calls.len()), (1, 1, 2));
}

#[test]
fn what_was_lost_here_is_fetched_again() {
    let scratch = published();
    fetches(&scratch, "env/dev/a@");
    let oid = scratch.git("hub.git", &["rev-parse", "env/dev/a@00000002"]);
    let lost = |scratch: &Scratch| {
        let cache = scratch.path("bob/.git/promptuary/origin.git/objects");
        for pack in std::fs::read_dir(cache.join("pack")).unwrap() {
            std::fs::remove_file(pack.unwrap().path()).unwrap();
        }
        std::fs::remove_file(cache.join(&oid[..2]).join(&oid[2..])).ok();
    };
    lost(&scratch);
    assert!(scratch.open("bob").object(oid.parse().unwrap()).is_err());
    assert_eq!(fetches(&scratch, "env/dev/a@").1, ["upload-pack", "fetch"]);
    assert!(scratch.open("bob").object(oid.parse().unwrap()).is_ok());
}

#[test]
fn a_remote_that_hides_what_it_showed_is_noticed() {
    let scratch = published();
    fetches(&scratch, "env/dev/a@");
    scratch.git("hub.git", &["config", "uploadpack.hideRefs", "refs/tags/env/dev/a@00000003"]);
    assert_eq!(fetches(&scratch, "env/dev/a@").0.deleted, ["env/dev/a@00000003"]);
    scratch.git("bob", &["config", "protocol.file.allow", "never"]);
    let bob = scratch.open("bob");
    let refused = bob.fetch_ledger(&Scratch::origin(&bob), &Wanted::Prefixes(vec!["env/dev/a@".to_owned()]));
    assert!(matches!(refused, Err(repo::Error::Unreachable { .. })), "{refused:?}");
}
