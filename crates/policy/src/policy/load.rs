//! Reading `policies/`: three documents parsed, joined and validated, every fault with its place.

mod documents;
mod environments;
mod grants;
mod impossible;
mod keys;
mod models;
mod names;

pub(crate) use models::{address_fault, faults as provider_faults};

use std::sync::Arc;

use serde::de::DeserializeOwned;
use source::characters;
use source::yaml::{self, Kind, Limits, Node};
use source::{Files, Finding, Place, RepoPath, Severity, Span, Text};

use super::sheet::Sheet;
use super::{FORMAT, Inner, Loaded, Policy};
use crate::literal;

/// Where the rules lie, below the prompt root.
pub const POLICY_PATH: &str = "policies/policy.yaml";
/// Where models, prices and providers lie.
pub const MODELS_PATH: &str = "policies/models.yaml";
/// Where people and keys lie.
pub const PRINCIPALS_PATH: &str = "policies/principals.yaml";

impl Policy {
    /// Reads and validates the documents below `policies/`. Pure: the same files give the same answer.
    pub fn load(files: &dyn Files) -> Loaded {
        let mut findings = Vec::new();
        let rules = sheet(files, POLICY_PATH, &mut findings);
        let models = sheet(files, MODELS_PATH, &mut findings);
        let people = sheet(files, PRINCIPALS_PATH, &mut findings);
        let (Some(rules), Some(models), Some(people)) = (rules, models, people) else {
            return Loaded { policy: None, findings };
        };
        documents::validate(&rules, &models, &people, &mut findings);
        names::validate(&rules, &mut findings);
        environments::validate(&rules, &mut findings);
        let price_days = models::validate(&models, &mut findings);
        let (principals, keys) = keys::read(&rules, &people, &mut findings);
        names::validate_people(&rules, &people, &mut findings);
        let policy = Policy(Arc::new(Inner { rules, models, people, principals, keys, price_days }));
        if !fails(&findings) {
            impossible::validate(&policy, &mut findings);
        }
        Loaded { policy: (!fails(&findings)).then_some(policy), findings }
    }
}

fn fails(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// How many entries a list or mapping may have: each is held against each others of its kind.
const MOST: usize = 5_000;

/// The start of a list or mapping that has too many entries.
fn crowded(node: &Node) -> Option<Span> {
    let (count, inner): (usize, Box<dyn Iterator<Item = &Node>>) = match &node.kind {
        Kind::Seq(items) => (items.len(), Box::new(items.iter())),
        Kind::Map(entries) => (entries.len(), Box::new(entries.iter().map(|entry| &entry.value))),
        _ => return None,
    };
    let start = Span { end: node.span.start, ..node.span };
    if count > MOST { Some(start) } else { inner.into_iter().find_map(crowded) }
}

/// Reads one document; its faults go to `findings`.
fn sheet<T: DeserializeOwned>(files: &dyn Files, path: &str, findings: &mut Vec<Finding>) -> Option<Sheet<T>> {
    let path = RepoPath::new(path).expect("the paths of the documents are sound");
    let text = match text(files, &path) {
        Ok(text) => text,
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let text = if path.as_str() == MODELS_PATH { literal::hidden(&text) } else { text };
    let faults = characters::faults(&text, Limits::DOCUMENT.bytes);
    findings.extend(faults.findings);
    if faults.fatal {
        return None;
    }
    let whole = Span::new(0, text.as_str().len());
    match yaml::parse::<T>(&text, whole, &Limits::DOCUMENT) {
        Ok(read) => {
            if let Some(long) = crowded(&read.root) {
                let message = format!("more than {MOST} entries stand here");
                findings.push(Finding::new("too-complex", Place::new(&text, long), message).help("write fewer"));
                return None;
            }
            Some(Sheet { text, document: read.value, root: read.root })
        }
        Err(mut faults) => {
            if path.as_str() == MODELS_PATH {
                literal::advise(&mut faults);
            }
            findings.extend(faults);
            None
        }
    }
}

fn text(files: &dyn Files, path: &RepoPath) -> Result<Text, Box<Finding>> {
    let missing =
        |message: String, help: &str| Box::new(Finding::new("policy-missing", Place::file(path), message).help(help));
    let start = "run `promptuary init` to write a first one, or restore it from git";
    let file = match files.file(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Err(missing(format!("there is no `{path}`"), start)),
        Err(error) => return Err(missing(format!("could not {error}"), "make the file readable")),
    };
    characters::read(path, &file, Limits::DOCUMENT.bytes)
}

/// `format:` of a document that this version does not know.
fn unknown_format<T>(sheet: &Sheet<T>, format: u32, findings: &mut Vec<Finding>) {
    if format != FORMAT {
        let message = format!("format {format} is not known, this version reads format {FORMAT}");
        let help = if format > FORMAT { "upgrade promptuary" } else { "write `format: 1`" };
        findings.push(Finding::new("format-unknown", sheet.place(&["format"]), message).help(help));
    }
}
