//! Publishing policy from a clone that knows too little, and moving to another server.

use ledger::Code;
use ledger::record::{Decision, PointerAction, Reason};
use release::{Ballot, Class};
use source::Timestamp;

use crate::desks::Office;
use crate::{env, id, version};

fn change(office: &Office, folder: &str, more: &str) {
    let file = format!("{folder}/policies/policy.yaml");
    office.write(&file, &(office.read(&file) + more));
    office.commit(folder, "policy: more");
}

#[test]
fn a_clone_that_was_not_pulled_does_not_undo_a_policy() {
    let office = Office::with_remote();
    office.publish_policy();
    office.git("", &["clone", "-q", "hub.git", "ben"]);
    change(&office, "r", "# one\n");
    let published = release::publish(&office.desk("r"), None, None).unwrap();
    assert_eq!((published.unpushed.as_deref(), published.behind), (Some("origin"), None));
    office.git("r", &["push", "-q"]);

    let error = release::publish(&office.desk("ben"), None, None).unwrap_err();
    assert_eq!(error.class(), Class::Unmet);
    assert!(error.to_string().contains("is older than"), "{error}");
    assert!(error.remedy().unwrap().starts_with("git pull"), "{error:?}");
    assert!(release::propose(&office.desk("ben"), None).unwrap().behind.is_some());
    // A change on top of what is old is shown for what it may be.
    change(&office, "ben", "# two\n");
    let mut desk = office.desk("ben");
    desk.dry_run = true;
    let tried = release::publish(&desk, None, None).unwrap();
    assert!(tried.behind.unwrap().contains("does not build on"));
    office.git("ben", &["reset", "-q", "--hard", "HEAD~1"]);
    // Whoever names the commit means it.
    assert_eq!(release::publish(&office.desk("ben"), Some("HEAD"), None).unwrap().sequence.get(), 3);
}

#[test]
fn a_dry_run_says_that_the_seals_cannot_be_signed() {
    let office = Office::new();
    office.hire("ben", "maintainer: true, promoter: { \"*\": [\"**\"] }");
    office.publish_policy();
    office.release();
    office.promote("1.0.0", "dev");
    office.revoke("ada");
    let mut desk = office.desk("r");
    desk.dry_run = true;
    let tried = release::publish(&desk, None, None).unwrap();
    let unmet: Vec<_> = tried.demands.iter().filter_map(|d| d.refusal.as_ref().map(|r| r.code)).collect();
    assert_eq!(unmet, [Code::KeyRevoked], "{tried:?}");
    match release::publish(&office.desk("r"), None, None) {
        Err(release::Error::Unmet { demands, .. }) => assert_eq!(demands.len(), tried.demands.len()),
        other => panic!("{other:?}"),
    }
    office.sign_with("r", "ben");
    assert_eq!(release::publish(&office.desk("r"), None, None).unwrap().written.len(), 2);
    assert_eq!(release::verify(&office.desk("r"), None, true).unwrap().class(), None);
}

#[test]
fn a_rollback_that_a_revocation_takes_away_is_told() {
    let office = Office::new();
    office.hire("ben", "maintainer: true, releaser: [\"**\"], promoter: { \"*\": [\"**\"] }");
    office.publish_policy();
    office.release();
    office.promote("1.0.0", "dev");
    office.sign_with("r", "ben");
    office.edit("r", "1.1.0", "Name the most probable root cause.");
    office.release();
    office.promote("1.1.0", "dev");
    office.revoke("ada");
    let lost = release::propose(&office.desk("r"), None).unwrap().lost;
    let told: Vec<_> = lost.iter().map(|l| (l.live.to_string(), l.target.to_string(), l.instead.clone())).collect();
    assert_eq!(told, [("1.1.0".to_owned(), "1.0.0".to_owned(), None)]);
    // Nobody is named who could not sign: Ada has no other key.
    assert_eq!(release::publish(&office.desk("r"), None, None).unwrap().lost, lost);
    let reason = Reason::new("back").unwrap();
    let error =
        release::turn(&office.desk("r"), PointerAction::Rollback, &id(), &env("dev"), None, &reason).unwrap_err();
    let release::Error::NotMoved { moved, .. } = &error else { panic!("{error}") };
    let codes: Vec<_> = moved[0].demands.iter().filter_map(|d| d.refusal.as_ref().map(|r| r.code)).collect();
    assert_eq!(codes, [Code::ReleaseKeyRevoked]);
    let next = release::next(&office.desk("r"), &id(), Some(&version("1.1.0"))).unwrap();
    assert!(next.iter().all(|next| next.signers == ["ben@example.com"]), "{next:#?}");
}

