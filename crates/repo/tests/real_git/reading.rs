//! Snapshots, revisions and differences.

use repo::{ChangeKind, Class, Dirtiness, Environment, Error, ObjectKind, Oid, Repo};
use source::{Files, Mode, RepoPath, Snapshot};

use crate::scratch::{Scratch, tag_bytes};

fn texts(snapshot: &Snapshot) -> Vec<(String, String)> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    snapshot.files.iter().map(|(p, f)| (p.to_string(), text(&f.bytes))).collect()
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files.keys().map(RepoPath::as_str).collect()
}

#[test]
fn worktree_index_and_revision_each_show_their_own() {
    let scratch = Scratch::with_repository();
    scratch.write("r/prompts/a.md", "two\n");
    scratch.git("r", &["add", "prompts/a.md"]);
    scratch.write("r/prompts/a.md", "three\n");
    scratch.write("r/notes/private.md", "not below a folder of ours\n");
    let repo = scratch.open("r");
    let a = |s: Snapshot| texts(&s).into_iter().find(|(p, _)| p == "prompts/a.md").unwrap().1;
    assert_eq!(a(repo.revision("HEAD").unwrap()), "one\n");
    assert_eq!(a(repo.index().unwrap()), "two\n");
    assert_eq!(a(repo.worktree().unwrap()), "three\n");
    assert_eq!(names(&repo.worktree().unwrap()), ["policies/policy.yaml", "prompts/a.md"]);
    let staged = repo.staged_paths().unwrap();
    assert_eq!(staged.len(), 1);
    assert_eq!((staged[0].path.as_str(), staged[0].kind), ("prompts/a.md", ChangeKind::Modified));
}

#[test]
fn ignored_files_are_passed_over_unless_tracked() {
    let scratch = Scratch::with_repository();
    scratch.write("r/.gitignore", "*.bak\n/prompts/tmp/\n");
    scratch.write("r/prompts/a.md.bak", "old");
    scratch.write("r/prompts/tmp/x.md", "x");
    scratch.write("r/prompts/new.md", "new");
    scratch.write("r/prompts/kept.bak", "tracked all the same");
    scratch.git("r", &["add", "-f", "prompts/kept.bak"]);
    let repo = scratch.open("r");
    let expected = ["policies/policy.yaml", "prompts/a.md", "prompts/kept.bak", "prompts/new.md"];
    assert_eq!(names(&repo.worktree().unwrap()), expected);
    // The same where libgit2 cannot read the index.
    scratch.git("r", &["update-index", "--split-index"]);
    assert_eq!(names(&repo.worktree().unwrap()), expected);
}

#[test]
fn links_are_shown_and_never_followed() {
    let scratch = Scratch::with_repository();
    std::os::unix::fs::symlink("/etc/passwd", scratch.path("r/prompts/evil.md")).unwrap();
    std::os::unix::fs::symlink("/etc", scratch.path("r/prompts/dir")).unwrap();
    std::os::unix::fs::symlink("..", scratch.path("r/prompts/up")).unwrap();
    scratch.write("r/prompts/run.md", "x");
    scratch.make_executable("r/prompts/run.md");
    scratch.git("r", &["add", "-A"]);
    scratch.git("r", &["commit", "-q", "-m", "links"]);
    let repo = scratch.open("r");
    for snapshot in [repo.worktree().unwrap(), repo.index().unwrap(), repo.revision("HEAD").unwrap()] {
        let file = |p: &str| snapshot.files.get(p).unwrap().clone();
        assert_eq!(file("prompts/evil.md").mode, Mode::Symlink, "{}", snapshot.name);
        assert_eq!(&*file("prompts/evil.md").bytes, b"/etc/passwd");
        assert_eq!(file("prompts/dir").mode, Mode::Symlink);
        assert_eq!(file("prompts/run.md").mode, Mode::Executable);
        assert_eq!(snapshot.files.len(), 6);
    }
    std::fs::remove_dir_all(scratch.path("r/policies")).unwrap();
    std::os::unix::fs::symlink("/etc", scratch.path("r/policies")).unwrap();
    let snapshot = repo.worktree().unwrap();
    assert_eq!(snapshot.files["policies"].mode, Mode::Symlink);
}

