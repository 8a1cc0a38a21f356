//! The process's environment as a value that the command line hands in; this crate never looks at the real one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Started by a person or a job: the repository is found from the current folder, `GIT_DIR` and its like are not heard.
    #[default]
    Normal,
    /// Started by git as a hook: `GIT_DIR`, the index and the quarantine that git names count.
    Hook,
}

/// Environment variables, the mode, and a flag that says when to stop. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    vars: Arc<BTreeMap<OsString, OsString>>,
    mode: Mode,
    interrupt: Arc<AtomicBool>,
    /// Set during a step that must be finished: what is not asked cannot tear it.
    whole: Arc<AtomicBool>,
}

/// While one lives, nobody is told that the user wants to stop: what cannot be taken back is finished first.
pub(crate) struct Whole(Arc<AtomicBool>);

impl Drop for Whole {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Environment {
    /// Takes the variables as the process has them (`std::env::vars_os()`).
    pub fn new(vars: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>) -> Self {
        let vars = vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { vars: Arc::new(vars), mode: Mode::Normal, interrupt: Arc::default(), whole: Arc::default() }
    }

    /// The same, started by git as a hook.
    #[must_use]
    pub fn in_hook(mut self) -> Self {
        self.mode = Mode::Hook;
        self
    }

    /// The same, with a flag that a signal handler sets: programs that run then are ended and work stops with
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    #[must_use]
    pub fn interrupted_by(mut self, flag: Arc<AtomicBool>) -> Self {
        self.interrupt = flag;
        self
    }

    /// The variable `name`, where it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty())
    }

    /// The variable `name` where it is readable text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(OsStr::to_str)
    }

    /// The variable `name` as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.path("HOME").or_else(|| self.path("USERPROFILE"))
    }

    /// How the program was started.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether work should stop.
    pub fn is_interrupted(&self) -> bool {
        !self.is_whole() && self.interrupt.load(Ordering::Relaxed)
    }

    /// Whether the user asked to stop while such a step is under way.
    pub(crate) fn is_waiting_to_stop(&self) -> bool {
        self.is_whole() && self.interrupt.load(Ordering::Relaxed)
    }

    /// Whether a step is under way that must be finished.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Relaxed)
    }

    /// Begins a step that must be finished.
    pub(crate) fn whole(&self) -> Whole {
        self.whole.store(true, Ordering::Relaxed);
        Whole(Arc::clone(&self.whole))
    }

    /// Every variable, for the ones that are known by the start of their name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}
