//! The prompts, blocks and routes that change: a table of figures, then each with what it says differently.

use check::contract::{Bump, Change, ChangeKind};
use check::cost::Cost;
use check::diff::{Fate, Section, State};
use check::renames::Twin;
use source::render::counted;

use super::super::changed::{Edited, Kind, LiveAt, Reviewed};
use super::super::evals::Suite;
use super::super::form::{Block, Line, Mark, Titled};
use super::super::{Conclusion, Review};
use super::Depth;

/// So many prompts are told in one table; of more, those that nobody edited are folded.
const ROWS: usize = 12;
/// So many rows a table has at most.
const MOST_ROWS: usize = 60;
/// Texts of which no more lines changed are not folded.
const SHORT: usize = 12;
/// A line of a list takes no more characters than this.
const LINE: usize = 600;

/// Which prompts' callers can break.
pub(super) fn broken_callers(review: &Review) -> Line {
    let told = |says: &str, is_meant: &dyn Fn(&Reviewed) -> bool| {
        let meant = review.prompts.iter().filter(|prompt| is_meant(prompt));
        let ids: Vec<_> = meant.map(|prompt| prompt.id.as_str()).collect();
        match ids.is_empty() {
            true => Line::default(),
            false => Line::of(" Callers of ").and(Line::names(ids, 5)).plain(says),
        }
    };
    let breaks = |prompt: &Reviewed| prompt.bump() == Bump::Major && prompt.kind != Kind::Gone;
    told(" can break.", &breaks).and(told(" lose it.", &|prompt| prompt.kind == Kind::Gone))
}

/// Figures of every prompt that changes.
pub(super) fn table(review: &Review) -> Vec<Block> {
    let all: Vec<&Reviewed> = review.prompts.iter().collect();
    let (shown, folded): (Vec<_>, Vec<_>) = match all.len() > ROWS {
        true => all.into_iter().partition(|prompt| prompt.kind != Kind::Reached),
        false => (all, Vec::new()),
    };
    let mut blocks = Vec::new();
    blocks.extend(rows(review, &shown));
    if let Some(table) = rows(review, &folded) {
        let more = if shown.is_empty() { "" } else { "more " };
        let title = Line::of(format!("{} {more}reached by what is edited", counted(folded.len(), "prompt")));
        blocks.push(Block::Fold(title, vec![table]));
    }
    blocks
}

fn rows(review: &Review, prompts: &[&Reviewed]) -> Option<Block> {
    if prompts.is_empty() {
        return None;
    }
    let head = ["prompt", "live in", "version", "callers", "evals", "fixed tokens", "1,000 longest calls"];
    let mut rows: Vec<Vec<Line>> = prompts.iter().take(MOST_ROWS).map(|prompt| row(review, prompt)).collect();
    let used: Vec<bool> = (0..head.len()).map(|at| rows.iter().any(|row| !row[at].is_empty())).collect();
    let keep = |cells: Vec<Line>| -> Vec<Line> {
        cells.into_iter().zip(&used).filter(|(_, used)| **used).map(|(cell, _)| cell).collect()
    };
    rows = rows.into_iter().map(keep).collect();
    if prompts.len() > MOST_ROWS {
        let mut last = vec![Line::of(format!("and {} more", prompts.len() - MOST_ROWS))];
        last.resize(rows[0].len(), Line::default());
        rows.push(last);
    }
    Some(Block::Table(keep(head.map(Line::of).to_vec()), rows))
}

fn row(review: &Review, prompt: &Reviewed) -> Vec<Line> {
    let mut name = Line::default().code(prompt.id.as_str());
    if let Some(word) = word(prompt.kind) {
        name = name.plain(format!(" ({word})"));
    }
    let [old, new] = prompt.costs();
    vec![
        name,
        Line::of(prompt.live.last().map_or_else(String::new, |at| at.environment.to_string())),
        version(prompt),
        callers(prompt),
        evals(review, prompt),
        Line::of(new.map_or_else(String::new, |new| tokens(old.map(|c| c.fixed), new.fixed))),
        Line::of(new.map_or_else(String::new, |new| longest(old, new))),
    ]
}

const fn word(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Broken => Some("does not compile"),
        Kind::Gone => Some("removed"),
        Kind::New => Some("new"),
        Kind::Mended => Some("compiles again"),
        Kind::Reached => Some("reached"),
        Kind::Relabelled => Some("labels only"),
        Kind::Edited => None,
    }
}

fn places(live: &[LiveAt]) -> String {
    live.iter().map(|at| at.environment.as_str()).collect::<Vec<_>>().join(", ")
}