#[test]
fn pipes_do_not_hang_and_strange_names_keep_a_place() {
    let scratch = Scratch::with_repository();
    let fifo = scratch.path("r/prompts/pipe.md");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    scratch.write("r/prompts/back\\slash.md", "x");
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes;
    let odd: &std::ffi::OsStr = bytes(b"odd\xff.md");
    std::fs::write(scratch.path("r/prompts").join(odd), "x").unwrap();
    let repo = scratch.open("r");
    let expected = ["policies/policy.yaml", "prompts/a.md", "prompts/back\u{fffd}slash.md", "prompts/odd\u{fffd}.md"];
    assert_eq!(names(&repo.worktree().unwrap()), expected);
    std::fs::remove_file(fifo).unwrap();
    scratch.commit("r", "odd");
    assert_eq!(names(&repo.revision("HEAD").unwrap()), expected);
    assert_eq!(names(&repo.index().unwrap()), expected);
}

#[test]
fn filters_and_attributes_never_touch_what_is_read() {
    let scratch = Scratch::with_repository();
    let canary = scratch.canary();
    for key in ["filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "core.fsmonitor", "core.pager"] {
        scratch.git("r", &["config", key, &canary]);
    }
    scratch.git("r", &["config", "filter.evil.required", "true"]);
    scratch.write("r/.gitattributes", "*.md filter=evil diff=evil text eol=crlf ident export-subst\n");
    scratch.write("r/prompts/a.md", "$Id$\r\nchanged\n");
    let repo = scratch.open("r");
    assert_eq!(&*repo.worktree().unwrap().files["prompts/a.md"].bytes, b"$Id$\r\nchanged\n");
    assert_eq!(&*repo.revision("HEAD").unwrap().files["prompts/a.md"].bytes, b"one\n");
    assert_eq!(&*repo.index().unwrap().files["prompts/a.md"].bytes, b"one\n");
    repo.staged_paths().unwrap();
    repo.dirty().unwrap();
    repo.changed_paths("HEAD").unwrap();
    scratch.git("r", &["-c", "core.fsmonitor=false", "update-index", "--split-index"]);
    repo.index().unwrap();
    repo.worktree().unwrap();
    assert!(!scratch.canary_sang());
}

#[test]
fn the_index_that_git_hands_to_a_hook_counts() {
    let scratch = Scratch::with_repository();
    let hook = "#!/bin/sh\nprintf '%s\\n' \"$GIT_INDEX_FILE\" > ../told\ncp \"$GIT_INDEX_FILE\" ../copy\n";
    scratch.write("r/.git/hooks/pre-commit", hook);
    scratch.make_executable("r/.git/hooks/pre-commit");
    scratch.write("r/prompts/a.md", "two\n");
    scratch.write("r/prompts/b.md", "b\n");
    scratch.git("r", &["add", "prompts/b.md"]);
    // A partial commit: b.md is staged but not part of it.
    scratch.git("r", &["commit", "-q", "-m", "only a", "prompts/a.md"]);
    let told = std::fs::read_to_string(scratch.path("told")).unwrap();
    assert!(told.contains("next-index"), "{told}");
    let copy = scratch.path("copy").display().to_string();
    let environment = scratch.environment_with(&[("GIT_INDEX_FILE", &copy)]);
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    let files = repo.index().unwrap();
    assert_eq!(names(&files), ["policies/policy.yaml", "prompts/a.md"]);
    assert_eq!(&*files.files["prompts/a.md"].bytes, b"two\n");
}

