//! Running suites: each with its baseline, then all of them held against one rate of false alarms.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use eval::gate::{Baseline, Conclusion, Standing, Verdict, across, judge};
use eval::recording::Recordings;
use eval::report::Reported;
use eval::run::{Ended, Event, Finished, Miss, Mode, Outcome, Plan, Results, Spent, Status};
use eval::session::Opened;
use eval::suite::Compare;
use repo::files::Lock;
use serde_json::Number;
use source::Digest;

use super::again::again;
use super::course::Course;
use super::journal::{self, Journal};
use super::other::Side;
use super::unplanned::unplanned;
use super::{Bar, Bench, before, selection};
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::report as findings;

/// A suite that was run and judged.
pub(crate) struct Ran {
    /// What came of it.
    pub(crate) results: Results,
    /// What it was compared with.
    pub(crate) baseline: Option<Baseline>,
    /// What it comes to.
    pub(crate) verdict: Verdict,
    /// Whether anybody was asked for it just now.
    pub(crate) asked: bool,
    /// Its answers, where they are kept until it is signed.
    pub(crate) journal: Option<Journal>,
}

impl Ran {
    /// As reports take it, with the suite that was run.
    pub(crate) fn reported<'a>(&'a self, opened: &'a Opened) -> Reported<'a> {
        let (baseline, suite) = (self.baseline.as_ref(), opened.suite.as_ref());
        Reported { results: &self.results, verdict: &self.verdict, baseline, suite }
    }
}

/// Runs `suites` in their order, until somebody interrupts: those that were not begun by then are told as such. What keeps
/// one of them from being run ends it, too, beside those that were run before.
pub(crate) fn all(suites: &[Opened], course: &Course<'_>, bench: &Bench<'_>) -> (Vec<Ran>, Option<Failure>) {
    let mut ran: Vec<Ran> = Vec::new();
    // What the command line allows is for all of them.
    let mut course = course.clone();
    course.are_several = suites.len() > 1;
    let mut failed = None;
    for opened in suites {
        let came = match interrupt::pending() {
            true => not_begun(opened, &course, bench).map(|one| (one, Spent::default(), None)),
            false => one(opened, &course, bench),
        };
        let (one, spent, unkept) = match came {
            Ok(came) => came,
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        };
        // A part of a run has its part of what is left, so each part counts what it took for all of them.
        for _ in 0..course.shard.map_or(1, |shard| shard.count) {
            course.budget = course.budget.less(&spent);
        }
        ran.push(one);
        if unkept.is_some() {
            failed = unkept;
            break;
        }
    }
    if !course.attests {
        let is_cut_off = failed.is_some() || ran.iter().any(|one| one.verdict.conclusion == Conclusion::Interrupted);
        for one in &mut ran {
            // Of a run that did not come to its end each suite goes on where it was, those that were through included.
            let journal = one.journal.take();
            journal.filter(|_| !is_cut_off).inspect(|journal| journal.close(true, false, bench));
        }
    }
    together(&mut ran);
    (ran, failed)
}

/// A suite that nobody was asked for before somebody interrupted: its cases, none of them reached.
fn not_begun(opened: &Opened, course: &Course<'_>, bench: &Bench<'_>) -> Result<Ran, Failure> {
    let plan = course.plan(opened, bench)?;
    let finished = eval::run::run(&plan, bench.providers, &mut |_| {}, &AtomicBool::new(true));
    let results = finished.map_err(|e| unplanned(&e, &plan, bench))?.results;
    let baseline = course.compare(plan.suite).map(unfinished).or_else(|| course.declined(&plan));
    let verdict = judge(plan.suite, &results, baseline.as_ref(), &bench.rules.demands(plan.suite, opened.risk));
    Ok(Ran { results, baseline, verdict, asked: false, journal: None })
}

fn unfinished(compare: Compare) -> Baseline {
    Baseline::without(compare, Standing::Refused, "this run did not reach its end")
}

/// Holds the comparisons of all suites against one rate of false alarms.
pub(crate) fn together(ran: &mut [Ran]) {
    let mut verdicts: Vec<&mut Verdict> = ran.iter_mut().map(|r| &mut r.verdict).collect();
    across(&mut verdicts);
}

