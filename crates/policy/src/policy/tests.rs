use source::{EnvName, PromptId, Risk, Snapshot, Timestamp};

use super::*;
use crate::document::policy::{Bound, Budget, Inconclusive, Mode};
use crate::ssh::SshKey;
use crate::{KeyState, Level, Rate, UpstreamRule};

mod faults;

pub(crate) const GOOD: [(&str, &str); 3] = [
    (POLICY_PATH, include_str!("../../tests/good/policy.yaml")),
    (MODELS_PATH, include_str!("../../tests/good/models.yaml")),
    (PRINCIPALS_PATH, include_str!("../../tests/good/principals.yaml")),
];

pub(crate) fn good() -> Policy {
    let loaded = Policy::load(&Snapshot::of_texts("t", GOOD));
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.policy.unwrap()
}

fn id(text: &str) -> PromptId {
    text.parse().unwrap()
}

fn env(text: &str) -> EnvName {
    text.parse().unwrap()
}

fn line(place: &Place) -> String {
    place.text.slice(place.text.line_span(place.start().line)).trim().to_owned()
}

#[test]
fn limits_name_the_line_that_gives_them() {
    let policy = good();
    let limits = policy.limits_for(&id("support/triage-billing"));
    let tokens = limits.static_tokens.clone().unwrap();
    assert_eq!((tokens.value, line(&tokens.at)), (1500, "limits: { static_tokens: 1500 }".to_owned()));
    assert_eq!(limits.source_bytes.unwrap().value, 20_000);
    assert_eq!(policy.limits_for(&id("billing/x")).static_tokens.unwrap().value, 2000);
    assert_eq!(policy.limits_for(&id("x")).static_tokens.unwrap().value, 3000);
    assert_eq!(policy.limits_for(&id("x")).budget(), Budget::Estimate);
}

#[test]
fn a_family_overrides_a_level() {
    let policy = good();
    let level = |id: Option<&PromptId>| policy.level("text-duplicated", id).map(|l| l.value);
    assert_eq!(level(None), Some(Level::Warning));
    assert_eq!(level(Some(&id("billing/x"))), Some(Level::Error));
    assert_eq!(level(Some(&id("legal/x"))), Some(Level::Warning));
    assert!(policy.level("block-missing", None).is_none());
    assert_eq!(policy.levelled_rules().len(), 2);
}

#[test]
fn phrases_are_banned_where_the_family_says() {
    let policy = good();
    assert_eq!(policy.banned_phrases(&id("billing/x")).len(), 2);
    assert_eq!(policy.banned_phrases(&id("legal/x")).len(), 1);
}

#[test]
fn the_highest_of_three_risks_decides() {
    let policy = good();
    let risk = |name, declared, live| policy.effective_risk(&id(name), declared, live).risk;
    assert_eq!(risk("legal/x", Risk::Low, None), Risk::High);
    assert_eq!(risk("billing/x", Risk::Low, None), Risk::Medium);
    assert_eq!(risk("x", Risk::Low, Some(Risk::High)), Risk::High);
    assert_eq!(risk("x", Risk::Low, None), Risk::Low);
}

#[test]
fn every_rule_that_fits_is_a_demand() {
    let policy = good();
    let demands = policy.demands(&env("prod"), &id("legal/clause-review"), Risk::High, Action::Promote);
    let upstream = demands.upstream.unwrap();
    assert_eq!((upstream.environments, upstream.rule), (vec![env("staging")], UpstreamRule::All));
    assert_eq!(upstream.soak_seconds, 3600);
    assert_eq!(demands.windows.unwrap().value.zone, "Europe/Berlin");
    let approvals: Vec<_> = demands.approvals.iter().map(|a| (a.needed, a.from.join(" "), a.expires.0)).collect();
    assert_eq!(
        approvals,
        [(1, "ben@example.com cy@example.com".to_owned(), 259_200), (1, "cy@example.com".to_owned(), 1_209_600)]
    );
    let [evidence] = &demands.evidence[..] else { panic!("{:?}", demands.evidence) };
    assert_eq!((evidence.mode, evidence.min_cases, evidence.independent), (Mode::Live, 2, true));
    assert_eq!((evidence.min_pass_rate, evidence.max_error_rate), (Rate::new(0.8), Rate::ZERO));
    assert_eq!(evidence.pinned_suites.len(), 1);
    assert!(evidence.pinned_suites[0].judge.is_none());
    let other = policy.demands(&env("prod"), &id("legal/other"), Risk::High, Action::Promote);
    assert!(other.evidence[0].pinned_suites.is_empty());
}

