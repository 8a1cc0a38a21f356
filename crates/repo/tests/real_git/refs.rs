//! Listing and creating refs.

use repo::{Error, ObjectKind, Repo};

use crate::scratch::{Scratch, entry};

fn names(repo: &Repo, prefix: &str) -> Vec<String> {
    repo.tags(prefix).unwrap().into_iter().map(|t| t.name).collect()
}

#[test]
fn a_prefix_lists_loose_and_packed_and_nothing_else() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    let all = [
        "env/prod/a@00000001",
        "env/prod/a@00000002",
        "env/prod/a@00000004",
        "env/prod/a/b@00000001",
        "env/prod/ab@00000001",
        "env/prod-eu/a@00000001",
        "env/dev/a@00000001",
        "policy@00000001",
    ];
    let refs: Vec<_> = all.iter().map(|n| entry(&repo, n, "")).map(|(oid, name)| (name, oid)).collect();
    repo.create_refs(&refs[..5]).unwrap();
    scratch.git("r", &["pack-refs", "--all"]);
    repo.create_refs(&refs[5..]).unwrap();
    // A number that is missing in the middle hides nothing after it.
    let chain = ["env/prod/a@00000001", "env/prod/a@00000002", "env/prod/a@00000004"];
    assert_eq!(names(&repo, "env/prod/a@"), chain);
    assert_eq!(
        names(&repo, "env/prod/"),
        ["env/prod/a/b@00000001"].iter().chain(&chain).chain(&["env/prod/ab@00000001"]).copied().collect::<Vec<_>>()
    );
    assert_eq!(names(&repo, "policy@"), ["policy@00000001"]);
    assert_eq!(names(&repo, "env/").len(), 7);
    assert_eq!(names(&repo, "").len(), 8);
    assert!(names(&repo, "env/none/").is_empty());
    for prefix in ["", "env/", "env/prod/a", "env/prod/a@0000000", "policy@", "prompt/"] {
        let pattern = format!("refs/tags/{prefix}*");
        let listed = scratch.git("r", &["for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags"]);
        let by_git: Vec<_> = listed.lines().filter(|l| l.starts_with(prefix)).collect();
        assert_eq!(names(&repo, prefix), by_git, "{pattern}");
    }
}

#[test]
fn lightweight_tags_are_told_by_their_kind() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["tag", "policy@00000001"]);
    scratch.git("r", &["tag", "-a", "-m", "x", "policy@00000002"]);
    let repo = scratch.open("r");
    let kinds: Vec<_> = repo.tags("policy@").unwrap().iter().map(|t| repo.kind(t.oid).unwrap()).collect();
    assert_eq!(kinds, [ObjectKind::Commit, ObjectKind::Tag]);
}

#[test]
fn a_tag_named_like_a_folder_is_reported() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    assert!(repo.tags_in_the_way("env/prod/a/b@00000001").unwrap().is_empty());
    scratch.git("r", &["tag", "env/prod"]);
    assert_eq!(repo.tags_in_the_way("env/prod/a/b@00000001").unwrap(), ["env/prod"]);
    scratch.git("r", &["pack-refs", "--all"]);
    assert_eq!(repo.tags_in_the_way("env/prod/a/b@00000001").unwrap(), ["env/prod"]);
    let (oid, name) = entry(&repo, "env/prod/a@00000001", "");
    assert!(matches!(repo.create_refs(&[(name, oid)]), Err(Error::RefsRefused(_))));
}

#[test]
fn refs_are_created_all_or_none_and_never_moved() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    let (one, name) = entry(&repo, "env/dev/a@00000001", "");
    let (other, _) = entry(&repo, "env/dev/a@00000001", "another\n");
    let (second, next) = entry(&repo, "env/dev/a@00000002", "");
    repo.create_refs(&[(name.clone(), one)]).unwrap();
    // Again is fine; another object under the name is not, and takes the rest down with it.
    repo.create_refs(&[(name.clone(), one)]).unwrap();
    let error = repo.create_refs(&[(next.clone(), second), (name.clone(), other)]).unwrap_err();
    assert!(matches!(&error, Error::RefExists { name } if name == "refs/tags/env/dev/a@00000001"), "{error}");
    assert!(repo.tag("env/dev/a@00000002").unwrap().is_none());
    assert_eq!(repo.tag("env/dev/a@00000001").unwrap().unwrap().oid, one);
    assert_eq!(scratch.git("r", &["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn hooks_of_the_repository_do_not_run() {
    let scratch = Scratch::with_repository();
    let canary = scratch.canary();
    std::fs::copy(&canary, scratch.path("r/.git/hooks/reference-transaction")).unwrap();
    let repo = scratch.open("r");
    let (oid, name) = entry(&repo, "policy@00000001", "");
    repo.create_refs(&[(name, oid)]).unwrap();
    assert!(!scratch.canary_sang());
}

#[test]
fn locks_left_behind_are_no_tags_and_broken_ones_are_named() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["tag", "policy@00000001"]);
    scratch.write("r/.git/refs/tags/policy@00000002.lock", "");
    let repo = scratch.open("r");
    assert_eq!(names(&repo, "policy@"), ["policy@00000001"]);
    scratch.write("r/.git/refs/tags/policy@00000003", "");
    let error = repo.tags("policy@").unwrap_err();
    assert!(matches!(&error, Error::BrokenRef { name, .. } if name == "refs/tags/policy@00000003"), "{error}");
    assert!(repo.tags("env/").is_ok());
    let (oid, name) = entry(&repo, "policy@00000002", "");
    let error = repo.create_refs(&[(name, oid)]).unwrap_err();
    assert!(matches!(&error, Error::Locked(path) if path.ends_with("policy@00000002.lock")), "{error}");
    assert!(error.remedy().unwrap().contains("policy@00000002.lock"));
}

