//! What a run has paid for so far, kept beside git's own files while it runs: a run that is cut off can go on.
//!
//! One line for what is run, then one for each answer as it comes. Nothing of it outlives a run that reached its end.

use std::fs::File;
use std::io::{BufRead as _, BufWriter, Write as _};
use std::path::PathBuf;

use eval::recording::{Entry, Recordings};
use eval::run::{Mode, Plan};
use repo::files::Lock;
use serde_json::{Map, Value, json};
use source::{Bytes, ModelName, RepoPath, Text, Timestamp};

use super::Bench;
use crate::app::App;
use crate::exit::{Exit, Failure};

/// So much is written at once.
const HELD: usize = 64 << 10;

/// The journal of one suite's run.
pub(crate) struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
    /// Held until the run ends, so that two runs never share a journal.
    _lock: Lock,
    /// Answers of this run from before it was cut off.
    pub(crate) carried: Recordings,
    /// When the oldest answer was asked for, those carried among them; absent where an earlier run does not say.
    pub(crate) asked_at: Option<Timestamp>,
    /// Whether something could not be written.
    is_broken: bool,
    /// Whether a run goes on without being told to: recorded answers are known by their questions.
    goes_on: bool,
}

/// What an earlier run left.
struct Left {
    header: Value,
    answers: Recordings,
}

impl Journal {
    /// The journal of `plan`, with what an earlier run of the very same left in it; `None` where nobody is asked.
    pub(crate) fn open(plan: &Plan<'_>, resume: bool, bench: &Bench<'_>) -> Result<Option<Self>, Failure> {
        if plan.mode == Mode::Replay {
            return Ok(None);
        }
        let path = place(plan, bench);
        let locked = |e: repo::Error| match e {
            repo::Error::Locked(_) => {
                let what = format!("run {}: another run of it is under way", plan.suite.name);
                Failure::new(Exit::Usage, what).help("wait for it; parts of a run may run at once: --shard 1/2")
            }
            other => other.into(),
        };
        let lock = Lock::take(&path.with_extension("lock")).map_err(locked)?;
        let mut header = header(plan, bench);
        let left = read(&path)?.filter(|left| !left.answers.is_empty());
        let before = left.as_ref().and_then(|left| Timestamp::parse(left.header["asked_at"].as_str()?).ok());
        let carried = carried(left, &header, plan, resume, bench)?;
        let asked_at = if carried.is_empty() { Some(bench.app.now()) } else { before };
        header["asked_at"] = json!(asked_at);
        repo::files::write_pieces(&path, |take| {
            take(&format!("{header}\n"));
            carried.write(take);
        })?;
        let failed = |e| Failure::new(Exit::Usage, format!("write {}: {e}", path.display()));
        let file = File::options().append(true).open(&path).map_err(failed)?;
        let file = BufWriter::with_capacity(HELD, file);
        Ok(Some(Self {
            path,
            file,
            _lock: lock,
            carried,
            asked_at,
            is_broken: false,
            goes_on: plan.mode == Mode::Record,
        }))
    }

    /// Keeps an answer, from the next [`Self::write`] on whatever kills this process.
    pub(crate) fn note(&mut self, entry: &Entry, app: &App) {
        if !self.is_broken && !self.carried.has(&entry.key) {
            let written = self.file.write_all((entry.line() + "\n").as_bytes());
            self.look(written, app);
        }
    }

    /// Writes what was noted: answers that came at the same moment in one call.
    pub(crate) fn write(&mut self, app: &App) {
        if !self.is_broken {
            let written = self.file.flush();
            self.look(written, app);
        }
    }

    /// What cannot be kept is told at once: whoever pays for it may rather end the run.
    fn look(&mut self, written: std::io::Result<()>, app: &App) {
        if let Err(error) = written {
            self.is_broken = true;
            let path = self.path.display();
            app.terminal.warn(format!(
                "what is answered from here on is lost if the run is cut off: could not write {path}: {error}"
            ));
        }
    }

