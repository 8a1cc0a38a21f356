//! Publishing to a remote, alone and against others.

use repo::{Error, PushOutcome, Repo};

use crate::scratch::{Scratch, entry, exists};

fn clone(scratch: &Scratch, name: &str) -> Repo {
    let hub = scratch.path("hub.git").display().to_string();
    scratch.git("", &["clone", "-q", &hub, name]);
    scratch.open(name)
}

#[test]
fn a_push_is_accepted_once_and_up_to_date_after() {
    let scratch = Scratch::with_remote();
    let repo = scratch.open("r");
    let origin = repo.default_remote().unwrap().unwrap();
    assert_eq!(origin.name, "origin");
    let refs = [entry(&repo, "env/dev/a@00000001", ""), entry(&repo, "env/dev/b@00000001", "")];
    assert_eq!(repo.publish(Some(&origin), &refs).unwrap(), PushOutcome::Accepted);
    assert_eq!(scratch.git("hub.git", &["for-each-ref", "refs/tags"]).lines().count(), 2);
    assert_eq!(repo.tags("env/").unwrap().len(), 2);
    assert_eq!(repo.publish(Some(&origin), &refs).unwrap(), PushOutcome::UpToDate);
    // One old and one new is still one push.
    let more = [refs[0].clone(), entry(&repo, "env/dev/c@00000001", "")];
    assert_eq!(repo.publish(Some(&origin), &more).unwrap(), PushOutcome::Accepted);
}

#[test]
fn the_second_of_two_loses_and_keeps_no_trace() {
    let scratch = Scratch::with_remote();
    let (ada, bob) = (clone(&scratch, "ada"), clone(&scratch, "bob"));
    let name = "env/dev/a@00000001";
    let (first, second) = (entry(&ada, name, "ada\n"), entry(&bob, name, "bob\n"));
    let other = entry(&bob, "env/dev/b@00000001", "");
    assert_eq!(ada.publish(Some(&Scratch::origin(&ada)), &[first]).unwrap(), PushOutcome::Accepted);
    let outcome = bob.publish(Some(&Scratch::origin(&bob)), &[other, second]).unwrap();
    assert_eq!(outcome, PushOutcome::LostRace(vec![format!("refs/tags/{name}")]));
    assert!(bob.tags("").unwrap().is_empty());
    assert_eq!(scratch.git("hub.git", &["for-each-ref", "refs/tags"]).lines().count(), 1);
}

