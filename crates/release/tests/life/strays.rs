//! Junk among the tags, and a fork that goes its own way.

use super::desks::Office;
use super::{env, id, version};
use release::Class;

#[test]
fn junk_is_told_with_the_command_that_takes_it_away() {
    let office = Office::with_remote();
    office.publish_policy();
    office.git("r", &["tag", "env/notes"]);
    office.git("r", &["tag", "environment-1"]);
    let strays = release::strays(&office.desk("r")).unwrap();
    assert_eq!(strays.iter().map(|s| s.tag.as_str()).collect::<Vec<_>>(), ["env/notes"]);
    assert_eq!(strays[0].remedy, "git tag -d env/notes && git push origin :refs/tags/env/notes");
    let verified = release::verify(&office.desk("r"), None, false).unwrap();
    assert_eq!((verified.class(), verified.strays.len()), (None, 1));
    // A twin in other letters, and one that stands where a folder is needed.
    office.git("r", &["tag", "ENV/prod/support/triage@00000001"]);
    office.git("r", &["tag", "evidence"]);
    let strays = release::strays(&office.desk("r")).unwrap();
    let told: Vec<&str> = strays.iter().map(|s| s.why.as_str()).collect();
    assert_eq!(strays.len(), 3, "{told:?}");
    assert!(told[0].contains("differs only in case from `env/prod/support/triage@00000001`"), "{told:?}");
    assert!(told[2].contains("stands where entries need a folder"), "{told:?}");
    // One that stands where an entry needs a folder is refused with the same words.
    office.git("r", &["tag", "-d", "env/notes"]);
    office.git("r", &["tag", "prompt/support"]);
    let error = release::release(&office.desk("r"), &[id()], None, None).unwrap_err();
    assert_eq!(error.class(), Class::Usage, "{error}");
    assert!(error.remedy().unwrap().contains("git tag -d prompt/support"), "{error}");
}

#[test]
fn a_fork_begins_a_ledger_behind_the_one_it_inherited() {
    let office = Office::new();
    office.publish_policy();
    office.release();
    office.promote("1.0.0", "dev");
    let refused = release::begin_anew(&office.desk("r"), None).unwrap_err();
    assert!(refused.to_string().contains("you can extend the one that is here"), "{refused}");

    // Somebody else takes a copy, and puts a key of their own into its policies.
    office.git("", &["clone", "-q", "r", "fork"]);
    office.git("fork", &["remote", "remove", "origin"]);
    office.new_key("eve");
    let key = |name: &str| std::fs::read_to_string(office.path(&format!("home/{name}.pub"))).unwrap();
    let body = |line: String| line.split(' ').nth(1).unwrap().to_owned();
    let path = "fork/policies/principals.yaml";
    let people = std::fs::read_to_string(office.path(path)).unwrap();
    office.write(path, &people.replace(&body(key("ada")), &body(key("eve"))));
    office.sign_with("fork", "eve");
    office.commit("fork", "fork: our own key");
    let before = office.git("fork", &["for-each-ref", "refs/tags"]);
    let began = release::begin_anew(&office.desk("fork"), None).unwrap();
    assert_eq!((began.published.sequence.get(), began.inherited[0].pointers, began.junk), (2, 1, 0));
    let after = office.git("fork", &["for-each-ref", "refs/tags"]);
    assert!(before.lines().all(|line| after.contains(line)) && after.lines().count() == before.lines().count() + 1);

    let error = release::release(&office.desk("fork"), &[id()], None, None).unwrap_err();
    assert!(error.to_string().contains("the ledger that was inherited here has this version"), "{error}");
    office.edit("fork", "1.0.1", "");
    release::release(&office.desk("fork"), &[id()], None, None).unwrap();
    release::promote(&office.desk("fork"), &[(id(), version("1.0.1"))], &env("dev"), None).unwrap();
    assert_eq!(release::verify(&office.desk("fork"), None, true).unwrap().class(), None);
}

#[test]
fn a_name_that_only_junk_claims_can_be_asked_for() {
    let office = Office::in_dev();
    let entry = office.git("r", &["cat-file", "tag", "env/dev/support/triage@00000001"]);
    let forged = office.hash_tag("r", &entry.replace("By: ada@", "By: mallory@"));
    office.git("r", &["update-ref", "refs/tags/env/prod/support/triage@00000001", &forged]);
    let by = |name: &str| release::Wanted { by: Some(name.to_owned()), ..release::Wanted::default() };
    let audit = release::audit(&office.desk("r"), &by("mallory@example.com")).unwrap();
    assert_eq!((audit.entries.len(), audit.refused.len()), (0, 1), "{audit:#?}");
    assert_eq!(release::audit(&office.desk("r"), &by("nobody@example.com")).unwrap_err().class(), Class::Usage);
}
