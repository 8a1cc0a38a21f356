//! Everything that is wrong in a suite, between it and its prompt, and in its recordings.

use prompt::Compiled;
use source::{Files, Finding, Place, PromptId, RepoPath};

use super::Known;
use crate::reading::Reading;
use crate::recording::path_of;
use crate::rules;
use crate::sealed::Keys;

/// What became of the prompt that a suite tests.
#[derive(Debug, Clone, Copy)]
pub enum Tested<'a> {
    /// It compiles.
    Compiled(&'a Compiled),
    /// It has faults of its own.
    Faulty,
    /// There is no such prompt.
    Absent,
}

/// Judges the suite at `path`; `tested` tells what became of a prompt, `known` what its names are held against.
pub fn findings<'a>(
    files: &dyn Files,
    path: &RepoPath,
    known: &Known<'_>,
    tested: impl Fn(&PromptId) -> Tested<'a>,
) -> Vec<Finding> {
    let loaded = super::load(files, path);
    let mut findings = loaded.findings;
    let Some(suite) = loaded.suite else { return findings };
    findings.extend(suite.misnames(known));
    match tested(&suite.prompt) {
        // A template that cannot be parsed is a finding of the prompt.
        Tested::Compiled(compiled) => {
            findings.extend(compiled.renderer().iter().flat_map(|renderer| suite.fit(compiled, renderer).findings));
        }
        Tested::Faulty => {}
        Tested::Absent => {
            let message = format!("there is no prompt {}", suite.prompt);
            let help = format!("write {}, or move the suite to the id that it tests", suite.prompt.path());
            findings.push(Finding::new(rules::SUITE_MISPLACED, Place::whole(&suite.text), message).help(help));
        }
    }
    let (recording, keys) = (path_of(&suite.name), Keys::default());
    if matches!(files.file(&recording), Ok(Some(_))) {
        let mut reading = Reading::new(files, &keys, suite.text.clone());
        drop(reading.recordings(&recording));
        findings.append(&mut reading.findings);
    }
    findings
}
