//! Programs that answer: one line of JSON in, one line of JSON out.
//!
//! In: `{"model", "messages", "parameters", "output"?, "tools"?}`. Out: `{"output"}` with `finish_reason`, `usage`,
//! `cost` and `log_probs` as it likes, or `{"error": "…"}`. The program stays for the whole run; as many of it run as
//! requests may be under way. Its arguments come from policy or the user's own configuration, never from a suite.
//!
//! A program that is defined under the name of a provider of another kind stands in for it: it reads that kind's request
//! bodies, and what it answers is recorded as that provider's, so that it replays where the program is not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use prompt::{Compiled, Message, OutputFormat, request};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::limit::{Places, TICK};
use super::{Failure, Leave, Prepared, Provider, Sent};
use crate::Answer;
use crate::answer::Usage;
use crate::bounded;
use crate::recording::Secrets;

/// A longer line is refused.
const LARGEST: usize = 8 << 20;

/// A program.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) argv: Vec<String>,
    pub(super) places: Places,
    pub(super) timeout: Duration,
    pub(super) secrets: Arc<Secrets>,
    pub(super) idle: Mutex<Vec<Running>>,
    /// Whom it stands in for.
    pub(super) original: Option<Arc<dyn Provider>>,
}

/// One running instance.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<Result<String, String>>,
    errors: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
}

/// What the program writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    output: Option<Value>,
    error: Option<String>,
    finish_reason: Option<String>,
    usage: Option<Usage>,
    cost: Option<f64>,
    #[serde(default)]
    log_probs: Vec<f64>,
}

impl Provider for Program {
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure> {
        if let Some(original) = &self.original {
            return original.prepare(compiled, messages);
        }
        let mut body = Map::new();
        body.insert("model".to_owned(), compiled.model.model().into());
        body.insert("messages".to_owned(), request::messages_json(messages));
        body.insert("parameters".to_owned(), crate::recording::parameters(compiled));
        if let Some(output) = compiled.output.as_ref().filter(|o| o.format == OutputFormat::Json) {
            body.insert("output".to_owned(), output.schema.clone().unwrap_or(Value::Bool(true)));
        }
        if !compiled.tools.is_empty() {
            body.insert("tools".to_owned(), Value::Array(crate::run::tools(compiled)));
        }
        let model = compiled.model.model().to_owned();
        Ok(Prepared { kind: "command", path: String::new(), model, body: Value::Object(body) })
    }

    fn prepare_embedding(&self, _model: &str, _texts: &[String]) -> Result<Prepared, Failure> {
        let why = "programs are not asked for embeddings".to_owned();
        Err(Failure::Unsupported { provider: "command", why })
    }

    fn send(&self, prepared: &Prepared, leave: &Leave<'_>) -> Result<Sent, Failure> {
        let cancel = leave.cancel;
        let Some(_place) = self.places.take(cancel) else { return Err(Failure::Cancelled) };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut running = match idle {
            Some(running) => running,
            None => self.start()?,
        };
        let start = Instant::now();
        let line = running.ask(&prepared.body, self.timeout, cancel, &self.secrets)?;
        let latency = u64::try_from(start.elapsed().as_millis()).ok();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(running);
        let wrong = |why: String| Failure::Garbled(format!("the program's line is not one of ours: {why}"));
        let read = bounded::answer(line.as_bytes()).map_err(|e| wrong(e.to_string()))?;
        drop(line);
        let read: Line = serde_json::from_value(read).map_err(|e| wrong(e.to_string()))?;
        if let Some(error) = read.error {
            return Err(Failure::Program(error));
        }
        let output = read.output.ok_or_else(|| Failure::Garbled("the program's line has no `output`".to_owned()))?;
        let answer = Answer {
            output,
            latency_ms: latency,
            cost: read.cost,
            finish_reason: read.finish_reason,
            usage: read.usage,
            log_probs: read.log_probs,
        };
        Ok(Sent { answer, attempts: 1 })
    }

    fn concurrency(&self) -> usize {
        self.places.most()
    }
}

