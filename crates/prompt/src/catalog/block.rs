//! A block file as parsed.

use source::characters::{self, Faults};
use source::yaml::Node;
use source::{BlockName, Finding, Place, Severity, Text};

use crate::compose::FreeRead;
use crate::front_matter::BlockFrontMatter;
use crate::template::Template;
use crate::{body, front_matter, limits};

/// A block file as parsed.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its name.
    pub name: BlockName,
    /// The whole file.
    pub text: Text,
    /// What its front matter says; all empty where it has none.
    pub front_matter: BlockFrontMatter,
    /// Its template.
    pub template: Template,
    root: Option<Node>,
}

impl Block {
    /// Where the key at the end of `path` in the front matter stands.
    pub fn key_place(&self, path: &[&str]) -> Option<Place> {
        Some(Place::new(&self.text, self.root.as_ref()?.key_span_at(path)?))
    }

    /// Holds the variables it takes from outside against the inputs it declares, where it declares any.
    pub(crate) fn check_inputs<'r>(
        &self,
        reads: &'r [FreeRead],
        of_macros: impl Iterator<Item = &'r FreeRead> + Clone,
        complete: bool,
        findings: &mut Vec<Finding>,
    ) {
        let Some(inputs) = &self.front_matter.inputs else { return };
        for read in reads.iter().chain(of_macros.clone()).filter(|r| r.certain) {
            if inputs.iter().any(|i| i.name == read.name) {
                continue;
            }
            let message = format!("`{}` is not among the inputs that this block declares", read.name);
            let mut finding =
                Finding::new("input-undeclared", read.via.clone().unwrap_or_else(|| read.at.clone()), message);
            if read.via.is_some() {
                finding = finding.also(read.at.clone(), "used here");
            }
            findings.push(finding.help(format!("declare it: `{}: string` under `inputs`", read.name)));
        }
        for input in inputs.iter().filter(|_| complete) {
            if !reads.iter().chain(of_macros.clone()).any(|r| r.name == input.name) {
                let place = self.key_place(&["inputs", &input.name]).unwrap_or_else(|| Place::whole(&self.text));
                let finding = Finding::new("input-unused", place, format!("the input `{}` is never used", input.name));
                findings.push(finding.severity(Severity::Warning).help("use it, or delete it"));
            }
        }
    }
}

/// Parses one block file on its own.
pub(super) fn parse(name: &BlockName, text: &Text) -> (Option<Block>, Vec<Finding>) {
    let Faults { mut findings, fatal } = characters::faults(text, limits::FILE_BYTES);
    if fatal {
        return (None, findings);
    }
    let (front, start, faults) = front_matter::parse_block(text);
    findings.extend(faults);
    let Some(start) = start else { return (None, findings) };
    let (template, faults) = body::parse_block(text, start);
    findings.extend(faults);
    let Some(template) = template else { return (None, findings) };
    let (front_matter, root) = match front {
        Some(front) => (front.value, Some(front.root)),
        None if start == 0 => (BlockFrontMatter::default(), None),
        None => return (None, findings),
    };
    (Some(Block { name: name.clone(), text: text.clone(), front_matter, template, root }), findings)
}
