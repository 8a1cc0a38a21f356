use source::Snapshot;

use super::*;
use crate::policy::tests::{GOOD, good};
use crate::policy::{MODELS_PATH, POLICY_PATH, PRINCIPALS_PATH};

/// What the diff says when `old` is replaced by `new` in the document at `path`.
fn changes(path: &str, old: &str, new: &str) -> Vec<String> {
    let texts = GOOD.map(|(p, text)| (p, if p == path { text.replacen(old, new, 1) } else { text.to_owned() }));
    let loaded = Policy::load(&Snapshot::of_texts("t", texts.iter().map(|(p, t)| (*p, t.as_str()))));
    let policy = loaded.policy.unwrap_or_else(|| panic!("{:#?}", loaded.findings));
    let tell =
        |changes: Vec<Change>| changes.into_iter().map(|c| format!("{:?} {}", c.effect, c.what)).collect::<Vec<_>>();
    let (there, back) = (tell(diff(&good(), &policy)), tell(diff(&policy, &good())));
    // What is weaker one way is stronger the other.
    let count = |told: &[String], word: &str| told.iter().filter(|t| t.starts_with(word)).count();
    assert_eq!(count(&there, "Weaker"), count(&back, "Stronger"), "{there:?} {back:?}");
    assert_eq!(count(&there, "Other"), count(&back, "Other"), "{there:?} {back:?}");
    there
}

#[test]
fn spelling_is_no_difference() {
    assert!(changes(POLICY_PATH, "soak: 1h", "soak: 60m # an hour").is_empty());
    assert!(changes(POLICY_PATH, "expires: 7d", "expires: 1w").is_empty());
    assert!(changes(POLICY_PATH, "min_format: 1\n", "").is_empty());
}

#[test]
fn each_change_says_which_way_it_goes() {
    let (p, m, k) = (POLICY_PATH, MODELS_PATH, PRINCIPALS_PATH);
    let cases = [
        (p, "approvals: 1, expires", "approvals: 0, expires", "Weaker approvals of a policy change: 1 → 0"),
        (p, "from: main", "from: trunk", "Other releases come from: main → trunk"),
        (p, "static_tokens: 3000", "static_tokens: 3001", "Weaker limit static_tokens: 3000 → 3001"),
        (p, "static_tokens: 1500", "static_tokens: 1400", "Stronger family support: limit static_tokens: 1500 → 1400"),
        (p, "budget: estimate", "budget: bound", "Stronger rendered_tokens judges: estimate → bound"),
        (
            p,
            "text-duplicated: error",
            "text-duplicated: off",
            "Weaker family billing: rule text-duplicated: error → off",
        ),
        (p, "min_risk: medium", "min_risk: low", "Weaker family billing: least risk: medium → low"),
        (p, "soak: 1h", "soak: 30m", "Weaker soak before prod: 1h → 30m"),
        (p, "    soak: 1h\n", "", "Weaker soak before prod: 1h → none"),
        (
            p,
            "mon-thu",
            "mon-fri",
            "Weaker windows of prod: mon-thu 09:00-16:00, not 2026-12-18 to 2027-01-03 (Europe/Berlin) → mon-fri 09:00-16:00, not 2026-12-18 to 2027-01-03 (Europe/Berlin)",
        ),
        (
            p,
            "needed: 1, expires: 3d",
            "needed: 0, expires: 3d",
            "Weaker approvals of prompts of high risk and above to prod: 1 → 0",
        ),
        (
            p,
            "risk: high, needed",
            "risk: medium, needed",
            "Weaker demand removed: approvals of prompts of high risk and above to prod",
        ),
        (
            p,
            "mode: live",
            "mode: replay",
            "Weaker evidence at a promotion of prompts of high risk and above to prod, mode: live → replay",
        ),
        (
            p,
            "max_age: 30d",
            "max_age: 30d\n    providers: policy",
            "Stronger evidence at a promotion of prompts of high risk and above to prod, providers: any → policy",
        ),
        (
            p,
            "max_age: 30d",
            "max_age: 60d",
            "Weaker evidence at a promotion of prompts of high risk and above to prod, max_age: 30d → 60d",
        ),
        (
            p,
            "min_pass_rate: 0.8",
            "min_pass_rate: 0.7",
            "Weaker suites of prompts of medium risk and above, min_pass_rate: 0.8 → 0.7",
        ),
        (
            p,
            "on_inconclusive: { medium: fail }",
            "on_inconclusive: { medium: pass }",
            "Weaker an inconclusive comparison at medium risk: fail → pass",
        ),
        (m, "local/tiny", "local/huge", "Weaker model local/huge allowed"),
        (
            m,
            "input: 0.4",
            "input: 0.5",
            "Other price of openai/gpt-4.1-mini (a million tokens): $0.4 in, $1.6 out, as of 2026-10-01 → $0.5 in, $1.6 out, as of 2026-10-01",
        ),
        (
            m,
            "llm.example.com",
            "evil.example.com",
            "Other provider gateway: openai, at https://llm.example.com/v1, key from GATEWAY_KEY, within 1m → openai, at https://evil.example.com/v1, key from GATEWAY_KEY, within 1m",
        ),
        (
            k,
            "state: retired",
            "state: active",
            "Weaker ada@example.com: key SHA256:q8OTxvCmJX0BymJwucDaLWrnmVAoJqmUa5xT6ixk8/A: retired → active",
        ),
        (k, "promoter: { dev: [\"**\"] }", "promoter: { \"*\": [\"**\"] }", "Weaker ci may promote ** to prod"),
        (
            k,
            "operator: { prod: [\"**\"] }",
            "operator: { prod: [\"support/*\"] }",
            "Stronger ben@example.com may no longer roll back ** in prod",
        ),
        (k, "    automation: true\n", "", "Weaker ci no longer counts as a machine"),
    ];
    for (path, old, new, expected) in cases {
        let told = changes(path, old, new);
        assert!(told.iter().any(|t| t == expected), "expected {expected}\n   found {}", told.join("\n         "));
    }
}
