//! A fork's own ledger, beside the one that it inherited and cannot extend.

use ledger::record::Root;
use ledger::*;
use source::{Digest, Risk};

use crate::world::*;

/// A world whose ledger is inherited: 1.0.0 is live everywhere, and eve begins a ledger of her own behind it.
fn forked() -> (World, Digest, Digest) {
    let mut w = World::new();
    w.up("1.0.0");
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[])).unwrap();
    let inherited = w.ledger().policies().root();
    let own = documents(POLICY, &principals(&[]).replace("ada@", "eve@").replace(&line("ada"), &line("eve")));
    let commit = w.commit(&own);
    let plan = PolicyPlan::first(&w.judge(), commit, &Root::TOP, by("eve"), None).unwrap().plan;
    assert!(plan.is_ready());
    w.now += 1;
    let name = w.write(&plan, "eve");
    assert_eq!(name.to_string(), "policy@00000003");
    let root = w.tag(&name).digest();
    (w, inherited, root)
}

fn line(who: &str) -> String {
    key(who).public_key().to_openssh().unwrap()
}

#[test]
fn a_fork_goes_its_own_way_and_inherits_nothing() {
    let (mut w, inherited, root) = forked();
    w.pin = Some(root);
    let ledger = w.ledger();
    assert_eq!((ledger.policies().root(), ledger.policies().entries().len()), (root, 1));
    assert!(ledger.policies().began_beside_another());
    // What was inherited is live nowhere, and nobody is refused because of it.
    let chain = w.verify("prod").unwrap();
    assert!(chain.entries.is_empty() && chain.junk.iter().all(|j| j.inherited));
    let releases = w.ledger().releases(&id()).unwrap();
    assert!(releases.values().all(|r| r.as_ref().is_err_and(|refusal| w.ledger().is_inherited(refusal))));
    // Its own entries go behind the inherited ones.
    w.release("eve", "2.0.0", Risk::Low).unwrap();
    let name = w.promote("eve", "dev", "2.0.0").unwrap();
    assert_eq!(name.to_string(), "env/dev/support/triage@00000002");
    assert_eq!(w.live("dev"), Ok("2.0.0".to_owned()));
    // The inherited ledger stands as it was for whoever pins it, and says that somebody began another.
    w.pin = Some(inherited);
    assert_eq!(w.try_ledger().unwrap().policies().entries().len(), 2);
    assert_eq!(w.verify("prod").unwrap_err().code, Code::RepositoryMismatch);
}

#[test]
fn without_a_pin_only_the_first_policy_is_a_root() {
    let (mut w, inherited, root) = forked();
    assert_eq!(w.ledger().policies().root(), inherited);
    assert_eq!(w.verify("prod").unwrap_err().code, Code::RepositoryMismatch);
    w.refs.remove("refs/tags/policy@00000001");
    assert_eq!(w.try_ledger().err().unwrap().code, Code::RootMissing);
    w.pin = Some(root);
    assert_eq!(w.ledger().policies().root(), root);
    w.pin = Some(Digest::of(b"nothing"));
    assert_eq!(w.try_ledger().err().unwrap().code, Code::RootMissing);
}

#[test]
fn once_a_chain_has_an_entry_a_foreign_one_behind_it_is_refused() {
    let (mut w, _, root) = forked();
    w.pin = Some(root);
    w.release("eve", "2.0.0", Risk::Low).unwrap();
    w.promote("eve", "dev", "2.0.0").unwrap();
    let foreign = w.tag(&pointer("dev", 1)).bytes();
    w.put(&pointer("dev", 3), &foreign);
    assert_eq!(w.live("dev"), Err(Code::RefMismatch));
}