#[test]
fn split_and_sparse_indexes_are_read_by_git() {
    let scratch = Scratch::with_repository();
    scratch.write("r/evals/a.yaml", "tests: []\n");
    scratch.write("r/other/x", "x");
    scratch.commit("r", "second");
    scratch.write("r/prompts/empty.md", "");
    scratch.git("r", &["add", "prompts/empty.md"]);
    scratch.write("r/prompts/announced.md", "later");
    scratch.git("r", &["add", "--intent-to-add", "prompts/announced.md"]);
    let repo = scratch.open("r");
    let plain = texts(&repo.index().unwrap());
    assert!(plain.iter().any(|(p, _)| p == "prompts/empty.md"));
    assert!(!plain.iter().any(|(p, _)| p == "prompts/announced.md"));
    scratch.git("r", &["update-index", "--split-index"]);
    assert_eq!(texts(&repo.index().unwrap()), plain);
    scratch.git("r", &["update-index", "--no-split-index"]);
    scratch.git("r", &["reset", "-q", "--hard"]);
    let committed = texts(&repo.index().unwrap());
    scratch.git("r", &["sparse-checkout", "set", "--cone", "--sparse-index", "prompts"]);
    assert_eq!(texts(&repo.index().unwrap()), committed);
    let files = repo.index_files().unwrap();
    assert_eq!(files.paths_below("evals").unwrap().len(), 1);
    assert_eq!(&*files.file(&RepoPath::new("evals/a.yaml").unwrap()).unwrap().unwrap().bytes, b"tests: []\n");
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_still_part_of_the_worktree() {
    let scratch = Scratch::with_repository();
    scratch.write("r/evals/a.yaml", "tests: []\n");
    scratch.commit("r", "second");
    let whole = texts(&scratch.open("r").worktree().unwrap());
    for index in ["--no-sparse-index", "--sparse-index"] {
        scratch.git("r", &["sparse-checkout", "set", "--cone", index, "prompts"]);
        assert!(!scratch.path("r/evals").exists());
        assert_eq!(texts(&scratch.open("r").worktree().unwrap()), whole, "{index}");
        scratch.write("r/prompts/a.md", "changed\n");
        assert!(texts(&scratch.open("r").worktree().unwrap()).contains(&("prompts/a.md".into(), "changed\n".into())));
        scratch.git("r", &["checkout", "-q", "--", "prompts"]);
        scratch.git("r", &["sparse-checkout", "disable"]);
    }
}

#[test]
fn an_unmerged_path_is_named() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["checkout", "-q", "-b", "topic"]);
    scratch.write("r/prompts/a.md", "theirs\n");
    scratch.commit("r", "theirs");
    scratch.git("r", &["checkout", "-q", "main"]);
    scratch.write("r/prompts/a.md", "ours\n");
    scratch.commit("r", "ours");
    assert!(!scratch.run("r", &["merge", "-q", "topic"]).status.success());
    let repo = scratch.open("r");
    let error = repo.index().unwrap_err();
    assert!(matches!(&error, Error::Unmerged(path) if path == "prompts/a.md"), "{error}");
    assert!(matches!(repo.staged_paths(), Err(Error::Unmerged(_))));
    scratch.git("r", &["update-index", "--split-index"]);
    assert!(matches!(repo.index(), Err(Error::Unmerged(_))));
}

#[test]
fn everything_is_staged_before_the_first_commit() {
    let scratch = Scratch::new();
    scratch.git("", &["init", "-q", "r"]);
    scratch.write("r/prompts/a.md", "x");
    let repo = scratch.open("r");
    assert!(repo.index().unwrap().files.is_empty());
    scratch.git("r", &["add", "."]);
    let staged = repo.staged_paths().unwrap();
    assert_eq!((staged[0].path.as_str(), staged[0].kind), ("prompts/a.md", ChangeKind::Added));
    assert_eq!(repo.index().unwrap().files.len(), 1);
}

#[test]
fn a_tag_named_like_a_branch_is_not_taken_for_it() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    scratch.write("r/prompts/b.md", "b");
    let second = scratch.commit("r", "second");
    scratch.git("r", &["tag", "origin/main"]);
    scratch.git("r", &["tag", &second.to_string()[..8]]);
    scratch.git("r", &["config", "core.warnAmbiguousRefs", "false"]);
    let repo = scratch.open("r");
    for spec in ["origin/main", "origin/main~0", "origin/main^{commit}"] {
        let error = repo.rev_parse(spec).unwrap_err();
        assert!(error.to_string().ends_with("it may be refs/tags/origin/main or refs/remotes/origin/main"), "{error}");
        assert_eq!(error.remedy().as_deref(), Some("write which one: refs/remotes/origin/main"));
    }
    assert_ne!(repo.rev_parse("refs/remotes/origin/main").unwrap(), second);
    assert_eq!(repo.rev_parse("refs/tags/origin/main").unwrap(), second);
    assert_eq!(repo.rev_parse(&second.to_string()).unwrap(), second);
    assert!(repo.rev_parse(&second.to_string()[..8]).is_err(), "part of an object's name, and a tag");
}

