//! The whole life of a prompt against real git and real ssh-keygen.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests themselves do")]

mod attesting;
mod certificates;
mod deeds;
mod desks;
mod elsewhere;
mod locked;
mod memory;
mod outrun;
mod publishing;
mod race;
mod rivals;
mod siblings;
mod strays;

use desks::Office;
use ledger::record::{PointerAction, Reason};
use release::Class;
use source::{EnvName, PromptId, Version};

fn id() -> PromptId {
    "support/triage".parse().unwrap()
}

fn env(name: &str) -> EnvName {
    name.parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

#[test]
fn a_prompt_goes_to_prod_and_back_and_git_agrees() {
    let office = Office::new();
    office.publish_policy();
    let released = release::release(&office.desk("r"), &[id()], None, None).unwrap().remove(0);
    assert_eq!(released.version, version("1.0.0"));
    assert!(released.written.is_some() && !released.existed);
    office.through_to_prod("1.0.0");

    office.edit("r", "1.1.0", "Name the most probable root cause.");
    office.release();
    office.through_to_prod("1.1.0");
    assert_eq!(office.live("prod"), "1.1.0");

    let reason = Reason::new("severity inflated").unwrap();
    let back = release::turn(&office.desk("r"), PointerAction::Rollback, &id(), &env("prod"), None, &reason).unwrap();
    assert_eq!((back.version.to_string().as_str(), back.sequence.get()), ("1.0.0", 3));
    assert_eq!(office.live("prod"), "1.0.0");

    let verified = release::verify(&office.desk("r"), None, true).unwrap();
    assert_eq!(verified.class(), None, "{verified:#?}");
    let logged = release::log(&office.desk("r"), &release::Wanted::default()).unwrap();
    assert_eq!((logged.events.len(), logged.faults.len()), (1 + 2 + 7, 0));

    office.write("allowed", &office.allowed_signers());
    let allowed = office.path("allowed").display().to_string();
    let config = format!("gpg.ssh.allowedSignersFile={allowed}");
    office.git("r", &["-c", &config, "tag", "-v", "env/prod/support/triage@00000003"]);
    office.git("r", &["fsck", "--strict"]);
}

#[test]
fn out_of_order_is_refused_with_the_demand_and_nothing_is_written() {
    let office = Office::new();
    office.publish_policy();
    office.release();
    let error = release::promote(&office.desk("r"), &[(id(), version("1.0.0"))], &env("prod"), None).unwrap_err();
    assert_eq!(error.class(), Class::Unmet, "{error}");
    assert!(!office.git("r", &["tag"]).contains("env/"));
}

#[test]
fn a_repeated_command_says_that_it_is_done() {
    let office = Office::new();
    office.publish_policy();
    office.release();
    assert!(release::release(&office.desk("r"), &[id()], None, None).unwrap()[0].existed);
    let dev = || release::promote(&office.desk("r"), &[(id(), version("1.0.0"))], &env("dev"), None).unwrap();
    assert!(!dev()[0].was_live);
    assert!(dev()[0].was_live);
}

#[test]
fn what_is_not_committed_is_not_released() {
    let office = Office::new();
    office.publish_policy();
    office.write("r/prompts/blocks/json-only.md", "Answer in JSON.\n");
    let error = release::release(&office.desk("r"), &[id()], None, None).unwrap_err();
    assert_eq!(error.class(), Class::Unmet);
    assert!(error.to_string().contains("prompts/blocks/json-only.md is not committed"), "{error}");
}

#[test]
fn a_key_that_policy_does_not_know_signs_nothing() {
    let office = Office::new();
    office.publish_policy();
    office.new_key("mallory");
    office.sign_with("r", "mallory");
    let error = release::release(&office.desk("r"), &[id()], None, None).unwrap_err();
    assert_eq!(error.class(), Class::Refused, "{error}");
    assert!(!office.git("r", &["tag"]).contains("prompt/"));
}

#[test]
fn a_tag_changed_by_hand_is_caught() {
    let office = Office::new();
    office.publish_policy();
    office.release();
    office.through_to_prod("1.0.0");
    let tag = office.git("r", &["cat-file", "tag", "env/prod/support/triage@00000001"]);
    let forged = office.hash_tag("r", &tag.replace("Risk: medium", "Risk: low"));
    office.git("r", &["update-ref", "refs/tags/env/prod/support/triage@00000001", &forged]);
    let verified = release::verify(&office.desk("r"), None, false).unwrap();
    assert_eq!(verified.class(), Some(Class::Refused), "{verified:#?}");
}
