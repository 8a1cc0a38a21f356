//! Which suites make evidence: whole ones, whose cases are asked, each question once.

use std::num::NonZeroU32;

use eval::gate::Standing;
use eval::run::Results;
use eval::suite::{Compare, Suite};
use ledger::statement::STATEMENT_LIMIT;
use source::{ModelName, RepoPath};

use super::Ran;
use crate::error::{Error, Result};

/// How a suite is run, or was, where that is not for the suite alone to say.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// How many models answer.
    pub models: usize,
    /// How often each case is asked, whatever the suite says.
    pub repeat: Option<NonZeroU32>,
    /// What it is compared with.
    pub compare: Option<&'a Compare>,
}

impl<'a> Setting<'a> {
    pub(super) fn of(ran: &Ran<'a>) -> Self {
        let compared = ran.baseline.filter(|baseline| baseline.standing != Standing::Declined);
        let Results { models, repeat, .. } = ran.results;
        Self { models: models.len(), repeat: *repeat, compare: compared.map(|baseline| &baseline.compare) }
    }
}

/// Refuses a suite whose run, so asked, would be no evidence: one that leaves cases, repeats or its comparison out, that
/// brings its own answers, or that has more cases than a statement holds. Whoever asks before the run pays nothing in vain.
pub fn attestable(suite: &Suite, setting: &Setting<'_>) -> Result<()> {
    let (path, all) = (suite.text.path(), suite.cases.len());
    if let Some(sample) = suite.sample.as_ref().filter(|sample| (sample.n as usize) < all) {
        let why = format!("its own `sample` runs {} of its {all} cases", sample.n);
        return Err(unfit(
            path,
            &why,
            "evidence is of whole suites: take `sample` out; `--sample N` draws one for a trial",
        ));
    }
    asks_once(suite)?;
    if let Some(own) = suite.gate.compare.as_ref().filter(|own| setting.compare != Some(own)) {
        let other = setting.compare.map_or("nothing", |other| &other.baseline);
        let why = format!("its gate compares with {}, and the run with {other}", own.baseline);
        return Err(unfit(path, &why, "run it without --against and --no-compare"));
    }
    let Setting { models, repeat, .. } = *setting;
    let (mut stored, mut bytes) = (0, 0);
    for case in suite.cases.iter() {
        if repeat.is_some_and(|repeat| repeat.get() < case.repeat) {
            let why = format!("the case {} asks for {} repeats, and --repeat for fewer", case.id, case.repeat);
            return Err(unfit(path, &why, "run it without --repeat"));
        }
        stored += usize::from(case.stored.is_some());
        let repeats = repeat.map_or(case.repeat, NonZeroU32::get) as usize;
        bytes += models * (case.id.len() + CASE_BYTES + repeats * ANSWER_BYTES);
    }
    if stored > 0 {
        return Err(brings_answers(path, stored));
    }
    if bytes > STATEMENT_LIMIT {
        let why = format!("its {all} cases take {bytes} bytes in a statement at least, {STATEMENT_LIMIT} are the most");
        return Err(unfit(path, &why, "part it into suites of fewer cases, or attest with fewer models or repeats"));
    }
    Ok(())
}

/// Refuses a suite that is run without the model of the prompt.
pub fn asks_own_model(suite: &Suite, model: &ModelName, models: &[ModelName]) -> Result<()> {
    if models.contains(model) {
        return Ok(());
    }
    let why = format!("{model}, the model of the prompt, is not asked");
    Err(unfit(suite.text.path(), &why, "run it with the prompt's own model, alone or among others"))
}

/// Refuses a suite in which several cases ask one question: a statement counts cases, and whoever reads it takes each for
/// something that was asked.
fn asks_once(suite: &Suite) -> Result<()> {
    let Some([one, other]) = &suite.questions.twins else { return Ok(()) };
    let more = match suite.questions.surplus {
        1 => String::new(),
        many => format!(", and so do others: {} of its {} cases are surplus", many, suite.cases.len()),
    };
    let why = format!("its case {other} asks the model what {one} asks{more}; evidence would count it twice");
    let remedy = "write one case with the assertions of both; `options: { repeat: 3 }` asks it several times";
    Err(unfit(suite.text.path(), &why, remedy))
}

/// What a case takes in a statement, without its id and its answers.
const CASE_BYTES: usize = 60;

/// What the digest of an answer takes there.
const ANSWER_BYTES: usize = 67;

fn brings_answers(path: &RepoPath, stored: usize) -> Error {
    let why = match stored {
        1 => "a case of it brings its own answer".to_owned(),
        many => format!("{many} of its cases bring their own answers"),
    };
    let why = format!("{why} (`providerOutput`), so that nobody asks the model");
    unfit(path, &why, "keep such cases in a suite of their own, which is not attested: evals/ID.logged.yaml")
}

pub(super) fn unfit(path: &RepoPath, why: &str, remedy: &str) -> Error {
    Error::usage(format!("attest {path}: {why}"), remedy)
}