#[test]
fn a_rollback_needs_only_its_own_approvals() {
    let policy = good();
    let demands = policy.demands(&env("prod"), &id("legal/x"), Risk::High, Action::Rollback);
    assert_eq!((demands.approvals.len(), demands.approvals_needed()), (1, 1));
    assert!(demands.upstream.is_none() && demands.windows.is_none() && demands.evidence.is_empty());
    let hold = policy.demands(&env("prod"), &id("legal/x"), Risk::High, Action::Hold);
    assert!(hold.approvals.is_empty());
}

#[test]
fn release_demands_and_suites_take_the_strictest() {
    let policy = good();
    let demands = policy.release_demands(&id("billing/x"), Risk::Medium);
    assert_eq!(demands.from.unwrap().value, "main");
    let evidence = &demands.evidence[0];
    assert_eq!((evidence.mode, evidence.min_cases, evidence.bound), (Mode::Replay, 5, Bound::Wilson));
    assert_eq!(evidence.min_pass_rate, Rate::new(0.9));
    assert!(policy.release_demands(&id("x"), Risk::Low).evidence.is_empty());
    let suite = policy.suite_demand(&id("billing/x"), Risk::Low);
    assert!(suite.required.is_none() && suite.min_cases.unwrap().value == 5);
    assert!(policy.suite_demand(&id("x"), Risk::Medium).required.is_some());
    assert_eq!(policy.on_inconclusive(Risk::Low), Inconclusive::Pass);
    assert_eq!(policy.on_inconclusive(Risk::Medium), Inconclusive::Fail);
    assert_eq!(policy.on_inconclusive(Risk::High), Inconclusive::Fail);
}

#[test]
fn whoever_is_not_listed_may_do_nothing() {
    let policy = good();
    let may = |who, action, e: &str, p: &str| policy.may(who, action, Some(&env(e)), Some(&id(p)));
    assert!(may("ada@example.com", Action::Promote, "prod", "a/b"));
    assert!(may("ci", Action::Promote, "dev", "a") && !may("ci", Action::Promote, "prod", "a"));
    assert!(!may("ada@example.com", Action::Promote, "nowhere", "a"));
    assert!(!policy.may("ada@example.com", Action::Promote, None, Some(&id("a"))));
    assert!(
        may("ben@example.com", Action::Rollback, "prod", "a") && !may("ben@example.com", Action::Promote, "prod", "a")
    );
    assert!(may("cy@example.com", Action::Approve, "prod", "legal/x"));
    assert!(!may("cy@example.com", Action::Approve, "prod", "support/triage"));
    assert!(!may("cy@example.com", Action::Approve, "staging", "legal/x"));
    assert!(!may("eve", Action::Release, "dev", "a"));
    assert!(policy.may("ada@example.com", Action::PublishPolicy, None, None));
    assert!(!policy.may("ci", Action::ApprovePolicy, None, None));
    assert!(policy.may("ada@example.com", Action::Seal, Some(&env("prod")), Some(&id("a"))));
}

#[test]
fn keys_lead_to_their_principals() {
    let policy = good();
    let owner = |text: &str| {
        policy.principal_of(&text.parse().unwrap()).map(|(p, k)| (p.name.clone(), k.state, k.fingerprint.key16()))
    };
    // As `ssh-keygen -l` prints them.
    let ada = owner("SHA256:jDA+0qt2tJUt3e2ARceFbN6q4LDpYQA7xnn8HrVb4+c").unwrap();
    assert_eq!((ada.0.as_str(), ada.1, ada.2.as_str()), ("ada@example.com", KeyState::Active, "8c303ed2ab76b495"));
    let old = owner("SHA256:q8OTxvCmJX0BymJwucDaLWrnmVAoJqmUa5xT6ixk8/A").unwrap();
    assert_eq!((old.0.as_str(), old.1), ("ada@example.com", KeyState::Retired));
    assert_eq!(owner("OPENPGP:0123456789ABCDEF0123456789ABCDEF01234567").unwrap().0, "cy@example.com");
    assert!(owner("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU").is_none());
}

#[test]
fn models_are_denied_unless_listed() {
    let policy = good();
    let mini = "openai/gpt-4.1-mini".parse().unwrap();
    assert!(policy.model_allowed(&mini) && !policy.model_allowed(&"openai/gpt-9".parse().unwrap()));
    let price = policy.price(&mini).unwrap();
    assert!((price.value.cost(1_000_000, 500_000) - 1.2).abs() < 1e-12);
    let at = |t: &str| policy.price_is_stale(&mini, Timestamp::parse(t).unwrap());
    assert_eq!(at("2026-12-30"), None);
    assert_eq!(at("2026-12-31"), Some(Duration(90 * 86_400)));
    assert!(policy.price(&"local/tiny".parse().unwrap()).is_none());
    assert_eq!(policy.provider("local").unwrap().command, ["./answer", "--json"]);
}

