//! A place of its own for each test: an empty home, a cleared environment, a clock-free view of what was printed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with `home/`, `bin/` and `work/`, in which commands are run.
pub(crate) struct Sandbox {
    top: TempDir,
}

/// What a command printed, both streams as they came, and how it ended.
pub(crate) struct Outcome {
    /// The text, with what differs from run to run replaced.
    pub(crate) text: String,
    /// The text as it came.
    pub(crate) raw: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Outcome {
    /// As a page shows it.
    pub(crate) fn shown(&self) -> String {
        let mut shown = self.text.clone();
        if !shown.is_empty() && !shown.ends_with('\n') {
            shown.push_str("(no line end)\n");
        }
        if self.code != 0 {
            let _ = writeln!(shown, "(exit {})", self.code);
        }
        shown
    }
}

impl Sandbox {
    /// A fresh one, with `promptuary` on its path.
    pub(crate) fn new() -> Self {
        let top = TempDir::new().unwrap();
        for folder in ["home", "bin", "work"] {
            std::fs::create_dir(top.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_promptuary"), top.path().join("bin/promptuary")).unwrap();
        Self { top }
    }

    /// One of Ada's, who commits on `main` and signs with a key of her own.
    pub(crate) fn of_ada() -> Self {
        let sandbox = Self::new();
        sandbox.done(
            "git config --global user.name Ada && git config --global user.email ada@example.com && \
             git config --global init.defaultBranch main && git config --global gpg.format ssh && \
             git config --global user.signingKey \"$HOME/key.pub\" && ssh-keygen -q -t ed25519 -N '' -f \"$HOME/key\"",
        );
        sandbox
    }

    /// The folder that commands start in.
    pub(crate) fn work(&self) -> PathBuf {
        self.top.path().join("work")
    }

    /// Writes a file below `work/`, with the folders it needs.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command in this sandbox, its environment cleared.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.top.path().join("bin").display());
        command.current_dir(self.work()).stdin(Stdio::null()).env_clear().env("PATH", path);
        command.env("HOME", self.top.path().join("home")).env("TMPDIR", "/tmp");
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C"), ("TZ", "UTC")]);
        command
    }

    /// Runs a line that ends well; what it printed.
    #[track_caller]
    pub(crate) fn done(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, 0, "{line}\n{}", outcome.raw);
        outcome.raw
    }

    /// Runs a line by a shell.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        // One stream, so that a page shows what a person would see.
        let output = self.command("sh").args(["-c", &format!("exec 2>&1\n{line}")]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Outcome { text: steady(&text, self.top.path()), raw: text, code }
    }
}

/// `text` with everything replaced that differs from run to run.
pub(crate) fn steady(text: &str, top: &Path) -> String {
    let text = text.replace(&*top.to_string_lossy(), "<sandbox>");
    let mut steady = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let word: usize =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "+/:-".contains(*c)).map(char::len_utf8).sum();
        // An approval's tag names the key that signed it: `…@00000002.<key>.01`.
        let names_key = steady.ends_with('.') && word == 16 && rest[..word].bytes().all(|b| b.is_ascii_hexdigit());
        let key = names_key.then_some((word, Some("<key>")));
        let (taken, shown) = key.or_else(|| replaced(&rest[..word])).unwrap_or((first.len_utf8(), None));
        // A word is replaced from its start only: a digest inside another word is part of that word.
        let (taken, plain) = if shown.is_none() && word > 0 { (word, &rest[..word]) } else { (taken, &rest[..taken]) };
        steady.push_str(shown.unwrap_or(plain));
        rest = &rest[taken..];
    }
    steady
}

/// What a word that differs from run to run is shown as, and how much of it that is.
fn replaced(word: &str) -> Option<(usize, Option<&'static str>)> {
    let hex = |text: &str| text.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
    let time = b"dddd-dd-ddTdd:dd:ddZ";
    let is_time = word.len() >= time.len()
        && word.bytes().zip(time).all(|(b, shape)| if *shape == b'd' { b.is_ascii_digit() } else { b == *shape });
    if is_time {
        return Some((time.len(), Some("<time>")));
    }
    if let Some(digest) = word.strip_prefix("sha256:") {
        return (hex(digest) == 64).then_some((7 + 64, Some("sha256:<digest>")));
    }
    if word.starts_with("SHA256:") && word.len() >= 7 + 43 {
        return Some((7 + 43, Some("SHA256:<key>")));
    }
    match hex(word) {
        12 if word.len() == 12 => Some((12, Some("<oid>"))),
        40 => Some((40, Some("<oid>"))),
        64 => Some((64, Some("<digest>"))),
        _ => None,
    }
}

#[test]
fn what_differs_from_run_to_run_is_replaced() {
    let top = Path::new("/tmp/x");
    let digest = "0123456789abcdef".repeat(4);
    let text = format!("at 2026-11-22T15:00:00Z, sha256:{digest}; /tmp/x/work ({digest})\nface 1.2.0 é–é");
    let shown = "at <time>, sha256:<digest>; <sandbox>/work (<digest>)\nface 1.2.0 é–é";
    assert_eq!(steady(&text, top), shown);
}
