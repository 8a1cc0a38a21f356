//! Passages that several prompts share and that should be one block.

use std::collections::BTreeMap;

use prompt::Prompt;
use prompt::body::Part;
use source::{Finding, Place, Span, Text};

use crate::Subject;
use crate::catalogue::Scope;
use crate::passages::{Passage, shared};

pub(super) const ID: &str = "text-duplicated";
pub(super) const SCOPE: Scope = Scope::All(judge);

/// A prompt of fewer words than this may well be written twice by chance.
const COPIED_WORDS: usize = 12;

/// More places than this are counted, not listed.
const LISTED: usize = 4;

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let catalog = subject.catalog();
    let blocks: Vec<&Text> = catalog.blocks().map(|block| &block.text).collect();
    // Blocks come first: a passage that stands in one already is reported where it is repeated.
    let texts: Vec<&Text> = blocks.iter().copied().chain(catalog.prompts().map(|prompt| &prompt.text)).collect();
    let bodies: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
    let groups = shared(&bodies);
    for group in &groups {
        found.extend(finding(&texts, blocks.len(), group));
    }
    let told = |prompt: &Prompt| {
        groups.iter().flatten().any(|passage| texts[passage.text].path() == prompt.text.path())
    };
    for copies in copies(subject).into_iter().filter(|copies| !copies.iter().any(|prompt| told(prompt))) {
        found.extend(copied(&copies));
    }
}

/// Prompts whose messages are the same from the first word to the last, however short: each group by id.
fn copies<'a>(subject: &Subject<'a>) -> Vec<Vec<&'a Prompt>> {
    let mut groups: BTreeMap<Vec<&str>, Vec<&Prompt>> = BTreeMap::new();
    for prompt in subject.catalog().prompts() {
        let texts: Vec<&str> = prompt.body.messages.iter().filter_map(|part| match part {
            Part::Role { source, .. } => Some(&**source),
            Part::Turns { .. } => None,
        }).collect();
        groups.entry(texts).or_default().push(prompt);
    }
    let told = |texts: &[&str]| texts.iter().map(|text| words(text)).sum::<usize>() >= COPIED_WORDS;
    groups.retain(|texts, group| group.len() > 1 && told(texts));
    groups.into_values().collect()
}

/// The words of `text` outside of tags.
fn words(text: &str) -> usize {
    let outside = text.split('{').map(|part| part.rsplit_once('}').map_or(part, |(_, after)| after));
    outside.flat_map(str::split_whitespace).filter(|word| word.chars().any(char::is_alphabetic)).count()
}

fn copied(group: &[&Prompt]) -> Option<Finding> {
    let (first, others) = group.split_first()?;
    let start = |prompt: &Prompt| {
        prompt.body.messages.iter().find_map(|part| match part {
            Part::Role { template, source, .. } if !source.is_empty() => {
                let from = template.source().len() - source.len();
                Some(template.place(&(from..template.source().len())))
            }
            _ => None,
        })
    };
    let message = format!("all of this prompt's text stands in {} too", prompts(others.len()));
    let help = "keep one of them, or move what they share into a block";
    let mut finding = Finding::new(ID, start(first)?, message).help(help);
    finding.also = others.iter().take(LISTED).filter_map(|prompt| Some((start(prompt)?, "here".to_owned()))).collect();
    Some(finding)
}

/// One finding a group: at the first prompt, with the other places beside it.
fn finding(texts: &[&Text], blocks: usize, group: &[Passage]) -> Option<Finding> {
    let place = |passage: &Passage| Place::new(texts[passage.text], Span::new(passage.at.start, passage.at.end));
    let block = group.iter().find(|passage| passage.text < blocks);
    let first = group.iter().find(|passage| passage.text >= blocks)?;
    let others: Vec<&Passage> = group.iter().filter(|p| !std::ptr::eq(*p, first) && block.is_none_or(|b| !std::ptr::eq(*p, b))).collect();
    let lines = place(first).end().line - place(first).start().line + 1;
    let message = match (block, others.len()) {
        (Some(_), 0) => format!("{} stand in a block too", count(lines)),
        (Some(_), n) => format!("{} stand in a block and in {} too", count(lines), prompts(n)),
        (None, n) => format!("{} stand in {} too", count(lines), prompts(n)),
    };
    let mut finding = Finding::new(ID, place(first), message).help(match block {
        Some(block) => format!("write `{{% include \"{}\" %}}` instead", name(texts[block.text])),
        None => "move them into a block and include it, so that one edit reaches all of them".to_owned(),
    });
    finding.also = block.into_iter().chain(others.iter().copied().take(LISTED)).map(|p| (place(p), "here".to_owned())).collect();
    if others.len() > LISTED
        && let Some(last) = finding.also.last_mut()
    {
        last.1 = format!("here, and in {} more", prompts(others.len() - LISTED));
    }
    Some(finding)
}

fn name(block: &Text) -> &str {
    block.path().below("prompts").unwrap_or_default()
}

fn count(lines: u32) -> String {
    if lines == 1 { "these words".to_owned() } else { format!("these {lines} lines") }
}

fn prompts(n: usize) -> String {
    if n == 1 { "one other prompt".to_owned() } else { format!("{n} other prompts") }
}
