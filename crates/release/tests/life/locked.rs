//! A lock file, held to by a machine that remembers nothing.

use ledger::{Code, Lock};
use release::{Class, Desk, Error};

use crate::desks::Office;

/// A repository with a lock file, and an office that has forgotten everything else.
fn locked() -> Office {
    let office = Office::new();
    office.publish_policy();
    office.release();
    office.through_to_prod("1.0.0");
    let written = release::lock(&mut office.desk("r"), None).unwrap();
    assert!(written.changed && written.chains == 3);
    assert!(!release::lock(&mut office.desk("r"), None).unwrap().changed);
    forget(&office);
    office
}

fn forget(office: &Office) {
    std::fs::remove_dir_all(office.path("home/.local")).unwrap();
}

fn verdict(desk: &Desk) -> Option<Code> {
    match release::verify(desk, None, false) {
        Ok(verified) => verified.worst().map(|r| r.code),
        Err(Error::Refused(refusal)) => Some(refusal.code),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_ledger_that_grew_holds() {
    let office = locked();
    office.hold("r", "prod", "a pause").unwrap();
    forget(&office);
    let desk = office.desk("r");
    assert_eq!(verdict(&desk), None);
    assert!(desk.newly_pinned().is_none(), "the lock file names the root");
}

#[test]
fn what_is_gone_is_missed() {
    for tag in ["env/prod/support/triage@00000001", "policy@00000001"] {
        let office = locked();
        office.git("r", &["update-ref", "-d", &format!("refs/tags/{tag}")]);
        let found = match release::verify(&office.desk("r"), None, false) {
            Ok(verified) => verified.class(),
            Err(error) => Some(error.class()),
        };
        assert_eq!(found, Some(Class::CannotVerify), "{tag}");
    }
}

#[test]
fn another_entry_under_a_number_that_was_seen_is_refused() {
    let office = locked();
    let file = office.path("r/.promptuary.lock");
    let mut lock = Lock::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let other = source::Digest::of(b"another");
    for link in lock.pointers.values_mut() {
        link.digest = other;
    }
    std::fs::write(&file, lock.to_string()).unwrap();
    assert_eq!(verdict(&office.desk("r")), Some(Code::RolledBack));
    lock.root = other;
    std::fs::write(&file, lock.to_string()).unwrap();
    assert_eq!(verdict(&office.desk("r")), Some(Code::RootMismatch));
    // Nothing that a lock file says is believed: a broken one stops, a lying one refuses.
    std::fs::write(&file, "<<<<<<< HEAD\n").unwrap();
    assert_eq!(release::verify(&office.desk("r"), None, false).unwrap_err().class(), Class::Usage);
}

#[test]
fn a_lock_file_never_goes_back() {
    let office = locked();
    office.git("r", &["update-ref", "-d", "refs/tags/env/prod/support/triage@00000001"]);
    let before = std::fs::read_to_string(office.path("r/.promptuary.lock")).unwrap();
    let error = release::lock(&mut office.desk("r"), None).unwrap_err();
    assert_eq!(error.class(), Class::CannotVerify, "{error}");
    assert_eq!(std::fs::read_to_string(office.path("r/.promptuary.lock")).unwrap(), before);
}

#[test]
fn a_lock_file_that_was_asked_for_must_be_there() {
    let office = locked();
    std::fs::remove_file(office.path("r/.promptuary.lock")).unwrap();
    let mut desk = office.desk("r");
    desk.locked = repo::Locked::Must;
    assert_eq!(verdict(&desk), Some(Code::LockMissing));
}

#[cfg(unix)]
#[test]
fn a_lock_file_is_a_small_plain_file() {
    let office = locked();
    let file = office.path("r/.promptuary.lock");
    let refused = |why: &str| {
        let said = release::verify(&office.desk("r"), None, false).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
        std::fs::remove_file(&file).unwrap();
    };
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    refused("it is a link");
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    refused("it is no regular file");
    std::fs::write(&file, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    refused("it is larger than");
}
