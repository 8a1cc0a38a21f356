//! A rule's page as its parts: what it says to people, and the example that proves it.
//!
//! A page is Markdown: a title that is the rule's id, a paragraph that says what is found, and the sections *Why it
//! matters*, *Example* and *What to do*. In the example every fenced block with a path after its language is a file,
//! `before:` in front of the path makes it one of the release that is compared with, `live` lists what is live, `asks` what
//! is asked for, and `finds` holds the exact findings, in short form.

pub mod surroundings;

use std::collections::BTreeMap;

/// The parts of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<'a> {
    /// The rule's id.
    pub title: &'a str,
    /// What is found, in one paragraph.
    pub summary: &'a str,
    /// Headings and texts of the sections.
    pub sections: Vec<(&'a str, &'a str)>,
    /// The example.
    pub example: Example<'a>,
}

/// What an example is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Example<'a> {
    /// Files by path.
    pub files: BTreeMap<&'a str, &'a str>,
    /// Files of the release that is compared with, by path; whatever is not among them is as now.
    pub before: BTreeMap<&'a str, &'a str>,
    /// Lines `environment prompt version`, with `now id` behind them where the prompt was renamed.
    pub live: Vec<&'a str>,
    /// Ids of prompts that somebody asks for.
    pub asks: Vec<&'a str>,
    /// What is found, in short form.
    pub finds: &'a str,
}

/// Why a page is none. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the page: {0}")]
pub struct PageError(String);

impl<'a> Page<'a> {
    /// Takes a page apart.
    pub fn parse(page: &'a str) -> Result<Self, PageError> {
        let wrong = |what: &str| PageError(what.to_owned());
        let rest = page.strip_prefix("# ").ok_or_else(|| wrong("it starts with no title"))?;
        let (title, rest) = rest.split_once('\n').ok_or_else(|| wrong("it has only a title"))?;
        let mut parts = headings(rest).into_iter();
        let summary = parts.next().map_or("", |(_, text)| text.trim());
        if summary.is_empty() || summary.contains("\n\n") {
            return Err(wrong("one paragraph after the title says what is found"));
        }
        let sections: Vec<_> = parts.collect();
        let names: Vec<_> = sections.iter().map(|(name, _)| *name).collect();
        if names != ["Why it matters", "Example", "What to do"] {
            return Err(wrong("its sections are Why it matters, Example, What to do"));
        }
        Ok(Self { title, summary, example: Example::parse(sections[1].1)?, sections })
    }
}

impl<'a> Example<'a> {
    fn parse(text: &'a str) -> Result<Self, PageError> {
        let mut example = Self::default();
        let mut finds = None;
        for (info, body) in fences(text) {
            let Some((_, what)) = info.split_once(' ') else { continue };
            match what {
                "finds" => finds = Some(body),
                "live" => example.live.extend(body.lines()),
                "asks" => example.asks.extend(body.lines()),
                path => {
                    let files = match path.strip_prefix("before:") {
                        Some(path) => example.before.insert(path, body),
                        None => example.files.insert(path, body),
                    };
                    if files.is_some() {
                        return Err(PageError(format!("two blocks are {path}")));
                    }
                }
            }
        }
        example.finds = finds.ok_or_else(|| PageError("no block `text finds`".to_owned()))?;
        Ok(example)
    }
}

/// The texts between second-level headings that stand outside of fences, the first without a heading.
fn headings(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut name, mut from, mut at) = ("", 0, 0);
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        match fence {
            Some(open) if bare == open => fence = None,
            Some(_) => {}
            None if bare.starts_with("```") => fence = Some(ticks(bare)),
            None => {
                if let Some(heading) = bare.strip_prefix("## ") {
                    found.push((name, text[from..at].trim()));
                    (name, from) = (heading, at + line.len());
                }
            }
        }
        at += line.len();
    }
    found.push((name, text[from..].trim()));
    found
}

/// Every fenced block: what follows the opening ticks, and the lines inside.
fn fences(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, &str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        match open {
            Some((fence, info, from)) if bare == fence => {
                found.push((info, &text[from..at]));
                open = None;
            }
            None if bare.starts_with("```") => {
                let fence = ticks(bare);
                open = Some((fence, &bare[fence.len()..], at + line.len()));
            }
            _ => {}
        }
        at += line.len();
    }
    found
}

fn ticks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches('`').len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# some-fault\n\nWhat it\nfinds.\n\n## Why it matters\n\nBecause.\n\n## Example\n\n\
        ````markdown prompts/a.md\n## not a heading\n```\nx\n```\n````\n\n```text before:prompts/a.md\nold\n```\n\n\
        ```text live\nprod a 1.0.0\n```\n\n```text finds\nprompts/a.md:1:1: error[some-fault]: m\n```\n\n\
        ## What to do\n\nMend it.\n";

    #[test]
    fn a_page_comes_apart() {
        let page = Page::parse(PAGE).unwrap();
        assert_eq!((page.title, page.summary), ("some-fault", "What it\nfinds."));
        assert_eq!(page.example.files["prompts/a.md"], "## not a heading\n```\nx\n```\n");
        assert_eq!(page.example.before["prompts/a.md"], "old\n");
        assert_eq!(page.example.live, ["prod a 1.0.0"]);
        assert_eq!(page.example.finds, "prompts/a.md:1:1: error[some-fault]: m\n");
        assert!(Page::parse(&PAGE.replace("Why it matters", "Why")).is_err());
        assert!(Page::parse(&PAGE.replace("text finds", "text")).is_err());
    }
}
