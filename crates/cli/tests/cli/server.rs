//! A server that lets in only what holds: real pushes to a bare repository with our hook, honest ones and others.

mod hub;
mod ssh;

use ledger::record::{Body, Decision, Link, PointerAction, Reason};
use ledger::refname::Hex16;
use ledger::{Draft, RefName, Sequence};
use source::Digest;

use hub::Hub;

const POINTER: &str = "env/dev/support/triage@00000002";

fn next(draft: &mut Draft, n: u32, skip: Option<&str>) {
    let sequence = Sequence::new(n).unwrap();
    let Body::Pointer(body) = &mut draft.record.body else { panic!("it is a pointer") };
    body.position.sequence = sequence;
    body.position.skip = skip.iter().map(|range| range.parse().unwrap()).collect();
    draft.name = RefName::Pointer(body.environment.clone(), body.prompt.clone(), sequence);
}

/// A hold of what is live in dev: valid as it is, and what most attacks start from.
fn hold(hub: &Hub) -> Draft {
    let (first, digest) = hub.entry("env/dev/support/triage@00000001");
    let mut draft = first;
    draft.tagger = hub.tagger(0);
    let Body::Pointer(body) = &mut draft.record.body else { panic!("it is a pointer") };
    body.action = PointerAction::Hold;
    body.position.previous = Some(Link { sequence: Sequence::FIRST, digest });
    draft.record.reason = Some(Reason::new("a pause").unwrap());
    next(&mut draft, 2, None);
    draft
}

#[test]
fn what_holds_and_what_is_not_ours_passes() {
    let hub = Hub::open();
    let name = hold(&hub).name.to_string();
    assert_eq!(name, POINTER);
    let held = hub.write(hold(&hub), "ada");
    hub.accepted(&[(&held, &name)]);
    hub.run("r", "git push -q origin HEAD:refs/heads/feature HEAD:refs/tags/v1.0 HEAD:refs/tags/environment/x");
    // Repeating a push says that it is there.
    hub.accepted(&[(&held, &name)]);
    // A release, its way to prod and the approval that prod wants, all in one push.
    hub.edit("1.1.0");
    hub.run("r", "git push -q origin main && git fetch -q --tags origin && git remote rm origin");
    hub.run("r", "promptuary -q release support/triage >/dev/null");
    hub.run("r", "promptuary -q promote support/triage@1.1.0 --to dev -m 'go on' >/dev/null");
    hub.run("r", "promptuary -q promote support/triage@1.1.0 --to staging >/dev/null");
    hub.approve("1.1.0", "prod", Decision::Approve);
    hub.run("r", "promptuary -q promote support/triage@1.1.0 --to prod >/dev/null");
    hub.run("r", "git push -q --atomic ../hub.git $(git tag -l '*@1.1.0' 'env/dev/*3' 'env/staging/*2' 'env/prod/*' 'approval/*')");
    assert!(hub.run("hub.git", "promptuary verify").contains("all of it holds"));
}