/// Runs a suite; also gives what it took, its baseline and what it goes on with included, and why its answers could not be
/// recorded, where they could not: what was run and paid for is told all the same.
fn one(opened: &Opened, course: &Course<'_>, bench: &Bench<'_>) -> Result<(Ran, Spent, Option<Failure>), Failure> {
    let mut plan = course.plan(opened, bench)?;
    if plan.mode.keeps() {
        // Nobody is asked for answers that nothing could hold.
        bench.repo.writable(&eval::recording::path_of(&plan.suite.name))?;
    }
    let mut journal = Journal::open(&plan, course.resume, bench)?;
    let carried = journal.as_ref().map(|j| j.carried.clone());
    plan.carried = carried.as_ref();
    plan.spent_before = spent_before(&plan);
    plan.journal = journal.is_some();
    let finished = go(&plan, opened, &mut journal, bench)?;
    let mut recorded = finished.recorded;
    let mut results = finished.results;
    before::name_by(&mut results, &plan, opened, course, bench);
    results.asked_at = journal.as_ref().and_then(|journal| journal.asked_at).filter(|_| results.is_live());
    let baseline = match course.compare(plan.suite) {
        None => course.declined(&plan),
        Some(compare) if results.ended != Ended::Complete => Some(unfinished(compare)),
        Some(compare) => {
            let (baseline, more) = course.baseline(compare, opened, &plan, &results, &mut journal, bench)?;
            recorded.add(&more);
            Some(baseline)
        }
    };
    if plan.mode == Mode::Record {
        // A run that is cut off at once has not come to what it carried: that goes to the file all the same.
        let mut all = carried.clone().unwrap_or_default();
        all.add(&recorded);
        recorded = all;
    }
    let unkept = keep(&plan, &recorded, bench).err();
    let before = baseline.as_ref().and_then(|b| b.results.as_ref());
    let asked = [Some(&results), before].into_iter().flatten().any(|r| r.spent.requests > 0);
    let mut resumes = false;
    if let Some(open) = &journal {
        let ended = |how| [Some(&results), before].into_iter().flatten().any(|r| r.ended == how);
        let whole = !ended(Ended::Interrupted) && !ended(Ended::BudgetSpent);
        // A run that goes on may end before it asks: then what it went on with is all there is.
        let nothing = !asked && open.carried.is_empty();
        // What is on file is a recording to the next run, and no longer live: until it is signed the journal keeps it.
        let may_go_on = course.attests || (course.are_several && plan.mode != Mode::Record);
        let is_waited_for = may_go_on && whole && !nothing && unkept.is_none();
        let recorded = plan.mode == Mode::Record && unkept.is_none();
        resumes = !(whole || nothing || recorded) || unkept.is_some();
        if !is_waited_for {
            open.close(!resumes, ended(Ended::BudgetSpent), bench);
            journal = None;
        }
    }
    let demands = bench.rules.demands(plan.suite, opened.risk);
    let mut verdict = judge(plan.suite, &results, baseline.as_ref(), &demands);
    let prompt = &plan.suite.prompt;
    // A suite beside the prompt's first is named by its path: the prompt alone stands for all of them.
    let named = if plan.suite.name == prompt.as_str() { prompt.as_str() } else { opened.path.as_str() };
    let propose = |how: &str| again(&bench.app.words, named, course.has_ids, how);
    verdict.ask_by(prompt, propose);
    let sides = || [Some(&results), before].into_iter().flatten();
    if let Some(stopped) = sides().find(|side| side.stop.is_some()) {
        verdict.go_on_by(&going_on(stopped, &plan, resumes, propose));
    } else if plan.mode != Mode::Replay && sides().any(|side| side.ended == Ended::Interrupted) {
        // The same command goes on with all of its suites.
        let (several, ids) = (course.are_several, course.has_ids);
        let how = flags(plan.mode, resumes || several);
        verdict.go_on_by(&format!("to go on: {}", again(&bench.app.words, named, ids || several, &how)));
    }
    let spent = before.map_or(results.spent, |before| results.spent.and(&before.spent)).and(&plan.spent_before);
    Ok((Ran { results, baseline, verdict, asked, journal }, spent, unkept))
}

/// How to go on with what its budget ended: with a larger one, and with what was answered.
fn going_on(results: &Results, plan: &Plan<'_>, resumes: bool, again: impl Fn(&str) -> String) -> String {
    let Some(stop) = &results.stop else { return String::new() };
    let open = results.outcomes.iter().filter(|outcome| outcome.status == Status::Skipped).count();
    let enough = stop.enough(results.outcomes.len(), open, results.shard);
    let mut how = flags(plan.mode, resumes);
    let below = |most: Option<Number>| most.is_some_and(|most| most.as_f64() < enough.as_f64());
    // The other limit of the two, where there are two, would end it next.
    if stop.is_flag() || below(plan.budget.of(stop.limit)) {
        how += &format!(" {} {enough}", stop.limit.flag());
    }
    let raise = match stop.is_flag() {
        false => format!(", raise it there, to {enough} or so, then"),
        true if below(plan.suite.budget.of(stop.limit)) => {
            format!(", raise {} in {}, too, then", stop.limit.as_str(), plan.suite.text.path())
        }
        true => ":".to_owned(),
    };
    format!("to go on{raise} {}", again(&how))
}

/// The mode of a run, as flags, with the one that goes on with it where that is asked for.
fn flags(mode: Mode, resumes: bool) -> String {
    let mode = match mode {
        Mode::Record => "--record",
        Mode::Renew => "--record --fresh",
        Mode::Live | Mode::Replay => "--live",
    };
    // Recorded answers are known by their questions.
    let resumes = if resumes && mode != "--record" { " --resume" } else { "" };
    format!("{mode}{resumes}")
}

