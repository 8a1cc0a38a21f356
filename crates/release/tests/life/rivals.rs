//! What a remote showed first, and the rivals that its tags got: moved there, deleted, made again, in every order.

use ledger::Code;
use release::Class;

use crate::desks::Office;
use crate::env;

const TAG: &str = "env/prod/support/triage@00000002";
const FULL: &str = "refs/tags/env/prod/support/triage@00000002";

/// What somebody does to the remote, or to a clone of it that has synced once.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The remote's tag names a forged entry.
    Forge,
    /// The remote's tag names a commit.
    Lighten,
    /// The remote's tag names the entry before it.
    Point,
    /// The remote loses the tag.
    Delete,
    /// The remote has the entry again.
    Mend,
    /// The clone fetches tags with plain git, by force.
    Force,
    /// The clone deletes what the remote no longer has.
    Prune,
    /// The clone syncs.
    Sync,
    /// The clone syncs, and its own tag is given up.
    GiveUp,
}
use Step::{Delete, Force, Forge, GiveUp, Lighten, Mend, Point, Prune, Sync};

/// What happens, what the sync at its end tells (moved, deleted), and what `verify` says then.
type Order = (&'static [Step], (usize, usize), Option<Code>);

const ORDERS: &[Order] = &[
    (&[], (0, 0), None),
    (&[Forge], (1, 0), None),
    (&[Forge, Force], (1, 0), Some(Code::SignatureWrong)),
    (&[Lighten, Force], (1, 0), Some(Code::TagLightweight)),
    (&[Point, Force], (1, 0), Some(Code::RefMismatch)),
    (&[Forge, Force, Sync, Sync], (1, 0), Some(Code::SignatureWrong)),
    (&[Forge, Force, GiveUp], (1, 0), None),
    (&[Forge, Force, GiveUp, Force], (1, 0), Some(Code::SignatureWrong)),
    (&[Forge, Force, GiveUp, Delete, Prune], (0, 1), None),
    (&[Forge, Force, Delete], (0, 1), Some(Code::SignatureWrong)),
    (&[Forge, Force, Delete, Prune], (0, 1), None),
    (&[Forge, Force, Sync, Delete, Prune], (0, 1), None),
    (&[Forge, Force, Sync, Delete, Sync, Prune], (0, 1), None),
    (&[Forge, Sync, Force, Delete, GiveUp], (0, 1), None),
    (&[Lighten, Force, Sync, Delete, Prune, Sync], (0, 1), None),
    (&[Delete], (0, 1), None),
    (&[Delete, Prune], (0, 1), None),
    (&[Delete, Prune, Sync, Forge], (1, 0), None),
    (&[Delete, Prune, Sync, Forge, Force], (1, 0), Some(Code::SignatureWrong)),
    (&[Delete, Sync, Point, Force, Sync, Delete, Prune], (0, 1), None),
    (&[Delete, Prune, Forge, Force, Sync, Lighten, Force], (1, 0), Some(Code::TagLightweight)),
    (&[Forge, Force, Sync, Mend], (0, 0), Some(Code::SignatureWrong)),
    (&[Forge, Force, Sync, Mend, GiveUp], (0, 0), None),
    (&[Forge, Force, Sync, Mend, Force], (0, 0), None),
    (&[Delete, Prune, Sync, Mend], (0, 0), None),
    (&[Delete, Prune, Sync, Mend, Sync, Forge, Force, Sync, Delete, Prune], (0, 1), None),
];

fn step(office: &Office, step: Step, entry: &str, forged: &str) {
    let point = |at: &str| drop(office.git("hub.git", &["update-ref", FULL, at]));
    let sync = || drop(office.desk_unfetched("bob").fetch().unwrap());
    match step {
        Forge => point(forged),
        Lighten => point(&office.git("hub.git", &["rev-parse", "main"])),
        Point => point(&office.git("hub.git", &["rev-parse", "refs/tags/env/prod/support/triage@00000001"])),
        Mend => point(entry),
        Delete => drop(office.git("hub.git", &["update-ref", "-d", FULL])),
        Force => drop(office.git("bob", &["fetch", "-q", "--force", "--tags", "origin"])),
        Prune => drop(office.git("bob", &["fetch", "-q", "--force", "--prune", "--prune-tags", "origin"])),
        Sync => sync(),
        GiveUp => {
            sync();
            release::give_up(&office.desk("bob"), &[TAG.parse().unwrap()]).unwrap();
        }
    }
}

#[test]
fn what_was_shown_first_stays_in_every_order() {
    let office = Office::in_prod();
    office.hold("r", "prod", "it must stand still").unwrap();
    let entry = office.git("r", &["rev-parse", FULL]);
    let text = office.git("r", &["cat-file", "tag", FULL]);
    let forged = office.hash_tag("hub.git", &text.replace("Risk: medium", "Risk: low"));
    office.git("", &["clone", "-q", "hub.git", "bob"]);
    office.desk("bob");
    office.copy("hub.git", "hub.kept");
    office.copy("bob", "bob.kept");
    for (order, told, code) in ORDERS {
        for (kept, folder) in [("hub.kept", "hub.git"), ("bob.kept", "bob")] {
            std::fs::remove_dir_all(office.path(folder)).unwrap();
            office.copy(kept, folder);
        }
        order.iter().for_each(|one| step(&office, *one, &entry, &forged));
        let mut desk = office.desk_unfetched("bob");
        let fetched = desk.fetch().unwrap().unwrap();
        assert_eq!((fetched.moved.len(), fetched.deleted.len()), *told, "{order:?}: {fetched:#?}");
        assert_eq!(office.git("bob/.git/promptuary/origin.git", &["rev-parse", FULL]), entry, "{order:?}");
        // A machine that remembers nothing.
        let _ = std::fs::remove_dir_all(office.path("home/.local"));
        let verified = release::verify(&desk, None, false).unwrap();
        assert_eq!(verified.worst().map(|refusal| refusal.code), *code, "{order:?}: {verified:#?}");
        if code.is_none() {
            let prod = verified.chains.iter().find(|chain| chain.environment == env("prod")).unwrap();
            assert_eq!(prod.sequence.map(|n| n.get()), Some(2), "{order:?}");
        }
    }
}

#[test]
fn the_command_that_sync_prints_mends_both_sides() {
    let office = Office::in_dev();
    let tag = "refs/tags/env/dev/support/triage@00000001";
    let entry = office.git("r", &["rev-parse", tag]);
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    office.desk("bob");
    office.git("hub.git", &["update-ref", tag, &office.git("hub.git", &["rev-parse", "main"])]);
    step(&office, Force, "", "");
    let mut desk = office.desk_unfetched("bob");
    let moved: Vec<String> = desk.fetch().unwrap().unwrap().moved.into_iter().map(|moved| moved.name).collect();
    let command = release::mend_command(&desk, &moved).unwrap();
    office.shell("bob/prompts", &command);
    assert_eq!(office.git("hub.git", &["rev-parse", tag]), entry);
    let mut desk = office.desk_unfetched("bob");
    assert!(desk.fetch().unwrap().unwrap().moved.is_empty());
    assert_eq!(release::verify(&desk, None, false).unwrap().class(), None);
}

#[test]
fn what_gave_way_comes_back() {
    let office = Office::in_dev();
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    office.write("r/policies/policy.yaml", &(office.read("r/policies/policy.yaml") + "# more\n"));
    office.commit("r", "policy: more");
    office.git("r", &["push", "-q"]);
    release::publish(&office.desk("r"), None, None).unwrap();
    office.hold("r", "dev", "it must stand still").unwrap();
    let (policy, hold) = ("refs/tags/policy@00000002", "refs/tags/env/dev/support/triage@00000002");
    let entry = office.git("r", &["rev-parse", hold]);
    let shown = |name: &str| office.git("bob/.git/promptuary/origin.git", &["for-each-ref", name]);
    let fetch = || office.desk_unfetched("bob").fetch().unwrap().unwrap();
    // What bob is shown first of the policy is junk, so the entry that cites it counts for nothing, and goes.
    let junk = office.git("hub.git", &["rev-parse", "main"]);
    office.git("hub.git", &["update-ref", policy, &junk]);
    fetch();
    let other = office.git("hub.git", &["rev-parse", "main^{tree}"]);
    office.git("hub.git", &["update-ref", hold, &other]);
    fetch();
    office.git("hub.git", &["update-ref", "-d", hold]);
    fetch();
    // The policy comes: the entry was one all along, and whoever took it away is told.
    office.git("hub.git", &["update-ref", policy, &office.git("r", &["rev-parse", policy])]);
    let fetched = fetch();
    assert_eq!(fetched.deleted, [hold.trim_start_matches("refs/tags/")], "{fetched:#?}");
    assert!(shown(hold).starts_with(&entry), "{}", shown(hold));
    let mut desk = office.desk_unfetched("bob");
    assert_eq!(desk.fetch().unwrap().unwrap().deleted.len(), 1);
    assert_eq!(release::verify(&desk, None, false).unwrap().class(), None);
    assert_eq!(desk.publish_rest(&fetched.deleted).unwrap().len(), 1);
    assert!(fetch().deleted.is_empty());
}

#[test]
fn a_stray_that_is_gone_is_gone() {
    let office = Office::with_remote();
    office.publish_policy();
    let head = office.git("hub.git", &["rev-parse", "main"]);
    office.git("hub.git", &["update-ref", "refs/tags/env/notes", &head]);
    assert_eq!(release::strays(&office.desk("r")).unwrap().len(), 1);
    office.git("r", &["push", "-q", "origin", ":refs/tags/env/notes"]);
    for _ in 0..2 {
        let mut desk = office.desk_unfetched("r");
        assert_eq!(desk.fetch().unwrap().unwrap().deleted, Vec::<String>::new());
        assert!(release::strays(&desk).unwrap().is_empty());
        let verified = release::verify(&desk, None, false).unwrap();
        assert_eq!((verified.class(), verified.strays.len()), (None, 0));
    }
}

#[test]
fn a_slow_clock_makes_no_junk_of_what_was_shown() {
    let office = Office::in_prod();
    let tag = "refs/tags/env/prod/support/triage@00000001";
    let entry = office.git("r", &["rev-parse", tag]);
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    office.desk("bob");
    office.git("hub.git", &["update-ref", tag, &office.git("hub.git", &["rev-parse", "main"])]);
    let mut desk = office.desk_unfetched("bob");
    desk.now = source::Timestamp(86_400);
    assert_eq!(desk.fetch().unwrap().unwrap().moved.len(), 1);
    assert_eq!(office.git("bob/.git/promptuary/origin.git", &["rev-parse", tag]), entry);
    assert_eq!(release::verify(&office.desk("bob"), None, false).unwrap().class(), None::<Class>);
}
