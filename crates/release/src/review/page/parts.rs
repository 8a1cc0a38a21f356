//! What is to be done, what is wrong, how evals went, what policy asks: the parts that are not about one prompt.

use source::render::counted;
use source::{Place, Severity};

use super::super::changed::Reviewed;
use super::super::evals::{Held, Suite};
use super::super::form::{Block, Line, Mark};
use super::super::needs::Step;
use super::super::{Conclusion, Review, Standing};
use super::Depth;
use crate::suite_changes::{Changed, Fate};
use check::Judged;
use policy::diff::Effect;

/// A line of a list takes no more characters than this.
const LINE: usize = 600;

/// What is to be done, with the command for it.
pub(super) fn steps(review: &Review) -> Option<Block> {
    let mut steps = Vec::new();
    let unsaid = |prompt: &&Reviewed| {
        let path = prompt.id.path();
        let found = |judged: &Judged| is_of_version(judged) && *judged.finding.at.path() == path;
        prompt.honest.is_some() && review.findings.new.iter().any(found)
    };
    let base = source::escape::shell(&review.base.0);
    let (unannounced, taken): (Vec<_>, Vec<_>) =
        review.prompts.iter().filter(|p| p.taken || unsaid(p)).partition(unsaid);
    if !unannounced.is_empty() {
        let step = Line::of("write honest versions: ").and(versions(&unannounced));
        steps.push((step, Some(format!("promptuary bump --base {base}"))));
    }
    if !taken.is_empty() {
        let ids: Vec<_> = taken.iter().map(|prompt| prompt.id.to_string()).collect();
        let step = Line::of("write versions that were not released yet: ").and(versions(&taken));
        steps.push((step, Some(format!("promptuary bump {}", ids.join(" ")))));
    }
    let errors =
        review.findings.new.iter().filter(|j| j.finding.severity == Severity::Error && !is_of_version(j)).count();
    if errors > 0 {
        steps.push((Line::of(format!("mend {}, named below", counted(errors, "error"))), None));
    }
    let ids = |wanted: &dyn Fn(&Suite) -> bool| {
        let mut ids: Vec<_> = review.suites.iter().filter(|s| wanted(s)).map(|s| s.prompt.to_string()).collect();
        ids.sort();
        ids.dedup();
        ids.join(" ")
    };
    let failing = ids(&|suite| suite.verdict.is_some() && suite.fails());
    if !failing.is_empty() {
        steps.push((Line::of("see why evals fail"), Some(format!("promptuary eval {failing}"))));
    }
    let missing: usize = review.suites.iter().map(|suite| suite.missing).sum();
    let recordless = ids(&|suite| suite.missing > 0 || suite.conclusion() == Conclusion::RecordingMissing);
    if !recordless.is_empty() {
        let what = match missing {
            0 => "record the answers that are not on file, and commit them".to_owned(),
            n => format!("record {} not on file, and commit {}", counted_are(n), if n == 1 { "it" } else { "them" }),
        };
        steps.push((Line::of(what), Some(format!("promptuary eval {recordless} --record"))));
    }
    if let Standing::Unknown { why, remedy } = &review.standing {
        steps.push((Line::clause(why).cut(LINE), Some((*remedy).to_owned())));
    }
    (!steps.is_empty()).then_some(Block::Steps(steps))
}

fn counted_are(n: usize) -> String {
    if n == 1 { "1 answer that is".to_owned() } else { format!("{n} answers that are") }
}

fn versions(prompts: &[&Reviewed]) -> Line {
    const NAMED: usize = 6;
    let mut line = Line::default();
    for (at, prompt) in prompts.iter().take(NAMED).enumerate() {
        line = if at > 0 { line.plain(", ") } else { line };
        let version = prompt.honest.as_ref().map(ToString::to_string).unwrap_or_default();
        line = line.code(prompt.id.as_str()).plain(format!(" {version}"));
    }
    match prompts.len().saturating_sub(NAMED) {
        0 => line,
        more => line.plain(format!(" and {more} more")),
    }
}

fn is_of_version(judged: &Judged) -> bool {
    check::bump::RULES.contains(&judged.finding.rule)
}

/// What is wrong, apart from versions.
pub(super) fn findings(review: &Review, depth: Depth) -> Vec<Block> {
    let all: Vec<_> = review.findings.new.iter().filter(|judged| !is_of_version(judged)).collect();
    if all.is_empty() {
        return Vec::new();
    }
    // A fault that is told of one place several times, such as once for each environment, is told once.
    let shown: Vec<_> = all.chunk_by(|a, b| spot(a) == spot(b)).collect();
    let item = |alike: &&[&Judged]| {
        let line = finding(review, alike[0]).cut(LINE);
        let line = match alike.len() - 1 {
            0 => line,
            more => line.plain(format!(" (and {more} more of this kind here)")),
        };
        (Some(mark(alike[0].finding.severity)), line)
    };
    let mut items: Vec<_> = shown.iter().take(depth.items).map(item).collect();
    if shown.len() > depth.items {
        let command = format!("promptuary check --base {}", source::escape::shell(&review.base.0));
        let more = format!("and {} more: ", shown.len() - depth.items);
        items.push((None, Line::of(more).code(command)));
    }
    vec![Block::Heading(Line::of("Findings")), Block::List(items)]
}

