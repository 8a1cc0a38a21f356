//! The part of a text that a finding shows: some lines, cut where they are long, with what hides made visible.

use std::ops::Range;

use crate::{Span, Text, escape};

/// A span over more lines than this is shown by its first line.
const LINES: u32 = 6;
/// Lines longer than this many bytes are shown around the span only.
const LONG: usize = 400;
/// How much of a long line is shown before the span, and after its start.
const BEFORE: usize = 60;
const AFTER: usize = 160;

/// Lines of a text, with ranges in them.
pub(super) struct Window {
    /// The number of the first line.
    pub(super) line: usize,
    /// The lines, escaped.
    pub(super) shown: String,
    /// The spans asked for, as ranges of `shown`.
    pub(super) ranges: Vec<Range<usize>>,
}

/// The lines of `text` that `spans` lie in; `None` where there is no text to show.
pub(super) fn window(text: &Text, spans: &[Span]) -> Option<Window> {
    let source = text.shown();
    if source.is_empty() {
        return None;
    }
    let spans: Vec<Range<usize>> = spans.iter().map(|&span| clamped(text, span)).collect();
    let lines = |at: usize| text.position(u32::try_from(at).unwrap_or(u32::MAX)).line;
    let first = spans.iter().map(|s| lines(s.start)).min()?;
    let last = spans.iter().map(|s| lines(s.end)).max()?;
    let start = text.line_span(first).start as usize;
    let end = text.line_span(last).end as usize;
    let cut = cuts(text, first, last, &spans);
    let mut shown = String::with_capacity(end - start + 16);
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let mut gaps = cut.into_iter().peekable();
    let mut i = start;
    while i < end {
        marks.push((i, shown.len()));
        while gaps.next_if(|gap| gap.end <= i).is_some() {}
        // A gap may be all of a file that is one line: it is passed over in one step.
        if let Some(gap) = gaps.next_if(|gap| gap.start <= i) {
            shown.push('…');
            i = (gap.end..end).find(|&at| source.is_char_boundary(at)).unwrap_or(end);
            continue;
        }
        let c = source[i..].chars().next().expect("within the text, on a character boundary");
        match c {
            '\r' => {}
            '\n' | '\t' => shown.push(c),
            // What a CI runner takes for a command anywhere in a line.
            '[' if source[..i].ends_with("##") => shown.push_str("\\u{5b}"),
            _ if escape::is_hidden(c) => shown.push_str(&escape::terminal(c.encode_utf8(&mut [0; 4]))),
            _ => shown.push(c),
        }
        i += c.len_utf8();
    }
    marks.push((end, shown.len()));
    let place = |at: usize| marks[marks.partition_point(|&(i, _)| i < at).min(marks.len() - 1)].1;
    let ranges = spans.iter().map(|s| place(s.start)..place(s.end).max(place(s.start))).collect();
    Some(Window { line: first as usize, shown, ranges })
}

/// Within the text, on character boundaries, and not over too many lines.
fn clamped(text: &Text, span: Span) -> Range<usize> {
    let source = text.as_str();
    let floor = |at: usize| (0..=at.min(source.len())).rev().find(|&i| source.is_char_boundary(i)).unwrap_or(0);
    let start = floor(span.start as usize);
    let end = floor(span.end as usize).max(start);
    let line = text.position(u32::try_from(start).unwrap_or(u32::MAX)).line;
    let last = text.position(u32::try_from(end).unwrap_or(u32::MAX)).line;
    let line_end = text.line_span(line).end as usize;
    // What ends at the start of a line ends with the line before it.
    let end = if last > line && source[..end].ends_with('\n') { end - 1 } else { end };
    if last - line >= LINES { start..line_end.max(start) } else { start..end }
}

/// The parts of long lines that are left out.
fn cuts(text: &Text, first: u32, last: u32, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for line in first..=last {
        let range = text.line_span(line).range();
        if range.len() <= LONG {
            continue;
        }
        let mut kept: Vec<Range<usize>> = spans
            .iter()
            .filter(|s| s.start <= range.end && s.end >= range.start)
            .map(|s| {
                let start = s.start.max(range.start);
                start.saturating_sub(BEFORE).max(range.start)..(start + AFTER).min(range.end)
            })
            .collect();
        kept.sort_by_key(|k| k.start);
        let mut at = range.start;
        for k in kept {
            if k.start > at {
                out.push(at..k.start);
            }
            at = at.max(k.end);
        }
        if at < range.end {
            out.push(at..range.end);
        }
    }
    out
}
