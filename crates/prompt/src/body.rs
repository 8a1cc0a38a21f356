//! The body of a prompt or block: split into messages before anything is rendered.
//!
//! Roles are structure, never text: a marker is a whole line at statement depth 0, found by the lexer, so no value,
//! block or data can forge one.

use std::ops::Range;
use std::sync::Arc;

use source::{Finding, Place, Text};

use crate::origin::Origin;
use crate::template::tags::{Kind, Tag, Tags, tags};
use crate::template::walk::walk;
use crate::template::{Fault, Template};
use crate::{Role, limits};

/// The body of a prompt.
#[derive(Debug, Clone)]
pub struct Body {
    /// The imports before the first marker, one a line; put before every message's source.
    pub prelude: Arc<str>,
    /// The messages, in order.
    pub messages: Vec<Part>,
}

/// A message of a prompt, or the place where a transcript goes.
#[derive(Debug, Clone)]
pub enum Part {
    /// A message.
    Role {
        /// Who speaks.
        role: Role,
        /// The marker; the body's start where there is none.
        marker: Place,
        /// The template, prelude in front.
        template: Box<Template>,
        /// The source without the prelude.
        source: Arc<str>,
    },
    /// The messages of an input.
    Turns {
        /// The input.
        input: String,
        /// The marker.
        marker: Place,
    },
}

/// Splits and checks the body of a prompt, which starts at `start`. No body means that it could not be split.
pub(crate) fn parse(text: &Text, start: usize) -> (Option<Body>, Vec<Finding>) {
    let (source, origin) = Origin::normalised(text, start);
    match tags(&source) {
        Err(fault) => (None, vec![fault.finding(&origin)]),
        Ok(tags) => Split { source: &source, origin: &origin, tags: &tags, findings: Vec::new() }.split(),
    }
}

/// Checks the body of a block, which starts at `start`.
pub(crate) fn parse_block(text: &Text, start: usize) -> (Option<Template>, Vec<Finding>) {
    let (source, origin) = Origin::normalised(text, start);
    let found = match tags(&source) {
        Err(fault) => return (None, vec![fault.finding(&origin)]),
        Ok(found) => found,
    };
    let mut findings = Vec::new();
    for tag in &found.tags {
        if matches!(tag.kind, Kind::Role(_) | Kind::Turns(_) | Kind::Crooked) {
            let fault =
                Fault::new("role-misplaced", tag.at.clone(), "a block holds a marker; only prompts have messages");
            findings.push(fault.help("move the marker into the prompts that include this block").finding(&origin));
        }
    }
    if let Some(fault) = unclosed(&found) {
        findings.push(fault.finding(&origin));
        return (None, findings);
    }
    let cut = trimmed(&source);
    if cut.is_empty() {
        let fault = Fault::new("message-empty", 0..0, "this block has no text");
        findings.push(fault.help("write its text, or delete the file").finding(&origin));
    }
    // A block stands on lines of its own, so it ends its last one.
    let template = Template::new(format!("{}\n", &source[cut.clone()]).into(), origin.cut(cut.start), &mut findings);
    for (name, at) in &template.facts.sets {
        let fault = Fault::new(
            "block-set-leaks",
            at.clone(),
            format!("`{name}` is set for every message that includes this block"),
        );
        findings.push(
            fault.help(format!("write {{% with {name} = … %}} around the lines that use it")).finding(&template.origin),
        );
    }
    (Some(template), findings)
}

struct Split<'a> {
    source: &'a str,
    origin: &'a Origin,
    tags: &'a Tags<'a>,
    findings: Vec<Finding>,
}

/// A marker that stands where it should, with its whole line.
struct Marker<'a> {
    tag: &'a Tag<'a>,
    line: Range<usize>,
}

impl<'a> Split<'a> {
    fn split(mut self) -> (Option<Body>, Vec<Finding>) {
        let unclosed = unclosed(self.tags);
        let markers = self.markers(unclosed.as_ref().map(|f| f.at.start));
        if let Some(fault) = unclosed {
            self.findings.push(fault.finding(self.origin));
            return (None, self.findings);
        }
        let Some(first) = markers.first() else {
            let cut = trimmed(self.source);
            let marker = self.origin.place(&(cut.start..cut.start));
            let part = self.message(Role::User, marker, "", &[], 0..self.source.len(), 0..0);
            return (Some(Body { prelude: "".into(), messages: vec![part] }), self.findings);
        };
        if let Some(marker) = markers.get(limits::MESSAGES) {
            let message = format!("more than {} messages stand in this prompt", limits::MESSAGES);
            let fault = Fault::new("too-complex", marker.tag.at.clone(), message);
            self.findings.push(fault.help("pass examples in through turns(\"…\")").finding(self.origin));
            return (None, self.findings);
        }
        let (prelude, pieces) = self.prelude(first.line.start);
        if prelude.len() > limits::PRELUDE_BYTES {
            let message =
                format!("the imports have {} bytes, at most {} are read", prelude.len(), limits::PRELUDE_BYTES);
            self.findings.push(Fault::new("too-complex", 0..first.line.start, message).finding(self.origin));
            return (None, self.findings);
        }
        let mut messages = Vec::with_capacity(markers.len());
        for (i, marker) in markers.iter().enumerate() {
            let end = markers.get(i + 1).map_or(self.source.len(), |next| next.line.start);
            messages.push(self.part(marker, &prelude, &pieces, marker.line.end..end));
        }
        if !messages.iter().any(|m| matches!(m, Part::Role { .. })) && !prelude.is_empty() {
            Template::new(prelude.as_str().into(), self.origin.pieced(&pieces), &mut self.findings);
        }
        (Some(Body { prelude: prelude.into(), messages }), self.findings)
    }