fn version(prompt: &Reviewed) -> Line {
    let line = match &prompt.versions {
        [Some(old), Some(new)] if old == new => Line::of(old.to_string()),
        [Some(old), Some(new)] => Line::of(format!("{old} → {new}")),
        [Some(old), None] => Line::of(old.to_string()),
        [None, Some(new)] => Line::of(new.to_string()),
        [None, None] => Line::default(),
    };
    match &prompt.honest {
        Some(honest) => line.plain(", needs ").strong(honest.to_string()),
        None => line,
    }
}

fn callers(prompt: &Reviewed) -> Line {
    match prompt.bump() {
        _ if prompt.kind == Kind::Gone => Line::default().strong("lose it"),
        _ if prompt.kind == Kind::New && prompt.diff.is_some() => Line::of("none yet"),
        Bump::Major => Line::default().strong("can break"),
        Bump::Minor => Line::of("keep working"),
        Bump::Patch | Bump::None if prompt.diff.is_some() => Line::of("notice nothing"),
        _ => Line::default(),
    }
}

fn evals(review: &Review, prompt: &Reviewed) -> Line {
    let suites: Vec<&Suite> = review.suites.iter().filter(|suite| suite.prompt == prompt.id).collect();
    // What is gone is not run.
    let worst = suites.iter().map(|suite| suite.conclusion()).max().filter(|_| prompt.kind != Kind::Gone);
    let Some(worst) = worst else { return Line::default() };
    let sum = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(|suite| of(suite)).sum::<usize>();
    let (passed, answers, missing) = (sum(&|s| s.passed), sum(&|s| s.answers), sum(&|s| s.missing));
    let sampled = if suites.iter().any(|suite| suite.is_sampled()) { ", sampled" } else { "" };
    match worst {
        _ if answers == 0 => Line::default().strong("not run"),
        Conclusion::RecordingMissing => Line::default().strong(format!("{missing} not on file")),
        Conclusion::Findings | Conclusion::Error => {
            Line::default().strong(format!("{passed}/{answers}{sampled}, fails"))
        }
        Conclusion::Inconclusive => Line::of(format!("{passed}/{answers}{sampled}, unclear")),
        _ => Line::of(format!("{passed}/{answers}{sampled}")),
    }
}

fn tokens(old: Option<u64>, new: u64) -> String {
    match old {
        Some(old) if old != new => format!("{new} ({})", signed(old, new)),
        _ => new.to_string(),
    }
}

fn signed(old: u64, new: u64) -> String {
    if new >= old { format!("+{}", new - old) } else { format!("−{}", old - new) }
}

/// In dollars where the price is known, else in tokens.
fn longest(old: Option<&Cost>, new: &Cost) -> String {
    if let Some(dollars) = new.longest_dollars() {
        let change = match old.and_then(Cost::longest_dollars) {
            Some(before) if before > 0.0 && (dollars - before).abs() / before >= 0.005 => {
                format!(" ({:+.0} %)", (dollars - before) / before * 100.0).replace('-', "−")
            }
            _ => String::new(),
        };
        return format!("${}{change}", if dollars >= 1.0 { format!("{dollars:.2}") } else { format!("{dollars:.4}") });
    }
    match new.longest {
        Some(longest) => format!("{} tokens", tokens(old.and_then(|c| c.longest), longest)),
        None => "no limit".to_owned(),
    }
}

/// Each prompt that was touched itself, with what it says differently.
pub(super) fn sections(review: &Review, depth: Depth) -> Vec<Block> {
    let touched: Vec<&Reviewed> = review.prompts.iter().filter(|prompt| prompt.kind != Kind::Reached).collect();
    let mut blocks: Vec<Block> = touched.iter().take(MOST_ROWS).flat_map(|prompt| section(prompt, depth)).collect();
    if touched.len() > MOST_ROWS {
        let more = counted(touched.len() - MOST_ROWS, "more prompt");
        blocks.push(Block::Text(Line::of(format!("{more} changed: ")).code("promptuary diff ID")));
    }
    blocks
}