/// What a run that goes on took before. Recorded answers are on file, whichever run they are of.
pub(super) fn spent_before(plan: &Plan<'_>) -> Spent {
    plan.carried.filter(|_| plan.mode != Mode::Record).map(Spent::of).unwrap_or_default()
}

/// Runs `plan`, and notes what is answered.
pub(super) fn go(
    plan: &Plan<'_>,
    opened: &Opened,
    journal: &mut Option<Journal>,
    bench: &Bench<'_>,
) -> Result<Finished, Failure> {
    let mut bar = Bar::new(&opened.path, bench.app);
    let mut watch = |event: Event<'_>| match (&event, journal.as_mut()) {
        (Event::Recorded(entry), Some(journal)) => journal.note(entry, bench.app),
        (Event::Rest, Some(journal)) => journal.write(bench.app),
        _ => bar.show(&event),
    };
    let finished = eval::run::run(plan, bench.providers, &mut watch, &interrupt::flag());
    drop(bar);
    finished.map_err(|e| unplanned(&e, plan, bench))
}

/// The keys of the recordings that a replay of `opened` uses, its baseline's too, and how many answers are not on file.
pub(crate) fn used(
    opened: &Opened,
    course: &Course<'_>,
    bench: &Bench<'_>,
) -> Result<(BTreeSet<Digest>, usize), Failure> {
    let mut plan = course.plan(opened, bench)?;
    plan.traces = true;
    let finished = go(&plan, opened, &mut None, bench)?;
    // Answers to encrypted cases are never on file, and nobody waits for them.
    let sealed: BTreeSet<String> = plan.suite.cases.iter().filter(|c| c.sealed).map(|c| c.id.clone()).collect();
    let lacks = |o: &Outcome| o.status == Status::Missing && !sealed.contains(&o.case);
    let missing = |r: &Results| r.outcomes.iter().filter(|o| lacks(o)).count();
    let (mut used, mut misses) = (finished.used, missing(&finished.results));
    if let Some(compare) = course.compare(plan.suite)
        && let Side::There(other) = course.other(compare, opened, &plan, bench)?
        && let Some(there) = other.plan(&plan, None).map_err(|e| Failure::of(Exit::Usage, &e))?
    {
        let finished = go(&there, opened, &mut None, bench)?;
        used.extend(finished.used);
        misses += missing(&finished.results);
    }
    Ok((used, misses))
}

/// So many misses are told one by one.
const TOLD: usize = 20;

/// How many answers (to `case`, where one is named) a replay of `plan` finds without what the judge said of them, and why,
/// of the first few.
pub(crate) fn ungraded(plan: &Plan<'_>, case: Option<&str>, bench: &Bench<'_>) -> Result<(usize, Vec<Miss>), Failure> {
    let (mut count, mut told) = (0, Vec::new());
    if plan.judge.is_none() && plan.embeddings.is_none() {
        return Ok((count, told));
    }
    let mut watch = |event: Event<'_>| match event {
        Event::Missed(miss) if miss.helping.is_some() && case.is_none_or(|case| case == miss.case) => {
            count += 1;
            if told.len() < TOLD {
                told.push(miss.clone());
            }
        }
        _ => {}
    };
    eval::run::run(plan, bench.providers, &mut watch, &interrupt::flag()).map_err(|e| unplanned(&e, plan, bench))?;
    Ok((count, told))
}

/// Writes what was recorded for a suite beside what its file holds by now: another part of the run may have added to it.
fn keep(plan: &Plan<'_>, recorded: &Recordings, bench: &Bench<'_>) -> Result<(), Failure> {
    if recorded.is_empty() {
        return Ok(());
    }
    let path = eval::recording::path_of(&plan.suite.name);
    let name = format!("{}.recordings.lock", plan.suite.name.replace('/', "+"));
    let _lock = Lock::wait(&journal::folder(bench).join(name))?;
    let bytes = bench.repo.open_file(&path)?.unwrap_or_else(|| [].into());
    let mut recordings = Recordings::read_file(&path, &bytes).map_err(|found| {
        findings::instead(&selection::report(found, bench), bench.app);
        Failure::new(Exit::Usage, format!("add to {path}: it has errors since this run began"))
            .help("mend it, then run again with --resume")
    })?;
    recordings.add(recorded);
    let mut written = 0;
    bench.repo.write_file_pieces(&path, |take| {
        recordings.write(&mut |line| {
            written += line.len();
            take(line);
        });
    })?;
    let answers = source::render::counted(recorded.len(), "answer");
    let size = super::size(written);
    bench.app.terminal.say(format!("recorded {answers} in {path}, which now has {size}"));
    Ok(())
}
