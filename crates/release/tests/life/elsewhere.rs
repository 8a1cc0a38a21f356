//! What other remotes show: a mirror that stands in for the hub, a history that went its own way, junk.

use ledger::Code;
use release::{Class, Error};

use crate::desks::Office;
use crate::{env, id, version};

const SECOND: &str = "env/dev/support/triage@00000002";

/// Adds a remote to a clone, and syncs from it once.
fn sync_from(office: &Office, clone: &str, remote: &str) {
    let url = office.path(&format!("{remote}.git")).display().to_string();
    office.git(clone, &["remote", "add", remote, &url]);
    office.git(clone, &["config", "remote.pushDefault", remote]);
    office.desk(clone);
    office.git(clone, &["config", "--unset", "remote.pushDefault"]);
}

fn promote(office: &Office, clone: &str, to: &str) -> release::Result<Vec<release::Moved>> {
    release::promote(&office.desk(clone), &[(id(), version("1.0.0"))], &env(to), None)
}

fn verify(office: &Office, clone: &str) -> Option<Class> {
    release::verify(&office.desk(clone), None, true).unwrap().class()
}

#[test]
fn a_history_of_another_remote_stops_nobody() {
    let office = Office::in_dev();
    office.git("", &["clone", "-q", "--bare", "hub.git", "old.git"]);
    office.hold("r", "dev", "on the hub").unwrap();
    office.git("", &["clone", "-q", "old.git", "cy"]);
    std::fs::remove_dir_all(office.path("home/.local")).unwrap();
    office.hold("cy", "dev", "on the old one").unwrap();
    office.hold("cy", "dev", "and again").unwrap();
    std::fs::remove_dir_all(office.path("home/.local")).unwrap();
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    sync_from(&office, "bob", "old");

    assert_eq!(verify(&office, "bob"), None);
    let staging = promote(&office, "bob", "staging").unwrap().remove(0).written.unwrap();
    assert_eq!(staging.tag, "env/staging/support/triage@00000001");
    // It goes on from what the hub shows.
    let held = office.hold("bob", "dev", "on the hub again").unwrap().written.unwrap();
    assert_eq!(held.tag, "env/dev/support/triage@00000003");
    assert_eq!(verify(&office, "r"), None);
    let desk = office.desk("bob");
    assert!(release::local_only(&desk, None).unwrap().is_empty());
    // It is told, and is nobody's here to give up.
    let left_out: Vec<_> = release::unheard(&desk).unwrap().into_iter().map(|one| (one.remote, one.tag)).collect();
    let tag = |n| ("old".to_owned(), format!("env/dev/support/triage@0000000{n}"));
    assert_eq!(left_out, [tag(2), tag(3)]);
    assert_eq!(release::give_up(&desk, &[SECOND.parse().unwrap()]).unwrap_err().class(), Class::Unmet);
    // The same once it is gone from the configuration.
    office.git("bob", &["remote", "remove", "old"]);
    office.hold("bob", "staging", "it must stand still").unwrap();
}

#[test]
fn whoever_tags_another_remote_stops_nobody() {
    let office = Office::in_dev();
    let entry = office.git("r", &["cat-file", "tag", "env/dev/support/triage@00000001"]);
    let main = office.git("r", &["rev-parse", "main"]);
    office.git("", &["clone", "-q", "--bare", "hub.git", "junk.git"]);
    let forged = |from: &str, to: &str| office.hash_tag("junk.git", &entry.replace(from, to));
    let later = forged("Format: 1", "Format: 2");
    for (name, object) in [
        ("env/staging/support/triage@00000001", &main),
        ("env/dev/support/triage@00000002", &later),
        ("env/prod/support/triage@00000001", &forged("Risk: medium", "Risk: low")),
        ("policy@00000002", &main),
        ("env/notes", &main),
    ] {
        office.git("junk.git", &["update-ref", &format!("refs/tags/{name}"), object]);
    }
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "bob"]);
    sync_from(&office, "bob", "junk");
    assert_eq!(verify(&office, "bob"), None);
    for to in ["staging", "prod"] {
        promote(&office, "bob", to).unwrap();
    }
    office.hold("bob", "dev", "it must stand still").unwrap();
    assert!(
        office
            .git("hub.git", &["tag"])
            .lines()
            .all(|tag| tag.ends_with("@00000001") || tag == SECOND || tag.starts_with("prompt/"))
    );
    assert_eq!(verify(&office, "r"), None);
    assert!(release::strays(&office.desk("bob")).unwrap().is_empty());
}

