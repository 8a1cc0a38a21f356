//! One fault each, planted into the good documents: found at its place, and named.

use source::Finding;

use super::*;

/// Loads the good documents with `old` replaced by `new` in the one at `path`.
fn planted(path: &str, old: &str, new: &str) -> Loaded {
    let mut changed = false;
    let texts = GOOD.map(|(p, text)| {
        changed |= p == path && text.contains(old);
        (p, if p == path { text.replacen(old, new, 1) } else { text.to_owned() })
    });
    assert!(changed, "{old} is in {path}");
    Policy::load(&Snapshot::of_texts("t", texts.iter().map(|(p, t)| (*p, t.as_str()))))
}

fn told(findings: &[Finding]) -> Vec<String> {
    let tell = |f: &Finding| {
        let at = f.at.start();
        format!("{}:{} {}: {}", at.line, at.column, f.rule, f.message)
    };
    findings.iter().map(tell).collect()
}

#[test]
fn planted_faults_are_found_at_their_place() {
    let (p, m, k) = (POLICY_PATH, MODELS_PATH, PRINCIPALS_PATH);
    let cases = [
        (p, "format: 1", "format: 2", "1:9 format-unknown: format 2 is not known, this version reads format 1"),
        (p, "release: { from: main }", "release: { from: 'a b' }", "4:18 value-invalid: `a b` is not a branch name"),
        (p, "after: [dev]", "after: [devv]", "29:13 name-unknown: there is no environment `devv`"),
        (
            p,
            "  - name: dev\n",
            "  - name: dev\n    after: [prod]\n",
            "28:13 environment-cycle: `dev` comes after itself: dev after prod after staging after dev",
        ),
        (p, "Europe/Berlin", "Europe/Bonn", "34:13 value-invalid: could not find the IANA time zone `Europe/Bonn`"),
        (
            p,
            "to: 2027-01-03",
            "to: 2026-12-01",
            "36:40 value-invalid: the freeze ends on 2026-12-01, before it begins on 2026-12-18",
        ),
        (p, "families: [legal]", "families: [leagl]", "39:40 name-unknown: there is no family `leagl`"),
        (
            p,
            "from: [cy@example.com]",
            "from: [sy@example.com]",
            "39:66 name-unknown: there is no principal `sy@example.com`",
        ),
        (p, "name: legal", "name: billing", "16:11 name-repeated: family `billing` is defined twice"),
        (
            p,
            "needed: 1, expires",
            "needed: 2, expires",
            "38:49 approval-impossible: a promotion of `billing/**` to prod could never get its 2 approvals: of those who may approve it (ben@example.com) one is left, once its promoter and its releaser are set aside",
        ),
        (
            p,
            "policy_changes: { approvals: 1",
            "policy_changes: { approvals: 2",
            "3:30 approval-impossible: a policy change needs one maintainer to sign and 2 others to approve, and there are only 2",
        ),
        (
            p,
            "evals/legal/clause-review.yaml",
            "../x.yaml",
            "49:7 value-invalid: `../x.yaml` is not the path of a suite",
        ),
        (m, "as_of: 2026-10-01", "as_of: October", "5:46 value-invalid: `October` is not a day: write `2026-12-18`"),
        (m, "input: 0.4", "input: -1", "5:21 value-invalid: -1 dollars for a million tokens is no price"),
        (m, "local/tiny", "openai/gpt-4.1-mini", "8:12 name-repeated: model `openai/gpt-4.1-mini` is listed twice"),
        (m, "command: [./answer, --json], ", "", "10:18 value-invalid: a provider of kind `command` needs `command`"),
        (m, "https://llm", "https://user:key@llm", "11:38 value-invalid: an address must not carry a key"),
        (m, "GATEWAY_KEY", "sk-live-123456", "11:80 value-invalid: this is not the name of an environment variable"),
        (
            k,
            "AAAAC3NzaC1lZDI1NTE5AAAAIOn/nyYHTDettT14KUibD0AUx7RfmNiFLy7bCtA9QyUD",
            "AAAAC3NzaC1l",
            "5:14 public-key-malformed: `ssh` is unusable: the text after `ssh-ed25519` is not the base64 of such a key; was it cut off?",
        ),
        (
            k,
            "IH8921UUXgCY/6HifOcMsx9xtGDnax3GgUhTozonGQbG",
            "IOn/nyYHTDettT14KUibD0AUx7RfmNiFLy7bCtA9QyUD",
            "14:9 public-key-shared: the key SHA256:jDA+0qt2tJUt3e2ARceFbN6q4LDpYQA7xnn8HrVb4+c already belongs to `ada@example.com`",
        ),
        (
            k,
            "certificate_principals: [cy]",
            "certificate_principals: [\"*\"]",
            "23:33 public-key-malformed: an authority needs the names in its certificates that mean this principal",
        ),
        (k, "operator: { prod", "operator: { prd", "19:19 name-unknown: there is no environment `prd`"),
        (k, "family:legal", "family:leagl", "31:26 name-unknown: there is no family `leagl`"),
        (
            k,
            "releaser: [\"**\"]",
            "releaser: [\"Legal/?\"]",
            "10:18 value-invalid: `Legal/?` is not a pattern over prompt ids: ids are made of a-z, 0-9, `_`, `-` and `/`, patterns also of `*` and `**`",
        ),
        (k, "name: ci", "name: c i", "32:11 value-invalid: `c i` is not a name that records can carry"),
    ];
    let mut missed = Vec::new();
    for (path, old, new, expected) in cases {
        let loaded = planted(path, old, new);
        let found = told(&loaded.findings);
        if loaded.policy.is_some() || !found.iter().any(|f| f == expected) {
            missed.push(format!("{new}\n  expected {expected}\n  found    {}", found.join("\n           ")));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn an_unheld_role_only_warns() {
    let loaded = planted(PRINCIPALS_PATH, "promoter: { \"*\": [\"**\"] }", "promoter: { prod: [\"**\"] }");
    assert!(loaded.policy.is_some());
    assert_eq!(told(&loaded.findings), ["28:11 role-unheld: nobody may promote to `staging`"]);
}

#[test]
fn pinning_nothing_only_warns() {
    let loaded = planted(POLICY_PATH, "mode: replay }", "mode: replay, pinned_suites: {} }");
    assert!(loaded.policy.is_some());
    assert_eq!(told(&loaded.findings), ["41:63 value-invalid: no suite is pinned, so that any would do"]);
}

#[test]
fn unknown_keys_are_refused_with_a_guess() {
    let loaded = planted(POLICY_PATH, "soak: 1h", "soka: 1h");
    let finding = &loaded.findings[0];
    assert_eq!(finding.rule, "key-unknown");
    assert!(finding.help.as_deref().unwrap().contains("soak"), "{finding:?}");
}

#[test]
fn every_missing_document_is_named() {
    let loaded = Policy::load(&Snapshot::default());
    assert!(loaded.policy.is_none());
    assert_eq!(loaded.findings.iter().filter(|f| f.rule == "policy-missing").count(), 3);
}
