//! A prompt file as parsed, and what composing it brings to light.

use std::collections::{BTreeMap, BTreeSet};

use source::characters::{self, Faults};
use source::nearest::nearest;
use source::yaml::Node;
use source::{BlockName, Finding, ModelName, Place, PromptId, Severity, Span, Text};

use crate::body::{self, Body, Part};
use crate::compose::{Blocks, FreeRead, Library};
use crate::front_matter::{self, FrontMatter, Input, ModelChoice, inputs};
use crate::template::Template;
use crate::template::facts::{How, UseKind};
use crate::{Routes, limits, shape, stack};

/// A prompt file as parsed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// The whole file.
    pub text: Text,
    /// What its front matter says.
    pub front_matter: FrontMatter,
    /// Its messages.
    pub body: Body,
    root: Node,
}

/// Parses one prompt file on its own: what can be said without blocks and routes.
///
/// There is a prompt where its front matter and the structure of its body could be read, whatever else is wrong.
pub fn parse(id: &PromptId, text: &Text) -> (Option<Prompt>, Vec<Finding>) {
    let (made, findings) = stack::with_room(|| parse_here(id, text));
    (if let Made::Whole(prompt) = made { Some(prompt) } else { None }, findings)
}

/// [`parse`] for threads that have room.
pub(super) fn parse_here(id: &PromptId, text: &Text) -> (Made, Vec<Finding>) {
    let Faults { mut findings, fatal } = characters::faults(text, limits::FILE_BYTES);
    if fatal {
        return (Made::Nothing, findings);
    }
    let (front, start, faults) = front_matter::parse(text);
    findings.extend(faults);
    let Some(start) = start else { return (Made::Nothing, findings) };
    let (body, faults) = body::parse(text, start);
    findings.extend(faults);
    let (Some(front), Some(body)) = (front, body) else { return (Made::Nothing, findings) };
    let prompt = Prompt { id: id.clone(), text: text.clone(), front_matter: front.value, body, root: front.root };
    (if front.whole { Made::Whole(prompt) } else { Made::Draft(prompt) }, findings)
}

/// What could be made of a file.
pub(super) enum Made {
    Whole(Prompt),
    /// Front matter has faults, but inputs and body could be read: enough to find what else is wrong.
    Draft(Prompt),
    Nothing,
}

impl Prompt {
    /// Where the front matter's value at `path` stands: keys of mappings and positions in lists.
    pub fn value_span(&self, path: &[&str]) -> Option<Span> {
        Some(self.root.at(path)?.span)
    }

    /// Where the key at the end of `path` stands.
    pub fn key_span(&self, path: &[&str]) -> Option<Span> {
        self.root.key_span_at(path)
    }

    /// [`Prompt::value_span`] in this file.
    pub fn value_place(&self, path: &[&str]) -> Option<Place> {
        Some(Place::new(&self.text, self.value_span(path)?))
    }

    /// [`Prompt::key_span`] in this file.
    pub fn key_place(&self, path: &[&str]) -> Option<Place> {
        Some(Place::new(&self.text, self.key_span(path)?))
    }

    /// The front matter's tree.
    pub fn tree(&self) -> &Node {
        &self.root
    }