#[test]
fn revisions_are_found_or_said_to_be_missing() {
    let scratch = Scratch::with_repository();
    scratch.write("r/prompts/b.md", "b");
    let second = scratch.commit("r", "second");
    scratch.git("r", &["tag", "-a", "-m", "x", "v1"]);
    let repo = scratch.open("r");
    for spec in ["HEAD", "main", "v1", "v1^{commit}", &second.to_string(), &second.to_string()[..8], "HEAD~0"] {
        assert_eq!(repo.rev_parse(spec).unwrap(), second, "{spec}");
    }
    assert_eq!(names(&repo.revision("HEAD~1").unwrap()), ["policies/policy.yaml", "prompts/a.md"]);
    for spec in ["nope", "", "--all", "HEAD~99", "v1^{tree}", "HEAD:prompts/a.md", "main@{upstream}"] {
        assert!(matches!(repo.rev_parse(spec), Err(Error::Revision { .. })), "{spec}");
    }
    scratch.git("r", &["update-ref", "refs/remotes/origin/topic", "HEAD"]);
    for (spec, meant) in
        [("mian", Some("main")), ("topic~1", Some("origin/topic~1")), ("main~99", None), ("HEAD~99", None)]
    {
        let Err(Error::Revision { near, .. }) = repo.rev_parse(spec) else { panic!("{spec}") };
        assert_eq!(near.as_deref(), meant, "{spec}");
    }
}

#[test]
fn a_commit_is_read_file_by_file() {
    let scratch = Scratch::with_repository();
    scratch.write("r/prompts/deep/er/b.md", "b");
    let commit = scratch.commit("r", "second");
    let repo = scratch.open("r");
    let files = repo.files_at(commit).unwrap();
    let path = |p: &str| RepoPath::new(p).unwrap();
    assert_eq!(&*files.file(&path("prompts/deep/er/b.md")).unwrap().unwrap().bytes, b"b");
    assert!(files.file(&path("prompts/deep")).unwrap().is_none());
    assert!(files.file(&path("prompts/none/x.md")).unwrap().is_none());
    let below: Vec<_> = files.paths_below("prompts").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(below, ["prompts/a.md", "prompts/deep/er/b.md"]);
    assert!(files.paths_below("nothing").unwrap().is_empty());
}

#[test]
fn ancestors_and_changes_are_git_s_own_whatever_grafts_say() {
    let scratch = Scratch::with_repository();
    let first = scratch.git("r", &["rev-parse", "HEAD"]).parse::<Oid>().unwrap();
    scratch.write("r/prompts/a.md", "two\n");
    let second = scratch.commit("r", "second");
    scratch.git("r", &["checkout", "-q", "--orphan", "island"]);
    let island = scratch.commit("r", "island");
    scratch.git("r", &["checkout", "-q", "main"]);
    scratch.write("r/.git/info/grafts", &format!("{second} {island}\n"));
    scratch.git("r", &["replace", "--graft", &second.to_string(), &island.to_string()]);
    let repo = scratch.open("r");
    assert!(repo.is_ancestor(first, second).unwrap());
    assert!(!repo.is_ancestor(island, second).unwrap());
    assert_eq!(repo.merge_base(first, second).unwrap(), first);
    assert!(matches!(repo.merge_base(island, second), Err(Error::NoMergeBase(..))));
    let changed = repo.changed_paths(&first.to_string()).unwrap();
    assert_eq!((changed[0].path.as_str(), changed[0].kind), ("prompts/a.md", ChangeKind::Modified));
}

#[test]
fn replaced_objects_are_read_as_they_are() {
    let scratch = Scratch::with_repository();
    let good = scratch.git("r", &["rev-parse", "HEAD:prompts/a.md"]);
    scratch.write("evil", "evil\n");
    let evil = scratch.git("r", &["hash-object", "-w", "../evil"]);
    scratch.git("r", &["replace", &good, &evil]);
    let repo = scratch.open("r");
    assert_eq!(repo.object(good.parse().unwrap()).unwrap().bytes, b"one\n");
    assert_eq!(&*repo.revision("HEAD").unwrap().files["prompts/a.md"].bytes, b"one\n");
    assert_eq!(&*repo.index().unwrap().files["prompts/a.md"].bytes, b"one\n");
}

