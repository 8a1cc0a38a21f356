//! Fetching ledgers without touching the clone.

use repo::{Fetched, Repo, Wanted};
use source::{Files, RepoPath};

use crate::scratch::{Scratch, entry};

/// A remote with two policies and three pointers, and a clone of it without any tag.
fn published() -> (Scratch, Repo) {
    let scratch = Scratch::with_remote();
    scratch.git("", &["clone", "-q", &format!("file://{}", scratch.path("hub.git").display()), "bob"]);
    let repo = scratch.open("r");
    let names =
        ["policy@00000001", "policy@00000002", "env/dev/a@00000001", "env/dev/a@00000002", "env/prod/a@00000001"];
    let refs: Vec<_> = names.iter().map(|n| entry(&repo, n, "")).collect();
    repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap();
    scratch.git("r", &["tag", "v1.0"]);
    scratch.git("r", &["push", "-q", "origin", "v1.0"]);
    let bob = scratch.open("bob");
    (scratch, bob)
}

fn fetch(repo: &Repo) -> Fetched {
    let origin = Scratch::origin(repo);
    repo.fetch_ledger(&origin, &Wanted::Ledgers).unwrap()
}

#[test]
fn ledger_tags_come_and_the_clone_stays_as_it_was() {
    let (scratch, bob) = published();
    let look = |s: &Scratch| (s.git("bob", &["for-each-ref"]), s.git("bob", &["config", "--list", "--local"]));
    let before = look(&scratch);
    let fetched = fetch(&bob);
    assert_eq!((fetched.new.len(), fetched.shown), (5, 5));
    assert_eq!(bob.tags("env/dev/a@").unwrap().len(), 2);
    let tag = bob.tag("policy@00000002").unwrap().unwrap();
    assert!(bob.object(tag.oid).unwrap().bytes.ends_with(b"an entry\n"));
    assert!(bob.tag("v1.0").unwrap().is_none());
    assert_eq!(look(&scratch), before);
    // A repository opened later sees the same.
    assert_eq!(scratch.open("bob").object(tag.oid).unwrap(), bob.object(tag.oid).unwrap());
    let again = fetch(&bob);
    assert!(again.new.is_empty() && again.moved.is_empty() && again.deleted.is_empty());
    assert!(bob.last_fetched(&Scratch::origin(&bob)).is_some());
}

#[test]
fn a_prefix_brings_only_itself() {
    let (_scratch, bob) = published();
    let origin = Scratch::origin(&bob);
    let wanted = Wanted::Prefixes(vec!["policy@".to_owned(), "env/prod/a@".to_owned()]);
    assert_eq!(
        bob.fetch_ledger(&origin, &wanted).unwrap().new,
        ["env/prod/a@00000001", "policy@00000001", "policy@00000002"]
    );
    assert!(bob.tags("env/dev/").unwrap().is_empty());
    // What was not asked for is not taken for deleted.
    assert!(bob.fetch_ledger(&origin, &Wanted::Prefixes(vec!["env/dev/".to_owned()])).unwrap().deleted.is_empty());
    assert!(bob.fetch_ledger(&origin, &Wanted::Prefixes(vec!["env/*/a@".to_owned()])).is_err());
    assert!(bob.fetch_ledger(&origin, &Wanted::Prefixes(vec!["evidence/".to_owned()])).unwrap().new.is_empty());
}