#[test]
fn a_stamp_changes_with_a_new_entry_and_only_then() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    let (oid, name) = entry(&repo, "env/dev/a@00000001", "");
    repo.create_refs(&[(name, oid)]).unwrap();
    let watched = ["env/dev/a@00000002", "env/dev/a@00000001", "policy@00000001"];
    let before = repo.stamp(&watched);
    assert_eq!(repo.stamp(&watched), before);
    let (oid, name) = entry(&repo, "env/dev/other@00000001", "");
    repo.create_refs(&[(name, oid)]).unwrap();
    assert_eq!(repo.stamp(&watched), before);
    let (oid, name) = entry(&repo, "env/dev/a@00000002", "");
    repo.create_refs(&[(name, oid)]).unwrap();
    let after = repo.stamp(&watched);
    assert_ne!(after, before);
    scratch.git("r", &["pack-refs", "--all"]);
    assert_ne!(repo.stamp(&watched), after);
}

/// Names of every shape, loose, packed and both, against git's own list.
#[test]
fn any_prefix_lists_what_git_lists() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    let (head, _) = entry(&repo, "x", "");
    let mut state = 7_u64;
    let mut next = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let listing = names;
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let folders: Vec<_> = (0..next(4)).map(|_| ["a", "b", "ab", "a-b", "a_"][next(5) as usize]).collect();
        let leaf = format!("{}@{:08}", ["a", "b", "ab", "b-", "z"][next(5) as usize], next(12));
        names.insert(folders.into_iter().map(str::to_owned).chain([leaf]).collect::<Vec<_>>().join("/"));
    }
    let refs: Vec<_> = names.iter().map(|n| (format!("refs/tags/{n}"), head)).collect();
    let (early, late) = refs.split_at(refs.len() / 2);
    repo.create_refs(early).unwrap();
    repo.create_refs(&late[..late.len() / 2]).unwrap();
    scratch.git("r", &["pack-refs", "--all"]);
    repo.create_refs(late).unwrap();
    scratch.git("r", &["update-ref", "-d", &refs[3].0]);
    let listed = scratch.git("r", &["for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags"]);
    for name in &names {
        for cut in 0..name.len() {
            let by_git: Vec<_> = listed.lines().filter(|l| l.starts_with(&name[..cut])).collect();
            assert_eq!(listing(&repo, &name[..cut]), by_git, "{}", &name[..cut]);
        }
    }
}

#[test]
fn hooks_that_configuration_defines_are_switched_off_by_name() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["config", "hook.e=vil.command", "touch canary"]);
    scratch.git("r", &["config", "hook.e=vil.event", "reference-transaction"]);
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|p| p.join("git")).find(|p| p.is_file());
    let log = scratch.path("log").display().to_string();
    scratch
        .write("spy/git", &format!("#!/bin/sh\n(echo \"$*\"; env) >> {log}\nexec {} \"$@\"\n", git.unwrap().display()));
    scratch.make_executable("spy/git");
    let path = format!("{}:{}", scratch.path("spy").display(), std::env::var("PATH").unwrap());
    let repo = Repo::open(&scratch.path("r"), &scratch.environment_with(&[("PATH", &path)])).unwrap();
    let (oid, name) = entry(&repo, "policy@00000001", "");
    repo.create_refs(&[(name, oid)]).unwrap();
    let told = std::fs::read_to_string(log).unwrap();
    let update = &told[told.find("update-ref").unwrap()..];
    assert!(update.contains("GIT_CONFIG_KEY_0=hook.e=vil.enabled\n"), "{update}");
    assert!(update.contains("GIT_CONFIG_VALUE_0=false\n"), "{update}");
    assert!(update.contains("GIT_CONFIG_COUNT=1\n"), "{update}");
    assert!(told.contains("-c hook.reference-transaction.enabled=false"), "{told}");
}
