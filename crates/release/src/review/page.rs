//! What a review tells a reader, in the order in which it needs attention. What there is nothing to say of is left out.

mod parts;
mod prompts;

use source::Severity;
use source::render::counted;

use super::changed::Kind;
use super::evals::Suite;
use super::form::{Block, Line, Mark};
use super::{Conclusion, Review, Ruling};

/// How much a form can show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// Items of a list.
    pub(super) items: usize,
    /// Whether texts are compared line by line.
    pub(super) diffs: bool,
}

/// The whole report.
pub(super) fn page(review: &Review, depth: Depth) -> Vec<Block> {
    let conclusion = review.conclusion();
    let mut blocks = vec![title(review, conclusion)];
    if conclusion == Conclusion::Unchanged {
        blocks.push(Block::Text(
            Line::of("No prompt, suite or policy differs from ").code(named(&review.base)).plain("."),
        ));
        return blocks;
    }
    blocks.push(Block::Text(summary(review)));
    blocks.extend(parts::steps(review));
    blocks.extend(parts::findings(review, depth));
    blocks.extend(parts::evals(review, depth));
    blocks.extend(parts::suites(review, depth));
    blocks.extend(parts::policies(review, depth));
    blocks.extend(prompts::table(review));
    blocks.extend(prompts::sections(review, depth));
    blocks.extend(prompts::sources(review, depth));
    blocks.extend(parts::needs(review, depth));
    blocks.push(footer(review));
    blocks
}

fn title(review: &Review, conclusion: Conclusion) -> Block {
    let warnings = review.findings.count(Severity::Warning);
    let (mark, says) = match conclusion {
        Conclusion::Findings | Conclusion::Error => (Mark::Bad, "not ready to merge".to_owned()),
        Conclusion::RecordingMissing => (Mark::Bad, "recordings are missing".to_owned()),
        Conclusion::Inconclusive => (Mark::Look, "ready, but evals could not tell".to_owned()),
        Conclusion::Ready if warnings > 0 => (Mark::Look, format!("ready, with {}", counted(warnings, "warning"))),
        Conclusion::Ready => (Mark::Good, "ready to merge".to_owned()),
        Conclusion::Unchanged => (Mark::Good, "nothing to review".to_owned()),
    };
    Block::Title(mark, Line::of(format!("Promptuary: {says}")))
}

/// The command that gives this report in another form.
pub(super) fn command(review: &Review, more: &str) -> String {
    format!("promptuary review --base {}{more}", source::escape::shell(&review.base.0))
}

/// What changes, in a sentence or two.
fn summary(review: &Review) -> Line {
    let count = |kind: Kind| review.prompts.iter().filter(|prompt| prompt.kind == kind).count();
    let mut parts: Vec<Line> = Vec::new();
    for (kind, one, many) in [
        (Kind::Broken, "does not compile", "do not compile"),
        (Kind::Edited, "is edited", "are edited"),
        (Kind::New, "is new", "are new"),
        (Kind::Gone, "is removed", "are removed"),
        (Kind::Mended, "compiles again", "compile again"),
        (Kind::Relabelled, "changes in its labels only", "change in their labels only"),
    ] {
        let n = count(kind);
        if n > 0 {
            let what = if parts.is_empty() { counted(n, "prompt") } else { n.to_string() };
            parts.push(Line::of(format!("{what} {}", if n == 1 { one } else { many })));
        }
    }
    let reached = count(Kind::Reached);
    if reached > 0 {
        let what = if parts.is_empty() { counted(reached, "prompt") } else { format!("{reached} more") };
        let is = if reached == 1 { "is" } else { "are" };
        parts.push(Line::of(format!("{what} {is} reached by ")).and(carriers(review)));
    }
    let mut line = Line::default();
    for (at, part) in parts.into_iter().enumerate() {
        line = if at > 0 { line.plain(", ") } else { line }.and(part);
    }
    let line = match line.is_empty() {
        true => Line::of("No prompt changes"),
        false => line,
    };
    line.plain(", compared with ")
        .code(named(&review.base))
        .plain(".")
        .and(prompts::broken_callers(review))
        .and(suites_alone(review))
}

/// Suites that change while their prompts stay: what was asked of a prompt before may be asked no more.
fn suites_alone(review: &Review) -> Line {
    let stays = |suite: &&Suite| review.prompts.iter().all(|prompt| prompt.id != suite.prompt);
    let mut names: Vec<String> = review.suites.iter().filter(stays).map(|suite| suite.path.to_string()).collect();
    names.sort();
    if names.is_empty() {
        return Line::default();
    }
    let change = if names.len() == 1 { " changes without its prompt" } else { " change without their prompts" };
    Line::of(" ").and(Line::names(names, 3)).plain(change).plain(", in what is asked or what is on file.")
}

/// A side as people call it; a commit's id in the short form.
fn named((name, commit): &(String, Option<source::ObjectId>)) -> String {
    match commit {
        Some(commit) if commit.to_string() == *name => commit.short(),
        _ => name.clone(),
    }
}

/// The blocks and routes that reach prompts nobody edited.
fn carriers(review: &Review) -> Line {
    use check::impact::Cause;
    let reached = review.prompts.iter().filter(|prompt| prompt.kind == Kind::Reached);
    let mut names: Vec<String> = reached
        .flat_map(|prompt| &prompt.causes)
        .filter_map(|cause| match cause {
            Cause::Block { path } => path.last().map(ToString::to_string),
            Cause::Route { name } => Some(format!("route {name}")),
            Cause::Itself => None,
        })
        .collect();
    names.sort();
    names.dedup();
    Line::names(names, 3)
}

/// What was compared and by whose rules, and what was left unsaid.
fn footer(review: &Review) -> Block {
    let side = |(name, commit): &(String, Option<source::ObjectId>)| match commit {
        Some(commit) if commit.to_string().starts_with(name.as_str()) => Line::default().code(commit.short()),
        Some(commit) => Line::default().code(name).plain(" at ").code(commit.short()),
        None => Line::of(name),
    };
    let mut line = side(&review.head).plain(" against ").and(side(&review.base));
    line = line.plain(match (review.ruling, review.standing.in_effect()) {
        (_, Some(known)) => format!("; demands and prices by policy {}, in effect", known.sequence),
        (Ruling::Head, _) => "; demands and prices by the policies/ of this branch, as the base has none".to_owned(),
        (Ruling::Nobody, _) => "; no policy says what is demanded".to_owned(),
        _ => "; demands and prices by the policies/ of the base".to_owned(),
    });
    let findings = &review.findings;
    if findings.two_policies {
        line = line.plain("; findings by its own policies/ and by those of the base");
    }
    let before = findings.errors_before + findings.others_before;
    if before > 0 {
        let were = if before == 1 { "was" } else { "were" };
        let errors = match findings.errors_before {
            0 => String::new(),
            n => format!(" ({})", counted(n, "error")),
        };
        line = line.plain(format!("; {}{errors} {were} there before", counted(before, "finding")));
    }
    if findings.mended > 0 {
        line = line.plain(format!("; {} mended", counted(findings.mended, "finding")));
    }
    Block::Small(line.plain("."))
}