#[test]
fn whose_approval_is_needed_does_not_publish() {
    let office = Office::new();
    office.hire("ben", "maintainer: true");
    let policy = office.read("r/policies/policy.yaml").replace("  approvals: 0", "  approvals: 1");
    office.write("r/policies/policy.yaml", &policy);
    office.commit("r", "policy: two eyes more");
    office.publish_policy();
    change(&office, "r", "# more\n");
    assert_eq!(release::propose(&office.desk("r"), None).unwrap().maintainers.len(), 2);
    office.sign_with("r", "ben");
    let say =
        release::PolicyBallot { rev: None, decision: Decision::Approve, expires: None, reason: None, documents: None };
    let approved = release::approve_policy(&office.desk("r"), &say).unwrap();
    assert_eq!(approved.proposal.maintainers, ["ada@example.com"]);
    // The same documents in a later commit: the approval names the other one.
    let approved = office.git("r", &["rev-parse", "HEAD"]);
    office.write("r/notes.txt", "more\n");
    office.commit("r", "notes");
    office.sign_with("r", "ada");
    let release::Error::Unmet { demands, .. } = release::publish(&office.desk("r"), None, None).unwrap_err() else {
        panic!("the approval is of another commit")
    };
    let notes: Vec<&String> = demands.iter().flat_map(|d| &d.notes).collect();
    assert!(notes.iter().any(|note| note.contains(&format!("--rev {approved}"))), "{notes:?}");
    assert_eq!(release::publish(&office.desk("r"), Some(&approved), None).unwrap().sequence.get(), 2);
}

#[test]
fn a_new_server_gets_all_of_it_from_any_clone() {
    let office = Office::in_prod();
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "ben"]);
    office.desk("ben").fetch().unwrap();
    office.git("", &["init", "-q", "--bare", "new.git"]);
    office.git("ben", &["remote", "add", "new", &office.path("new.git").display().to_string()]);
    office.git("ben", &["config", "branch.main.remote", "new"]);
    office.git("ben", &["push", "-q", "new", "main"]);
    let desk = office.desk("ben");
    assert_eq!(release::local_only(&desk, None).unwrap().len(), 5);
    assert_eq!(desk.publish_rest(&[]).unwrap().len(), 5);
    office.git("", &["clone", "-q", "--no-tags", "new.git", "cy"]);
    office.desk("cy").fetch().unwrap();
    assert_eq!(release::verify(&office.desk("cy"), None, true).unwrap().class(), None);
    // What a remote has shown is no clone's to give up.
    let tag = "env/prod/support/triage@00000001".parse().unwrap();
    assert_eq!(release::give_up(&office.desk("ben"), &[tag]).unwrap_err().class(), Class::Unmet);
}

/// A company in which Ben approves what goes to dev, with a release that waits for him.
fn with_approvals() -> Office {
    let office = Office::new();
    office.hire("ben", "approver: { \"*\": [\"**\"] }");
    let asks = "approvals:\n  - { environments: [dev], needed: 1, expires: 1h }\n";
    let policy = office.read("r/policies/policy.yaml").replace("approvals: []\n", asks);
    office.write("r/policies/policy.yaml", &policy);
    office.commit("r", "Ben approves");
    office.publish_policy();
    office.release();
    office
}

fn approve(office: &Office, of: &str, lasts: i64) -> release::Approved {
    office.sign_with("r", "ben");
    let desk = office.desk("r");
    let (prompt, version, environment) = (id(), version(of), env("dev"));
    let ballot = Ballot {
        prompt: &prompt,
        version: &version,
        environment: &environment,
        decision: Decision::Approve,
        expires: Some(Timestamp(desk.now.0 + lasts)),
        reason: None,
        content: None,
        sequence: None,
    };
    let approved = release::approve(&desk, &ballot).unwrap();
    office.git("r", &["config", "--unset", "user.signingKey"]);
    approved
}

#[test]
fn an_approval_ends_when_policy_ends_it() {
    let office = with_approvals();
    let before = office.desk("r").now.0;
    let approved = approve(&office, "1.0.0", 86_400);
    assert!(approved.written.is_some(), "{approved:?}");
    let ends = approved.ends.unwrap().0 - before;
    assert!((3600..3700).contains(&ends), "{ends}");
}

