//! How long verifying takes: `cargo test --release --test ledger speed -- --ignored --nocapture`.
//!
//! The bars of the design: 2,000 pointers under 200 ms, with two approvals each under 600 ms.

use std::time::Instant;

use ledger::record::{ApprovalBody, Body, Decision, Link, PointerAction, PointerBody, Position, Record};
use ledger::refname::{Attempt, Hex16};
use ledger::*;
use source::Risk;

use crate::world::*;

const ENTRIES: u32 = 2_000;

/// Two releases that take turns in prod, `ENTRIES` times, each turn approved by `approvers`.
fn ledger_of(approvers: &[&str]) -> World {
    let rule = format!("approvals:\n  - {{ environments: [prod], needed: {}, expires: 3d }}\n", approvers.len());
    let policy = POLICY.split("approvals:\n  - {").next().unwrap().replace("    after: [staging]\n    soak: 1h\n", "");
    let mut w = World::with_policy(&if approvers.is_empty() { policy } else { policy + &rule });
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.release("ada", "1.1.0", Risk::Low).unwrap();
    let releases: Vec<_> = ["1.0.0", "1.1.0"].map(|v| w.ledger().release(&id(), &version(v)).unwrap().unwrap()).into();
    let root = Some(w.ledger().policies().root());
    let policy = Some(w.ledger().policies().current().link());
    let mut previous: Option<Link> = None;
    for n in 1..=ENTRIES {
        let sequence = Sequence::new(n).unwrap();
        let release = &releases[n as usize % 2];
        let (fields, target) = (release.body().clone(), *release.id());
        let (digest, time) = (release.tag().digest(), w.now + i64::from(n));
        let mut approvals = Vec::new();
        for who in approvers {
            let body = ApprovalBody {
                environment: env("prod"),
                prompt: id(),
                sequence,
                previous,
                release: digest,
                content: fields.content,
                decision: Decision::Approve,
                expires: None,
            };
            let record = Record { repository: root, by: by(who), body: Body::Approval(body), policy, reason: None };
            let key16 = Hex16::of(&record.by.key_digest());
            let name = RefName::Approval(env("prod"), id(), sequence, key16, Attempt::FIRST);
            w.forge(&name, record, target, time, &key(who));
            approvals.push(w.tag(&name).digest());
        }
        approvals.sort();
        let body = PointerBody {
            environment: env("prod"),
            prompt: id(),
            position: Position::after(previous, sequence).unwrap(),
            action: PointerAction::Promote,
            version: fields.version,
            release: digest,
            content: fields.content,
            risk: fields.risk,
            after: Vec::new(),
            approvals,
            evidence: Vec::new(),
        };
        let record = Record { repository: root, by: by("cy"), body: Body::Pointer(body), policy, reason: None };
        let name = pointer("prod", n);
        w.forge(&name, record, target, time, &key("cy"));
        previous = Some(Link { sequence, digest: w.tag(&name).digest() });
    }
    w.now += i64::from(ENTRIES);
    w
}

#[test]
#[ignore = "a measurement: run it alone, in release"]
fn two_thousand_pointers() {
    for (approvers, bar) in [(&[][..], 200), (&["ben", "dee"][..], 600)] {
        let mut w = ledger_of(approvers);
        let mut best = u128::MAX;
        for _ in 0..5 {
            let begin = Instant::now();
            let chain = w.verify("prod").unwrap();
            best = best.min(begin.elapsed().as_micros());
            assert_eq!(chain.entries.len(), ENTRIES as usize);
        }
        println!("{} approvals each: {} ms (bar {bar})", approvers.len(), best / 1000);
        w.remember("prod");
        let begin = Instant::now();
        w.verify("prod").unwrap();
        println!("  with a mark at the tip: {} ms", begin.elapsed().as_millis());
    }
}
