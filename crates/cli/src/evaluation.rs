//! What `eval` needs of the surroundings: who may answer, what is compared, where reports go, and a bar to watch.

mod again;
pub(crate) mod attesting;
mod baseline;
pub(crate) mod concluding;
pub(crate) mod estimating;
mod journal;
pub(crate) mod reports;
pub(crate) mod rules;
pub(crate) mod running;
pub(crate) mod selection;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eval::provider::{Environment, Patience, Providers};
use eval::run::{Event, Status};
use eval::{Keys, KeysError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use policy::{Policy, Provider};
use prompt::Catalog;
use repo::Repo;
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

/// Who may answer: built in, then the policy in effect, the user's own file, and `--providers`, each over those before.
pub(crate) fn providers(in_effect: Option<&Policy>, named: Option<&Path>, app: &App) -> Result<Providers, Failure> {
    let mut layers: Vec<_> = in_effect.map(|policy| policy.providers().clone()).into_iter().collect();
    let own = app.configuration_folder().map(|folder| folder.join("providers.yaml"));
    if let Some(own) = own.filter(|path| path.is_file()) {
        layers.push(read(&own, app)?);
    }
    if let Some(named) = named {
        layers.push(read(named, app)?);
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
    Ok(Providers::new(layers, environment))
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
        findings::instead(&Report::new(found), app);
        Failure::new(Exit::Usage, format!("use the providers in {}", path.display()))
    })
}

/// Progress of one suite on the terminal; nothing where nobody watches.
pub(crate) struct Bar {
    bar: ProgressBar,
    not_passed: usize,
}

impl Bar {
    /// A bar for the suite at `path`.
    pub(crate) fn new(path: &RepoPath, app: &App) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if app.terminal.progress() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(path.to_string());
        Self { bar, not_passed: 0 }
    }

    /// Takes an event.
    pub(crate) fn show(&mut self, event: &Event<'_>) {
        if let Event::Progress { done, total, status, .. } = event {
            self.not_passed += usize::from(*status != Status::Passed);
            self.bar.set_length(*total as u64);
            self.bar.set_position(*done as u64);
            if self.not_passed > 0 {
                self.bar.set_message(format!("{} not passed", self.not_passed));
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