#[test]
fn what_came_with_everything_else_is_known_to_be_all() {
    use source::Objects as _;

    let (scratch, bob) = published();
    let complete = |folder: &str, tag: &str| scratch.open(folder).is_complete(&format!("refs/tags/{tag}"));
    assert!(!complete("bob", "env/dev/a@00000002"), "nothing was asked for yet");
    fetch(&bob);
    // Every process after that knows, of what was shown then.
    assert!(complete("bob", "env/dev/a@00000002"));
    assert!(!complete("bob", "env/dev/a@00000003"));
    // What git brought by itself may rest on what it did not bring.
    scratch.git("bob", &["tag", "env/dev/a@00000003", "HEAD"]);
    assert!(!complete("bob", "env/dev/a@00000003"));
    scratch.git("bob", &["tag", "env/prod/a@00000001", "HEAD"]);
    assert!(!complete("bob", "env/prod/a@00000001"), "it is another than the remote showed");
    // A part that is new says nothing of the rest; nothing new changes nothing.
    let origin = Scratch::origin(&bob);
    let part = |prefix: &str| {
        scratch.open("bob").fetch_ledger(&origin, &Wanted::Prefixes(vec![prefix.to_owned()])).unwrap();
    };
    part("env/dev/a@");
    assert!(complete("bob", "env/dev/a@00000002"));
    let hub = scratch.open("r");
    hub.publish(Some(&Scratch::origin(&hub)), &[entry(&hub, "env/dev/b@00000001", "")]).unwrap();
    part("env/dev/b@");
    assert!(!complete("bob", "env/dev/b@00000001") && !complete("bob", "env/dev/a@00000002"));
    fetch(&scratch.open("bob"));
    assert!(complete("bob", "env/dev/b@00000001"));
}

#[test]
fn what_is_moved_or_deleted_later_is_noticed_every_time() {
    let (scratch, bob) = published();
    fetch(&bob);
    let first = bob.tag("env/dev/a@00000002").unwrap().unwrap().oid;
    scratch.git("hub.git", &["update-ref", "-d", "refs/tags/env/dev/a@00000001"]);
    scratch.git("hub.git", &["update-ref", "refs/tags/env/dev/a@00000002", "refs/tags/env/prod/a@00000001"]);
    for _ in 0..2 {
        let fetched = fetch(&bob);
        assert_eq!(fetched.deleted, ["env/dev/a@00000001"]);
        assert_eq!(fetched.moved.len(), 1);
        assert_eq!((fetched.moved[0].name.as_str(), fetched.moved[0].first), ("env/dev/a@00000002", first));
    }
    assert_eq!(bob.tags("env/dev/a@").unwrap().len(), 2);
    assert_eq!(bob.tag("env/dev/a@00000002").unwrap().unwrap().oid, first);
}

#[test]
fn a_clone_that_says_otherwise_is_a_rival() {
    let (scratch, bob) = published();
    fetch(&bob);
    let (mine, name) = entry(&bob, "env/dev/a@00000002", "mine\n");
    bob.create_refs(&[(name, mine)]).unwrap();
    let tag = bob.tag("env/dev/a@00000002").unwrap().unwrap();
    assert_eq!(tag.rival, Some(mine));
    assert_eq!(bob.tags("env/dev/a@").unwrap()[1], tag);
    assert_eq!(bob.rivals().unwrap(), [tag]);
    // What is judged is what plain git shows.
    let judged = source::Objects::list(&bob, "refs/tags/env/dev/a@").unwrap();
    assert_eq!(judged[1].1, mine);
    drop(scratch);
}

