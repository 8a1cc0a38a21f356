//! JSON Schemas of the documents, generated from the types that parse them.

use serde_json::Value;

use crate::document::models::ModelsDocument;
use crate::document::policy::PolicyDocument;
use crate::document::principals::PrincipalsDocument;
use crate::providers::ProvidersDocument;

/// The schema of `policies/policy.yaml`.
pub fn policy() -> Value {
    schemars::schema_for!(PolicyDocument).to_value()
}

/// The schema of `policies/models.yaml`.
pub fn models() -> Value {
    schemars::schema_for!(ModelsDocument).to_value()
}

/// The schema of `policies/principals.yaml`.
pub fn principals() -> Value {
    schemars::schema_for!(PrincipalsDocument).to_value()
}

/// The schema of a file of providers, as `--providers` names it.
pub fn providers() -> Value {
    schemars::schema_for!(ProvidersDocument).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_name_every_key_and_refuse_others() {
        let policy = policy();
        assert_eq!(policy["additionalProperties"], false);
        for key in ["format", "limits", "families", "environments", "approvals", "evidence"] {
            assert!(policy["properties"].get(key).is_some(), "{key}");
        }
        assert_eq!(principals()["required"], serde_json::json!(["format", "principals"]));
        assert!(models()["properties"]["models"]["description"].as_str().unwrap().contains("Nothing else"));
    }
}
