//! What a machine remembers of what it wrote itself.

use ledger::record::{PointerAction, Reason};
use release::Class;

use crate::desks::Office;
use crate::{env, id, version};

#[test]
fn a_server_that_drops_what_was_just_pushed_is_noticed() {
    let office = Office::in_prod();
    let tag = "refs/tags/env/prod/support/triage@00000001";
    office.git("hub.git", &["update-ref", "-d", tag]);
    let mut desk = office.desk("r");
    let fetched = desk.fetch().unwrap().unwrap();
    assert_eq!(fetched.deleted, ["env/prod/support/triage@00000001"]);
    // The writer's own clone still has it, and it still counts.
    assert_eq!(release::verify(&desk, None, false).unwrap().class(), None);
    // Somebody who has only ever fetched gives it back.
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    office.git("hub.git", &["update-ref", tag, &office.git("r", &["rev-parse", tag])]);
    office.desk("bob").fetch().unwrap();
    office.git("hub.git", &["update-ref", "-d", tag]);
    office.git("hub.git", &["gc", "-q", "--prune=now"]);
    let mut bob = office.desk("bob");
    let lost = bob.fetch().unwrap().unwrap().deleted;
    assert_eq!(bob.publish_rest(&lost).unwrap(), ["env/prod/support/triage@00000001"]);
    assert_eq!(office.git("hub.git", &["rev-parse", tag]), office.git("r", &["rev-parse", tag]));
    office.git("hub.git", &["update-ref", "-d", tag]);
    // Without the tag and without what was kept beside the clone, the machine still remembers.
    office.git("r", &["update-ref", "-d", tag]);
    std::fs::remove_dir_all(office.path("r/.git/promptuary")).unwrap();
    let verified = release::verify(&office.desk("r"), Some(&id()), false).unwrap();
    assert_eq!(verified.class(), Some(Class::CannotVerify), "{verified:#?}");
}

#[test]
fn a_server_that_moves_what_was_just_pushed_is_the_one_to_blame() {
    let office = Office::in_prod();
    let name = "refs/tags/env/prod/support/triage@00000001";
    let tag = office.git("r", &["cat-file", "tag", name]);
    let forged = office.hash_tag("hub.git", &tag.replace("Risk: medium", "Risk: low"));
    office.git("hub.git", &["update-ref", name, &forged]);
    let mut desk = office.desk("r");
    let fetched = desk.fetch().unwrap().unwrap();
    assert_eq!(fetched.moved.len(), 1, "{fetched:#?}");
    let verified = release::verify(&desk, None, false).unwrap();
    assert_eq!(verified.class(), None, "the clone holds what it wrote: {verified:#?}");
}

#[test]
fn what_cannot_be_remembered_breaks_nothing_that_is_done() {
    let office = Office::in_prod();
    // Whoever may write everywhere cannot be kept out by permissions: a file stands where the folder should be.
    std::fs::remove_dir_all(office.path("home/.local")).unwrap();
    office.write("home/.local", "");
    let desk = office.desk("r");
    let reason = Reason::new("it must stand still").unwrap();
    let held = release::turn(&desk, PointerAction::Hold, &id(), &env("prod"), None, &reason).unwrap();
    assert!(held.written.is_some());
    let why = desk.forgotten().expect("it could not be remembered").to_string();
    assert!(why.contains(".local"), "{why}");
    assert_eq!(office.live("prod"), version("1.0.0").to_string());
}

#[test]
fn a_writer_fetches_what_concerns_its_prompt() {
    let office = Office::in_prod();
    let head = office.git("hub.git", &["rev-parse", "main"]);
    office.desk("r").fetch().unwrap();
    for name in ["env/dev/other/prompt@00000001", "prompt/other/prompt@1.0.0"] {
        office.git("hub.git", &["update-ref", &format!("refs/tags/{name}"), &head]);
    }
    office.git("hub.git", &["update-ref", "refs/tags/prompt/support/triage@9.0.0", &head]);
    let ids = [id()];
    let mut desk = office.desk_unfetched("r");
    let fetched = desk.fetch_for(release::Needs::Prompts(&ids)).unwrap().unwrap();
    assert_eq!(fetched.new, ["prompt/support/triage@9.0.0"]);
    // What lies here of other prompts, as plain git fetches it, holds up nobody.
    office.git("r", &["fetch", "-q", "--tags", "origin"]);
    let reason = Reason::new("it must stand still").unwrap();
    let held = release::turn(&desk, PointerAction::Hold, &id(), &env("prod"), None, &reason).unwrap();
    assert!(held.written.is_some());
    assert_eq!(desk.fetch().unwrap().unwrap().new.len(), 2);
    // Policy says which environments there are: when it moves, everything is fetched.
    office.git("hub.git", &["update-ref", "refs/tags/env/dev/third@00000001", &head]);
    office.git("hub.git", &["update-ref", "refs/tags/policy@00000002", &head]);
    let fetched = office.desk_unfetched("r").fetch_for(release::Needs::Prompts(&ids)).unwrap().unwrap();
    assert_eq!(fetched.new, ["env/dev/third@00000001"]);
}