#[test]
fn a_push_is_refused_with_its_code() {
    let hub = Hub::open();
    let refused = |what: &str, code: &str, oid: &str, name: &str| hub.refused(what, code, &[(oid, name)]);
    let write = |draft| hub.write(draft, "ada");
    let edited = |edit: &dyn Fn(&mut Draft)| {
        let mut draft = hold(&hub);
        edit(&mut draft);
        hub.write(draft, "ada")
    };
    // Refs.
    let first = hub.run("r", "git rev-parse env/dev/support/triage@00000001");
    refused("a tag that clashes with our folders", "stray-tag", "HEAD", "env");
    refused("the same one folder further down", "stray-tag", &first, "env/dev/support");
    refused("a number that is none", "stray-tag", &first, "env/dev/support/triage@2");
    refused("on a disk that folds case", "stray-tag", &first, "Env/dev/support/triage@00000002");
    refused("a lightweight tag", "tag-lightweight", "HEAD", POINTER);
    refused("a tag without signature", "tag-unsigned", &hub.unsigned(POINTER), POINTER);
    refused("an entry under another number", "ref-mismatch", &first, POINTER);
    refused("an entry under another prompt", "ref-mismatch", &first, "env/dev/support/other@00000001");
    refused("an entry under another environment", "ref-mismatch", &first, "env/prod/support/triage@00000001");
    let held = write(hold(&hub));
    refused("text after the signature", "armor-not-canonical", &hub.longer(&held), POINTER);
    for (what, code, spec) in [
        ("a pointer that is moved", "entry-replaced", format!("+{held}:refs/tags/env/dev/support/triage@00000001")),
        ("a policy that is moved", "entry-replaced", format!("+{first}:refs/tags/policy@00000001")),
        ("a pointer that is deleted", "entry-deleted", ":refs/tags/env/dev/support/triage@00000001".to_owned()),
        ("a release that is deleted", "entry-deleted", ":refs/tags/prompt/support/triage@1.0.0".to_owned()),
    ] {
        hub.refused_spec(what, code, &spec);
    }
    // Places.
    refused(
        "a leap over free numbers",
        "skip-free",
        &edited(&|d| next(d, 9, Some("2-8"))),
        "env/dev/support/triage@00000009",
    );
    let gap = edited(&|d| {
        next(d, 3, None);
        let Body::Pointer(body) = &mut d.record.body else { unreachable!() };
        body.position.previous = Some(Link { sequence: Sequence::new(2).unwrap(), digest: Digest::of(b"?") });
    });
    refused("a link that is missing", "chain-gap", &gap, "env/dev/support/triage@00000003");
    let fork = edited(&|d| {
        let Body::Pointer(body) = &mut d.record.body else { unreachable!() };
        body.position.previous = Some(Link { sequence: Sequence::FIRST, digest: Digest::of(b"?") });
    });
    refused("another history", "previous-mismatch", &fork, POINTER);
    let again = edited(&|d| {
        let Body::Pointer(body) = &mut d.record.body else { unreachable!() };
        body.action = PointerAction::Promote;
        body.position.previous = None;
        body.position.skip = vec!["1".parse().unwrap()];
    });
    refused("a history that begins again", "skip-valid", &again, POINTER);
    // Times.
    refused("a date set back", "signed-late", &edited(&|d| d.tagger = hub.tagger(-86_400)), POINTER);
    refused("a date set forward", "clock-behind", &edited(&|d| d.tagger = hub.tagger(86_400)), POINTER);
    // People.
    refused("a key that nobody knows", "key-unknown", &hub.write_as(hold(&hub), "mal", "mal"), POINTER);
    refused("another's name", "signer-mismatch", &hub.write(hold(&hub), "mal"), POINTER);
    refused("somebody else's right", "not-allowed", &hub.write_as(hold(&hub), "ben", "ben"), POINTER);
    let forged = hub.forged(&held, "a pause", "a break");
    refused("words that were changed afterwards", "signature-wrong", &forged, POINTER);
    let elsewhere = edited(&|d| d.record.repository = Some(Digest::of(b"another ledger")));
    refused("an entry of another ledger", "repository-mismatch", &elsewhere, POINTER);
    let unknown = edited(&|d| d.record.policy = Some(Link { sequence: Sequence::FIRST, digest: Digest::of(b"?") }));
    refused("a policy that is none", "policy-unknown", &unknown, POINTER);
    // Demands.
    let to_prod = |edit: &dyn Fn(&mut Draft)| {
        let (mut draft, _) = hub.entry("env/dev/support/triage@00000001");
        draft.tagger = hub.tagger(0);
        let Body::Pointer(body) = &mut draft.record.body else { unreachable!() };
        body.environment = "prod".parse().unwrap();
        draft.name = RefName::Pointer(body.environment.clone(), body.prompt.clone(), Sequence::FIRST);
        edit(&mut draft);
        write(draft)
    };
    let prod = "env/prod/support/triage@00000001";
    refused("the order of environments", "order-unmet", &to_prod(&|_| ()), prod);
    let (_, staged) = hub.entry("env/staging/support/triage@00000001");
    let after = |d: &mut Draft| {
        let Body::Pointer(body) = &mut d.record.body else { unreachable!() };
        let link = Link { sequence: Sequence::FIRST, digest: staged };
        body.after = vec![ledger::record::Upstream { environment: "staging".parse().unwrap(), link }];
    };
    refused("approvals", "approvals-missing", &to_prod(&after), prod);
    let other = to_prod(&|d| {
        after(d);
        let Body::Pointer(body) = &mut d.record.body else { unreachable!() };
        body.content = Digest::of(b"something else");
    });
    refused("another content than was released", "release-mismatch", &other, prod);
    assert_eq!(hub.run("hub.git", "git tag | wc -l"), "4", "nothing of all this came in");
}