#[test]
fn an_authority_serves_several_principals_by_name() {
    let ca = "AAAAC3NzaC1lZDI1NTE5AAAAIEe5MBTSYCO/03ifcV4Iy2XRLIneMtDSJBXINKeHGs0S";
    let other = |name: &str, state: &str| {
        let more = format!(
            "  - name: di\n    keys:\n      - {{ ssh_authority: ssh-ed25519 {ca}, certificate_principals: [{name}], state: {state} }}\n"
        );
        let texts = GOOD.map(|(p, t)| (p, if p == PRINCIPALS_PATH { format!("{t}{more}") } else { t.to_owned() }));
        Policy::load(&Snapshot::of_texts("t", texts.iter().map(|(p, t)| (*p, t.as_str()))))
    };
    let policy = other("di", "active").policy.unwrap();
    let fingerprint = SshKey::parse(&format!("ssh-ed25519 {ca}")).unwrap().fingerprint();
    for who in ["cy@example.com", "di"] {
        assert_eq!(policy.key_of(who, &fingerprint).unwrap().0.name, who);
    }
    assert!(policy.key_of("ada@example.com", &fingerprint).is_none());
    for bad in [other("cy", "active"), other("di", "revoked")] {
        assert_eq!(bad.findings[0].rule, "public-key-shared");
    }
}

#[test]
fn an_explanation_names_every_line() {
    let explained = good().explain(&id("legal/clause-review"), Risk::Low, &std::collections::BTreeMap::new());
    let told: Vec<String> =
        explained.rows.iter().map(|r| format!("{}: {} [{}]", r.section, r.says, r.at.start().line)).collect();
    assert_eq!(
        told,
        [
            "family: legal, risk at least high [16]",
            "limit: source_bytes at most 20000 [5]",
            "limit: static_tokens at most 3000 [5]",
            "limit: rendered_tokens (estimate) at most 6000 [5]",
            "rule: text-duplicated is warning [6]",
            "phrase: \"as an AI language model\" is banned [8]",
            "suite: must exist [23]",
            "suite: at least 2 cases [23]",
            "suite: pass rate at least 0.8 [23]",
            "release: from branch main [4]",
            "release: by ada@example.com [10]",
            "release: attested evidence, live or replayed, at least 2 cases, no error, pass rate at least 0.8 [41]",
            "to dev: by ada@example.com [11]",
            "to dev: by ci [37]",
            "to staging: by ada@example.com [11]",
            "to staging: after it was live in dev [29]",
            "to prod: by ada@example.com [11]",
            "to prod: after it was live in staging for 1h [31]",
            "to prod: in its windows: mon-thu 09:00-16:00 (Europe/Berlin) [34]",
            "to prod: 1 approval by ben@example.com, cy@example.com, lasting 3d [38]",
            "to prod: 1 approval by cy@example.com, lasting 14d [39]",
            "to prod: attested evidence, live, at least 2 cases, no error, pass rate at least 0.8, attested by somebody else than the release's signer, at most 30d old, evals/legal/clause-review.yaml as pinned [42]",
        ]
    );
}

#[test]
fn a_demand_says_every_condition_that_it_makes() {
    let model = |name: &str| Some(name.parse().unwrap());
    let pin = crate::PinnedSuite {
        path: source::RepoPath::new("evals/a.yaml").unwrap(),
        suite: source::Digest::of(b"suite"),
        dataset: Some(source::Digest::of(b"cases")),
        judge: model("openai/j"),
        embeddings: model("openai/e"),
    };
    let mut demand = good().release_demands(&id("legal/clause-review"), Risk::High).evidence.remove(0);
    demand.mode = Mode::Live;
    demand.min_cases = 1;
    demand.bound = Bound::Wilson;
    demand.max_error_rate = Rate::new(0.05).unwrap();
    demand.independent = true;
    demand.max_age = Some(crate::Duration(3600));
    demand.providers = crate::AskedOf::Policy;
    demand.pinned_suites = vec![pin];
    let says = "attested evidence, live, at least 1 case, error rate at most 0.05, 95 % lower bound of the pass rate at least 0.8, \
                    attested by somebody else than the release's signer, at most 1h old, asked of providers as policy defines them, \
                    evals/a.yaml as pinned (its cases too, judged by openai/j, embedded by openai/e)";
    assert_eq!(demand.to_string(), says);
}
