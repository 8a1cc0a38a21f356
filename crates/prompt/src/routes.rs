//! `prompts/routes.yaml`: which model each route means, and the default route of each risk.

use std::collections::BTreeMap;

use source::{ModelName, Risk};

/// The routes of one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// The model of each route.
    pub routes: BTreeMap<String, ModelName>,
    /// The route a prompt takes that names no model, by its risk.
    pub defaults: BTreeMap<Risk, String>,
}
