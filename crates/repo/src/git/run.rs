//! A program run to its end: both outputs read at once, ended when the user asks to stop, never left behind.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Environment, Error, Result};

/// How long outputs are awaited after the program itself has ended: a connection that ssh keeps open in the background
/// (`ControlPersist`) holds them open for minutes.
const GRACE: Duration = Duration::from_millis(300);

/// How often a stop is looked for while a program runs.
const TICK: Duration = Duration::from_millis(20);

/// How long a step that must be finished goes on after the user asked to stop: a remote that hangs must not hold them.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) program: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Ended {
    pub(crate) fn success(&self) -> bool {
        self.status.success()
    }

    /// What it said on its error output, without blank ends.
    pub(crate) fn words(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }

    pub(crate) fn failure(&self) -> Error {
        let words = self.words();
        let why = if words.is_empty() { self.status.to_string() } else { words };
        Error::Program { program: self.program.clone(), why }
    }
}

/// Ends the program when it goes out of scope before its time.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            // It may have ended in between; there is nothing else to do about it.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Runs `command`, hands it `input`, and returns once it has ended.
pub(crate) fn run(mut command: Command, name: &str, input: Option<&[u8]>, environment: &Environment) -> Result<Ended> {
    if environment.is_interrupted() {
        return Err(Error::Interrupted);
    }
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |e: &std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Error::NoProgram(name.to_owned()),
        _ => Error::Program { program: name.to_owned(), why: e.to_string() },
    };
    let mut child = Running(command.spawn().map_err(|e| failed(&e))?);
    let (done, ended) = mpsc::channel();
    if let (Some(mut pipe), Some(input)) = (child.0.stdin.take(), input.map(<[u8]>::to_vec)) {
        // A program that does not read its input says why on its error output.
        std::thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let stdout = collect(child.0.stdout.take(), done.clone());
    let stderr = collect(child.0.stderr.take(), done);
    let status = wait(&mut child, &ended, environment).map_err(|e| e.unwrap_or(Error::Interrupted))?;
    if environment.is_interrupted() || (!environment.is_whole() && was_interrupted(status)) {
        return Err(Error::Interrupted);
    }
    Ok(Ended { program: name.to_owned(), status, stdout: taken(&stdout), stderr: taken(&stderr) })
}

/// Waits for the end of the program and of both outputs. `Err(None)` means that the user asked to stop.
fn wait(
    child: &mut Running,
    ended: &mpsc::Receiver<()>,
    environment: &Environment,
) -> std::result::Result<ExitStatus, Option<Error>> {
    let failed = |e: std::io::Error| Some(Error::Program { program: "a program".to_owned(), why: e.to_string() });
    let mut open = 2;
    let mut since: Option<Instant> = None;
    let mut asked: Option<Instant> = None;
    let mut stops = || {
        if environment.is_waiting_to_stop() {
            asked.get_or_insert_with(Instant::now);
        }
        environment.is_interrupted() || asked.is_some_and(|t| t.elapsed() > PATIENCE)
    };
    while open > 0 && since.is_none_or(|t| t.elapsed() < GRACE) {
        match ended.recv_timeout(TICK) {
            Ok(()) => open -= 1,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                if stops() {
                    return Err(None);
                }
                if since.is_none() && child.0.try_wait().map_err(failed)?.is_some() {
                    since = Some(Instant::now());
                }
            }
        }
    }
    // Outputs that were closed early do not mean that the program has ended.
    loop {
        if let Some(status) = child.0.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if stops() {
            return Err(None);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>, done: mpsc::Sender<()>) -> Arc<Mutex<Vec<u8>>> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&bytes);
    std::thread::spawn(move || {
        let mut chunk = vec![0; 64 * 1024];
        if let Some(mut pipe) = pipe {
            while let Ok(n @ 1..) = pipe.read(&mut chunk) {
                let Ok(mut bytes) = shared.lock() else { break };
                bytes.extend_from_slice(&chunk[..n]);
            }
        }
        // Nobody waits any longer where the receiver is gone.
        let _ = done.send(());
    });
    bytes
}

fn taken(bytes: &Mutex<Vec<u8>>) -> Vec<u8> {
    bytes.lock().map(|mut b| std::mem::take(&mut *b)).unwrap_or_default()
}

/// Ctrl-C reaches the whole foreground group: the program may die of it before our own handler has run.
#[cfg(unix)]
fn was_interrupted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(2)
}

#[cfg(not(unix))]
fn was_interrupted(_: ExitStatus) -> bool {
    false
}