impl Program {
    fn start(&self) -> Result<Running, Failure> {
        let name = self.argv.first().cloned().unwrap_or_default();
        let mut child = Command::new(&name)
            .args(self.argv.iter().skip(1))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| Failure::Program(format!("`{name}` cannot be started: {}", unstarted(&e, &self.argv))))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(stdout), Some(stderr)) = pipes else {
            return Err(Failure::Program(format!("`{name}` has no pipes")));
        };
        let (sender, lines) = mpsc::channel();
        let reader = move || {
            let mut stdout = BufReader::new(stdout);
            loop {
                let mut line = Vec::new();
                let read = stdout.by_ref().take(LARGEST as u64 + 1).read_until(b'\n', &mut line);
                let message = match read {
                    Ok(0) => return,
                    Ok(n) if n > LARGEST => Err("its line is too long".to_owned()),
                    Ok(_) => String::from_utf8(line).map_err(|_| "its line is not UTF-8".to_owned()),
                    Err(e) => Err(e.to_string()),
                };
                let failed = message.is_err();
                if sender.send(message).is_err() || failed {
                    return;
                }
            }
        };
        let errors = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&errors);
        let listener = move || {
            let mut stderr = stderr;
            let mut chunk = [0; 1024];
            while let Ok(n @ 1..) = stderr.read(&mut chunk) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&chunk[..n]);
                let surplus = kept.len().saturating_sub(16 << 10);
                kept.drain(..surplus);
            }
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let no_thread = |e: std::io::Error| Failure::Program(format!("no thread can be started: {e}"));
        thread("program output").spawn(reader).map_err(no_thread)?;
        let listener = thread("program errors").spawn(listener).map_err(no_thread)?;
        Ok(Running { child, input, lines, errors, listener })
    }
}

/// Why a program cannot be started, and what was probably meant.
pub(super) fn unstarted(error: &std::io::Error, argv: &[String]) -> String {
    match (error.kind(), argv) {
        (std::io::ErrorKind::NotFound, [line]) if line.contains(' ') => {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("there is no such program; write each word by itself: [{}]", words.join(", "))
        }
        (std::io::ErrorKind::NotFound, _) => "there is no such program".to_owned(),
        (std::io::ErrorKind::PermissionDenied, _) => "it is no program that you may run".to_owned(),
        _ => error.to_string(),
    }
}

impl Running {
    /// Writes one line and waits for one; the program is ended by whoever drops this after a failure.
    fn ask(
        &mut self,
        body: &Value,
        timeout: Duration,
        cancel: &AtomicBool,
        secrets: &Secrets,
    ) -> Result<String, Failure> {
        let line = format!("{body}\n");
        if let Err(error) = self.input.write_all(line.as_bytes()).and_then(|()| self.input.flush()) {
            let why = match error.kind() {
                std::io::ErrorKind::BrokenPipe => "it ended before it read the question".to_owned(),
                _ => error.to_string(),
            };
            return Err(self.died(&why, cancel, secrets));
        }
        let end = Instant::now() + timeout;
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(Ok(line)) => return Ok(line),
                Ok(Err(why)) => return Err(Failure::Program(why)),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(self.died("it ended without an answer", cancel, secrets));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(Failure::Cancelled);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if Instant::now() >= end => {
                    return Err(Failure::Program(format!(
                        "no answer within {} s (`timeout` of the provider)",
                        timeout.as_secs()
                    )));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Why it answers no more, with its last words; it is given a moment to say them.
    /// Ctrl-C on a terminal ends it as well, maybe before we hear of that.
    fn died(&mut self, why: &str, cancel: &AtomicBool, secrets: &Secrets) -> Failure {
        let (begun, end) = (Instant::now(), Instant::now() + TICK * 10);
        while (!self.listener.is_finished() && Instant::now() < end) || begun.elapsed() < TICK {
            if cancel.load(Ordering::Relaxed) {
                return Failure::Cancelled;
            }
            std::thread::sleep(TICK / 10);
        }
        let status = match self.child.try_wait() {
            Ok(Some(status)) => format!(" ({status})"),
            _ => String::new(),
        };
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let said = last_words(&errors, secrets);
        Failure::Program(format!("{why}{status}{said}"))
    }
}

/// What a program that failed said last, after a semicolon; empty where it said nothing.
pub(super) fn last_words(errors: &[u8], secrets: &Secrets) -> String {
    let said = String::from_utf8_lossy(errors);
    let last = secrets.cut(said.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("").trim());
    // The end of a long line: where its beginning was not kept, a part of a secret may be what is left of it.
    let last = last.char_indices().rev().nth(500).map_or(&*last, |(start, _)| &last[start..]);
    // What looks like a key may be one that nobody here has read.
    let last = source::Veil::default().over(last).into_owned();
    if last.is_empty() { String::new() } else { format!("; it said: {last}") }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is given no time: nothing it could still say would be read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