#[test]
fn another_address_is_no_other_memory() {
    let office = Office::in_prod();
    let verify = || release::verify(&office.desk("r"), None, false);
    assert_eq!(verify().unwrap().class(), None);
    let hub = office.path("hub.git").display().to_string();
    // The same ledger under another address: nothing is asked anew, and nothing is forgotten.
    office.git("r", &["config", "remote.origin.url", &format!("file://{hub}/./")]);
    let desk = office.desk("r");
    assert_eq!(release::verify(&desk, None, false).unwrap().class(), None);
    assert!(desk.newly_pinned().is_none());
    // A copy that is behind, under an address of its own.
    office.git("", &["clone", "-q", "--mirror", "hub.git", "old.git"]);
    let tag = "env/prod/support/triage@00000001";
    office.git("old.git", &["update-ref", "-d", &format!("refs/tags/{tag}")]);
    office.git("r", &["update-ref", "-d", &format!("refs/tags/{tag}")]);
    std::fs::remove_dir_all(office.path("r/.git/promptuary")).unwrap();
    office.git("r", &["config", "remote.origin.url", &office.path("old.git").display().to_string()]);
    let worst = verify().unwrap().worst().map(|refusal| refusal.code);
    assert_eq!(worst, Some(ledger::Code::Stale));
    // Another ledger altogether.
    let other = Office::with_remote();
    other.publish_policy();
    for tag in office.git("r", &["tag"]).lines() {
        office.git("r", &["tag", "-d", tag]);
    }
    std::fs::remove_dir_all(office.path("r/.git/promptuary")).unwrap();
    office.git("r", &["config", "remote.origin.url", &other.path("hub.git").display().to_string()]);
    match verify() {
        Err(release::Error::Refused(refusal)) => assert_eq!(refusal.code, ledger::Code::RootMismatch),
        other => panic!("{other:?}"),
    }
}

#[test]
fn junk_that_is_gone_gives_way() {
    let office = Office::in_prod();
    let name = "refs/tags/env/prod/support/triage@00000002";
    let first = office.git("r", &["cat-file", "tag", "refs/tags/env/prod/support/triage@00000001"]);
    let junk = office.hash_tag("hub.git", &first.replace("Risk: medium", "Risk: low"));
    office.git("hub.git", &["update-ref", name, &junk]);
    office.git("", &["clone", "-q", "hub.git", "eve"]);
    assert_eq!(office.desk("eve").fetch().unwrap().unwrap().moved.len(), 0);
    // The junk goes, and an entry takes its number.
    office.git("hub.git", &["update-ref", "-d", name]);
    let held = office.hold("r", "prod", "it must stand still").unwrap();
    assert_eq!(format!("refs/tags/{}", held.written.unwrap().tag), name);
    // The clone that saw the junk fetched it with git as well.
    let mut desk = office.desk_unfetched("eve");
    let fetched = desk.fetch().unwrap().unwrap();
    assert!(fetched.moved.is_empty() && fetched.new == [name.trim_start_matches("refs/tags/")], "{fetched:#?}");
    let verified = release::verify(&desk, None, false).unwrap();
    let codes: Vec<_> = verified.junk.iter().map(|refusal| refusal.code).collect();
    assert_eq!(codes, [ledger::Code::TagMoved]);
    // And the remedy works.
    office.git("eve", &["fetch", "-q", "--force", "origin", "tag", name.trim_start_matches("refs/tags/")]);
    assert_eq!(release::verify(&office.desk("eve"), None, false).unwrap().class(), None);
}
