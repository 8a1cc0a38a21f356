//! The two `---` lines around the front matter.

use source::{Finding, Place, Span, Text};

use crate::limits;

/// What the two lines enclose, and where the body starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) yaml: Span,
    pub(super) body: usize,
}

/// Finds the fence; `None` where the text does not start with one.
pub(super) fn find(text: &Text) -> Result<Option<Fence>, Box<Finding>> {
    let source = text.as_str();
    let mut lines = lines(source);
    let Some((_, first, start)) = lines.next() else { return Ok(None) };
    if !is_fence(first) {
        return Ok(None);
    }
    let Some((end, _, body)) = lines.find(|(_, line, _)| is_fence(line)) else {
        let place = Place::new(text, Span::new(0, first.len()));
        let finding = Finding::new("front-matter-unclosed", place, "the front matter has no closing `---` line");
        return Err(Box::new(finding.help("put `---` on a line of its own after the last key")));
    };
    if end - start > limits::FRONT_MATTER_BYTES {
        let message =
            format!("the front matter has {} bytes, at most {} are read", end - start, limits::FRONT_MATTER_BYTES);
        return Err(Box::new(Finding::new("too-complex", Place::new(text, Span::new(0, first.len())), message)));
    }
    Ok(Some(Fence { yaml: Span::new(start, end), body }))
}

pub(super) fn missing(text: &Text) -> Finding {
    let source = text.as_str();
    let above = source.len() - source.trim_start().len();
    if above > 0 && lines(&source[above..]).next().is_some_and(|(_, line, _)| is_fence(line)) {
        let span = Span::new(0, above);
        let message = "the front matter does not start on the first line";
        let finding = Finding::new("front-matter-missing", Place::new(text, span), message);
        return finding.help("delete what stands above the `---`").fix(vec![(span, String::new())]);
    }
    let first = lines(text.as_str()).next().map_or(0, |(_, line, _)| line.len());
    let place = Place::new(text, Span::new(0, first));
    Finding::new("front-matter-missing", place, "the prompt does not start with front matter")
        .help("start the file with `---`, then version, description, owner and risk, then `---`")
}

/// Each line: where it starts, what it holds, where the next one starts.
fn lines(source: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    let mut at = 0;
    source.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']), at)
    })
}

fn is_fence(line: &str) -> bool {
    line.trim_end_matches([' ', '\t']) == "---"
}