    /// The markers that split the body; every other call of `role` or `turns` in a tag of its own is a finding.
    fn markers(&mut self, unclosed_from: Option<usize>) -> Vec<Marker<'a>> {
        let mut markers = Vec::new();
        for tag in &self.tags.tags {
            let word = match tag.kind {
                Kind::Role(_) => "role",
                Kind::Turns(_) => "turns",
                Kind::Crooked => {
                    self.crooked(tag);
                    continue;
                }
                Kind::Print | Kind::Statement(_) => continue,
            };
            let line = self.line(&tag.at);
            let alone = self.source[line.start..tag.at.start].trim_matches([' ', '\t']).is_empty()
                && self.source[tag.at.end..line.end].trim_matches([' ', '\t', '\n']).is_empty();
            if tag.depth > 0 {
                // What is never closed is said once, where it begins.
                if unclosed_from.is_none_or(|from| tag.at.start < from) {
                    let message = format!("this `{word}` marker stands inside a statement");
                    self.misplaced(tag, message, "close the statement before it; a message is never conditional");
                }
            } else if !alone {
                self.misplaced(tag, format!("this `{word}` marker shares its line"), "put it on a line of its own");
            } else {
                markers.push(Marker { tag, line });
            }
        }
        markers
    }

    fn crooked(&mut self, tag: &Tag<'_>) {
        let typed = &self.source[tag.at.clone()];
        let plain = plain_call(typed);
        let word = plain.map_or(if typed.contains("turns") { "turns" } else { "role" }, |(word, _)| word);
        let Some((_, name)) = plain else {
            // What it says is reckoned or disguised: nobody guesses which role was meant.
            let argument = if word == "role" { "a role" } else { "an input" };
            let message = format!("this `{word}` marker does not name {argument} in plain quotes");
            let example = if word == "role" { "user" } else { "history" };
            let help = format!("write {{{{ {word}(\"{example}\") }}}}, with the name that is meant, alone on its line");
            let fault = Fault::new("role-misplaced", tag.at.clone(), message).help(help);
            self.findings.push(fault.finding(self.origin));
            return;
        };
        let exact = format!("{{{{ {word}(\"{name}\") }}}}");
        let message = format!("this `{word}` marker is not spelled `{exact}`");
        let fault =
            Fault::new("role-misplaced", tag.at.clone(), message).help(format!("write {exact} alone on its line"));
        let mut finding = fault.finding(self.origin);
        if tag.depth == 0 {
            let span = finding.at.span;
            finding = finding.fix(vec![(span, exact)]);
        }
        self.findings.push(finding);
    }

    fn misplaced(&mut self, tag: &Tag<'_>, message: String, help: &str) {
        self.findings.push(Fault::new("role-misplaced", tag.at.clone(), message).help(help).finding(self.origin));
    }

    fn line(&self, at: &Range<usize>) -> Range<usize> {
        let start = self.source[..at.start].rfind('\n').map_or(0, |i| i + 1);
        let end = self.source[at.end..].find('\n').map_or(self.source.len(), |i| at.end + i + 1);
        start..end
    }

    /// The imports before the first marker, one a line without white-space control, and where each came from.
    fn prelude(&mut self, end: usize) -> (String, Vec<(usize, usize)>) {
        let mut prelude = String::new();
        let mut pieces = Vec::new();
        for tag in self.tags.tags.iter().take_while(|t| t.at.start < end) {
            if !matches!(tag.kind, Kind::Statement("import" | "from")) {
                self.before_role(tag.at.clone(), "a tag");
                continue;
            }
            let typed = &self.source[tag.at.clone()];
            let inner = typed.trim_start_matches("{%").trim_start_matches(['-', '+']);
            let inner = inner.trim_end_matches("%}").trim_end_matches(['-', '+']).trim();
            let from = inner.as_ptr() as usize - self.source.as_ptr() as usize;
            prelude.push_str("{% ");
            pieces.push((prelude.len(), from));
            prelude.push_str(inner);
            prelude.push_str(" %}\n");
        }
        let texts: Vec<_> = self.tags.texts.iter().filter(|t| t.start < end).cloned().collect();
        for text in texts {
            let start = text.start + self.source[text.clone()].len() - self.source[text.clone()].trim_start().len();
            let stop = self.source[start..text.end].find('\n').map_or(text.end, |i| start + i);
            self.before_role(start..stop, "text");
        }
        (prelude, pieces)
    }

    fn before_role(&mut self, at: Range<usize>, what: &str) {
        let fault = Fault::new("role-missing", at, format!("{what} stands before the first role"));
        let help = r#"put {{ role("system") }} or {{ role("user") }} on a line above it"#;
        self.findings.push(fault.help(help).finding(self.origin));
    }

    fn part(&mut self, marker: &Marker<'a>, prelude: &str, pieces: &[(usize, usize)], body: Range<usize>) -> Part {
        let place = self.origin.place(&marker.tag.at);
        match marker.tag.kind {
            Kind::Turns(input) => {
                let cut = trimmed(&self.source[body.clone()]);
                if !cut.is_empty() {
                    let start = body.start + cut.start;
                    let stop = self.source[start..].find('\n').map_or(self.source.len(), |i| start + i);
                    let fault =
                        Fault::new("role-missing", start..stop, "text follows `turns` without a role of its own");
                    let help = r#"put {{ role("user") }} on a line above it"#;
                    self.findings.push(fault.help(help).finding(self.origin));
                }
                Part::Turns { input: input.to_owned(), marker: place }
            }
            Kind::Role(word) => {
                let role = Role::of_marker(word).unwrap_or_else(|| {
                    let fault = Fault::new("role-unknown", marker.tag.at.clone(), format!("`{word}` is no role"));
                    let help = "use system, user or assistant; transcripts come in through turns(\"…\")";
                    self.findings.push(fault.help(help).finding(self.origin));
                    Role::User
                });
                self.message(role, place, prelude, pieces, body, marker.tag.at.clone())
            }
            _ => Part::Turns { input: String::new(), marker: place },
        }
    }

    fn message(
        &mut self,
        role: Role,
        marker: Place,
        prelude: &str,
        pieces: &[(usize, usize)],
        body: Range<usize>,
        tag: Range<usize>,
    ) -> Part {
        let cut = trimmed(&self.source[body.clone()]);
        let cut = body.start + cut.start..body.start + cut.end;
        if cut.is_empty() {
            let fault = Fault::new("message-empty", tag, "this message has no text");
            self.findings.push(fault.help("write its text, or delete its marker").finding(self.origin));
        }
        let source: Arc<str> = self.source[cut.clone()].into();
        let template = if prelude.is_empty() {
            Template::new(source.clone(), self.origin.cut(cut.start), &mut self.findings)
        } else {
            let mut pieces = pieces.to_vec();
            pieces.push((prelude.len(), cut.start));
            Template::new(format!("{prelude}{source}").into(), self.origin.pieced(&pieces), &mut self.findings)
        };
        Part::Role { role, marker, template: Box::new(template), source }
    }
}

