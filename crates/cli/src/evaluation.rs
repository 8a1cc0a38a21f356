//! What `eval` needs of the surroundings: who may answer, what is compared, where reports go, and a bar to watch.

mod again;
pub(crate) mod attesting;
mod baseline;
pub(crate) mod before;
pub(crate) mod concluding;
pub(crate) mod course;
pub(crate) mod estimating;
mod journal;
mod other;
pub(crate) mod reports;
pub(crate) mod rules;
pub(crate) mod running;
pub(crate) mod selection;
pub(crate) mod unplanned;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eval::provider::{Environment, Patience, Providers};
use eval::run::{Event, Status, Waiting};
use eval::{Keys, KeysError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use policy::{Policy, Provider};
use prompt::Catalog;
use repo::Repo;
use source::escape::terminal;
use source::{RepoPath, Report, Snapshot, Text};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report as findings;

use rules::Rules;

/// What suites are run on.
pub(crate) struct Bench<'a> {
    /// Where the files lie.
    pub(crate) repo: &'a Repo,
    /// The files under test.
    pub(crate) snapshot: &'a Snapshot,
    /// Their prompts.
    pub(crate) catalog: Catalog,
    /// The policies that judge.
    pub(crate) rules: &'a Rules,
    /// Who may answer.
    pub(crate) providers: &'a Providers,
    /// What opens encrypted data.
    pub(crate) keys: &'a Keys,
    /// The surroundings.
    pub(crate) app: &'a App,
}

/// `3.2 kB`, as people say it.
#[expect(clippy::cast_precision_loss, reason = "a size to look at")]
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Where a provider stands that the policy in effect defines.
const IN_EFFECT: &str = "policies/models.yaml of the policy in effect";

/// Who may answer: built in, then the policy in effect, the user's own file, and `--providers`, each over those before.
pub(crate) fn providers(in_effect: Option<&Policy>, named: Option<&Path>, app: &App) -> Result<Providers, Failure> {
    let mut layers: Vec<_> = in_effect.map(|policy| policy.providers().clone()).into_iter().collect();
    let by_policy = layers.iter().flat_map(BTreeMap::keys).map(|name| (name.clone(), IN_EFFECT.to_owned()));
    let mut places: BTreeMap<String, String> = by_policy.collect();
    let own = app.configuration_folder().map(|folder| folder.join("providers.yaml"));
    for path in own.as_deref().filter(|path| path.is_file()).into_iter().chain(named) {
        let layer = read(path, app)?;
        let place = path.display().to_string();
        places.extend(layer.keys().map(|name| (name.clone(), terminal(&place).to_string())));
        layers.push(layer);
    }
    let variables = app.environment().clone();
    let variable = move |name: &str| variables.text(name).map(str::to_owned);
    let certificates = match app.environment().path("SSL_CERT_FILE") {
        Some(path) => Some(
            std::fs::read(&path)
                .map_err(|e| Failure::new(Exit::Usage, format!("read the certificates in {}: {e}", path.display())))?,
        ),
        None => None,
    };
    let environment = Environment { variable: Box::new(variable), certificates, patience: Patience::default() };
    Ok(Providers::new(layers, environment).found_in(places))
}

/// The variable that names a file of identities.
const IDENTITY: &str = "PROMPTUARY_IDENTITY";

/// What opens encrypted data: the files named, then that of the environment and the user's own.
pub(crate) fn keys(named: &[PathBuf], app: &App) -> Result<Keys, Failure> {
    let mut keys = Keys::default();
    let help = "cargo install --locked --path crates/cli --features age reads encrypted data";
    for path in named {
        let added = keys.add(&path.display().to_string(), app.read(path)?.as_bytes());
        added.map_err(|e| match e {
            KeysError::NotBuilt(_) => Failure::of(Exit::Usage, &e).help(help),
            KeysError::Unusable { .. } => Failure::of(Exit::Usage, &e),
        })?;
    }
    let own = app.configuration_folder().map(|folder| folder.join("identity")).filter(|path| path.is_file());
    for path in app.environment().path(IDENTITY).into_iter().chain(own) {
        match keys.add(&path.display().to_string(), app.read(&path)?.as_bytes()) {
            // Nobody asked for it here: an encrypted file that is met says what this program lacks.
            Ok(()) | Err(KeysError::NotBuilt(_)) => {}
            Err(error) => return Err(Failure::of(Exit::Usage, &error)),
        }
    }
    Ok(keys)
}