#[test]
fn of_many_at_once_exactly_one_wins_each_number() {
    let scratch = Scratch::with_remote();
    let promoters: Vec<_> = (0..4).map(|i| format!("clone{i}")).collect();
    for name in &promoters {
        clone(&scratch, name);
    }
    let scratch = &scratch;
    let wins: usize = std::thread::scope(|scope| {
        let promote = |name: &str| {
            let repo = scratch.open(name);
            let origin = Scratch::origin(&repo);
            let mut wins = 0;
            for n in 1..=5 {
                let made = entry(&repo, &format!("env/dev/a@{n:08}"), &format!("{name}\n"));
                match repo.publish(Some(&origin), &[made]).unwrap() {
                    PushOutcome::Accepted => wins += 1,
                    PushOutcome::LostRace(_) => {}
                    other => panic!("{name} {n}: {other:?}"),
                }
            }
            wins
        };
        let threads: Vec<_> = promoters.iter().map(|name| scope.spawn(move || promote(name))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(wins, 5);
    assert_eq!(scratch.git("hub.git", &["for-each-ref", "refs/tags"]).lines().count(), 5);
}

#[test]
fn a_hook_that_refuses_is_quoted() {
    let scratch = Scratch::with_remote();
    scratch.write("hub.git/hooks/pre-receive", "#!/bin/sh\necho 'no promotion on Fridays' >&2\nexit 1\n");
    scratch.make_executable("hub.git/hooks/pre-receive");
    let repo = scratch.open("r");
    let refs = [entry(&repo, "env/dev/a@00000001", ""), entry(&repo, "env/dev/b@00000001", "")];
    let outcome = repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap();
    let PushOutcome::Rejected { reason, said } = outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, "pre-receive hook declined");
    assert_eq!(said, ["no promotion on Fridays"]);
    assert!(repo.tags("").unwrap().is_empty());
}

#[test]
fn a_remote_that_is_gone_is_unreachable() {
    let scratch = Scratch::with_remote();
    std::fs::rename(scratch.path("hub.git"), scratch.path("moved.git")).unwrap();
    let repo = scratch.open("r");
    let origin = Scratch::origin(&repo);
    let refs = [entry(&repo, "env/dev/a@00000001", "")];
    let outcome = repo.publish(Some(&origin), &refs).unwrap();
    assert!(matches!(outcome, PushOutcome::Unreachable(_)), "{outcome:?}");
    assert!(repo.tags("").unwrap().is_empty());
    let error = repo.fetch_ledger(&origin, &repo::Wanted::Ledgers).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[test]
fn a_success_that_was_not_heard_of_is_seen() {
    let scratch = Scratch::with_remote();
    // The connection breaks after the server has done its work.
    scratch.write("hub.git/hooks/post-receive", "#!/bin/sh\nkill -9 $PPID\n");
    scratch.make_executable("hub.git/hooks/post-receive");
    let repo = scratch.open("r");
    let refs = [entry(&repo, "env/dev/a@00000001", "")];
    let outcome = repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap();
    assert!(outcome.is_published(), "{outcome:?}");
    assert_eq!(repo.tags("env/").unwrap().len(), 1);
}

#[test]
fn a_tag_in_the_way_on_the_remote_is_a_refusal_with_a_reason() {
    let scratch = Scratch::with_remote();
    scratch.git("hub.git", &["tag", "env", "main"]);
    let repo = scratch.open("r");
    let outcome = repo.publish(Some(&Scratch::origin(&repo)), &[entry(&repo, "env/dev/a@00000001", "")]).unwrap();
    assert!(matches!(outcome, PushOutcome::Rejected { .. }), "{outcome:?}");
    assert!(!exists(&scratch.path("r/.git/refs/tags/env")));
}

#[test]
fn without_a_remote_refs_are_written_here() {
    let scratch = Scratch::with_repository();
    let repo = scratch.open("r");
    assert_eq!(repo.default_remote().unwrap(), None);
    assert_eq!(repo.publish(None, &[entry(&repo, "policy@00000001", "")]).unwrap(), PushOutcome::Accepted);
    assert_eq!(repo.tags("policy@").unwrap().len(), 1);
}

#[test]
fn our_hooks_stay_silent_and_signing_programs_asleep_while_pushing() {
    let scratch = Scratch::with_remote();
    let canary = scratch.canary();
    for hook in ["pre-push", "reference-transaction", "post-update"] {
        std::fs::copy(&canary, scratch.path("r/.git/hooks").join(hook)).unwrap();
    }
    for key in ["gpg.program", "gpg.ssh.program", "core.fsmonitor"] {
        scratch.git("r", &["config", key, &canary]);
    }
    scratch.git("r", &["config", "push.gpgSign", "true"]);
    scratch.git("r", &["config", "push.followTags", "true"]);
    scratch.git("r", &["-c", "core.hooksPath=/dev/null", "tag", "-a", "-m", "x", "unrelated"]);
    let repo = scratch.open("r");
    let refs = [entry(&repo, "policy@00000001", "")];
    assert_eq!(repo.publish(Some(&Scratch::origin(&repo)), &refs).unwrap(), PushOutcome::Accepted);
    assert!(!scratch.canary_sang());
    assert_eq!(scratch.git("hub.git", &["tag"]), "policy@00000001");
}

#[test]
fn the_remote_that_counts_is_the_one_git_would_push_to() {
    let scratch = Scratch::with_remote();
    scratch.git("r", &["remote", "add", "work", "https://ada:secret@example.com/x.git"]);
    let of = |scratch: &Scratch| scratch.open("r").default_remote().unwrap().unwrap();
    assert_eq!(of(&scratch).name, "origin");
    scratch.git("r", &["config", "remote.pushDefault", "work"]);
    assert_eq!((of(&scratch).name.as_str(), of(&scratch).url.as_str()), ("work", "https://example.com/x.git"));
    scratch.git("r", &["config", "branch.main.pushRemote", "origin"]);
    assert_eq!(of(&scratch).name, "origin");
    assert!(matches!(scratch.open("r").remote("none"), Err(Error::NoRemote(_))));
}

#[test]
fn the_default_branch_is_the_remote_s_as_it_is_now() {
    let scratch = Scratch::with_remote();
    let bob = clone(&scratch, "bob");
    scratch.write("r/prompts/b.md", "b");
    let pushed = scratch.commit("r", "second");
    scratch.git("r", &["push", "-q"]);
    let before = scratch.git("bob", &["for-each-ref"]);
    let (branch, tip) = bob.remote_default_branch(&Scratch::origin(&bob)).unwrap();
    assert_eq!((branch.as_str(), tip), ("main", pushed));
    assert!(bob.is_ancestor(bob.head().unwrap().commit().unwrap(), tip).unwrap());
    assert_eq!(bob.remote_branch_tip(&Scratch::origin(&bob), "main").unwrap(), pushed);
    assert!(bob.remote_branch_tip(&Scratch::origin(&bob), "none").is_err());
    assert_eq!(scratch.git("bob", &["for-each-ref"]), before);
    assert!(!exists(&scratch.path("bob/.git/FETCH_HEAD")));
}

#[test]
fn a_stop_ends_a_push_that_hangs() {
    let scratch = Scratch::with_remote();
    let gate = scratch.path("gate");
    assert!(std::process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let hook = format!("#!/bin/sh\ntouch {0}/started\ncat {0}/gate\n", scratch.path("").display());
    scratch.write("hub.git/hooks/pre-receive", &hook);
    scratch.make_executable("hub.git/hooks/pre-receive");
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let environment = scratch.environment().interrupted_by(std::sync::Arc::clone(&flag));
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    let made = entry(&repo, "env/dev/a@00000001", "");
    let started = scratch.path("started");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !exists(&started) {
                std::thread::yield_now();
            }
            flag.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let error = repo.publish(Some(&Scratch::origin(&repo)), std::slice::from_ref(&made)).unwrap_err();
        assert!(matches!(error, Error::Interrupted), "{error}");
    });
    // The hook is still there: let it end.
    std::fs::write(&gate, "").unwrap();
    assert!(scratch.open("r").tags("").unwrap().is_empty());
}

/// A tag over another object, as a pointer is one over a release.
fn tag_over(repo: &Repo, target: repo::Oid, kind: &str, name: &str) -> (repo::Oid, String) {
    (repo.write_tag(&crate::scratch::tag_bytes(target, kind, name)).unwrap(), format!("refs/tags/{name}"))
}

#[test]
fn what_a_pointer_points_at_need_not_be_sent_and_is_where_the_remote_lost_it() {
    pointers_are_pushed(&Scratch::with_remote());
}

#[test]
fn a_remote_that_is_elsewhere_gets_the_same() {
    let scratch = Scratch::with_remote();
    // Whoever names the program has it run: as for a remote beyond ssh, git is shown a folder with a few objects.
    for name in ["origin", "empty"] {
        scratch.git("r", &["config", &format!("remote.{name}.receivepack"), "git-receive-pack"]);
    }
    pointers_are_pushed(&scratch);
}

fn pointers_are_pushed(scratch: &Scratch) {
    let repo = scratch.open("r");
    let origin = Scratch::origin(&repo);
    let release = tag_over(&repo, repo.head().unwrap().commit().unwrap(), "commit", "prompt/a@1.0.0");
    assert_eq!(repo.publish(Some(&origin), std::slice::from_ref(&release)).unwrap(), PushOutcome::Accepted);
    // The commit is no longer what a branch names there.
    scratch.write("r/prompts/a.md", "two\n");
    scratch.commit("r", "second");
    scratch.git("r", &["push", "-q", "origin", "main"]);
    let pointers = [1, 2].map(|n| tag_over(&repo, release.0, "tag", &format!("env/dev/a@{n:08}")));
    assert_eq!(repo.publish(Some(&origin), &pointers).unwrap(), PushOutcome::Accepted);
    scratch.git("hub.git", &["fsck", "--strict", "--no-dangling"]);
    // A remote that lost even the commit gets everything again.
    scratch.git("", &["init", "-q", "--bare", "empty.git"]);
    scratch.git("r", &["config", "remote.empty.url", &scratch.path("empty.git").display().to_string()]);
    let repo = scratch.open("r");
    let pointer = tag_over(&repo, release.0, "tag", "env/dev/a@00000003");
    assert_eq!(repo.push(&repo.remote("empty").unwrap(), &[pointer]).unwrap(), PushOutcome::Accepted);
    scratch.git("empty.git", &["fsck", "--strict", "--no-dangling"]);
    assert_eq!(scratch.git("empty.git", &["show", "env/dev/a@00000003^{commit}:prompts/a.md"]), "one");
}