impl Template {
    fn new(source: Arc<str>, origin: Origin, findings: &mut Vec<Finding>) -> Self {
        let (facts, faults) = walk(&source);
        for finding in faults.into_iter().map(|f| f.finding(&origin)) {
            // A marker inside a statement has been named as a whole.
            let (at, rule) = (finding.at.span, finding.rule);
            let within = |f: &Finding| f.rule == rule && f.at.span.start <= at.start && at.end <= f.at.span.end;
            if rule != "role-misplaced" || !findings.iter().any(within) {
                findings.push(finding);
            }
        }
        Self { source, origin, facts }
    }
}

fn unclosed(tags: &Tags<'_>) -> Option<Fault> {
    let (word, at) = tags.open.first()?;
    let fault = Fault::new("template-syntax", at.clone(), format!("this `{word}` is never closed"));
    Some(fault.help(format!("add {{% end{word} %}} in the same message")))
}

/// What is left without leading blank lines and trailing white space: space, tab, LF and CR.
fn trimmed(source: &str) -> Range<usize> {
    let white = [' ', '\t', '\n', '\r'];
    let end = source.trim_end_matches(white).len();
    let first = end - source[..end].trim_start_matches(white).len();
    let start = source[..first].rfind('\n').map_or(0, |i| i + 1);
    start.min(end)..end
}

/// The word and the name of a tag that is nothing but a call with one quoted word, however it is spaced.
fn plain_call(typed: &str) -> Option<(&'static str, &str)> {
    let inner = typed.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim();
    let (word, rest) = ["role", "turns"].into_iter().find_map(|word| Some((word, inner.strip_prefix(word)?)))?;
    let argument = rest.trim_start().strip_prefix('(')?.strip_suffix(')')?.trim();
    let quote = argument.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = argument.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_word.then_some((word, name))
}

#[cfg(test)]
mod tests;
