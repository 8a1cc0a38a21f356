//! What commands work with, resolved once: terminal, directory, repository, clock, environment.
//!
//! The only place that reads the environment and the clock.

use std::cell::OnceCell;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use release::Desk;
use repo::files::Scratch;
use repo::{Environment, Repo};
use source::Timestamp;

use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::report::Format;
use crate::terminal::Terminal;
use crate::trusted::Trusted;

/// The run's surroundings. Nothing is looked up before a command asks.
pub(crate) struct App {
    /// The two streams.
    pub(crate) terminal: Terminal,
    /// How findings are shown where they are the answer to a command that was asked for another one.
    pub(crate) findings: Format,
    /// The command line as it was typed, without the program's name: a remedy that repeats it keeps what was given.
    pub(crate) words: Vec<String>,
    dir: PathBuf,
    environment: OnceCell<Environment>,
    trusted: OnceCell<Trusted>,
}

impl App {
    /// Surroundings that work in `dir`.
    pub(crate) fn new(dir: PathBuf, findings: Format, words: Vec<String>, terminal: Terminal) -> Self {
        Self { terminal, findings, words, dir, environment: OnceCell::new(), trusted: OnceCell::new() }
    }

    /// Where to work.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The environment variables, and the flag that Ctrl-C sets.
    pub(crate) fn environment(&self) -> &Environment {
        self.environment.get_or_init(|| Environment::new(std::env::vars_os()).interrupted_by(interrupt::flag()))
    }

    /// The repository that the directory lies in.
    pub(crate) fn repo(&self) -> Result<Repo, Failure> {
        let repo = Repo::open(&self.dir, self.environment())?;
        eval::shelf::provide(Box::new(Shelved(Scratch::new(repo.git_dir().join("promptuary").join("eval")))));
        Ok(repo)
    }

    /// Takes which ledger the command line trusts, once, before the first desk is asked for.
    pub(crate) fn trust(&self, trusted: &Trusted) {
        self.trusted.get_or_init(|| trusted.clone());
    }

    /// The repository with its remote, the time and the ledger that is trusted, for what looks at it or writes to it.
    pub(crate) fn desk(&self) -> Result<Desk, Failure> {
        let repo = self.repo()?;
        let remote = repo.default_remote()?;
        let mut desk = Desk::new(repo, remote, self.now());
        if let Some(trusted) = self.trusted.get() {
            (desk.root, desk.locked) = (trusted.root, trusted.lock(self));
        }
        Ok(desk)
    }

    /// Where the user's own settings lie: `$XDG_CONFIG_HOME/promptuary`, else `~/.config/promptuary`.
    pub(crate) fn configuration_folder(&self) -> Option<PathBuf> {
        let environment = self.environment();
        let base = environment.path("XDG_CONFIG_HOME").or_else(|| environment.home().map(|home| home.join(".config")));
        Some(base?.join("promptuary"))
    }

    /// A point to count the time of work from.
    pub(crate) fn stopwatch(&self) -> Instant {
        Instant::now()
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    /// The IANA zone of this machine's clock, by `TZ` or the system's setting; UTC where neither tells.
    pub(crate) fn zone(&self) -> String {
        let known = |name: &str| self.now().in_zone(name).is_ok();
        let variable = self.environment().text("TZ").map(|tz| tz.trim_start_matches(':').to_owned());
        let system = || {
            let link = std::fs::read_link("/etc/localtime").ok()?;
            Some(link.to_str()?.split_once("zoneinfo/")?.1.to_owned())
        };
        variable.or_else(system).filter(|name| known(name)).unwrap_or_else(|| "UTC".to_owned())
    }

    /// A moment to come as people read it: on this machine's clock, in UTC, and how long that is from now.
    pub(crate) fn when(&self, moment: Timestamp) -> String {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let zone = self.zone();
        let local = moment.in_zone(&zone).ok().filter(|_| zone != "UTC" && zone != "Etc/UTC").map(|local| {
            let (hour, minute) = (local.minute / 60, local.minute % 60);
            let day = DAYS.get(usize::from(local.weekday)).unwrap_or(&"");
            format!("{day} {} {hour:02}:{minute:02} ({zone}), ", local.date)
        });
        let left = u64::try_from(moment.0.saturating_sub(self.now().0)).unwrap_or(0).div_ceil(60) * 60;
        let left = if left == 0 { "now".to_owned() } else { format!("in {}", policy::Duration(left)) };
        format!("{}{moment}, {left}", local.unwrap_or_default())
    }

    /// This very program.
    pub(crate) fn program(&self) -> Result<PathBuf, Failure> {
        std::env::current_exe().map_err(|e| Failure::new(Exit::Usage, format!("find this program: {e}")))
    }

    /// Where temporary files go.
    pub(crate) fn temporary_folder(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// Standard input to its end, as bytes.
    pub(crate) fn input(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        read.map_err(|e| Failure::new(Exit::Usage, format!("read standard input: {e}")))?;
        Ok(bytes)
    }

    /// The text of a file named on the command line, below the directory; `-` is standard input.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn std::io::BufRead>, Failure> {
        if path == Path::new("-") {
            return Ok(Box::new(std::io::stdin().lock()));
        }
        let file = std::fs::File::open(self.dir.join(path));
        let file = file.map_err(|e| unreadable(path, &e))?;
        Ok(Box::new(std::io::BufReader::with_capacity(256 << 10, file)))
    }

    /// The whole text of a file, or of standard input for `-`.
    pub(crate) fn read(&self, path: &Path) -> Result<String, Failure> {
        let mut text = String::new();
        let read = if path == Path::new("-") {
            std::io::stdin().read_to_string(&mut text).map(|_| ())
        } else {
            std::fs::read_to_string(self.dir.join(path)).map(|read| text = read)
        };
        read.map_err(|e| unreadable(path, &e))?;
        Ok(text)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "it is no text in UTF-8".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(Exit::Usage, format!("read {}: {why}", path.display()))
}

/// What evals put aside while they run lies beside their journals, in a file that nobody else sees.
struct Shelved(Scratch);

impl eval::shelf::Shelf for Shelved {
    fn put(&self, bytes: &[u8]) -> std::io::Result<u64> {
        self.0.put(bytes)
    }

    fn get(&self, place: u64, into: &mut [u8]) -> std::io::Result<()> {
        self.0.get(place, into)
    }
}