    const fn flag(&self) -> &'static str {
        if self.goes_on { "" } else { " and --resume" }
    }

    /// Nobody needs it any more.
    pub(crate) fn remove(&self) {
        // A journal that cannot be removed is one that the next run reads.
        let _ = std::fs::remove_file(&self.path);
    }

    /// The run ended. What it paid for is kept for another start unless it reached its end or is on file by now.
    pub(crate) fn close(&self, is_kept_elsewhere: bool, is_spent: bool, bench: &Bench<'_>) {
        if is_kept_elsewhere {
            self.remove();
        } else {
            let what = if self.is_broken { "a part of what was answered" } else { "what was answered" };
            let more = if is_spent { ", and a larger budget: it is one for the whole run" } else { "" };
            let text = format!("{what} is kept; go on with the same command{}{more}", self.flag());
            bench.app.terminal.say(text);
        }
    }
}

/// What of an earlier run `plan` would go on with, looked at and left as it is.
pub(crate) fn left(plan: &Plan<'_>, resume: bool, bench: &Bench<'_>) -> Option<Recordings> {
    if plan.mode == Mode::Replay {
        return None;
    }
    // What cannot be read is told once it is needed.
    let left = read(&place(plan, bench)).ok().flatten()?;
    let header = header(plan, bench);
    let same = || difference(&left.header, &header).is_none();
    let goes_on = match plan.mode {
        Mode::Record => !resume || same(),
        _ => resume && same(),
    };
    let goes_on = goes_on && others(plan, &left.header, &header, bench).is_none();
    goes_on.then_some(left.answers)
}

/// The answers to go on with.
fn carried(
    left: Option<Left>,
    header: &Value,
    plan: &Plan<'_>,
    resume: bool,
    bench: &Bench<'_>,
) -> Result<Recordings, Failure> {
    let terminal = &bench.app.terminal;
    let name = &plan.suite.name;
    let Some(left) = left else {
        if resume {
            terminal.say(format!("{name}: nothing was cut off, so it starts anew"));
        }
        return Ok(Recordings::default());
    };
    let n = source::render::counted(left.answers.len(), "answer");
    let others = others(plan, &left.header, header, bench);
    match (difference(&left.header, header).or_else(|| others.clone()), resume) {
        (Some(what), true) => {
            let what = format!("resume {name}: the run that was cut off {what}");
            Err(Failure::new(Exit::Usage, what).help(match others {
                None => "give the same options, or start over without --resume",
                Some(_) => "give the same --providers, or start over without --resume: others answer now",
            }))
        }
        (None, true) => {
            let counted = if plan.mode == Mode::Record { "" } else { ", which count in its budget" };
            terminal.say(format!("{name}: going on with {n} of the run that was cut off{counted}"));
            Ok(left.answers)
        }
        // What somebody else answered is not what would be answered now.
        (_, false) if others.is_some() => {
            let what = others.unwrap_or_default();
            terminal.say(format!("{name}: {n} of a run that was cut off are left aside: it {what}; asking anew"));
            Ok(Recordings::default())
        }
        // Recorded answers are known by their questions: those of any run that was cut off are as good as on file.
        (_, false) if plan.mode == Mode::Record => {
            terminal.say(format!("{name}: {n} of a run that was cut off need not be asked for again"));
            Ok(left.answers)
        }
        (_, false) => {
            terminal.say(format!("{name}: a run that was cut off left {n}; starting over (--resume goes on with it)"));
            Ok(Recordings::default())
        }
    }
}

/// What is run, and who answers, for telling one run from another.
fn header(plan: &Plan<'_>, bench: &Bench<'_>) -> Value {
    let identity = |name: &str| (name.to_owned(), bench.providers.identity(name).unwrap_or_default());
    json!({
        "format": 4,
        "mode": plan.mode.as_str(),
        "suite": plan.suite.digest_but_budget(),
        "cases": plan.suite.dataset,
        "prompt": plan.content,
        "models": plan.targets.iter().map(|t| t.compiled.model.as_str()).collect::<Vec<_>>(),
        "judge": plan.judged_by().map(|by| by.model),
        "embeddings": plan.embedded_by().map(|by| by.model),
        "providers": plan.providers().into_iter().map(identity).collect::<Map<_, _>>(),
        "parameters": plan.targets.iter().map(eval::run::Target::parameters).collect::<Vec<_>>(),
        "sample": plan.sample,
        "shard": plan.shard,
        "repeat": plan.repeat,
    })
}

