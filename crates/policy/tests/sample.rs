//! The policies at the root of this repository are in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sample has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use policy::{Action, Policy};
use source::{Risk, Snapshot};

fn sample() -> Policy {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let texts = ["policy.yaml", "models.yaml", "principals.yaml"].map(|n| (format!("policies/{n}"), read(n)));
    let loaded = Policy::load(&Snapshot::of_texts("t", texts.iter().map(|(p, t)| (p.as_str(), t.as_str()))));
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.policy.unwrap()
}

#[test]
fn the_sample_loads_without_findings() {
    let policy = sample();
    let refund = "billing/refund-decision".parse().unwrap();
    let prod = "prod".parse().unwrap();
    let risk = policy.effective_risk(&refund, Risk::Low, None).risk;
    let demands = policy.demands(&prod, &refund, risk, Action::Promote);
    assert_eq!((risk, demands.approvals_needed(), demands.evidence.len()), (Risk::High, 2, 1));
    assert_eq!(policy.demands(&prod, &refund, risk, Action::Rollback).approvals_needed(), 1);
    assert!(!policy.explain(&refund, Risk::High, &BTreeMap::new()).rows.is_empty());
}

#[test]
fn every_route_of_the_sample_is_allowed_and_priced() {
    let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts/routes.yaml");
    let policy = sample();
    let text = std::fs::read_to_string(routes).unwrap();
    let models = text.lines().filter_map(|l| l.split_whitespace().find(|w| w.contains('/') && !l.starts_with('#')));
    let models: Vec<&str> = models.collect();
    assert_eq!(models.len(), 3, "{models:?}");
    assert!(models.iter().all(|m| policy.price(&m.parse().unwrap()).is_some()));
}