#[test]
fn a_shallow_clone_stays_shallow_and_can_read_releases() {
    let scratch = Scratch::with_remote();
    let repo = scratch.open("r");
    let release = entry(&repo, "prompt/a@1.0.0", "");
    repo.publish(Some(&Scratch::origin(&repo)), std::slice::from_ref(&release)).unwrap();
    for n in 0..5 {
        scratch.write("r/prompts/a.md", &format!("later {n}\n"));
        scratch.commit("r", "later");
    }
    scratch.git("r", &["push", "-q"]);
    let url = format!("file://{}", scratch.path("hub.git").display());
    scratch.git("", &["clone", "-q", "--depth=1", "--no-tags", &url, "ci"]);
    let look = |s: &Scratch| {
        let shallow = std::fs::read_to_string(s.path("ci/.git/shallow")).unwrap();
        (s.git("ci", &["for-each-ref"]), s.git("ci", &["config", "--list", "--local"]), shallow)
    };
    let before = look(&scratch);
    let ci = scratch.open("ci");
    assert_eq!(fetch(&ci).new, ["prompt/a@1.0.0"]);
    assert_eq!(look(&scratch), before);
    let commit = scratch.git("r", &["rev-parse", &format!("{}^{{commit}}", release.0)]).parse().unwrap();
    let ci = scratch.open("ci");
    let file = ci.files_at(commit).unwrap().file(&RepoPath::new("prompts/a.md").unwrap()).unwrap().unwrap();
    assert_eq!(&*file.bytes, b"one\n");
    assert_eq!(scratch.git("ci", &["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn many_tags_at_once_are_kept_as_one_list() {
    let (scratch, bob) = published();
    let repo = scratch.open("r");
    let head = repo.head().unwrap().commit().unwrap();
    let input: String = (1..=500).map(|n| format!("create refs/tags/env/dev/many@{n:08} {head}\n")).collect();
    scratch.write("many", &input);
    let hub = scratch.path("hub.git").display().to_string();
    let many = std::fs::File::open(scratch.path("many")).unwrap();
    let done =
        std::process::Command::new("git").args(["-C", &hub, "update-ref", "--stdin"]).stdin(many).status().unwrap();
    assert!(done.success());
    assert_eq!(fetch(&bob).new.len(), 505);
    assert_eq!(bob.tags("env/dev/many@").unwrap().len(), 500);
    // A few more are added to it.
    let more = entry(&repo, "env/dev/many@00000501", "");
    repo.publish(Some(&Scratch::origin(&repo)), &[more]).unwrap();
    assert_eq!(fetch(&bob).new, ["env/dev/many@00000501"]);
    assert_eq!(bob.tags("env/dev/many@").unwrap().len(), 501);
}

#[test]
fn credentials_that_depend_on_the_git_folder_still_reach_the_remote() {
    let (scratch, _) = published();
    // As CI systems hand them out: an include on condition of this very git folder.
    scratch.git("bob", &["config", "remote.origin.url", "ledger:hub.git"]);
    let include = format!("includeIf.gitdir:{}.path", scratch.path("bob/.git").display());
    scratch
        .write("secret.config", &format!("[url \"file://{}/\"]\n\tinsteadOf = ledger:\n", scratch.path("").display()));
    scratch.git("bob", &["config", &include, &scratch.path("secret.config").display().to_string()]);
    let bob = scratch.open("bob");
    assert_eq!(fetch(&bob).shown, 5);
}

#[test]
fn locks_that_a_killed_fetch_left_are_broken() {
    let (scratch, bob) = published();
    let origin = Scratch::origin(&bob);
    bob.fetch_ledger(&origin, &Wanted::Prefixes(vec!["policy@".to_owned()])).unwrap();
    scratch.write("bob/.git/promptuary/origin.git/refs/tags/env/dev/a@00000001.lock", "");
    scratch.write("bob/.git/promptuary/origin.git/packed-refs.lock", "");
    assert_eq!(fetch(&bob).new.len(), 3);
}

/// A tag object that leads to another one.
fn pointer(repo: &Repo, name: &str, to: repo::Oid) -> (repo::Oid, String) {
    let bytes = crate::scratch::tag_bytes(to, "tag", name);
    (repo.write_tag(&bytes).unwrap(), format!("refs/tags/{name}"))
}

#[test]
fn a_pointer_to_a_fetched_release_leaves_the_clone_whole() {
    let scratch = Scratch::with_remote();
    scratch.git("", &["clone", "-q", &format!("file://{}", scratch.path("hub.git").display()), "bob"]);
    // Ada releases a commit that bob has not pulled.
    scratch.write("r/prompts/new.md", "new\n");
    scratch.commit("r", "new");
    scratch.git("r", &["push", "-q"]);
    let ada = scratch.open("r");
    let release = entry(&ada, "prompt/new@1.0.0", "");
    ada.publish(Some(&Scratch::origin(&ada)), std::slice::from_ref(&release)).unwrap();
    let bob = scratch.open("bob");
    let origin = Scratch::origin(&bob);
    fetch(&bob);
    let made = pointer(&bob, "env/dev/new@00000001", release.0);
    assert!(bob.publish(Some(&origin), std::slice::from_ref(&made)).unwrap().is_published());
    assert_eq!(scratch.git("bob", &["rev-parse", "env/dev/new@00000001"]), made.0.to_string());
    assert_eq!(scratch.git("bob", &["fsck", "--strict", "--no-dangling"]), "");
    std::fs::remove_dir_all(scratch.path("bob/.git/promptuary")).unwrap();
    assert_eq!(scratch.git("bob", &["fsck", "--strict", "--no-dangling"]), "");
    scratch.git("bob", &["gc", "-q"]);
    assert!(scratch.open("bob").object(release.0).is_ok());
}

#[test]
fn a_shallow_clone_can_publish_and_stays_as_it_was() {
    let scratch = Scratch::with_remote();
    let ada = scratch.open("r");
    let release = entry(&ada, "prompt/a@1.0.0", "");
    ada.publish(Some(&Scratch::origin(&ada)), std::slice::from_ref(&release)).unwrap();
    for n in 0..3 {
        scratch.write("r/prompts/a.md", &format!("later {n}\n"));
        scratch.commit("r", "later");
    }
    scratch.git("r", &["push", "-q"]);
    let url = format!("file://{}", scratch.path("hub.git").display());
    scratch.git("", &["clone", "-q", "--depth=1", "--no-tags", &url, "ci"]);
    let ci = scratch.open("ci");
    fetch(&ci);
    let made = pointer(&ci, "env/dev/a@00000001", release.0);
    let before = scratch.git("ci", &["for-each-ref"]);
    assert!(ci.publish(Some(&Scratch::origin(&ci)), std::slice::from_ref(&made)).unwrap().is_published());
    assert_eq!(scratch.git("ci", &["for-each-ref"]), before);
    assert_eq!(ci.tag("env/dev/a@00000001").unwrap().unwrap().oid, made.0);
    assert_eq!(scratch.git("ci", &["fsck", "--strict", "--no-dangling"]), "");
    // Somebody else fetches it as usual.
    assert!(fetch(&ada).new.contains(&"env/dev/a@00000001".to_owned()));
    let head = ci.head().unwrap().commit().unwrap();
    let old = scratch.git("r", &["rev-parse", "HEAD~3"]).parse().unwrap();
    assert!(matches!(ci.is_ancestor(old, head), Err(repo::Error::Shallow(..) | repo::Error::Program { .. })));
}

#[test]
fn what_was_written_offline_is_listed_until_it_is_published() {
    let (_scratch, bob) = published();
    let origin = Scratch::origin(&bob);
    fetch(&bob);
    let made = entry(&bob, "env/dev/a@00000003", "");
    bob.publish(None, std::slice::from_ref(&made)).unwrap();
    assert_eq!(bob.unpublished(&origin, None).unwrap(), std::slice::from_ref(&made));
    bob.publish(Some(&origin), &[made]).unwrap();
    fetch(&bob);
    assert!(bob.unpublished(&origin, None).unwrap().is_empty());
}

#[test]
fn an_older_git_finds_the_same() {
    let (scratch, bob) = published();
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|p| p.join("git")).find(|p| p.is_file());
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *fetch*--porcelain*) echo 'error: unknown option `porcelain' >&2; exit 129;; esac\n\
         exec {} \"$@\"\n",
        git.unwrap().display()
    );
    scratch.write("old/git", &script);
    scratch.make_executable("old/git");
    let path = format!("{}:{}", scratch.path("old").display(), std::env::var("PATH").unwrap());
    let bob = repo::Repo::open(bob.workdir().unwrap(), &scratch.environment_with(&[("PATH", &path)])).unwrap();
    let fetched = fetch(&bob);
    assert_eq!((fetched.new.len(), fetched.shown), (5, 5));
    scratch.git("hub.git", &["update-ref", "-d", "refs/tags/env/dev/a@00000001"]);
    scratch.git("hub.git", &["update-ref", "refs/tags/env/dev/a@00000002", "refs/tags/env/prod/a@00000001"]);
    let fetched = fetch(&bob);
    assert_eq!((fetched.deleted.len(), fetched.moved.len(), fetched.shown), (1, 1, 4));
}
