//! What the next entry would need: said before anybody signs, with names, moments and commands.

use ledger::record::{Decision, PointerAction};
use ledger::*;
use source::Risk;

use crate::world::*;

fn prospect(w: &World, e: &str, v: &str) -> Prospect {
    let ledger = w.ledger();
    let release = ledger.release(&id(), &version(v)).unwrap().unwrap();
    ledger.prospect(&env(e), &release).unwrap()
}

/// Titles, what is missing and what to type, of what is not met.
fn open(prospect: &Prospect) -> Vec<(String, Option<u32>, String)> {
    let unmet = prospect.demands.iter().filter(|d| !d.is_met());
    unmet.map(|d| (d.title.clone(), d.missing, d.help.clone().unwrap_or_default())).collect()
}

#[test]
fn the_way_to_prod_is_told_from_the_start() {
    let mut w = World::new();
    w.release("ada", "1.0.0", Risk::High).unwrap();
    let prod = prospect(&w, "prod", "1.0.0");
    let promote = |e: &str| format!("promptuary promote {ID}@1.0.0 --to {e}");
    let approve = format!("promptuary approve {ID}@1.0.0 --env prod");
    assert_eq!(
        open(&prod),
        [
            ("live in staging first".to_owned(), None, format!("{} && {}", promote("dev"), promote("staging"))),
            ("1 approval".to_owned(), Some(1), approve),
        ]
    );
    assert_eq!(prod.signers, ["ada@example.com", "cy@example.com", "ci@example.com"]);
    assert_eq!(prod.approvers, ["ben@example.com", "cy@example.com", "dee@example.com"]);
    assert_eq!((prod.action, prod.risk, prod.live.is_none()), (PointerAction::Promote, Risk::High, true));
    w.promote("ada", "dev", "1.0.0").unwrap();
    w.promote("ada", "staging", "1.0.0").unwrap();
    let staged = w.now;
    let prod = prospect(&w, "prod", "1.0.0");
    let soak = prod.demands.iter().find(|d| d.title == "live in staging first").unwrap();
    assert_eq!(soak.opens.unwrap().0, w.chain("staging").tip().unwrap().time().0 + HOUR);
    assert!(soak.opens.unwrap().0 >= staged);
}

#[test]
fn words_that_do_not_count_are_named_with_why() {
    let mut w = World::new();
    w.up("1.0.0");
    w.release("ada", "1.1.0", Risk::High).unwrap();
    w.release("ada", "1.0.1", Risk::Low).unwrap();
    for v in ["1.0.1", "1.1.0"] {
        w.promote("ada", "dev", v).unwrap();
        w.promote("ada", "staging", v).unwrap();
        w.now += HOUR;
    }
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    assert_eq!(prospect(&w, "prod", "1.1.0").words[0].by, "ben@example.com");
    w.now += 4 * 24 * HOUR;
    let notes = |p: &Prospect| p.demands.iter().flat_map(|d| d.notes.clone()).collect::<Vec<_>>();
    let late = notes(&prospect(&w, "prod", "1.1.0"));
    assert!(late.len() == 1 && late[0].contains("ben@example.com does not count: it ended at"), "{late:?}");
    w.now -= 4 * 24 * HOUR;
    for (v, further) in [("1.0.1", true), ("1.1.0", false)] {
        w.promote("ada", "dev", v).unwrap();
        w.promote("ada", "staging", v).unwrap();
        w.now += HOUR;
        if further {
            w.promote("ada", "prod", v).unwrap();
        }
    }
    let void = notes(&prospect(&w, "prod", "1.1.0"));
    assert!(void.len() == 1 && void[0].contains("was for entry 2, which made 1.0.1 live instead"), "{void:?}");
    // Back to what was live before is a rollback, with its own demands.
    let back = prospect(&w, "prod", "1.0.0");
    assert_eq!((back.action, open(&back)), (PointerAction::Rollback, Vec::new()));
    assert_eq!(back.signers[..2], ["ada@example.com", "ben@example.com"]);
}

#[test]
fn a_rejection_names_who_lifts_it() {
    let mut w = World::new();
    w.up("1.0.0");
    w.release("ada", "1.1.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.1.0").unwrap();
    w.promote("ada", "staging", "1.1.0").unwrap();
    w.now += HOUR;
    w.approve("ben", "prod", "1.1.0", Decision::Reject).unwrap();
    let prospect = prospect(&w, "prod", "1.1.0");
    let reject = prospect.demands.iter().find(|d| d.title == "nobody rejects it").unwrap();
    assert_eq!(reject.who, ["ben@example.com"]);
    assert_eq!(reject.help.as_deref(), Some("promptuary approve support/triage@1.1.0 --env prod"));
}