#[test]
fn many_refusals_are_told_in_few_lines() {
    let hub = Hub::open();
    hub.run("r", "for i in $(seq 1 60); do git tag env/x$i HEAD; git tag prompt/a/p$i@1.0.0 HEAD; done");
    let bare = "git tag 'env/$(touch${IFS}pwned)' && git push -q origin 'refs/tags/env/$(touch${IFS}pwned)'";
    let said = hub.fails("r", bare);
    assert!(said.contains("git tag -d 'env/$(touch${IFS}pwned)'"), "what is pasted is a name and no command: {said}");
    hub.run("r", "git tag -d 'env/$(touch${IFS}pwned)'");
    let said = hub.fails("r", "git push -q origin --tags");
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("remote:")).collect();
    assert!(lines.len() <= 20, "{said}");
    for part in ["120 refusals, so none", "refused 57 more tags as well: stray-tag", "`git tag -d env/x1`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn releases_decisions_and_policies_are_judged_too() {
    let hub = Hub::open();
    let refused = |what: &str, code: &str, oid: &str, name: &str| hub.refused(what, code, &[(oid, name)]);
    // Releases.
    hub.edit("1.1.0");
    let aside = hub.run("r", "git rev-parse HEAD");
    let release = |edit: &dyn Fn(&mut Draft), key: &str| {
        let (mut draft, _) = hub.entry("prompt/support/triage@1.0.0");
        draft.tagger = hub.tagger(0);
        let Body::Release(body) = &mut draft.record.body else { unreachable!() };
        body.version = "1.1.0".parse().unwrap();
        draft.name = RefName::Release(body.prompt.clone(), body.version.clone());
        edit(&mut draft);
        hub.write(draft, key)
    };
    let name = "prompt/support/triage@1.1.0";
    refused("a version that the commit does not hold", "content-mismatch", &release(&|_| (), "ada"), name);
    hub.run("r", "git push -q origin main:side");
    let unmerged = release(
        &|d| {
            d.target = aside.parse().unwrap();
            let Body::Release(body) = &mut d.record.body else { unreachable!() };
            body.content = hub.content("1.1.0");
        },
        "ada",
    );
    refused("a commit that was never merged", "commit-elsewhere", &unmerged, name);
    // Branch and release in one push do not help each other: another hook may refuse the branch.
    hub.refused_spec("the same with the branch", "commit-elsewhere", &format!("main {unmerged}:refs/tags/{name}"));
    // Decisions.
    let ballot = |hub: &Hub| hub.approve("1.0.0", "prod", Decision::Approve);
    let approval = ballot(&hub);
    let (draft, _) = hub.entry(&approval);
    let of = |name: &str, n: u32| {
        let mut draft = draft.clone();
        let Body::Approval(body) = &mut draft.record.body else { unreachable!() };
        body.sequence = Sequence::new(n).unwrap();
        let RefName::Approval(env, id, _, _, k) = draft.name else { unreachable!() };
        draft.name = RefName::Approval(env, id, body.sequence, Hex16::of(&hub.by(name).key_digest()), k);
        draft
    };
    let theirs = of("ada", 1);
    let name = theirs.name.to_string();
    refused("an approver whom nobody made one", "not-allowed", &hub.write_as(theirs, "ada", "ada"), &name);
    let late = of("ben", 7);
    let name7 = late.name.to_string();
    refused("a decision about a number that is not next", "approval-void", &hub.write(late, "ben"), &name7);
    // Policies.
    let (mut policy, first) = hub.entry("policy@00000001");
    policy.record.repository = Some(first);
    policy.record.policy = Some(Link { sequence: Sequence::FIRST, digest: first });
    let Body::Policy(body) = &mut policy.record.body else { unreachable!() };
    body.position.sequence = Sequence::new(2).unwrap();
    body.position.previous = Some(Link { sequence: Sequence::FIRST, digest: first });
    policy.name = RefName::Policy(Sequence::new(2).unwrap());
    policy.tagger = hub.tagger(0);
    let second = "policy@00000002";
    refused("a policy by somebody who keeps none", "not-allowed", &hub.write_as(policy.clone(), "cy", "cy"), second);
    refused("a policy without its approvals", "approvals-missing", &hub.write(policy.clone(), "ada"), second);
    let mut other = policy;
    let Body::Policy(body) = &mut other.record.body else { unreachable!() };
    body.documents = Digest::of(b"others");
    refused("documents that its commit does not hold", "policy-documents", &hub.write(other, "ada"), second);
}

