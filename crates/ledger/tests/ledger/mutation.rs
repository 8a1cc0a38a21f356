//! No byte of an accepted entry can be changed into another accepted meaning; what is written reads back.

use ledger::record::*;
use ledger::signature::{NoPrograms, verify};
use ledger::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use source::{Digest, EnvName, PromptId, RepoPath, Risk, Timestamp, Version};

use crate::world::*;

/// Whether these bytes are accepted as ada's, and as which entry.
fn accepted(bytes: &[u8], held: &policy::Key) -> Option<Digest> {
    let tag = SignedTag::parse(bytes).ok()?;
    verify(tag.payload(), tag.signature(), held, tag.time(), &NoPrograms).ok()?;
    Some(tag.digest())
}

#[test]
fn no_single_byte_makes_another_entry() {
    let mut w = World::new();
    w.up("1.0.0");
    let tag = w.tag(&pointer("prod", 1));
    let policy = w.ledger().policy().unwrap().clone();
    let held = policy.principal_of(&tag.record().by.key).unwrap().1;
    let good = tag.bytes();
    assert_eq!(accepted(&good, held), Some(tag.digest()));
    for at in 0..good.len() {
        let others = (0..8).map(|bit| good[at] ^ (1 << bit)).chain(*b"\n 0\r\0a");
        for other in others.filter(|b| *b != good[at]) {
            let mut bytes = good.clone();
            bytes[at] = other;
            assert_eq!(accepted(&bytes, held), None, "byte {at} as {other}");
        }
        let shorter = [&good[..at], &good[at + 1..]].concat();
        assert_eq!(accepted(&shorter, held), None, "without byte {at}");
        for added in *b"\n x" {
            let longer = [&good[..at], &[added], &good[at..]].concat();
            assert_eq!(accepted(&longer, held), None, "with {added} before byte {at}");
        }
    }
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn sequence() -> impl Strategy<Value = Sequence> {
    (1u32..=99_999_999).prop_map(|n| Sequence::new(n).unwrap())
}

fn link() -> impl Strategy<Value = Link> {
    (sequence(), digest()).prop_map(|(sequence, digest)| Link { sequence, digest })
}

fn prompt() -> impl Strategy<Value = PromptId> {
    "[a-z0-9]{1,8}(/[a-z0-9]([a-z0-9_-]{0,6}[a-z0-9])?){0,3}".prop_filter_map("an id", |t| t.parse().ok())
}

fn environment() -> impl Strategy<Value = EnvName> {
    "[a-z]([a-z0-9-]{0,8}[a-z0-9])?".prop_map(|t| t.parse().unwrap())
}

fn release_version() -> impl Strategy<Value = Version> {
    "(0|[1-9][0-9]{0,3})\\.(0|[1-9]{1,2})\\.(0|[1-9])(-[a-z]{1,4}(\\.[1-9])?)?"
        .prop_filter_map("a version", |t| t.parse().ok())
}

fn digests() -> impl Strategy<Value = Vec<Digest>> {
    vec(digest(), 0..4).prop_map(|mut d| {
        d.sort();
        d.dedup();
        d
    })
}

fn position() -> impl Strategy<Value = Position> {
    (option::of(link()), 1u32..40).prop_filter_map("a place", |(previous, ahead)| {
        let last = previous.map_or(0, |p: Link| p.sequence.get());
        Position::after(previous, Sequence::new(last + ahead)?)
    })
}

fn risk() -> impl Strategy<Value = Risk> {
    prop_oneof![Just(Risk::Low), Just(Risk::Medium), Just(Risk::High)]
}

fn decision() -> impl Strategy<Value = Decision> {
    prop_oneof![Just(Decision::Approve), Just(Decision::Reject)]
}

fn expires() -> impl Strategy<Value = Option<Timestamp>> {
    option::of((0i64..253_402_300_800).prop_map(Timestamp))
}

fn pointer_body() -> impl Strategy<Value = Body> {
    use PointerAction::*;
    let action = prop_oneof![Just(Promote), Just(Rollback), Just(Hold), Just(Retire), Just(Seal)];
    let after = vec((environment(), link()), 0..3);
    let what = (environment(), prompt(), position(), action, release_version(), digest(), digest(), risk());
    (what, after, digests(), digests()).prop_map(
        |((environment, prompt, position, action, version, release, content, risk), after, approvals, evidence)| {
            let first = position.previous.is_none();
            let action = if first { Promote } else { action };
            let mut after: Vec<Upstream> =
                after.into_iter().map(|(environment, link)| Upstream { environment, link }).collect();
            after.sort();
            after.dedup_by(|a, b| a.environment == b.environment);
            after.retain(|a| a.environment != environment && action == Promote);
            let approvals = if matches!(action, Promote | Rollback) { approvals } else { vec![] };
            let evidence = if action == Promote { evidence } else { vec![] };
            Body::Pointer(PointerBody {
                environment,
                prompt,
                position,
                action,
                version,
                release,
                content,
                risk,
                after,
                approvals,
                evidence,
            })
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let release = (prompt(), release_version(), digest(), risk())
        .prop_map(|(prompt, version, content, risk)| Body::Release(ReleaseBody { prompt, version, content, risk }));
    let approval = (environment(), prompt(), position(), digest(), digest(), decision(), expires()).prop_map(
        |(environment, prompt, at, release, content, decision, expires)| {
            let (sequence, previous) = (at.sequence, at.previous);
            Body::Approval(ApprovalBody {
                environment,
                prompt,
                sequence,
                previous,
                release,
                content,
                decision,
                expires,
            })
        },
    );
    let of_policy = (link(), 1u32..9, digest(), decision(), expires()).prop_filter_map(
        "a number",
        |(previous, ahead, documents, decision, expires)| {
            let sequence = Sequence::new(previous.sequence.get() + ahead)?;
            Some(Body::PolicyApproval(PolicyApprovalBody { sequence, previous, documents, decision, expires }))
        },
    );
    let evidence = (digest(), position(), digest(), digest(), any::<bool>(), 1u32..9999, 0u32..99, digest()).prop_map(
        |(content, position, suite, dataset, live, passed, failed, report)| {
            Body::Evidence(EvidenceBody {
                content,
                position,
                suite: SuiteRef { path: RepoPath::new("evals/a/b.yaml").unwrap(), digest: suite },
                dataset,
                mode: if live { Mode::Live } else { Mode::Replay },
                models: "anthropic/claude-x openai/gpt-x:1".parse().unwrap(),
                cases: Cases { passed, failed, errors: 0 },
                verdict: Verdict::Inconclusive,
                report,
            })
        },
    );
    let policy =
        (position(), digest(), digests()).prop_filter_map("not the first", |(position, documents, approvals)| {
            position.previous?;
            Some(Body::Policy(PolicyBody {
                position,
                root: "services/ai".parse().unwrap(),
                documents,
                minimum_format: 1,
                approvals,
            }))
        });
    prop_oneof![pointer_body(), release, approval, of_policy, evidence, policy]
}

fn record() -> impl Strategy<Value = Record> {
    (body(), digest(), link(), option::of("[!-~äß東é]{1,40}")).prop_map(|(body, repository, policy, reason)| {
        let policy = match &body {
            Body::Policy(b) => b.position.previous,
            _ => Some(policy),
        };
        let reason = reason.or(Some("because".to_owned())).and_then(|t| Reason::new(&t).ok());
        Record { repository: Some(repository), by: by("ada"), body, policy, reason }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_written_reads_back(record in record()) {
        let text = record.render().unwrap();
        prop_assert_eq!(Record::parse(&text).unwrap(), record);
    }

    #[test]
    fn what_reads_is_written_back(record in record(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut bytes = record.render().unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        let text = String::from_utf8(bytes).unwrap_or_default();
        if let Ok(read) = Record::parse(&text) {
            prop_assert_eq!(read.render().unwrap(), text);
        }
    }

    #[test]
    fn nothing_that_is_thrown_at_it_makes_it_fall(bytes in vec(any::<u8>(), 0..400)) {
        let _ = SignedTag::parse(&bytes);
        let _ = armor::Signature::parse(&bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = Record::parse(text);
            let _ = armor::Signature::from_program(text);
        }
    }
}
