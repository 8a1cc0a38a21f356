//! Documents that anybody may have written: loading ends, tells where, and never lets a faulty policy through.

use policy::Policy;
use proptest::prelude::*;
use source::{Severity, Snapshot};

const GOOD: [(&str, &str); 3] = [
    ("policies/policy.yaml", include_str!("good/policy.yaml")),
    ("policies/models.yaml", include_str!("good/models.yaml")),
    ("policies/principals.yaml", include_str!("good/principals.yaml")),
];

/// Loads the good documents with some bytes of one replaced.
fn mutated(document: usize, at: usize, cut: usize, put: &str) {
    let mut texts = GOOD.map(|(path, text)| (path, text.to_owned()));
    let text = &mut texts[document].1;
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (from, to) = (boundary(at % text.len()), boundary(at % text.len() + cut));
    text.replace_range(from..to, put);
    let loaded = Policy::load(&Snapshot::of_texts("t", texts.iter().map(|(p, t)| (*p, t.as_str()))));
    let fails = loaded.findings.iter().any(|f| f.severity == Severity::Error);
    assert_eq!(loaded.policy.is_none(), fails, "a policy is refused with a reason, and only then");
    for finding in &loaded.findings {
        let text = finding.at.text.as_str();
        assert!(text.get(finding.at.span.range()).is_some(), "{finding:?}");
    }
    if let Some(policy) = &loaded.policy {
        assert!(policy::diff::diff(policy, policy).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_documents_are_refused_or_read(
        document in 0usize..3,
        at in 0usize..4000,
        cut in 0usize..40,
        put in prop_oneof![
            Just(String::new()),
            "[ -~\n]{0,12}",
            Just("\u{202e}".to_owned()),
            Just("99999999999999999999".to_owned()),
            Just("&a [*a]".to_owned()),
            Just("**".to_owned()),
            Just("family:legal".to_owned()),
            Just("!!binary x".to_owned()),
        ],
    ) {
        mutated(document, at, cut, &put);
    }
}

#[test]
fn hostile_sizes_are_refused_quickly() {
    let deep = format!("format: 1\nprincipals: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!("format: 1\nprincipals:\n{}", "  - x\n".repeat(300_000));
    for text in [deep, wide, "a: ".repeat(50_000), "\0".to_owned(), "\u{feff}format: 1".to_owned()] {
        let loaded = Policy::load(&Snapshot::of_texts("t", [GOOD[0], GOOD[1], ("policies/principals.yaml", &text)]));
        assert!(loaded.policy.is_none() && !loaded.findings.is_empty());
    }
}

#[test]
fn many_principals_and_families_stay_cheap() {
    let families: String =
        (0..200).map(|n| format!("  - {{ name: f{n}, match: [\"f{n}/**\"] }}\n")).collect::<String>();
    let rules = GOOD[0].1.replace("families:\n", &format!("families:\n{families}"));
    let start = std::time::Instant::now();
    let texts = [("policies/policy.yaml", rules.as_str()), GOOD[1], GOOD[2]];
    let loaded = Policy::load(&Snapshot::of_texts("t", texts));
    assert!(loaded.policy.is_some(), "{:?}", loaded.findings);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
