//! The life of a prompt as people live it: released, promoted, rolled back, held, retired, found again in the log.

use ledger::record::{Decision, PointerAction};
use ledger::*;
use source::{Risk, Timestamp};

use crate::world::*;

#[test]
fn what_was_live_begins_with_the_second_of_its_entry() {
    let mut w = World::new();
    w.up("1.0.0");
    w.up("1.1.0");
    let at = |n: u32| w.tag(&pointer("prod", n)).time().0;
    let (first, second) = (at(1), at(2));
    assert!(second > first + 1);
    let chain = w.chain("prod");
    let live = |t: i64| chain.live_at(Timestamp(t)).and_then(|(_, live)| Some(live?.version.to_string()));
    assert_eq!(live(first - 1), None, "before the first entry nothing was live");
    assert_eq!(live(i64::MIN), None);
    assert_eq!(live(first).as_deref(), Some("1.0.0"), "at the very second it is");
    assert_eq!(live(second - 1).as_deref(), Some("1.0.0"));
    assert_eq!(live(second).as_deref(), Some("1.1.0"));
    assert_eq!(live(second + 1).as_deref(), Some("1.1.0"), "after the last entry it still is");
    assert_eq!(live(i64::MAX).as_deref(), Some("1.1.0"));
}

#[test]
fn a_release_climbs_through_the_environments() {
    let mut w = World::new();
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::OrderUnmet]));
    assert_eq!(w.promote("ada", "staging", "1.0.0"), Err(vec![Code::OrderUnmet]));
    w.promote("ada", "dev", "1.0.0").unwrap();
    w.promote("ada", "staging", "1.0.0").unwrap();
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::SoakUnmet]));
    w.now += HOUR;
    w.promote("ada", "prod", "1.0.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    let prod = w.tag(&pointer("prod", 1));
    assert_eq!(prod.record().subject(), "promote support/triage 1.0.0 to prod");
    assert_eq!(prod.record().pointer().unwrap().after.len(), 1);
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::AlreadyLive]));
}

#[test]
fn a_rollback_goes_under_the_top_and_holds_automation() {
    let mut w = World::new();
    w.up("1.0.0");
    assert_eq!(w.rollback("ben", "prod"), Err(vec![Code::NotUnderTop]));
    w.up("1.1.0");
    w.up("1.2.0");
    w.rollback("ben", "prod").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    // What was popped is gone: going forward again is a promotion.
    let forward = w.point("ada", PointerAction::Rollback, "prod", Some("1.2.0"), why("forward"));
    assert_eq!(forward, Err(vec![Code::NotUnderTop]));
    assert_eq!(w.promote("ci", "prod", "1.2.0"), Err(vec![Code::Held]));
    assert_eq!(w.promote("ada", "prod", "1.2.0"), Err(vec![Code::ReasonMissing]));
    w.point("ada", PointerAction::Promote, "prod", Some("1.2.0"), why("the fix was elsewhere")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.2.0".to_owned()));
    let chain = w.chain("prod");
    let stack: Vec<String> = chain.state.stack().iter().map(|l| l.version.to_string()).collect();
    assert_eq!(stack, ["1.0.0", "1.1.0", "1.2.0"]);
    assert_eq!(chain.state.held(), None);
    assert_eq!(w.point("ben", PointerAction::Rollback, "prod", Some("1.0.0"), why("two back")), Ok(pointer("prod", 6)));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn hold_and_retire_stop_automation_and_resolving() {
    let mut w = World::new();
    w.up("1.0.0");
    w.point("ben", PointerAction::Hold, "prod", None, why("the model provider is flaky")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    w.release("ada", "1.1.0", Risk::Low).unwrap();
    w.promote("ci", "dev", "1.1.0").unwrap();
    w.promote("ci", "staging", "1.1.0").unwrap();
    w.now += HOUR;
    assert_eq!(w.promote("ci", "prod", "1.1.0"), Err(vec![Code::Held]));
    // The same release again, by a person who says why, ends a hold and is no step of the stack.
    w.point("ada", PointerAction::Promote, "staging", Some("1.1.0"), None).unwrap_err();
    w.point("ada", PointerAction::Promote, "prod", Some("1.1.0"), why("it is over")).unwrap();
    w.point("ada", PointerAction::Retire, "prod", None, why("replaced by another prompt")).unwrap();
    assert_eq!(w.live("prod"), Err(Code::NothingLive));
    assert_eq!(w.rollback("ben", "prod"), Err(vec![Code::NothingLive]));
    assert_eq!(w.promote("ci", "prod", "1.1.0"), Err(vec![Code::Held]));
    let said = w.verify("prod").unwrap().require_live().unwrap_err().detail;
    assert!(said.contains("replaced by another prompt"), "{said}");
}

#[test]
fn who_may_not_is_told_who_may() {
    let mut w = World::new();
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    assert_eq!(w.release("mal", "1.0.1", Risk::Low), Err(vec![Code::NotAllowed]));
    assert_eq!(w.promote("ben", "dev", "1.0.0"), Err(vec![Code::NotAllowed]));
    assert_eq!(w.promote("eve", "dev", "1.0.0"), Err(vec![Code::KeyUnknown]));
    let plan = w.plan("ben", PointerAction::Promote, "dev", Some("1.0.0"), None).unwrap();
    let demand = plan.unmet().next().unwrap();
    assert_eq!(demand.who, ["ada@example.com", "cy@example.com", "ci@example.com"]);
    // The same act without asking: verifiers say what the plan said.
    w.write(&plan, "ben");
    assert_eq!(w.live("dev"), Err(Code::NotAllowed));
}

#[test]
fn a_chain_says_who_did_what_and_what_was_live_then() {
    let mut w = World::new();
    w.up("1.0.0");
    let first = w.now;
    w.now += 10 * HOUR;
    w.release("ada", "1.1.0", Risk::High).unwrap();
    w.promote("ada", "dev", "1.1.0").unwrap();
    w.promote("ada", "staging", "1.1.0").unwrap();
    w.now += HOUR;
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    w.promote("cy", "prod", "1.1.0").unwrap();
    let ledger = w.ledger();
    let chain = ledger.chain(&env("prod"), &id()).unwrap();
    let signers: Vec<_> =
        chain.entries.iter().map(|e| (e.tag().record().subject(), e.signer.clone().unwrap())).collect();
    let lines: Vec<_> = signers.iter().map(|(what, by)| (what.as_str(), by.principal.as_str())).collect();
    assert_eq!(
        lines,
        [
            ("promote support/triage 1.0.0 to prod", "ada@example.com"),
            ("promote support/triage 1.1.0 to prod", "cy@example.com"),
        ]
    );
    assert_eq!(chain.entries[1].body().approvals.len(), 1);
    let then = |t| chain.live_at(Timestamp(t)).and_then(|(_, live)| Some(live?.version.to_string()));
    assert_eq!(then(START), None);
    assert_eq!(then(first).as_deref(), Some("1.0.0"));
    assert_eq!(then(w.now).as_deref(), Some("1.1.0"));
}

#[test]
fn a_clock_behind_the_ledger_cannot_verify() {
    let mut w = World::new();
    w.up("1.0.0");
    w.now -= 302;
    assert_eq!(w.live("prod"), Err(Code::ClockBehind));
    w.now += 10;
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // A writer stamps the time of what it cites.
    let plan = w.plan("ben", PointerAction::Hold, "prod", None, why("x")).unwrap();
    assert_eq!(plan.time, w.tag(&pointer("prod", 1)).time());
}