#[test]
fn a_hold_says_which_approvals_it_makes_void() {
    let office = with_approvals();
    approve(&office, "1.0.0", 1800);
    office.promote("1.0.0", "dev");
    office.edit("r", "1.1.0", "Name the most probable root cause.");
    office.release();
    approve(&office, "1.1.0", 1800);
    for reason in ["first", "second"] {
        let held = office.hold("r", "dev", reason).unwrap();
        let voids: Vec<_> = held.voids.iter().map(|v| format!("{} {}", v.by, v.version)).collect();
        let expected: &[&str] = if reason == "first" { &["ben@example.com 1.1.0"] } else { &[] };
        assert_eq!(voids, expected);
    }
    let why = Reason::new("on again").unwrap();
    match release::promote(&office.desk("r"), &[(id(), version("1.1.0"))], &env("dev"), Some(&why)) {
        Err(release::Error::NotMoved { moved, .. }) => {
            let notes: Vec<_> = moved[0].demands.iter().flat_map(|d| d.notes.clone()).collect();
            assert_eq!(
                notes,
                ["the approval by ben@example.com was for entry 2, which stopped automation; it is void"]
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_disk_lost_is_fetched_beside_the_clone() {
    let office = Office::in_prod();
    let worst = |of: &str| {
        let verified = release::verify(&office.desk_unfetched(of), None, false).unwrap();
        verified.worst().map(|refusal| refusal.code)
    };
    let lost = |of: &str, what: &str| {
        office.git("", &["clone", "-q", "--no-hardlinks", "hub.git", of]);
        assert_eq!(worst(of), None);
        let oid = office.git(of, &["rev-parse", what]);
        let path = office.path(&format!("{of}/.git/objects/{}/{}", &oid[..2], &oid[2..]));
        std::fs::remove_file(&path).unwrap();
        path
    };
    let blob = lost("ben", "HEAD:prompts/support/triage.md");
    assert_eq!(worst("ben"), Some(Code::ObjectMissing));
    office.desk_unfetched("ben").fetch_anew().unwrap();
    assert_eq!(worst("ben"), None);
    assert!(!blob.exists(), "the clone stays as it is");
    // A damaged object is this disk's doing, not the remote's.
    let tag = lost("cy", "env/prod/support/triage@00000001");
    std::fs::write(&tag, "garbage").unwrap();
    assert_eq!(worst("cy"), Some(Code::Unreadable));
    let error = office.desk_unfetched("cy").fetch_anew().unwrap_err();
    assert!(error.to_string().contains("it is damaged"), "{error}");
    assert!(error.remedy().unwrap().ends_with("promptuary sync --refetch"));
    std::fs::rename(&tag, office.path("damaged")).unwrap();
    office.desk_unfetched("cy").fetch_anew().unwrap();
    assert_eq!(worst("cy"), None);
}

#[test]
fn a_damaged_pack_is_this_disks_doing() {
    let office = Office::in_prod();
    for (clone, at) in [("ben", 200), ("cy", 700), ("dee", 1500)] {
        office.git("", &["clone", "-q", "--no-local", "hub.git", clone]);
        office.desk(clone);
        let packs = std::fs::read_dir(office.path(&format!("{clone}/.git/objects/pack"))).unwrap();
        let pack = packs.map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "pack")).unwrap();
        let mut bytes = std::fs::read(&pack).unwrap();
        bytes[at..at + 30].iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, bytes).unwrap();
        let error = office.desk_unfetched(clone).fetch_anew().unwrap_err();
        assert_eq!(error.class(), Class::Refused, "{clone}: {error}");
        assert!(error.remedy().unwrap().contains("clone again"), "{clone}: {error:?}");
    }
    std::fs::remove_dir_all(office.path("hub.git")).unwrap();
    assert_eq!(office.desk_unfetched("r").fetch().unwrap_err().class(), Class::Infrastructure);
}

#[test]
fn a_writer_has_fetched_what_concerns_its_prompt() {
    let office = Office::in_prod();
    let whole = office.path("r/.git/promptuary/origin.git/fetched");
    std::fs::File::options().append(true).open(&whole).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    let desk = office.desk_unfetched("r");
    let remote = desk.repo.default_remote().unwrap().unwrap();
    let needed = ["policy@".to_owned(), "env/prod/support/triage@".to_owned()];
    assert_eq!(desk.repo.last_fetched_of(&remote, &needed), Some(std::time::UNIX_EPOCH));
    let ids = [id()];
    office.desk_unfetched("r").fetch_for(release::Needs::Prompts(&ids)).unwrap();
    assert!(desk.repo.last_fetched_of(&remote, &needed) > Some(std::time::UNIX_EPOCH));
    let other = ["env/prod/support/other@".to_owned()];
    assert_eq!(desk.repo.last_fetched_of(&remote, &other), Some(std::time::UNIX_EPOCH));
    // What else is fetched by itself makes it no older, and what was fetched then no newer.
    let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1000);
    let lately = office.path("r/.git/promptuary/origin.git/lately");
    std::fs::File::options().append(true).open(lately).unwrap().set_modified(then).unwrap();
    office.desk_unfetched("r").fetch_for(release::Needs::Publishing(None)).unwrap();
    assert_eq!(desk.repo.last_fetched_of(&remote, &needed), Some(then));
    assert!(desk.repo.last_fetched_of(&remote, &["policy@".to_owned()]) > Some(then));
}
