//! Environments in order: no cycle, zones that exist, freezes that begin before they end.

use std::collections::BTreeSet;

use source::{EnvName, Finding, Timestamp};

use crate::document::policy::{Environment, PolicyDocument};
use crate::policy::sheet::Sheet;
use crate::window::WindowsDocument;

/// Each is held against each, and its order against all.
const MOST: usize = 100;

pub(super) fn validate(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    let environments = &rules.document.environments;
    if environments.len() > MOST {
        let message = format!("{} environments are defined, at most {MOST} are read", environments.len());
        findings.push(Finding::new("too-complex", rules.place(&["environments"]), message).help("define fewer"));
        return;
    }
    for (at, environment) in environments.iter().enumerate() {
        let at = at.to_string();
        if let Some(cycle) = cycle(environments, &environment.name) {
            let step = environment.after.iter().position(|name| Some(&name) == cycle.get(1)).unwrap_or(0).to_string();
            let names: Vec<&str> = cycle.iter().map(|n| n.as_str()).collect();
            let message = format!("`{}` comes after itself: {}", environment.name, names.join(" after "));
            let place = rules.place(&["environments", &at, "after", &step]);
            let help = "remove one of these steps, so that some environment comes first";
            findings.push(Finding::new("environment-cycle", place, message).help(help));
        }
        if environment.after.is_empty() && (environment.soak.is_some() || environment.upstream.is_some()) {
            let key = if environment.soak.is_some() { "soak" } else { "upstream" };
            let message = format!("`{key}` means nothing without `after`");
            let place = rules.place(&["environments", &at, key]);
            findings.push(Finding::new("value-invalid", place, message).help("name the environments that come first"));
        }
        if let Some(windows) = &environment.windows {
            validate_windows(rules, windows, &["environments", &at, "windows"], findings);
        }
    }
}

/// The way from `start` back to itself, as people read it.
fn cycle<'e>(environments: &'e [Environment], start: &'e EnvName) -> Option<Vec<&'e EnvName>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let last = *way.last()?;
        let after = environments.iter().find(|e| e.name == *last).map_or(&[][..], |e| &e.after[..]);
        for next in after {
            if next == start {
                return Some([&way[..], &[start]].concat());
            }
            if seen.insert(next) {
                ways.push([&way[..], &[next]].concat());
            }
        }
    }
    None
}

fn validate_windows(
    rules: &Sheet<PolicyDocument>,
    windows: &WindowsDocument,
    path: &[&str],
    findings: &mut Vec<Finding>,
) {
    if let Err(error) = Timestamp(0).in_zone(&windows.zone) {
        let place = rules.place(&[path, &["zone"]].concat());
        let help = "write an IANA name such as `Europe/Berlin` or `UTC`";
        findings.push(Finding::new("value-invalid", place, format!("could not {error}")).help(help));
    }
    for (at, freeze) in windows.frozen.iter().enumerate() {
        if freeze.from > freeze.to {
            let place = rules.place(&[path, &["frozen", &at.to_string(), "to"]].concat());
            let message = format!("the freeze ends on {}, before it begins on {}", freeze.to, freeze.from);
            findings.push(Finding::new("value-invalid", place, message).help("put the later day into `to`"));
        }
    }
}