/// In what two runs differ, in words.
fn difference(before: &Value, now: &Value) -> Option<String> {
    let differs = |key: &str| before[key] != now[key];
    let words = [
        ("format", "was made by another version of this program"),
        ("mode", "had another mode"),
        ("suite", "had another text of the suite"),
        ("cases", "had other cases"),
        ("prompt", "had another content of the prompt"),
        ("models", "had other models"),
        ("judge", "had another judge"),
        ("embeddings", "had another model of embeddings"),
        ("parameters", "had other parameters"),
        ("sample", "had another --sample"),
        ("shard", "had another --shard"),
        ("repeat", "had another --repeat"),
    ];
    words.iter().find(|(key, _)| differs(key)).map(|(_, words)| (*words).to_owned())
}

/// Who answered then and does not now, in words: questions are known by their words, not by who was asked.
fn others(plan: &Plan<'_>, before: &Value, now: &Value, bench: &Bench<'_>) -> Option<String> {
    // Two models that are asked in the same words leave answers that nobody can tell apart.
    if let Some((one, other)) = alike(plan, bench) {
        return Some(format!("asked {one} and {other} the same, word for word"));
    }
    let (before, now) = (&before["providers"], &now["providers"]);
    let Some(before) = before.as_object() else {
        return Some("does not say who answered".to_owned());
    };
    before.iter().find(|(name, definition)| now[name.as_str()] != **definition).map(|(name, definition)| {
        match now.get(name) {
            None => format!("asked the provider {name}, which this one does not"),
            Some(now) => {
                let differs = eval::provider::difference(definition, now);
                format!("had the provider {name} defined otherwise ({differs})")
            }
        }
    })
}

/// Two models of a run that the same requests go to, as far as recordings tell requests apart: another provider of the
/// same kind.
fn alike<'p>(plan: &'p Plan<'_>, bench: &Bench<'_>) -> Option<(&'p ModelName, &'p ModelName)> {
    let models: Vec<&ModelName> = plan.targets.iter().map(|t| &t.compiled.model).collect();
    let kind = |model: &ModelName| bench.providers.identity(model.provider()).map(|it| it["kind"].clone());
    let same = |one: &ModelName, other: &ModelName| one.model() == other.model() && kind(one) == kind(other);
    models.iter().enumerate().find_map(|(at, one)| {
        let other = models[at + 1..].iter().find(|other| same(one, other))?;
        Some((*one, *other))
    })
}

fn place(plan: &Plan<'_>, bench: &Bench<'_>) -> PathBuf {
    let part = plan.shard.map_or_else(String::new, |s| format!(".{}of{}", s.index, s.count));
    folder(bench).join(format!("{}{part}.jsonl", plan.suite.name.replace('/', "+")))
}

/// Where journals lie: beside the index, so that each worktree has its own.
pub(super) fn folder(bench: &Bench<'_>) -> PathBuf {
    bench.repo.git_dir().join("promptuary").join("eval")
}

/// What is left at `path`; a line that was cut off in the middle is none.
fn read(path: &std::path::Path) -> Result<Option<Left>, Failure> {
    let Some(bytes) = repo::files::open(path)? else { return Ok(None) };
    let mut first = String::new();
    if matches!(bytes, Bytes::There(_))
        && bytes.reader().read_line(&mut first).is_ok()
        && let Ok(header) = serde_json::from_str(&first)
        && let Some(answers) = Recordings::read_long(&bytes, first.len() as u64, true)
    {
        return Ok(Some(Left { header, answers }));
    }
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let Some((first, rest)) = whole.split_once('\n') else { return Ok(None) };
    let Ok(header) = serde_json::from_str(first) else { return Ok(None) };
    let name = RepoPath::new("journal.jsonl").expect("a plain name is a sound path");
    let answers = Recordings::read(&Text::new(name, rest)).map_err(|_| {
        let what = format!("read the answers of a run that was cut off in {}", path.display());
        Failure::new(Exit::Usage, what).help(format!("remove it: rm '{}'", path.display()))
    })?;
    Ok(Some(Left { header, answers }))
}