#[test]
fn who_lost_a_key_cannot_write_into_the_past() {
    let hub = Hub::open();
    let held = hold(&hub);
    // The second policy retires nothing and revokes cy; ben agrees. cy signs as if it were a moment ago.
    hub.write_policy("revoked");
    hub.run("r", "git commit -qam 'cy left' && git push -q origin main");
    let approval = hub.approve_policy();
    hub.accepted(&[(&approval, &approval)]);
    hub.run("r", "promptuary -q policy publish -m 'cy left' >/dev/null");
    let mut theirs = held;
    theirs.tagger = hub.tagger(-5);
    let oid = hub.write_as(theirs, "cy", "cy");
    hub.refused("a revoked key, dated back", "policy-outdated", &[(&oid, POINTER)]);
}

#[test]
fn a_revocation_comes_with_its_seals() {
    let hub = Hub::open();
    // What is live in dev rests on cy's key, unknown to ada's clone.
    let theirs = hub.write_as(hold(&hub), "cy", "cy");
    hub.accepted(&[(&theirs, POINTER)]);
    hub.write_policy("revoked");
    hub.run("r", "git commit -qam 'cy left' && git push -q origin main");
    let approval = hub.approve_policy();
    hub.accepted(&[(&approval, &approval)]);
    hub.run("r", "git remote rm origin");
    // By somebody whom nothing reminds of it afterwards.
    hub.run("r", "XDG_STATE_HOME=$PWD/../elsewhere promptuary -q policy publish -m 'cy left' >/dev/null");
    hub.run("r", "git remote add origin ../hub.git");
    hub.refused("a revocation without its seal", "seal-missing", &[("policy@00000002", "policy@00000002")]);
    // With everything at hand the program writes the seal too, and the hook lets both in.
    hub.run("r", "git tag -d policy@00000002 && promptuary -q policy publish -m 'cy left' >/dev/null");
    assert_eq!(hub.run("hub.git", "git tag -l 'env/dev/*3' 'policy@*2' | wc -l"), "2");
    assert!(hub.run("hub.git", "promptuary verify").contains("all of it holds"));
}

#[test]
fn all_of_a_push_is_refused_together() {
    let hub = Hub::open();
    let held = hub.write(hold(&hub), "ada");
    hub.refused("one good, one bad", "stray-tag", &[(&held, POINTER), ("HEAD", "policy@1")]);
    let three = format!("HEAD:refs/heads/x {held}:refs/tags/{POINTER} HEAD:refs/tags/prompt");
    hub.refused_spec("one good, one branch, one bad", "stray-tag", &three);
    assert_eq!(hub.run("hub.git", "git for-each-ref | wc -l"), "5");
}

#[test]
fn an_empty_server_takes_the_ledger_that_it_was_told_of() {
    let hub = Hub::open();
    hub.run("", "git init -q --bare -b main fresh.git");
    let all = "git push -q --atomic ../fresh.git 'refs/tags/*:refs/tags/*' 2>&1";
    hub.hook("fresh.git", "pre-receive", &format!("--root sha256:{}", "0".repeat(64)));
    let said = hub.fails("r", all);
    assert!(said.contains("root-mismatch"), "{said}");
    hub.hook("fresh.git", "pre-receive", "");
    let said = hub.fails("r", "git push -q ../fresh.git prompt/support/triage@1.0.0 2>&1");
    assert!(said.contains("root-missing"), "{said}");
    let said = hub.fails("r", all);
    assert!(said.contains("commit-elsewhere"), "the branch comes first: {said}");
    hub.run("r", "git push -q ../fresh.git main");
    // History is older than anything that is pushed later may be.
    let said = hub.run("r", all);
    assert!(said.contains("this begins the ledger sha256:"), "{said}");
    hub.run("r", all);
}

#[test]
fn each_ref_can_be_judged_by_itself() {
    let hub = Hub::open();
    hub.run("hub.git", "rm hooks/pre-receive");
    hub.hook("hub.git", "update", "");
    let held = hub.write(hold(&hub), "ada");
    hub.refused("a moved entry", "entry-replaced", &[(&format!("+{held}"), "env/dev/support/triage@00000001")]);
    hub.refused("a leap", "ref-mismatch", &[(&held, "env/dev/support/triage@00000003")]);
    hub.accepted(&[(&held, POINTER)]);
}

#[test]
fn a_date_is_no_way_around_a_server() {
    let hub = Hub::open();
    hub.hook("hub.git", "pre-receive", "--late 0s");
    let mut old = hold(&hub);
    // As new as its predecessor is old.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let (first, _) = hub.entry("env/dev/support/triage@00000001");
    old.tagger = first.tagger;
    let oid = hub.write(old, "ada");
    hub.refused("an entry from before", "signed-late", &[(&oid, POINTER)]);
}
