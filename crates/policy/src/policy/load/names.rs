//! Names defined once and referred to: environments, families, principals.

use std::collections::BTreeSet;

use source::nearest::nearest;
use source::{Finding, Place};

use crate::document::policy::PolicyDocument;
use crate::document::principals::PrincipalsDocument;
use crate::policy::sheet::Sheet;
use crate::scaffold::is_principal_name;

/// After so many findings nobody reads on.
const MOST: usize = 200;

/// How many names are listed where one of them was meant.
const LISTED: usize = 20;

/// Environments and families: defined once, and every selector in `policy.yaml` refers to one that is.
pub(super) fn validate(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    let document = &rules.document;
    let environments: Vec<&str> = document.environments.iter().map(|e| e.name.as_str()).collect();
    let families: Vec<&str> = document.families.iter().map(|f| f.name.as_str()).collect();
    repeated(&environments, "environment", |at| rules.place(&["environments", at, "name"]), findings);
    repeated(&families, "family", |at| rules.place(&["families", at, "name"]), findings);
    family_names(rules, findings);
    let mut refer = Refer { rules, environments, families, findings };
    for (at, environment) in document.environments.iter().enumerate() {
        refer.environments(&["environments", &at.to_string(), "after"], environment.after.iter().map(|e| e.as_str()));
    }
    for (at, rule) in document.approvals.iter().enumerate() {
        refer.environments(
            &["approvals", &at.to_string(), "environments"],
            rule.environments.iter().map(|e| e.as_str()),
        );
        refer.families(&["approvals", &at.to_string(), "families"], &rule.families);
    }
    for (at, rule) in document.evidence.iter().enumerate() {
        refer
            .environments(&["evidence", &at.to_string(), "environments"], rule.environments.iter().map(|e| e.as_str()));
        refer.families(&["evidence", &at.to_string(), "families"], &rule.families);
    }
    for (at, rule) in document.suites.iter().enumerate() {
        refer.families(&["suites", &at.to_string(), "families"], &rule.families);
    }
    for (at, phrase) in document.banned_phrases.iter().enumerate() {
        refer.families(&["banned_phrases", &at.to_string(), "families"], &phrase.families);
    }
}

/// Principals: defined once, plainly spelt, and every `from:` refers to one that is.
pub(super) fn validate_people(
    rules: &Sheet<PolicyDocument>,
    people: &Sheet<PrincipalsDocument>,
    findings: &mut Vec<Finding>,
) {
    let names: Vec<&str> = people.document.principals.iter().map(|p| p.name.as_str()).collect();
    repeated(&names, "principal", |at| people.place(&["principals", at, "name"]), findings);
    for (at, name) in names.iter().enumerate() {
        if !is_principal_name(name) {
            let place = people.place(&["principals", &at.to_string(), "name"]);
            let message = format!("`{name}` is not a name that records can carry");
            let help = "write an e-mail address or a short name of letters, digits and `._%+@-`";
            findings.push(Finding::new("value-invalid", place, message).help(help));
        }
    }
    for (at, rule) in rules.document.approvals.iter().enumerate() {
        for (index, name) in rule.from.iter().enumerate() {
            if findings.len() < MOST && !names.contains(&name.as_str()) {
                let place = rules.place(&["approvals", &at.to_string(), "from", &index.to_string()]);
                findings.push(unknown("principal", name, &names, place));
            }
        }
    }
}

fn family_names(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    for (at, family) in rules.document.families.iter().enumerate() {
        let at = at.to_string();
        let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if family.name.is_empty() || !family.name.bytes().all(plain) {
            let message = format!("`{}` is not a name for a family", family.name);
            let place = rules.place(&["families", &at, "name"]);
            findings.push(Finding::new("value-invalid", place, message).help("use a-z, 0-9, `-` and `_`"));
        }
        if family.patterns.is_empty() {
            let message = format!("family `{}` matches no prompt", family.name);
            let place = rules.place(&["families", &at, "match"]);
            findings.push(Finding::new("value-invalid", place, message).help("write a pattern such as `support/**`"));
        }
    }
}

struct Refer<'a> {
    rules: &'a Sheet<PolicyDocument>,
    environments: Vec<&'a str>,
    families: Vec<&'a str>,
    findings: &'a mut Vec<Finding>,
}

impl Refer<'_> {
    fn environments<'n>(&mut self, path: &[&str], names: impl Iterator<Item = &'n str>) {
        for (index, name) in names.enumerate() {
            if self.findings.len() < MOST && !self.environments.contains(&name) {
                let place = self.rules.place(&[path, &[&index.to_string()]].concat());
                self.findings.push(unknown("environment", name, &self.environments, place));
            }
        }
    }

    fn families(&mut self, path: &[&str], names: &[String]) {
        for (index, name) in names.iter().enumerate() {
            if self.findings.len() < MOST && !self.families.contains(&name.as_str()) {
                let place = self.rules.place(&[path, &[&index.to_string()]].concat());
                self.findings.push(unknown("family", name, &self.families, place));
            }
        }
    }
}

/// A reference to something that is not defined.
pub(super) fn unknown(what: &str, name: &str, known: &[&str], at: Place) -> Finding {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("no {what} is defined yet"),
        None => {
            let listed: Vec<_> = known.iter().take(LISTED).map(|k| format!("`{k}`")).collect();
            let more = if known.len() > LISTED { ", …" } else { "" };
            format!("use one of {}{more}", listed.join(", "))
        }
    };
    Finding::new("name-unknown", at, format!("there is no {what} `{name}`")).help(help)
}

fn repeated(names: &[&str], what: &str, place: impl Fn(&str) -> Place, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for (at, name) in names.iter().enumerate() {
        if findings.len() < MOST && !seen.insert(name) {
            let first = names.iter().position(|n| n == name).unwrap_or(at);
            let message = format!("{what} `{name}` is defined twice");
            let finding = Finding::new("name-repeated", place(&at.to_string()), message);
            findings.push(finding.also(place(&first.to_string()), "defined here first").help("rename or remove one"));
        }
    }
}