fn spot(judged: &Judged) -> (&'static str, &source::RepoPath, source::Span, Option<&str>) {
    let finding = &judged.finding;
    // What a suite asks less at one place is another thing each time.
    let is_of_suite = [eval::rules::SUITE_WEAKENED, eval::rules::SUITE_CHANGED].contains(&finding.rule);
    (finding.rule, finding.at.path(), finding.at.span, is_of_suite.then_some(finding.message.as_str()))
}

const fn mark(severity: Severity) -> Mark {
    match severity {
        Severity::Error => Mark::Bad,
        Severity::Warning => Mark::Look,
        Severity::Note => Mark::Note,
    }
}

fn finding(review: &Review, judged: &Judged) -> Line {
    let Judged { finding, by_base, by_head } = judged;
    let mut line = place(review, &finding.at).plain(" ").and(Line::clause(&finding.message));
    line = line.plain(format!(" [{}]", finding.rule));
    if let Some(help) = &finding.help {
        line = line.plain(": ").and(Line::clause(help));
    }
    let word = |severity: &Option<Severity>| severity.map_or_else(|| "nothing".to_owned(), |s| format!("a {s}"));
    match review.findings.two_policies && by_base != by_head {
        true => line.plain(format!(
            " ({} by the policies/ of the base, {} by those of this branch)",
            word(by_base).replace("a error", "an error"),
            word(by_head).replace("a error", "an error")
        )),
        false => line,
    }
}

fn place(review: &Review, place: &Place) -> Line {
    let path = match review.root.as_str() {
        "" | "." => place.path().to_string(),
        root => format!("{root}/{}", place.path()),
    };
    Line::default().code(format!("{path}:{}", place.start().line))
}

/// How the affected suites went, where there is more to say than that they pass.
pub(super) fn evals(review: &Review, depth: Depth) -> Vec<Block> {
    let mut items = Vec::new();
    for suite in &review.suites {
        let conclusion = suite.conclusion();
        if suite.verdict.is_none() && suite.why.is_none() {
            continue;
        }
        let told = suite.newly_failing.len() + suite.less_often.len() + suite.failing.len();
        let told = told + suite.newly_passing.len();
        // What is not on file is a step to take, and a figure of the table.
        if told == 0 && matches!(conclusion, Conclusion::Ready | Conclusion::RecordingMissing) {
            continue;
        }
        let mark = match conclusion {
            Conclusion::Findings | Conclusion::Error | Conclusion::RecordingMissing => Mark::Bad,
            _ if conclusion == Conclusion::Inconclusive || !suite.newly_failing.is_empty() => Mark::Look,
            _ if suite.failing.is_empty() && suite.less_often.is_empty() => Mark::Good,
            _ => Mark::Look,
        };
        items.push((Some(mark), verdict(suite).cut(LINE)));
        items.extend(cases("fails now", &suite.newly_failing, depth));
        items.extend(cases("passes less often", &suite.less_often, depth));
        items.extend(cases("fails", &suite.failing, depth));
    }
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading(Line::of("Evals")), Block::List(items)]
}

/// What becomes of suites; what they ask less or otherwise stands among the findings.
pub(super) fn suites(review: &Review, depth: Depth) -> Vec<Block> {
    let mut items: Vec<_> = review.changed_suites.iter().take(depth.items).map(suite).collect();
    if items.is_empty() {
        return Vec::new();
    }
    if review.changed_suites.len() > depth.items {
        items.push((None, Line::of(format!("and {} more", review.changed_suites.len() - depth.items))));
    }
    vec![Block::Heading(Line::of("Suites")), Block::List(items)]
}

fn suite(suite: &Changed) -> (Option<Mark>, Line) {
    let line = Line::default().code(suite.path.as_str());
    let line = match &suite.fate {
        Fate::New => return (None, line.plain(" is new")),
        Fate::Gone => return (Some(Mark::Look), line.plain(" is gone with its prompt")),
        Fate::Removed => return (Some(Mark::Bad), line.plain(" is removed")),
        Fate::Renamed(was) => line.plain(" is renamed from ").code(was.as_str()),
        Fate::Edited => line.plain(" is edited"),
    };
    if !suite.is_compared {
        return (Some(Mark::Look), line.plain(", and cannot be compared: one side of it has errors"));
    }
    let named = suite.changes.iter().filter(|change| change.is_finding());
    let count = |effect: Effect| named.clone().filter(|change| change.effect == effect).count();
    let (weaker, other) = (count(Effect::Weaker), count(Effect::Other));
    let mut parts = Vec::new();
    match (weaker, other) {
        (0, 0) => {}
        (_, 0) => parts.push(Line::of("it asks less")),
        (0, _) => parts.push(Line::of("it asks otherwise")),
        (_, _) => parts.push(Line::of("it asks less, and otherwise")),
    }
    let others = suite.changes.iter().filter(|change| !change.is_finding());
    parts.extend(others.map(|change| Line::clause(&change.told())));
    if parts.is_empty() {
        return (None, line.plain(", and asks the same"));
    }
    let joined = parts
        .into_iter()
        .enumerate()
        .fold(line, |line, (at, part)| line.plain(if at == 0 { ": " } else { "; " }).and(part));
    ((weaker > 0 || other > 0).then_some(Mark::Look), joined.cut(LINE))
}

