//! For people at a terminal: each finding with the line it is in, as rustc shows them, and a last line that sums up.

use std::collections::BTreeMap;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::window::window;
use crate::{Finding, Place, Report, Severity, Span, escape};

/// So many findings of one rule are shown; nobody reads on, and who wants them all asks for another format.
const MOST: usize = 100;

/// The report as text; with ANSI colours if `color`. Of each rule the first hundred findings, then how many more there are.
pub fn human(report: &Report, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings() {
        let of_rule = shown.entry(finding.rule).or_default();
        *of_rule += 1;
        if *of_rule > MOST {
            continue;
        }
        for line in renderer.render(&[group(report, finding)]).lines().filter(|line| !is_empty_origin(line)) {
            out += line;
            out.push('\n');
        }
        out.push('\n');
    }
    let more = shown.into_iter().filter(|(_, count)| *count > MOST);
    let more: Vec<_> = more.map(|(rule, count)| format!("{} more of {rule}", grouped(count - MOST))).collect();
    if !more.is_empty() {
        out += &format!("and {}: `--format short` shows each on a line\n\n", more.join(", "));
    }
    out += &super::summary(report);
    out.push('\n');
    out
}

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whether a line is the ` ::: ` that stands before a snippet without a path. Ours come after an origin that says the true
/// line and column, which the library cannot know of a snippet that was cut and escaped.
fn is_empty_origin(line: &str) -> bool {
    let mut rest = line;
    let mut shown = String::new();
    while let Some((before, code)) = rest.split_once('\x1b') {
        shown += before;
        rest = code.split_once('m').map_or("", |(_, after)| after);
    }
    shown += rest;
    shown.trim() == ":::"
}

fn group<'a>(report: &Report, finding: &Finding) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = escape::terminal(&finding.message).into_owned();
    let mut group = Group::with_title(level.primary_title(message).id(finding.rule));
    let (here, elsewhere): (Vec<_>, Vec<_>) = finding.also.iter().partition(|(place, _)| near(place, &finding.at));
    group = group.element(origin(report, &finding.at));
    if finding.at.span != Span::default()
        && let Some(snippet) = snippet(&finding.at, AnnotationKind::Primary, None, &here)
    {
        group = group.element(snippet);
    }
    for (place, label) in elsewhere {
        group = group.element(origin(report, place));
        if let Some(snippet) = snippet(place, AnnotationKind::Context, Some(label), &[]) {
            group = group.element(snippet);
        }
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(escape::terminal(help).into_owned()));
    }
    group
}

/// Whether two places are shown in one piece.
fn near(a: &Place, b: &Place) -> bool {
    let same = a.path() == b.path() && a.text.as_str().len() == b.text.as_str().len();
    same && b.span != Span::default() && a.start().line.abs_diff(b.start().line) <= 30
}

fn origin<'a>(report: &Report, place: &Place) -> Origin<'a> {
    let origin = Origin::path(super::shown_path(report, place));
    if place.span == Span::default() {
        return origin;
    }
    let start = place.start();
    origin.line(start.line as usize).char_column(start.column as usize)
}

fn snippet<'a>(
    place: &Place,
    kind: AnnotationKind,
    label: Option<&str>,
    also: &[&(Place, String)],
) -> Option<Snippet<'a, Annotation<'a>>> {
    let mut spans = vec![place.span];
    spans.extend(also.iter().map(|(place, _)| place.span));
    let window = window(&place.text, &spans)?;
    let labels = std::iter::once(label).chain(also.iter().map(|(_, label)| Some(label.as_str())));
    let kinds = std::iter::once(kind).chain(std::iter::repeat(AnnotationKind::Context));
    let annotations = window.ranges.into_iter().zip(kinds).zip(labels).map(|((range, kind), label)| {
        let annotation: Annotation<'a> = kind.span(range);
        annotation.label(label.map(|label| escape::terminal(label).into_owned()))
    });
    Some(Snippet::source(window.shown).line_start(window.line).fold(true).annotations(annotations))
}
