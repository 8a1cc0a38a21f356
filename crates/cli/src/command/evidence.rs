//! `promptuary evidence`.

mod grades;
mod on_file;
mod terms;

use std::path::PathBuf;

use eval::recording::{Entry, Recordings};
use eval::run::Regraded;
use eval::suite::Suite;
use ledger::statement::{Case, CaseVerdict};
use release::{Attempt, Attempts};
use serde_json::{Value, json};
use source::escape::{terminal, terminal_lines};
use source::{Digest, Files, PromptId};

use crate::acting;
use crate::app::App;
use crate::evaluation::{providers, rules};
use crate::exit::{Exit, Failure};
use crate::named;
use crate::reference::Reference;
use crate::shape::Shape;
use crate::trusted::Trusted;

use grades::Grading;
use on_file::{OnFile, Sources};

/// Show the attested eval runs of a prompt, down to the cases and answers
///
/// Lists every attempt on the content that WHERE has, passed or not, and which pointers cite it. With --run it lists the
/// cases of one attempt, and what did not hold; with --case also what was put in, what was answered, and what each assertion says of that, in
/// the judge's words where one was asked, as far as a recording in the worktree, in that commit or in the history of
/// HEAD holds the text whose digest was signed. Nobody is asked again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::prompt)]
    id: PromptId,
    /// Which content: v:2.1.0 (a release), env:prod (what is live there), rev:HEAD~3, or worktree [default: worktree]
    #[arg(value_name = "WHERE")]
    place: Option<String>,
    /// The cases of this attempt, by its number
    #[arg(long, value_name = "N")]
    run: Option<u32>,
    /// This case alone, with its variables and answers; where --run names none, of the newest attempt that has it, with env:ENV first of those that what is live there rests on
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Definitions of providers that policy does not have, as they were given to eval: the judge's words are found by them
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Finds the content, reads its attempts, shows them.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let repo = app.repo()?;
    let reference = match &args.place {
        Some(text) => Reference::read(text, &repo)?,
        None => Reference::Worktree,
    };
    let found = match reference.find(&args.id, &repo, app) {
        Ok(found) => found,
        Err(missing) => return missing.ends(app),
    };
    let desk = app.desk()?;
    let attempts = release::attempts(&desk, &args.id, &found.compiled.digest());
    let attempts = attempts.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    acting::tell_age(&desk, app);
    let chosen = match (args.run, &args.case) {
        (None, None) => None,
        (Some(number), case) => {
            let attempt = chosen(&attempts, Some(number), &args.id)?;
            if let Some(case) = case.as_deref().filter(|case| !has(attempt, case)) {
                return Err(lacking(attempt, &attempts, case));
            }
            Some(attempt)
        }
        (None, Some(case)) => Some(match newest(&attempts, &reference, case) {
            Some(attempt) => attempt,
            None if attempts.runs.is_empty() => chosen(&attempts, None, &args.id)?,
            None => return Err(nowhere(&attempts, &reference, case)),
        }),
    };
    let worktree = repo.worktree()?;
    let sources: Vec<(String, &dyn Files)> = vec![(worktree.name.clone(), &worktree)];
    let committed = reference.files(&args.id, &repo, app)?;
    let mut sources = sources;
    if let Some(files) = &committed {
        sources.push((reference.label(), &**files));
    }
    let sources = Sources { near: &sources, repo: &repo };
    let in_effect = if chosen.is_some() { rules::in_effect(app)? } else { None };
    let providers = providers(in_effect.as_ref(), args.providers.as_deref(), app)?;
    let grading = Grading { compiled: &found.compiled, providers: &providers, policy: in_effect.as_ref() };
    let shown = chosen.map(|attempt| Shown::of(attempt, args.case.as_deref(), &sources, &grading)).transpose()?;
    if args.shape.is_json() {
        let mut value = json!(attempts);
        if let Some(shown) = &shown {
            value["run"] = shown.json();
        }
        app.terminal.json(&value);
    } else {
        match &shown {
            None => app.terminal.answer(listed(&attempts, &reference.label())),
            Some(shown) => app.terminal.answer(shown.text(args.case.is_some())),
        }
    }
    Ok(Exit::Clean)
}

/// The newest attempt that has `case`; of an environment one that its last entry cites comes before all others. Attempts
/// may be of several suites, of which one has it.
fn newest<'a>(attempts: &'a Attempts, reference: &Reference, case: &str) -> Option<&'a Attempt> {
    let cited = match reference {
        Reference::Environment(environment) => {
            let of = format!("env/{environment}/{}@", attempts.prompt);
            let entry = |run: &Attempt| run.cited_by.iter().filter(|name| name.starts_with(&of)).max().cloned();
            attempts.runs.iter().filter_map(entry).max()
        }
        _ => None,
    };
    let is_cited = |run: &Attempt| cited.as_ref().is_some_and(|entry| run.cited_by.contains(entry));
    attempts.runs.iter().filter(|run| has(run, case)).max_by_key(|run| (is_cited(run), run.sequence))
}