    /// The input called `name`.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.front_matter.inputs.iter().find(|i| i.name == name)
    }

    /// The model, routes resolved.
    pub fn model(&self, routes: &Routes) -> Result<ModelName, Box<Finding>> {
        match &self.front_matter.model {
            Some(ModelChoice::Model(name)) => Ok(name.clone()),
            Some(ModelChoice::Route(name)) => routes.named(name, self.value_or_start(&["model"])),
            None => routes.of_risk(self.front_matter.risk, self.value_or_start(&["risk"])),
        }
    }

    /// The templates of its messages.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.body.messages.iter().filter_map(|part| match part {
            Part::Role { template, .. } => Some(&**template),
            Part::Turns { .. } => None,
        })
    }

    /// The blocks that it includes or imports itself.
    pub(super) fn block_names(&self) -> impl Iterator<Item = &BlockName> {
        self.templates().flat_map(|t| t.facts.uses.iter().map(|u| &u.block))
    }

    fn value_or_start(&self, path: &[&str]) -> Place {
        self.value_place(path).unwrap_or_else(|| Place::whole(&self.text))
    }

    /// What is wrong once its blocks are entered and its routes resolved.
    pub(super) fn compose(&self, blocks: &Blocks, library: &Library, routes: &Routes, is_whole: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        // Inputs that a misspelt name was to read: that they seem unused follows from the slip.
        let mut meant: BTreeSet<&str> = BTreeSet::new();
        let misnamed: Vec<&str> =
            self.front_matter.inputs.iter().map(|i| i.name.as_str()).filter(|name| !inputs::is_plain(name)).collect();
        let mut used: BTreeMap<&str, bool> =
            self.front_matter.inputs.iter().map(|i| (i.name.as_str(), false)).collect();
        for template in self.templates() {
            for read in blocks.reads(template, &template.facts.flow, library, &mut findings) {
                match used.get_mut(read.name.as_str()) {
                    Some(used) => {
                        *used = true;
                        findings.extend(self.misuse(&read));
                    }
                    // `{{ mail-body }}` is a subtraction: that the input's name is none has been said.
                    None if misnamed.iter().any(|name| inputs::parts(name).any(|part| part == read.name)) => {}
                    None if read.certain && findings.len() < limits::FINDINGS => {
                        meant.extend(self.nearest_input(&read.name));
                        findings.push(self.undeclared(&read));
                    }
                    None => {}
                }
            }
            self.collisions(template, blocks, &mut findings);
            self.needs(template, library, &mut findings);
        }
        for part in &self.body.messages {
            let Part::Turns { input: name, marker } = part else { continue };
            match used.get_mut(name.as_str()) {
                Some(used) => *used = true,
                None => findings.push(self.undeclared_name(name, marker.clone(), "messages")),
            }
            if let Some(input) = self.input(name).filter(|i| !i.is_messages()) {
                let message = format!("`turns` takes messages, and the input `{name}` is something else");
                let finding = Finding::new("input-misused", marker.clone(), message);
                let declared = self.key_place(&["inputs", &input.name]);
                let finding = declared.into_iter().fold(finding, |f, place| f.also(place, "declared here"));
                findings.push(finding.help(format!("declare it as `{name}: messages`")));
            }
        }
        // What a message or block that cannot be parsed uses is not known, nor what a name that is none was to mean.
        let known = self.templates().all(|template| blocks.knows(template));
        for (name, _) in
            used.into_iter().filter(|(name, used)| !used && known && !misnamed.contains(name) && !meant.contains(name))
        {
            findings.push(self.unused(name));
        }
        // A fault in the routes is found there, once, not in every prompt.
        let has_model = is_whole || self.front_matter.model.is_some();
        findings.extend(self.model(routes).err().filter(|_| has_model && !routes.are_unreadable()).map(|f| *f));
        findings
    }

    /// An input that nothing uses; where a message holds its name in the braces of another template language, that.
    fn unused(&self, name: &str) -> Finding {
        let place = self.key_place(&["inputs", name]).unwrap_or_else(|| Place::whole(&self.text));
        let finding =
            |message: String| Finding::new("input-unused", place.clone(), message).severity(Severity::Warning);
        let Some(typed) = self.templates().find_map(|template| template.place_in_other_braces(name)) else {
            return finding(format!("the input `{name}` is never used")).help("use it in a message, or delete it");
        };
        let (line, shown) = (typed.start().line, typed.text.slice(typed.span).to_owned());
        finding(format!("the input `{name}` is never used: line {line} holds `{shown}`"))
            .also(typed, "only text to the model")
            .help(format!("write {{{{ {name} }}}} there"))
    }

    fn undeclared(&self, read: &FreeRead) -> Finding {
        match &read.via {
            None => self.undeclared_name(&read.name, read.at.clone(), "string"),
            Some(via) => {
                let message =
                    format!("`{}` is used in `{}` but is no input of this prompt", read.name, file_of(&read.at));
                Finding::new("input-undeclared", via.clone(), message)
                    .also(read.at.clone(), "used here")
                    .help(self.declare(&read.name, "string"))
            }
        }
    }

    fn undeclared_name(&self, name: &str, at: Place, kind: &str) -> Finding {
        Finding::new("input-undeclared", at, format!("`{name}` is not a declared input")).help(self.declare(name, kind))
    }

    fn declare(&self, name: &str, kind: &str) -> String {
        match self.nearest_input(name) {
            Some(near) => format!("did you mean `{near}`? Otherwise declare it: `{name}: {kind}` under `inputs`"),
            None => format!("declare it: `{name}: {kind}` under `inputs`"),
        }
    }

    fn nearest_input(&self, name: &str) -> Option<&str> {
        nearest(name, self.front_matter.inputs.iter().map(|i| i.name.as_str()))
    }

    /// A use that the input's schema rules out.
    fn misuse(&self, read: &FreeRead) -> Option<Finding> {
        let input = self.input(&read.name)?;
        let types = shape::types(&input.schema)?;
        if !shape::rules_out(&types, read.how) {
            return None;
        }
        let (name, what) = (&read.name, shape::words(&types));
        let at = read.via.clone().unwrap_or_else(|| read.at.clone());
        let finding = match read.how {
            How::Printed => {
                let message = format!("`{name}` is {what}; only texts and integers print directly");
                let fix = vec![(read.at.span, format!("{name} | tojson"))];
                let finding =
                    Finding::new("value-not-printable", at, message).help(format!("write {{{{ {name} | tojson }}}}"));
                if read.via.is_none() { finding.fix(fix) } else { finding }
            }
            How::Looped => {
                let message = format!("`{name}` is {what}, which has no items to loop over");
                Finding::new("input-misused", at, message).help(format!("declare `{name}` as an array, or print it"))
            }
            _ => {
                let message = format!("`{name}` is {what}, which has no attributes");
                Finding::new("input-misused", at, message).help(format!("declare `{name}` as an object"))
            }
        };
        let finding = if read.via.is_some() { finding.also(read.at.clone(), "used here") } else { finding };
        let declared = self.key_place(&["inputs", name]);
        Some(declared.into_iter().fold(finding, |f, place| f.also(place, "declared here")))
    }

    /// Names that an included block leaves behind and that mean something else in the message.
    fn collisions(&self, template: &Template, blocks: &Blocks, findings: &mut Vec<Finding>) {
        for used in template.facts.uses.iter().filter(|u| u.kind == UseKind::Include) {
            for (name, at) in blocks.leaves(&used.block) {
                let input = self.input(name).is_some();
                if !input && !used.visible.contains_key(name) {
                    continue;
                }
                let what = if input { "an input" } else { "a variable" };
                let message = format!("`{}` defines `{name}`, which is {what} of this message", used.block);
                let finding = Finding::new("block-name-collides", template.place(&used.at), message);
                findings.push(finding.also(at.clone(), "defined here").help(format!("rename `{name}` in the block")));
            }
        }
    }

    /// Inputs that a block declares with a type that the prompt's own declaration rules out.
    fn needs(&self, template: &Template, library: &Library, findings: &mut Vec<Finding>) {
        for used in &template.facts.uses {
            let Some(Some(block)) = library.get(&used.block) else { continue };
            for need in block.front_matter.inputs.iter().flatten() {
                let Some(own) = self.input(&need.name) else { continue };
                let (Some(needs), Some(has)) = (shape::types(&need.schema), shape::types(&own.schema)) else {
                    continue;
                };
                let met = |t: &&str| needs.contains(t) || (*t == "integer" && needs.contains("number"));
                if has.iter().any(met) || used.visible.contains_key(&need.name) {
                    continue;
                }
                let message = format!(
                    "`{}` needs `{}` to be {}, and this prompt declares it as {}",
                    used.block,
                    need.name,
                    shape::words(&needs),
                    shape::words(&has)
                );
                let finding = Finding::new("input-misused", template.place(&used.at), message);
                let places = [
                    (self.key_place(&["inputs", &need.name]), "declared here"),
                    (block.key_place(&["inputs", &need.name]), "needed here"),
                ];
                let finding = places.into_iter().fold(finding, |f, (place, label)| match place {
                    Some(place) => f.also(place, label),
                    None => f,
                });
                findings.push(finding.help("make both declarations say the same"));
            }
        }
    }
}

fn file_of(place: &Place) -> &str {
    place.path().below("prompts").unwrap_or_else(|| place.path().as_str())
}
