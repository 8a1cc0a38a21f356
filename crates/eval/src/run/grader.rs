//! The judge of a run: asked like any model, recorded like any answer.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use prompt::{Compiled, Message, Output, OutputFormat, Parameters, Role};
use serde_json::Value;
use source::{ModelName, PromptId};

use super::ask::{Desk, Line, Turn, Without};
use super::outcome::{Helping, Miss, Origin};
use crate::assertion::Grader;
use crate::recording::Entry;

/// Grading that takes longer ends with the run.
const SOON: Duration = Duration::from_secs(1);

/// Who judges and who embeds, where a suite asks for it.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) judge: Option<(Line, Compiled)>,
    pub(super) embeddings: Option<(Line, ModelName)>,
}

/// The judge's instructions come with each question; this holds its model and settings: temperature 0, JSON.
pub(super) fn judge_prompt(model: &ModelName) -> Compiled {
    Compiled {
        id: "judge".parse::<PromptId>().expect("a sound id"),
        model: model.clone(),
        parameters: Parameters { temperature: Some(0.0), max_tokens: Some(1024), ..Parameters::default() },
        inputs: Vec::new(),
        output: Some(Output { format: OutputFormat::Json, schema: None }),
        tools: Vec::new(),
        prelude: "".into(),
        messages: Vec::new(),
        blocks: std::collections::BTreeMap::new(),
    }
}

/// The grader of one repeat of one case.
pub(super) struct CaseGrader<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) bench: &'a Bench,
    pub(super) turn: Turn<'a>,
    /// New answers of the judge.
    pub(super) fresh: Mutex<Vec<Entry>>,
    /// The first answer that is not on file.
    pub(super) missing: Mutex<Option<Miss>>,
    /// Whether the run ended in the middle.
    pub(super) ended: Mutex<bool>,
    /// When grading began.
    pub(super) begun: Instant,
    /// How often the judge is asked about each answer.
    pub(super) votes: u32,
    /// Its verdicts: how many of how many were in favour.
    pub(super) tally: Mutex<Vec<(u32, u32)>>,
    /// The assertions on which they differ.
    pub(super) divided_on: Mutex<Vec<String>>,
    /// Whether any answer of the judge came from a recording.
    pub(super) replayed: Mutex<bool>,
}

impl<'a> CaseGrader<'a> {
    pub(super) fn new(desk: &'a Desk<'a>, bench: &'a Bench, turn: Turn<'a>, votes: u32) -> Self {
        Self {
            desk,
            bench,
            turn,
            fresh: Mutex::default(),
            missing: Mutex::default(),
            ended: Mutex::new(false),
            begun: Instant::now(),
            votes,
            tally: Mutex::default(),
            divided_on: Mutex::default(),
            replayed: Mutex::new(false),
        }
    }
}

impl CaseGrader<'_> {
    fn ask(
        &self,
        line: &Line,
        prepared: &crate::provider::Prepared,
        grading: (Helping, u32),
        longest: Option<u64>,
    ) -> Result<Value, String> {
        let turn = Turn { grading: Some(grading), ..self.turn };
        match self.desk.ask(line, prepared, turn, longest) {
            Ok(got) => {
                *lock(&self.replayed) |= got.origin == Origin::Recorded;
                lock(&self.fresh).extend(got.fresh.map(|e| *e));
                Ok(got.answer.output)
            }
            Err(Without::Missing(miss)) => {
                lock(&self.missing).get_or_insert(miss);
                Err(format!("{} is not on file", grading.0.gives()))
            }
            Err(Without::Failed(failure)) => Err(format!("the judge could not {failure}")),
            Err(Without::Unasked(unasked)) => Err(format!("the judge was not asked: {}", unasked.why())),
            Err(Without::Ended) => {
                *lock(&self.ended) = true;
                Err("the run ended".to_owned())
            }
        }
    }
}

impl Grader for CaseGrader<'_> {
    fn judge(&self, system: &str, user: &str, vote: u32) -> Result<String, String> {
        let (line, compiled) =
            self.bench.judge.as_ref().ok_or("no judge is configured: name one under `judge.model`")?;
        let messages = [Message::new(Role::System, system), Message::new(Role::User, user)];
        let prepared = line.provider.prepare(compiled, &messages).map_err(|e| format!("the judge could not {e}"))?;
        let output = self.ask(line, &prepared, (Helping::Judge, vote), compiled.parameters.max_tokens)?;
        Ok(crate::ecma::text_of(&output))
    }

    fn is_over(&self) -> bool {
        // What is answered is graded all the same, unless that takes its time.
        let over = self.desk.cancel.load(Ordering::Relaxed) && self.begun.elapsed() > SOON;
        *lock(&self.ended) |= over;
        over
    }

    fn votes(&self) -> u32 {
        self.votes
    }

    fn voted(&self, on: &dyn Fn() -> String, passes: u32, of: u32) {
        if of > 1 {
            lock(&self.tally).push((passes, of));
        }
        if passes > 0 && passes < of {
            lock(&self.divided_on).push(on());
        }
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f64>>, String> {
        let missing = "no embedding model is configured: name one under `judge.embeddings`";
        let (line, model) = self.bench.embeddings.as_ref().ok_or(missing)?;
        let prepared =
            line.provider.prepare_embedding(model.model(), texts).map_err(|e| format!("nobody could {e}"))?;
        let output = self.ask(line, &prepared, (Helping::Embeddings, 0), Some(0))?;
        let rows = output.as_array().ok_or("the embedding endpoint gave no vectors")?;
        let row = |v: &Value| v.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
        rows.iter()
            .map(row)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| "an embedding holds more than numbers".to_owned())
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