fn has(run: &Attempt, case: &str) -> bool {
    run.statement.cases.iter().any(|c| c.id == case)
}

/// No attempt has `case`.
fn nowhere(attempts: &Attempts, reference: &Reference, case: &str) -> Failure {
    let which = match attempts.runs.as_slice() {
        [one] => format!("attempt {}", one.sequence.get()),
        many => format!("any of the {} attempts on this content", many.len()),
    };
    let known = attempts.runs.iter().flat_map(|run| run.statement.cases.iter().map(|c| c.id.as_str()));
    let failure = Failure::new(Exit::Usage, format!("find the case {case} in {which}"));
    match source::nearest::nearest(case, known) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => {
            let number = attempts.runs.last().map_or(1, |run| run.sequence.get());
            let command = format!("promptuary evidence {} {} --run {number}", attempts.prompt, reference.label());
            failure.help(format!("see those of the newest: {command}"))
        }
    }
}

/// The attempt that was asked for does not have `case`.
fn lacking(attempt: &Attempt, attempts: &Attempts, case: &str) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("find the case {case} in attempt {}", attempt.sequence.get()));
    if let Some(other) = attempts.runs.iter().rev().find(|run| has(run, case)) {
        return failure.help(format!("attempt {} has it, a run of {}", other.sequence.get(), other.suite));
    }
    match source::nearest::nearest(case, attempt.statement.cases.iter().map(|c| c.id.as_str())) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure.help("see them all: leave out --case"),
    }
}

fn chosen<'a>(attempts: &'a Attempts, number: Option<u32>, id: &PromptId) -> Result<&'a Attempt, Failure> {
    let found = match number {
        Some(n) => attempts.runs.iter().find(|r| r.sequence.get() == n),
        None => attempts.runs.last(),
    };
    found.ok_or_else(|| {
        let which = number.map_or_else(|| "an attempt".to_owned(), |n| format!("attempt {n}"));
        let numbers: Vec<String> = attempts.runs.iter().map(|run| run.sequence.get().to_string()).collect();
        let failure = |there: &str| Failure::new(Exit::Usage, format!("find {which} on this content of {id}: {there}"));
        match numbers.as_slice() {
            [] => failure("there is none").help(format!("attest one: promptuary eval {id} --record --attest")),
            [one] => failure("there is one").help(format!("name that: --run {one}")),
            many => {
                failure(&format!("there are {}", many.len())).help(format!("name one of them: {}", many.join(", ")))
            }
        }
    })
}

fn listed(attempts: &Attempts, label: &str) -> String {
    let mut text = format!("{} {label} {}\n", attempts.prompt, attempts.content.tagged());
    if attempts.runs.is_empty() {
        text += "  no run of this content was attested\n";
    }
    for run in &attempts.runs {
        let models: Vec<&str> = run.models.names().iter().map(source::ModelName::as_str).collect();
        text += &format!(
            "  {:>3}  {}  {}, {}, {} of {} cases passed  {}  {}\n",
            run.sequence.get(),
            run.at,
            run.verdict.as_str(),
            run.mode.as_str(),
            run.cases.passed,
            run.cases.total(),
            terminal(&models.join(", ")),
            terminal(&run.by)
        );
        text += &format!("       {}  {}\n", terminal(run.suite.as_str()), run.tag);
        text += &terms::text(run, "       ");
        for pointer in &run.cited_by {
            text += &format!("       cited by {pointer}\n");
        }
    }
    for junk in &attempts.junk {
        text += &format!("  junk  {} [{}]\n", terminal(&junk.detail), junk.code);
    }
    text
}

/// In a list so many cases that fell short are told with why.
const TOLD: usize = 20;

/// One attempt with what its cases were and were answered.
struct Shown<'a> {
    attempt: &'a Attempt,
    cases: Vec<ShownCase<'a>>,
    /// Where the suite lies as it was run.
    suite: Option<(String, Suite)>,
}

/// One case with one model.
struct ShownCase<'a> {
    case: &'a Case,
    /// For each answer its text, and where it was found.
    answers: Vec<Option<(Entry, String)>>,
    /// For each answer what the assertions say of it; empty where that was not asked for, or the suite is not on hand.
    graded: Vec<Option<Regraded>>,
}

