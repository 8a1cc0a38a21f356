//! Entries that were written without a remote and that others outran: told, never published, given up when asked.

use ledger::Code;
use release::{Class, Error};

use crate::desks::Office;
use crate::{env, id, version};

const HOLD: &str = "env/dev/support/triage@00000002";

/// A company whose clone `r` was on its own when `work` was done there, and a colleague's clone `ben`.
fn apart(work: impl FnOnce(&Office)) -> Office {
    let office = Office::in_dev();
    office.git("", &["clone", "-q", "hub.git", "ben"]);
    let hub = office.git("r", &["remote", "get-url", "origin"]);
    office.git("r", &["remote", "remove", "origin"]);
    work(&office);
    office.git("r", &["remote", "add", "origin", &hub]);
    office
}

fn code_of(local: &[release::LocalOnly]) -> Option<Code> {
    local.iter().find_map(|one| one.refusal.as_ref()).map(|refusal| refusal.code)
}

fn gives_up(office: &Office) {
    let gone = release::give_up(&office.desk("r"), &[HOLD.parse().unwrap()]).unwrap();
    assert_eq!(gone.iter().map(|one| one.tag.as_str()).collect::<Vec<_>>(), [HOLD]);
    let desk = office.desk("r");
    assert!(release::local_only(&desk, None).unwrap().is_empty());
    assert_eq!(release::verify(&desk, None, false).unwrap().class(), None);
    assert!(office.hold("r", "dev", "again").unwrap().written.is_some());
    let ben = release::verify(&office.desk("ben"), None, false).unwrap();
    assert_eq!(ben.class(), None, "{ben:#?}");
}

/// Publishing fails with the command that gives the entry up, whatever is published.
fn is_stuck(office: &Office, code: Code) {
    let desk = office.desk("r");
    assert_eq!(code_of(&release::local_only(&desk, None).unwrap()), Some(code));
    let staging = release::promote(&desk, &[(id(), version("1.0.0"))], &env("staging"), None).unwrap_err();
    for error in [staging, desk.publish_rest(&[]).unwrap_err()] {
        assert!(matches!(error, Error::Outrun { .. }), "{error}");
        assert_eq!(error.class(), Class::Race);
        assert!(error.remedy().unwrap().ends_with(&format!("promptuary sync --give-up {HOLD}")), "{error:?}");
    }
}

#[test]
fn an_entry_whose_number_was_taken_meanwhile_is_told_and_given_up() {
    let office = apart(|office| {
        office.hold("r", "dev", "mine").unwrap();
        office.hold("ben", "dev", "his").unwrap();
    });
    is_stuck(&office, Code::EntryReplaced);
    gives_up(&office);
}

#[test]
fn an_entry_that_a_policy_outran_is_told_and_given_up() {
    let office = apart(|office| {
        office.hold("r", "dev", "mine").unwrap();
        office.write("ben/policies/policy.yaml", &(office.read("ben/policies/policy.yaml") + "# more\n"));
        office.commit("ben", "policy: more");
        office.git("ben", &["push", "-q"]);
        // Later than the entry, however quick this machine is: in the same second the policy before may still be cited.
        let mut later = office.desk("ben");
        later.now.0 += 2;
        assert_eq!(release::publish(&later, None, None).unwrap().sequence.get(), 2);
    });
    is_stuck(&office, Code::PolicyOutdated);
    gives_up(&office);
}

#[test]
fn an_entry_whose_tag_was_deleted_is_forgotten_only_when_asked() {
    let office = apart(|office| drop(office.hold("r", "dev", "mine").unwrap()));
    office.git("r", &["tag", "-d", HOLD]);
    let verified = release::verify(&office.desk("r"), None, false).unwrap();
    assert_eq!(verified.worst().map(|refusal| refusal.code), Some(Code::Stale));
    assert_eq!(code_of(&release::local_only(&office.desk("r"), None).unwrap()), Some(Code::Stale));
    gives_up(&office);
}

#[test]
fn what_rests_on_it_goes_with_it() {
    let office = apart(|office| {
        office.hold("r", "dev", "mine").unwrap();
        office.hold("r", "dev", "mine again").unwrap();
        office.hold("ben", "dev", "his").unwrap();
    });
    let gone = release::give_up(&office.desk("r"), &[HOLD.parse().unwrap()]).unwrap();
    assert_eq!(gone.len(), 2);
    assert_eq!(release::verify(&office.desk("r"), None, false).unwrap().class(), None);
}

#[test]
fn what_can_be_published_is() {
    let office = apart(|office| drop(office.hold("r", "dev", "mine").unwrap()));
    assert_eq!(office.desk("r").publish_rest(&[]).unwrap(), [HOLD]);
    published_stays(&office);
}

/// Neither a remote that loses an entry nor a clone that forgets what the remote showed makes it one to give up.
fn published_stays(office: &Office) {
    let give_up = || release::give_up(&office.desk("r"), &[HOLD.parse().unwrap()]).unwrap_err();
    assert_eq!(give_up().class(), Class::Unmet);
    office.git("hub.git", &["update-ref", "-d", &format!("refs/tags/{HOLD}")]);
    assert_eq!(give_up().class(), Class::Unmet);
    std::fs::remove_dir_all(office.path("r/.git/promptuary")).unwrap();
    let seen = give_up();
    assert_eq!(seen.class(), Class::Refused, "{seen}");
    assert_eq!(office.git("r", &["tag", "-l", HOLD]), HOLD);
}
