//! `docs/policy.md` names every key that the documents may hold, and every rule about them.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sample has failed")]

use std::collections::BTreeSet;

use serde_json::Value;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md")).unwrap()
}

fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            map.values().for_each(|v| keys(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| keys(v, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_on_the_page() {
    let mut found = BTreeSet::new();
    for schema in [policy::schema::policy(), policy::schema::models(), policy::schema::principals()] {
        keys(&schema, &mut found);
    }
    assert!(found.len() > 60, "{found:?}");
    let page = page();
    let missing: Vec<&String> = found.iter().filter(|key| !page.contains(&format!("{key}:"))).collect();
    assert!(missing.is_empty(), "docs/policy.md lacks {missing:?}");
}

#[test]
fn every_rule_is_on_the_page() {
    let page = page();
    for (rule, _) in policy::rules::RULES {
        assert!(page.contains(&format!("`{rule}`")), "docs/policy.md lacks {rule}");
    }
}