impl<'a> Shown<'a> {
    fn of(
        attempt: &'a Attempt,
        case: Option<&str>,
        sources: &Sources<'_>,
        grading: &Grading<'_>,
    ) -> Result<Self, Failure> {
        let asked = |c: &&Case| case.is_none_or(|case| c.id == case);
        let signed = attempt.statement.cases.iter().filter(asked);
        let signed = signed.flat_map(|case| case.outputs.iter().map(|digest| (case.id.as_str(), digest))).collect();
        let OnFile { recordings, suite } = sources.find(attempt, signed)?;
        let told = std::cell::Cell::new(0);
        let graded = |signed: &Case, answers: &[_]| {
            // In a list what fell short is told with why, of the first few.
            let is_short = case.is_none() && signed.verdict == CaseVerdict::Failed && told.get() < TOLD;
            told.set(told.get() + usize::from(is_short));
            match &suite {
                Some((_, suite)) if case.is_some() || is_short => {
                    grading.of(attempt, suite, signed, answers, &recordings)
                }
                _ => Vec::new(),
            }
        };
        let shown = |case: &'a Case| {
            let answers: Vec<_> = case.outputs.iter().map(|digest| answer(&case.id, digest, &recordings)).collect();
            ShownCase { case, graded: graded(case, &answers), answers }
        };
        let cases: Vec<_> = attempt.statement.cases.iter().filter(asked).map(shown).collect();
        Ok(Self { attempt, cases, suite })
    }

    fn text(&self, whole: bool) -> String {
        let mut text = format!(
            "attempt {} by {} at {}: {}, {}\n  {}, judged by policy {}\n",
            self.attempt.sequence.get(),
            terminal(&self.attempt.by),
            self.attempt.at,
            self.attempt.verdict.as_str(),
            self.attempt.mode.as_str(),
            self.attempt.tag,
            self.attempt.policy.get(),
        );
        for pointer in &self.attempt.cited_by {
            text += &format!("  cited by {pointer}\n");
        }
        let suite = match &self.suite {
            Some((label, _)) => format!("as {label} has it"),
            None => "not on hand as it was run".to_owned(),
        };
        text +=
            &format!("  {} {}, {suite}\n", terminal(self.attempt.suite.as_str()), self.attempt.suite_digest.tagged());
        text += &terms::text(self.attempt, "  ");
        if !whole {
            text += &format!("  to pin it: {}\n", terms::pin(self.attempt));
        }
        for shown in &self.cases {
            let case = shown.case;
            let score = case.score.map_or_else(|| "   –".to_owned(), |s| format!("{s:.2}"));
            let verdict = format!("{:?}", case.verdict).to_lowercase();
            text += &format!("  {verdict:<6}  {score}  {} [{}]\n", terminal(&case.id), terminal(case.model.as_str()));
            if !whole {
                let short = shown.graded.iter().flatten().find_map(grades::shortfall);
                text += &short.map_or_else(String::new, |line| format!("    {line}\n"));
                continue;
            }
            if let Some(vars) = self.vars(&case.id) {
                text += &format!("    asked with {}\n", terminal(&vars.to_string()));
            }
            if case.outputs.is_empty() {
                text += "    no answer was signed: asking or grading ended in an error\n";
            }
            for (at, (digest, answer)) in case.outputs.iter().zip(&shown.answers).enumerate() {
                match answer {
                    Some((said, place)) => {
                        text += &format!("    answer {} in {}\n", digest.tagged(), terminal(place));
                        for line in terminal_lines(&said.answer.text_output()).lines() {
                            text += &format!("      {line}\n");
                        }
                    }
                    None => text += &format!("    answer {} is not on file here\n", digest.tagged()),
                }
                match shown.graded.get(at).and_then(Option::as_ref) {
                    Some(graded) => text += &grades::text(case, graded, "    "),
                    None => {
                        text += "    what is asserted of it is not known here, the suite as it was run is not on hand\n"
                    }
                }
            }
        }
        if !whole {
            let found = self.cases.iter().flat_map(|c| &c.answers).filter(|a| a.is_some()).count();
            let all = self.cases.iter().map(|c| c.answers.len()).sum::<usize>();
            text += &format!(
                "  {found} of {} are on file here; --case ID shows one\n",
                source::render::counted(all, "answer")
            );
        }
        text
    }

    fn vars(&self, case: &str) -> Option<Value> {
        let (_, suite) = self.suite.as_ref()?;
        let case = suite.cases.iter().find(|c| c.id == case)?;
        Some(Value::Object(case.vars.map()))
    }

    fn json(&self) -> Value {
        let cases = self.cases.iter().map(|shown| {
            let mut value = json!(shown.case);
            value["answers"] = shown.answers.iter().map(|a| a.as_ref().map(|(e, _)| e.answer.text_output())).collect();
            if !shown.graded.is_empty() {
                value["graded"] = json!(shown.graded);
            }
            value["vars"] = json!(self.vars(&shown.case.id));
            value
        });
        json!({ "sequence": self.attempt.sequence, "suite_from": self.suite.as_ref().map(|(l, _)| l), "cases": cases.collect::<Vec<_>>() })
    }
}

fn answer(case: &str, digest: &Digest, recordings: &[(String, Recordings)]) -> Option<(Entry, String)> {
    recordings.iter().find_map(|(place, recordings)| {
        let entry = recordings.by_output(case, digest)?;
        Some((entry, place.clone()))
    })
}