/// What one suite came to, with the reasons of its gate.
fn verdict(suite: &Suite) -> Line {
    let mut line = Line::default().code(suite.path.as_str()).plain(": ");
    let Some(verdict) = &suite.verdict else {
        return line.plain("could not ").and(Line::clause(suite.why.as_deref().unwrap_or("be run")));
    };
    line = line.plain(format!("{} of {} pass", suite.passed, suite.answers));
    if let Some(sample) = verdict.models.iter().find_map(|model| model.sample) {
        line = line.plain(format!(", {sample}"));
    }
    if let Some(before) = &suite.before {
        let name = if before.name == "merge-base" { "the base".to_owned() } else { before.name.clone() };
        line = line.plain(format!(", {} of {} in {name}", before.passed, before.answers));
    }
    if !suite.newly_passing.is_empty() {
        line = line.plain("; newly passing ").and(Line::names(&suite.newly_passing, 5));
    }
    let told = |check: &&eval::gate::Check| {
        !matches!(check.conclusion, eval::gate::Conclusion::Pass | eval::gate::Conclusion::RecordingMissing)
    };
    if suite.missing > 0 {
        line = line.plain(format!(", {} not on file", suite.missing));
    }
    for check in verdict.checks.iter().filter(told) {
        line = line.plain("; ").and(Line::clause(&check.text));
    }
    line
}

fn cases(what: &str, held: &[Held], depth: Depth) -> Vec<(Option<Mark>, Line)> {
    let most = depth.items / 2;
    let one = |held: &Held| {
        let line = Line::default().code(&held.case).plain(format!(" {what}: {}", held.reason.replace('\n', " ")));
        (None, line.cut(LINE / 2))
    };
    let mut items: Vec<_> = held.iter().take(most).map(one).collect();
    if held.len() > most {
        items.push((None, Line::of(format!("and {} more", held.len() - most))));
    }
    items
}

/// What the branch proposes of policy.
pub(super) fn policies(review: &Review, depth: Depth) -> Vec<Block> {
    if review.policies.is_empty() {
        return Vec::new();
    }
    let item = |change: &policy::diff::Change| {
        let mark = (change.effect == policy::diff::Effect::Weaker).then_some(Mark::Look);
        let weaker = if mark.is_some() { " (weaker)" } else { "" };
        (mark, Line::clause(&change.what).plain(weaker).cut(LINE))
    };
    let mut items: Vec<_> = review.policies.iter().take(depth.items).map(item).collect();
    if review.policies.len() > depth.items {
        let more = format!("and {} more: ", review.policies.len() - depth.items);
        items.push((None, Line::of(more).code("promptuary policy diff")));
    }
    let how =
        Line::of("Merging changes nothing yet: it takes effect with ").code("promptuary policy publish").plain(".");
    vec![Block::Heading(Line::default().code("policies/")), Block::List(items), Block::Text(how)]
}

/// What releasing and promoting needs; prompts that need the same stand together.
pub(super) fn needs(review: &Review, depth: Depth) -> Option<Block> {
    let mut groups: Vec<(&super::super::Needs, Vec<&Reviewed>)> = Vec::new();
    for prompt in &review.prompts {
        let Some(needs) = prompt.needs.as_ref().filter(|needs| !needs.steps.is_empty()) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == needs) {
            Some((_, prompts)) => prompts.push(prompt),
            None => groups.push((needs, vec![prompt])),
        }
    }
    let mut body = Vec::new();
    for (needs, prompts) in groups.iter().take(depth.items) {
        let names = Line::names(prompts.iter().map(|p| p.id.as_str()), 12);
        body.push(Block::Text(names.plain(", judged as ").strong(format!("{} risk", needs.risk)).plain(":")));
        body.push(Block::List(needs.steps.iter().map(|step| (None, step_line(step).cut(LINE))).collect()));
    }
    (!body.is_empty()).then(|| Block::Fold(Line::of("What releasing needs"), body))
}

fn step_line(step: &Step) -> Line {
    let mut line = Line::default().strong(&step.section).plain(": ");
    let mut parts = Vec::new();
    if !step.by.is_empty() {
        parts.push(format!("by {}", either(&step.by)));
    }
    parts.extend(step.says.iter().cloned());
    line = line.plain(parts.join("; "));
    line
}

/// `ada, ben or grace`.
fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