#[test]
fn junk_that_plain_git_fetched_can_be_given_up() {
    let office = Office::in_dev();
    office.git("", &["clone", "-q", "--bare", "hub.git", "junk.git"]);
    let tag = "env/staging/support/triage@00000001";
    office.git("junk.git", &["update-ref", &format!("refs/tags/{tag}"), "main"]);
    sync_from(&office, "r", "junk");
    office.git("r", &["fetch", "-q", "--tags", "junk"]);
    let error = promote(&office, "r", "staging").unwrap_err();
    assert!(matches!(&error, Error::Outrun { refusal, .. } if refusal.code == Code::TagLightweight), "{error}");
    assert!(error.remedy().unwrap().ends_with(&format!("promptuary sync --give-up {tag}")), "{error:?}");
    assert_eq!(release::give_up(&office.desk("r"), &[tag.parse().unwrap()]).unwrap().len(), 1);
    promote(&office, "r", "staging").unwrap();
}

#[test]
fn a_mirror_stands_in_for_the_hub() {
    let office = Office::in_dev();
    for clone in ["ben", "cy"] {
        office.git("", &["clone", "-q", "--no-tags", "hub.git", clone]);
        office.desk(clone);
    }
    // The mirror is behind: what only the hub showed is here, and goes there first.
    office.git("", &["clone", "-q", "--bare", "hub.git", "mirror.git"]);
    office.git("mirror.git", &["update-ref", "-d", "refs/tags/env/dev/support/triage@00000001"]);
    office.git("", &["init", "-q", "--bare", "empty.git"]);
    std::fs::rename(office.path("hub.git"), office.path("away")).unwrap();
    for clone in ["ben", "cy"] {
        let url = office.path("mirror.git").display().to_string();
        office.git(clone, &["remote", "add", "mirror", &url]);
        office.git(clone, &["config", "remote.pushDefault", "mirror"]);
    }
    assert_eq!(verify(&office, "ben"), None);
    let error = promote(&office, "ben", "staging").unwrap_err();
    assert_eq!(error.class(), Class::Unmet);
    assert!(error.to_string().contains("it lacks env/dev/support/triage@00000001"), "{error}");
    assert!(error.remedy().unwrap().ends_with("promptuary sync --push"), "{error:?}");
    assert_eq!(office.desk("ben").publish_rest(&[]).unwrap(), ["env/dev/support/triage@00000001"]);
    promote(&office, "ben", "staging").unwrap();
    promote(&office, "cy", "prod").unwrap();
    // The hub is back, and gets what it missed from a clone that only ever fetched some of it.
    std::fs::rename(office.path("away"), office.path("hub.git")).unwrap();
    office.git("cy", &["config", "--unset", "remote.pushDefault"]);
    let missed = ["env/prod/support/triage@00000001", "env/staging/support/triage@00000001"];
    assert_eq!(verify(&office, "cy"), None);
    let error = office.hold("cy", "prod", "it must stand still").unwrap_err();
    assert!(error.to_string().contains("it lacks env/prod/support/triage@00000001"), "{error}");
    assert_eq!(office.desk("cy").publish_rest(&[]).unwrap(), missed);
    office.hold("cy", "prod", "it must stand still").unwrap();
    assert_eq!(verify(&office, "r"), None);
    // What only the mirror showed need not be taken over: a remote that is removed has no say.
    office.git("cy", &["config", "remote.pushDefault", "mirror"]);
    office.desk("cy").publish_rest(&[]).unwrap();
    office.hold("cy", "staging", "on the mirror").unwrap();
    office.git("", &["clone", "-q", "--no-tags", "hub.git", "dee"]);
    sync_from(&office, "dee", "mirror");
    assert_eq!(release::local_only(&office.desk("dee"), None).unwrap().len(), 1);
    office.git("dee", &["remote", "remove", "mirror"]);
    assert!(release::local_only(&office.desk("dee"), None).unwrap().is_empty());
    office.hold("dee", "dev", "on the hub").unwrap();
}
