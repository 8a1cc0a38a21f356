//! The one place that runs git: by its absolute path, with an environment of our making.

mod run;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::backend::Locations;
use crate::environment::Mode;
use crate::{Environment, Error, Result};

pub(crate) use run::{Ended, run};

/// What a command may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only this machine: nothing that the environment names is started.
    Local,
    /// A remote, as a typed `git push` would: agents, proxies, credential helpers and the clone's own config count.
    Remote,
}

/// git as this repository needs it.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    /// Where it runs.
    folder: PathBuf,
    common_dir: PathBuf,
    environment: Environment,
    /// Whether it sees nothing but the clone's own objects.
    alone: bool,
    /// Hooks that configuration defines, by their names.
    hooks: Vec<String>,
    /// Variables set on top.
    extra: Vec<(String, OsString)>,
}

/// What holds for every command: nothing runs on the side.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "advice.graftFileDeprecated=false",
    // Hooks that configuration defines, by event: from 2.55 on.
    "hook.reference-transaction.enabled=false",
    "hook.pre-push.enabled=false",
    "hook.post-index-change.enabled=false",
];

/// What git reads of the environment beyond a remote's needs; everything else that starts with `GIT_` is dropped, so that
/// no `GIT_DIR`, `GIT_OBJECT_DIRECTORY` or `GIT_NAMESPACE` leads it elsewhere.
const KEPT: &[&str] = &["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
const KEPT_FOR_REMOTES: &[&str] = &[
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_VALUE_",
    "GIT_HTTP_",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_PROXY_",
    "GIT_SSH",
    "GIT_SSL_",
];
/// What a hook needs to see the repository as git shows it to the hook, quarantine included.
const KEPT_IN_HOOKS: &[&str] =
    &["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH", "GIT_WORK_TREE"];

impl Git {
    pub(crate) fn new(locations: &Locations, environment: Environment) -> Self {
        let folder = locations.workdir.clone().unwrap_or_else(|| locations.git_dir.clone());
        Self {
            folder,
            common_dir: locations.common_dir.clone(),
            environment,
            alone: false,
            hooks: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// git that does not see what was fetched into a cache.
    pub(crate) fn alone(&self) -> Self {
        Self { alone: true, ..self.clone() }
    }

    /// git with these hooks off. Since 2.54 configuration may define hooks by itself, which no empty hooks folder stops,
    /// and which 2.54 can only switch off by name.
    pub(crate) fn without_hooks(&self, names: Vec<String>) -> Self {
        Self { hooks: names, ..self.clone() }
    }

    /// git with one more variable.
    pub(crate) fn with(&self, name: impl Into<String>, value: &OsStr) -> Self {
        let mut same = self.clone();
        same.extra.push((name.into(), value.to_owned()));
        same
    }

    /// What `git <args>` answered; its failure is ours.
    pub(crate) fn ask<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Result<Vec<u8>> {
        let ended = self.run(Reach::Local, args, None)?;
        if ended.success() { Ok(ended.stdout) } else { Err(ended.failure()) }
    }

    /// Runs `git <args>`, hands it `input`, and says how it ended.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        reach: Reach,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Result<Ended> {
        let mut command = self.command(reach)?;
        let mut name = "git".to_owned();
        for arg in args {
            if name == "git" {
                name = format!("git {}", arg.as_ref().to_string_lossy());
            }
            command.arg(arg);
        }
        run(command, &name, input, &self.environment)
    }

    fn command(&self, reach: Reach) -> Result<Command> {
        let program = find_program("git", &self.environment)?;
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env_clear();
        for (name, value) in self.environment.all() {
            if self.keeps(reach, &name.to_string_lossy()) {
                command.env(name, value);
            }
        }
        for (name, value) in [
            ("LC_ALL", "C"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            // Grafts have no switch of their own: an empty file stands in for the repository's.
            ("GIT_GRAFT_FILE", if cfg!(windows) { "NUL" } else { "/dev/null" }),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_PAGER", "cat"),
        ] {
            command.env(name, value);
        }
        let caches = crate::fetch::all(&self.common_dir).into_iter().map(|c| c.join("objects"));
        let given =
            self.environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES").filter(|_| self.environment.mode() == Mode::Hook);
        let mut objects: Vec<PathBuf> = given.map(|g| std::env::split_paths(g).collect()).unwrap_or_default();
        if !self.alone {
            objects.extend(caches);
        }
        if let Ok(joined) = std::env::join_paths(&objects)
            && !objects.is_empty()
        {
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", joined);
        }
        command.envs(self.extra.iter().map(|(name, value)| (name, value)));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        self.switch_hooks_off(reach, &mut command);
        Ok(command)
    }

    /// By variables, because `-c` would cut a name that holds `=` in two.
    fn switch_hooks_off(&self, reach: Reach, command: &mut Command) {
        let name = "GIT_CONFIG_COUNT";
        let own = self.extra.iter().find(|(n, _)| n == name).and_then(|(_, count)| count.to_str());
        let given = self.environment.text(name).filter(|_| self.keeps(reach, name));
        let before: usize = own.or(given).and_then(|count| count.trim().parse().ok()).unwrap_or(0);
        for (i, hook) in self.hooks.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{}", before + i), format!("hook.{hook}.enabled"));
            command.env(format!("GIT_CONFIG_VALUE_{}", before + i), "false");
        }
        if !self.hooks.is_empty() {
            command.env(name, (before + self.hooks.len()).to_string());
        }
    }

    fn keeps(&self, reach: Reach, name: &str) -> bool {
        if name.starts_with("GIT_") {
            let one_of = |list: &[&str]| list.iter().any(|k| name == *k || (k.ends_with('_') && name.starts_with(k)));
            return one_of(KEPT)
                || (reach == Reach::Remote && (one_of(KEPT_FOR_REMOTES) || name.starts_with("GIT_SSH")))
                || (self.environment.mode() == Mode::Hook && one_of(KEPT_IN_HOOKS));
        }
        match reach {
            Reach::Local => {
                matches!(name, "PATH" | "HOME" | "USERPROFILE" | "XDG_CONFIG_HOME" | "TMPDIR" | "SystemRoot")
            }
            Reach::Remote => !matches!(name, "LANGUAGE" | "LC_ALL" | "LC_MESSAGES"),
        }
    }
}

/// The absolute path of `name` by the PATH of `environment`; relative folders of the PATH are passed over, so that no
/// repository brings its own.
pub(crate) fn find_program(name: &str, environment: &Environment) -> Result<PathBuf> {
    let path = environment.get("PATH").unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
    let file = if cfg!(windows) && !name.ends_with(".exe") { format!("{name}.exe") } else { name.to_owned() };
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| Error::NoProgram(name.to_owned()))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