fn read(path: &Path, app: &App) -> Result<BTreeMap<String, Provider>, Failure> {
    let content = app.read(path)?;
    let name = path.file_name().and_then(|n| n.to_str()).and_then(|n| RepoPath::new(n).ok());
    let name = name.unwrap_or_else(|| RepoPath::new("providers.yaml").expect("a plain name is a sound path"));
    policy::providers::read(&Text::new(name, content)).map_err(|found| {
        let mut report = Report::new(found);
        // The file may lie anywhere: it is shown as it was named.
        report.root = path.parent().map_or_else(String::new, |folder| folder.display().to_string());
        findings::instead(&report, app);
        Failure::new(Exit::Usage, format!("use the providers in {}", path.display()))
    })
}

/// Progress of one suite on the terminal; nothing where nobody watches.
pub(crate) struct Bar<'a> {
    bar: ProgressBar,
    /// Answers that did not pass, or are not on file.
    not_passed: usize,
    /// Questions that were not asked any more once the run was to end: no answers, and no failures.
    not_asked: usize,
    app: &'a App,
    /// What is run.
    path: &'a RepoPath,
    /// When it was last said what is waited for, and whether that was a pause.
    said: Option<(Instant, bool)>,
}

/// How a bar looks while answers come.
const RUNNING: &str = "{prefix} {wide_bar} {pos}/{len} {msg} {eta}";

/// How it looks while nothing comes: what is waited for, cut to the width of the terminal.
const WAITING: &str = "{prefix} {pos}/{len} {wide_msg}";

/// Where no bar is shown, what is waited for is said again after so long.
const AGAIN: Duration = Duration::from_secs(15);

impl<'a> Bar<'a> {
    /// A bar for the suite at `path`.
    pub(crate) fn new(path: &'a RepoPath, app: &'a App) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let mut this = Self { bar, not_passed: 0, not_asked: 0, app, path, said: None };
        this.bar.set_prefix(path.to_string());
        this.look(RUNNING);
        this
    }

    fn look(&mut self, template: &str) {
        let style = ProgressStyle::with_template(template);
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }

    /// Takes an event.
    pub(crate) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun { total } => {
                self.bar.set_length(*total as u64);
                if self.app.terminal.progress() {
                    // Not before there is something to see.
                    self.bar.set_draw_target(ProgressDrawTarget::stderr());
                    self.bar.tick();
                }
            }
            Event::Progress { done, total, status, .. } => {
                self.not_passed += usize::from(!matches!(status, Status::Passed | Status::Skipped));
                self.not_asked += usize::from(*status == Status::Skipped);
                if self.said.take().is_some() {
                    self.look(RUNNING);
                    self.bar.set_message("");
                }
                self.bar.set_length(*total as u64);
                self.bar.set_position(done.saturating_sub(self.not_asked) as u64);
                let parts = [(self.not_passed, "not passed"), (self.not_asked, "not asked")];
                let parts: Vec<String> =
                    parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
                if !parts.is_empty() {
                    self.bar.set_message(parts.join(", "));
                }
            }
            Event::Waiting(waiting) => self.wait(waiting),
            Event::Recorded(_) | Event::Missed(_) | Event::Outcome(..) | Event::Rest => {}
        }
    }

    /// Shows what is waited for; where no bar is, says it to whoever asked for detail.
    fn wait(&mut self, waiting: &Waiting) {
        let text = terminal(&waiting.to_string()).into_owned();
        let pauses = waiting.pause.is_some();
        let is_new = self.said.is_none_or(|(at, paused)| at.elapsed() >= AGAIN || (pauses && !paused));
        if self.app.terminal.progress() {
            if self.said.is_none() {
                self.look(WAITING);
            }
            self.bar.set_message(text);
            self.said = Some((Instant::now(), pauses));
        } else if is_new {
            self.app.terminal.detail(format!("{}: {text}", self.path));
            self.said = Some((Instant::now(), pauses));
        }
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