#[test]
fn an_object_under_a_wrong_name_is_refused_even_in_an_alternate() {
    let scratch = Scratch::with_repository();
    let good: Oid = scratch.git("r", &["rev-parse", "HEAD:prompts/a.md"]).parse().unwrap();
    let other = scratch.git("r", &["rev-parse", "HEAD:policies/policy.yaml"]);
    let file = |base: &str, oid: &str| scratch.path(&format!("{base}/{}/{}", &oid[..2], &oid[2..]));
    // The bytes of one object stored under the name of another, in an alternate.
    let fake = file("attic/objects", &good.to_string());
    std::fs::create_dir_all(fake.parent().unwrap()).unwrap();
    std::fs::copy(file("r/.git/objects", &other), fake).unwrap();
    scratch.write("r/.git/objects/info/alternates", &format!("{}\n", scratch.path("attic/objects").display()));
    // libgit2 asks alternates first; whichever answers, wrong bytes are no answer.
    let error = scratch.open("r").object(good).unwrap_err();
    assert!(matches!(error, Error::CorruptObject { .. }), "{error}");
    assert_eq!(error.class(), Class::Refused);
    let missing: Oid = "0123456789012345678901234567890123456789".parse().unwrap();
    assert_eq!(scratch.open("r").object(missing).unwrap_err().class(), Class::Incomplete);
}

#[test]
fn tags_are_written_as_given_and_refused_when_huge() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    let head = repo.head().unwrap().commit().unwrap();
    let bytes = tag_bytes(head, "commit", "policy@00000001");
    let oid = repo.write_tag(&bytes).unwrap();
    assert_eq!(oid, Repo::name_of(ObjectKind::Tag, &bytes));
    assert_eq!(repo.object(oid).unwrap().bytes, bytes);
    assert_eq!(scratch.git("r", &["cat-file", "-t", &oid.to_string()]), "tag");
    assert_eq!(repo.kind(head).unwrap(), ObjectKind::Commit);
    let mut huge = bytes;
    huge.resize(100_000, b'x');
    let huge = repo.write_tag(&huge).unwrap();
    assert!(matches!(repo.object(huge), Err(Error::TooLarge { .. })));
    assert!(matches!(repo.object_of(head, ObjectKind::Tag), Err(Error::WrongKind { .. })));
}

#[test]
fn what_is_dirty_is_listed() {
    let scratch = Scratch::with_repository();
    scratch.write("r/prompts/gone.md", "x");
    scratch.write("r/outside.txt", "x");
    scratch.commit("r", "second");
    let repo = scratch.open("r");
    assert!(repo.dirty().unwrap().is_empty());
    scratch.write("r/outside.txt", "changed, but of no concern");
    scratch.write("r/prompts/a.md", "changed\n");
    scratch.write("r/prompts/new.md", "new");
    scratch.write("r/policies/staged.yaml", "x");
    scratch.git("r", &["add", "policies/staged.yaml"]);
    std::fs::remove_file(scratch.path("r/prompts/gone.md")).unwrap();
    let found: Vec<_> = repo.dirty().unwrap().into_iter().map(|d| (d.path.to_string(), d.how)).collect();
    let expected = [
        ("policies/staged.yaml", Dirtiness::Staged),
        ("prompts/a.md", Dirtiness::Modified),
        ("prompts/gone.md", Dirtiness::Deleted),
        ("prompts/new.md", Dirtiness::Untracked),
    ];
    assert_eq!(found, expected.map(|(p, d)| (p.to_owned(), d)));
    // The same where libgit2 cannot read the index, and no filter of the repository runs for it.
    let canary = scratch.canary();
    scratch.git("r", &["config", "filter.evil.clean", &canary]);
    scratch.write("r/.git/info/attributes", "*.md filter=evil\n");
    scratch.git("r", &["update-index", "--split-index"]);
    let found: Vec<_> = repo.dirty().unwrap().into_iter().map(|d| (d.path.to_string(), d.how)).collect();
    assert_eq!(found, expected.map(|(p, d)| (p.to_owned(), d)));
    assert!(!scratch.canary_sang());
}

#[test]
fn a_shallow_clone_knows_that_it_is_one() {
    let scratch = Scratch::with_remote();
    scratch.write("r/prompts/b.md", "b");
    scratch.commit("r", "second");
    scratch.git("r", &["push", "-q"]);
    let url = format!("file://{}", scratch.path("hub.git").display());
    scratch.git("", &["clone", "-q", "--depth=1", &url, "shallow"]);
    let repo = scratch.open("shallow");
    assert!(repo.is_shallow() && !scratch.open("r").is_shallow());
    let error = repo.rev_parse("HEAD~1").unwrap_err().to_string();
    assert!(error.contains("shallow"), "{error}");
}

#[test]
fn work_stops_when_the_user_asks() {
    let scratch = Scratch::with_repository();
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let environment: Environment = scratch.environment().interrupted_by(flag);
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    let error = repo.rev_parse("main").unwrap_err();
    assert!(matches!(error, Error::Interrupted));
    assert_eq!(error.class(), Class::Interrupted);
}
