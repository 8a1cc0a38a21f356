//! The tour's stage: a scratch folder with a home, keys, a bare remote and a clone, cut off from the user's own set-up.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use repo::Environment;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// The folder and what is in it.
pub(crate) struct Stage {
    top: PathBuf,
    environment: Environment,
}

/// What the tour's commands see; nothing of the user's git configuration, agents, hooks or pins.
const VARIABLES: [(&str, &str); 10] = [
    ("HOME", "home"),
    ("XDG_CONFIG_HOME", "home/.config"),
    ("XDG_STATE_HOME", "home/.local/state"),
    ("XDG_CACHE_HOME", "home/.cache"),
    ("XDG_DATA_HOME", "home/.local/share"),
    ("GIT_CONFIG_GLOBAL", "home/.gitconfig"),
    ("GIT_CONFIG_NOSYSTEM", "=1"),
    ("GIT_TERMINAL_PROMPT", "=0"),
    ("GIT_PAGER", "=cat"),
    ("GIT_ADVICE", "=0"),
];

/// What would change git's or ssh's ways.
const FORGOTTEN: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_DATE",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "SSH_AUTH_SOCK",
];

impl Stage {
    /// Makes the folder and what the commands need: a home with a git identity, and `promptuary` on the path.
    pub(crate) fn set(folder: Option<&Path>, app: &App) -> Result<Self, Failure> {
        for program in ["git", "ssh-keygen"] {
            find(program, app.environment())?;
        }
        let top = match folder {
            Some(folder) => {
                if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
                    let what = format!("build the tour in {}: it is not empty", folder.display());
                    return Err(Failure::new(Exit::Usage, what).help("name an empty or new folder"));
                }
                std::fs::create_dir_all(folder).map_err(|e| cannot("make", folder, &e))?;
                folder.canonicalize().map_err(|e| cannot("find", folder, &e))?
            }
            None => tempfile::Builder::new()
                .prefix("promptuary-tour-")
                .tempdir_in(app.temporary_folder())
                .map_err(|e| cannot("make a folder in", &app.temporary_folder(), &e))?
                .keep(),
        };
        let stage = Self { top, environment: app.environment().clone() };
        for folder in ["home", "bin", "clone", "keys"] {
            stage.make(folder)?;
        }
        stage.write(
            "home/.gitconfig",
            "[user]\n\tname = Ada Byron\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n",
        )?;
        let link = stage.top.join("bin").join("promptuary");
        std::os::unix::fs::symlink(app.program()?, &link).map_err(|e| cannot("link", &link, &e))?;
        stage.write("model.sh", include_str!("model.sh"))?;
        stage.write(
            "providers.yaml",
            "format: 1\nproviders:\n  openai: { kind: command, command: [sh, ../model.sh] }\n",
        )?;
        stage.write("env", &stage.shell_settings())?;
        Ok(stage)
    }

    /// The scratch folder.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// The clone in which the tour works.
    pub(crate) fn clone_folder(&self) -> PathBuf {
        self.top.join("clone")
    }

    /// Runs a line in the clone as a shell would, its output going straight to the user. Gives its exit code.
    pub(crate) fn run(&self, line: &str) -> Result<i32, Failure> {
        let status = self.shell(line).status().map_err(|e| cannot("run", Path::new("sh"), &e))?;
        Ok(status.code().unwrap_or(i32::from(Exit::Interrupted.code())))
    }

    /// Puts `to` where `from` stands in a file of the clone.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> Result<(), Failure> {
        let full = self.clone_folder().join(path);
        let text = std::fs::read_to_string(&full).map_err(|e| cannot("read", &full, &e))?;
        if text.matches(from).count() != 1 {
            return Err(Failure::new(
                Exit::Usage,
                format!("edit {}: `{from}` does not stand there once", full.display()),
            ));
        }
        std::fs::write(&full, text.replacen(from, to, 1)).map_err(|e| cannot("write", &full, &e))
    }

    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.clone_folder()).stdin(Stdio::null());
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.env("PATH", self.path());
        command
    }

    fn variables(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        VARIABLES.iter().map(|(name, value)| match value.strip_prefix('=') {
            Some(plain) => (*name, PathBuf::from(plain)),
            None => (*name, self.top.join(value)),
        })
    }

    fn path(&self) -> std::ffi::OsString {
        let mut path = self.top.join("bin").into_os_string();
        path.push(":");
        path.push(self.environment.get("PATH").unwrap_or_default());
        path
    }

    fn shell_settings(&self) -> String {
        let mut text = String::from("# For a shell that wants to go on where the tour ended: . ../env\n");
        for (name, value) in self.variables() {
            let _ = writeln!(text, "export {name}='{}'", value.display());
        }
        let _ = writeln!(text, "unset {}", FORGOTTEN.join(" "));
        let _ = writeln!(text, "PATH='{}':$PATH", self.top.join("bin").display());
        text
    }

    fn make(&self, folder: &str) -> Result<(), Failure> {
        let folder = self.top.join(folder);
        std::fs::create_dir_all(&folder).map_err(|e| cannot("make", &folder, &e))
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Failure> {
        let path = self.top.join(path);
        std::fs::write(&path, text).map_err(|e| cannot("write", &path, &e))
    }
}

fn find(program: &str, environment: &Environment) -> Result<(), Failure> {
    let path = environment.get("PATH").unwrap_or_default();
    if std::env::split_paths(path).any(|folder| folder.join(program).is_file()) {
        return Ok(());
    }
    let package = if program == "git" { "git" } else { "OpenSSH (package openssh-client)" };
    Err(Failure::new(Exit::Usage, format!("find the program `{program}`")).help(format!("install {package}")))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Usage, format!("{verb} {}: {error}", path.display()))
}
