//! Roles: `family:NAME` becomes the family's patterns, `"*"` every environment.

use std::collections::BTreeMap;

use source::nearest::nearest;
use source::{EnvName, Finding, Place};

use super::names::unknown;
use crate::Pattern;
use crate::document::policy::PolicyDocument;
use crate::document::principals::PrincipalsDocument;
use crate::policy::sheet::Sheet;
use crate::principal::Grant;

/// Reads the roles of one principal.
pub(super) struct Reader<'a> {
    pub(super) rules: &'a Sheet<PolicyDocument>,
    pub(super) people: &'a Sheet<PrincipalsDocument>,
    pub(super) principal: &'a str,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// The prompts listed under the role at `path`.
    pub(super) fn list(&mut self, path: &[&str], scopes: &[String]) -> Vec<Grant> {
        let mut grants = Vec::new();
        for (at, scope) in scopes.iter().enumerate() {
            let at = at.to_string();
            let place = self.people.place(&[&["principals", self.principal, "roles"], path, &[&at]].concat());
            match scope.strip_prefix("family:") {
                Some(family) => self.family(family, &place, &mut grants),
                None => self.pattern(scope, place, &mut grants),
            }
        }
        grants
    }

    /// The prompts listed under each environment of a role.
    pub(super) fn by_environment(
        &mut self,
        role: &'static str,
        given: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<EnvName, Vec<Grant>> {
        let environments: Vec<EnvName> = self.rules.document.environments.iter().map(|e| e.name.clone()).collect();
        let mut by_env: BTreeMap<EnvName, Vec<Grant>> = BTreeMap::new();
        for (name, scopes) in given {
            let grants = self.list(&[role, name], scopes);
            let meant = |env: &&EnvName| name == "*" || env.as_str() == name;
            if name != "*" && !environments.iter().any(|e| e.as_str() == name) {
                let place = self.people.key_place(&["principals", self.principal, "roles", role, name]);
                let known: Vec<&str> = environments.iter().map(|e| e.as_str()).collect();
                self.findings.push(unknown("environment", name, &known, place));
            }
            for env in environments.iter().filter(meant) {
                by_env.entry(env.clone()).or_default().extend(grants.iter().cloned());
            }
        }
        by_env
    }

    fn family(&mut self, name: &str, place: &Place, grants: &mut Vec<Grant>) {
        let families = &self.rules.document.families;
        let Some(family) = families.iter().find(|f| f.name == name) else {
            let known: Vec<&str> = families.iter().map(|f| f.name.as_str()).collect();
            self.findings.push(unknown("family", name, &known, place.clone()));
            return;
        };
        let grant =
            |pattern: &Pattern| Grant { pattern: pattern.clone(), family: Some(name.to_owned()), at: place.clone() };
        grants.extend(family.patterns.iter().map(grant));
    }

    fn pattern(&mut self, scope: &str, place: Place, grants: &mut Vec<Grant>) {
        match scope.parse::<Pattern>() {
            Ok(pattern) => grants.push(Grant { pattern, family: None, at: place }),
            Err(error) => {
                let families = self.rules.document.families.iter().map(|f| f.name.as_str());
                let help = match nearest(scope, families) {
                    Some(family) => format!("write `family:{family}` for a family"),
                    None => "write `support/*`, `legal/**`, `**` or `family:NAME`".to_owned(),
                };
                self.findings.push(Finding::new("value-invalid", place, error.to_string()).help(help));
            }
        }
    }
}
