//! Two clones on one machine, one of which wrote without a remote: each answers for what it wrote itself.

use ledger::Code;
use release::Class;

use crate::desks::Office;

const HOLD: &str = "env/dev/support/triage@00000002";

/// A company whose clone `r` was on its own when it wrote a hold, and another clone `s` of the same hub.
fn apart() -> Office {
    let office = Office::in_dev();
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "s"]);
    office.desk("s");
    let hub = office.git("r", &["remote", "get-url", "origin"]);
    office.git("r", &["remote", "remove", "origin"]);
    office.hold("r", "dev", "mine").unwrap();
    office.git("r", &["remote", "add", "origin", &hub]);
    office
}

fn give_up(office: &Office, clone: &str) -> release::Result<Vec<release::LocalOnly>> {
    release::give_up(&office.desk(clone), &[HOLD.parse().unwrap()])
}

fn worst(office: &Office, clone: &str) -> Option<Code> {
    let verified = release::verify(&office.desk(clone), None, false).unwrap();
    verified.worst().map(|refusal| refusal.code)
}

fn told(office: &Office, clone: &str) -> (Vec<String>, Vec<String>) {
    let desk = office.desk(clone);
    let local = release::local_only(&desk, None).unwrap().into_iter().map(|one| one.tag);
    (local.collect(), release::elsewhere(&desk).unwrap().into_iter().map(|one| one.tag).collect())
}

fn list(office: &Office) -> std::path::PathBuf {
    let folder = office.path("home/.local/state/promptuary/local");
    std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_none()).unwrap()
}

#[test]
fn a_sound_entry_is_its_own_clones_to_publish() {
    let office = apart();
    assert_eq!(told(&office, "s"), (vec![], vec![]));
    assert_eq!(give_up(&office, "s").unwrap_err().class(), Class::Usage);
    // What the other clone reads under the hub's address, this machine has seen.
    assert_eq!(worst(&office, "r"), None);
    assert_eq!(worst(&office, "s"), Some(Code::Stale));
    assert_eq!(told(&office, "s"), (vec![], vec![HOLD.to_owned()]));
    let error = give_up(&office, "s").unwrap_err();
    assert!(
        error.remedy().unwrap().ends_with(&format!("-C {} sync --give-up {HOLD}", office.path("r").display())),
        "{error:?}"
    );
    assert_eq!(office.desk("r").publish_rest(&[]).unwrap(), [HOLD]);
    assert_eq!((worst(&office, "s"), told(&office, "s")), (None, (vec![], vec![])));
}

#[test]
fn an_entry_that_was_outrun_is_its_own_clones_to_give_up() {
    let office = apart();
    office.hold("s", "dev", "his").unwrap();
    assert_eq!(told(&office, "s").0, [""; 0]);
    assert_eq!(told(&office, "r").0, [HOLD]);
    assert_eq!(give_up(&office, "r").unwrap().len(), 1);
    office.hold("r", "dev", "again").unwrap();
    assert_eq!((worst(&office, "r"), worst(&office, "s")), (None, None));
    assert_eq!(std::fs::read_to_string(list(&office)).unwrap(), "");
}

#[test]
fn a_clone_that_moved_is_not_held_up() {
    let office = apart();
    office.hold("s", "dev", "his").unwrap();
    std::fs::rename(office.path("r"), office.path("moved")).unwrap();
    assert_eq!(told(&office, "s").0, [""; 0]);
    office.git("moved", &["tag", "-d", HOLD]);
    worst(&office, "moved");
    assert_eq!(told(&office, "moved").0, [""; 0], "nothing remembers it under this address");
    office.hold("moved", "dev", "again").unwrap();
}

#[test]
fn what_a_clone_that_is_gone_left_behind_is_anybodys_to_give_up() {
    let office = apart();
    assert_eq!(worst(&office, "r"), None);
    std::fs::remove_dir_all(office.path("r")).unwrap();
    assert_eq!(worst(&office, "s"), Some(Code::Stale));
    let local = release::local_only(&office.desk("s"), None).unwrap();
    let why = &local[0].refusal.as_ref().unwrap().detail;
    assert!(why.contains(&format!("{}, where it was written, is gone", office.path("r/.git").display())), "{why}");
    assert_eq!(give_up(&office, "s").unwrap().len(), 1);
    assert_eq!((worst(&office, "s"), told(&office, "s").0), (None, vec![]));
    office.hold("s", "dev", "his").unwrap();
}

#[test]
fn a_list_of_an_earlier_version_counts_where_the_entry_is() {
    let office = apart();
    let text = std::fs::read_to_string(list(&office)).unwrap();
    let old: String = text.lines().map(|line| line.rsplit_once(' ').unwrap().0.to_owned() + "\n").collect();
    assert_eq!(old.split(' ').count(), 3);
    std::fs::write(list(&office), old).unwrap();
    assert_eq!(worst(&office, "r"), None);
    assert_eq!(told(&office, "s"), (vec![], vec![]));
    office.git("r", &["tag", "-d", HOLD]);
    assert_eq!(told(&office, "r").0, [HOLD]);
    assert_eq!(give_up(&office, "s").unwrap_err().class(), Class::Usage);
    assert_eq!(give_up(&office, "r").unwrap().len(), 1);
    assert_eq!((worst(&office, "r"), worst(&office, "s")), (None, None));
}