fn section(prompt: &Reviewed, depth: Depth) -> Vec<Block> {
    let mut items: Vec<(Option<Mark>, Line)> = Vec::new();
    let announced = prompt.honest.is_none();
    if prompt.kind == Kind::Gone && !prompt.live.is_empty() {
        let live = Line::of("live in ").plain(places(&prompt.live)).plain(", where it stays until it is retired");
        items.push((Some(Mark::Look), live));
    }
    if let Some(diff) = &prompt.diff {
        let told = diff.contract.changes.iter().filter(|change| is_told(change.kind));
        items.extend(told.map(|change| (grave(change, announced), Line::clause(&change.message).cut(LINE))));
        items.extend(diff.twin.as_ref().map(|twin| (Some(Mark::Note), renamed(prompt.kind, twin))));
        let is_told = |key: &str| match diff.fate() {
            Fate::New => key != "version",
            Fate::Removed => false,
            Fate::Kept => !is_contract(key),
        };
        let facts = diff.facts.iter().filter(|fact| is_told(&fact.key));
        items.extend(
            facts.map(|f| (None, Line::default().code(&f.key).plain(" ").and(Line::clause(&f.says)).cut(LINE))),
        );
    }
    let more = items.len().saturating_sub(depth.items);
    items.truncate(depth.items);
    if more > 0 {
        items.push((None, Line::of(format!("and {more} more"))));
    }
    let mut texts: Vec<&Section> = prompt.file.iter().collect();
    texts.extend(prompt.diff.iter().flat_map(|diff| &diff.messages).filter(|section| section.state != State::Same));
    let texts = if depth.diffs { compared(prompt.kind, &texts) } else { Vec::new() };
    if items.is_empty() && texts.is_empty() {
        return Vec::new();
    }
    let mut title = Line::default().code(prompt.id.as_str());
    if let Some(word) = word(prompt.kind) {
        title = title.plain(format!(" ({word})"));
    }
    let list = (!items.is_empty()).then_some(Block::List(items));
    [Block::Heading(title)].into_iter().chain(list).chain(texts).collect()
}

/// What is gone and what is new are probably one prompt.
fn renamed(kind: Kind, twin: &Twin) -> Line {
    let line = Line::of(if kind == Kind::Gone { "renamed to " } else { "renamed from " }).code(twin.id.as_str());
    let line = line.plain(format!("? {} % of the words are the same. A rename is a new id: ", twin.alike));
    match kind {
        Kind::Gone => line.plain("callers have to ask for it."),
        _ => line.plain("callers of the old one lose it."),
    }
}

/// Texts against each other; many lines of them are folded.
fn compared(kind: Kind, texts: &[&Section]) -> Vec<Block> {
    let (added, removed) = texts.iter().fold((0, 0), |(a, r), text| (a + text.added, r + text.removed));
    let titled = if texts.len() > 1 || kind == Kind::Edited { Titled::Yes } else { Titled::No };
    let blocks: Vec<Block> = texts.iter().map(|text| Block::Diff((*text).clone(), titled)).collect();
    if added + removed <= SHORT {
        return blocks;
    }
    let what = if kind == Kind::New { "all of it" } else { "text" };
    vec![Block::Fold(Line::of(format!("{what}: +{added} −{removed} lines")), blocks)]
}

/// What front matter by meaning does not already say.
const fn is_told(kind: ChangeKind) -> bool {
    !matches!(
        kind,
        ChangeKind::ModelChanged
            | ChangeKind::ParametersChanged
            | ChangeKind::TextChanged
            | ChangeKind::AboutChanged
            | ChangeKind::Respelled
            | ChangeKind::PromptAdded
            | ChangeKind::PromptRemoved
    )
}

/// What the comparison for callers says in better words.
fn is_contract(key: &str) -> bool {
    matches!(key, "version" | "risk") || ["inputs", "output", "tools"].iter().any(|part| key.starts_with(part))
}

fn grave(change: &Change, announced: bool) -> Option<Mark> {
    match change.kind {
        ChangeKind::SchemaIncomparable | ChangeKind::RiskLowered => Some(Mark::Look),
        kind if kind.bump() == Bump::Major => Some(if announced { Mark::Look } else { Mark::Bad }),
        _ => None,
    }
}

/// The blocks and routes that changed, with what they reach.
pub(super) fn sources(review: &Review, depth: Depth) -> Vec<Block> {
    let mut blocks = Vec::new();
    for block in review.blocks.iter().take(MOST_ROWS) {
        blocks.push(Block::Heading(Line::default().code(block.name.as_str())));
        blocks.push(Block::Text(reach(block)));
        if depth.diffs {
            blocks.extend(compared(Kind::Reached, &[&block.section]));
        }
    }
    if !review.routes.is_empty() {
        blocks.push(Block::Heading(Line::default().code(prompt::routes::PATH)));
        let fact = |f: &check::diff::Fact| (None, Line::default().code(&f.key).plain(" ").and(Line::clause(&f.says)));
        blocks.push(Block::List(review.routes.iter().map(fact).collect()));
    }
    blocks
}

fn reach(block: &Edited) -> Line {
    const NAMED: usize = 12;
    if block.reaches.is_empty() {
        return Line::of("Reaches no prompt.");
    }
    let mut line = Line::of(format!("Reaches {}: ", counted(block.reaches.len(), "prompt")));
    for (at, (id, way)) in block.reaches.iter().take(NAMED).enumerate() {
        line = if at > 0 { line.plain(", ") } else { line }.code(id.as_str());
        if way.len() > 1 {
            line = line.plain(" through ").and(Line::names(&way[..way.len() - 1], 4));
        }
    }
    match block.reaches.len().saturating_sub(NAMED) {
        0 => line.plain("."),
        more => line.plain(format!(" and {more} more.")),
    }
}
