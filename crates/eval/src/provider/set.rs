//! The providers of a run: definitions by name, opened when they are first needed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use policy::{Provider as Definition, ProviderKind};

use super::anthropic::Anthropic;
use super::command::Program;
use super::echo::Echo;
use super::gemini::Gemini;
use super::http::{Client, Settings, is_here};
use super::key::{Key, KeyFrom};
use super::limit::Places;
use super::openai::OpenAi;
use super::told::{Told, host};
use super::{Failure, Patience, Provider, ProviderError};
use crate::recording::Secrets;

/// Finds a variable's value by its name.
pub type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What of the surroundings providers need, handed in by whoever may read it.
pub struct Environment {
    /// An environment variable's value.
    pub variable: Lookup,
    /// Certificates in PEM to trust instead of the built-in ones.
    pub certificates: Option<Vec<u8>>,
    /// How patient requests are.
    pub patience: Patience,
}

impl Environment {
    /// Surroundings in which nothing is set.
    pub fn empty() -> Self {
        Self { variable: Box::new(|_| None), certificates: None, patience: Patience::default() }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

/// Definitions by the part of a model's name before the slash.
#[derive(Debug)]
pub struct Providers {
    pub(super) definitions: Definitions,
    /// As they are without what the user's own file and the command line say.
    pub(super) by_policy: Definitions,
    /// Where they are defined, by name.
    places: BTreeMap<String, String>,
    environment: Arc<Environment>,
    secrets: Arc<Secrets>,
    open: Mutex<BTreeMap<String, Arc<dyn Provider>>>,
}

/// Definitions by name, with what they were laid over.
#[derive(Debug, Clone)]
pub(super) struct Definitions {
    pub(super) current: BTreeMap<String, Definition>,
    /// What a program was defined over.
    pub(super) originals: BTreeMap<String, Definition>,
}

impl Definitions {
    fn built_in() -> Self {
        Self { current: built_in(), originals: BTreeMap::new() }
    }

    /// Lays `layer` over what stands.
    fn lay(&mut self, layer: BTreeMap<String, Definition>) {
        for (name, definition) in layer {
            let program = definition.kind == ProviderKind::Command;
            match self.current.insert(name.clone(), definition) {
                Some(old) if program && old.kind != ProviderKind::Command => {
                    drop(self.originals.insert(name, old));
                }
                _ if !program => drop(self.originals.remove(&name)),
                _ => {}
            }
        }
    }
}

/// The providers that need no definition.
pub fn built_in() -> BTreeMap<String, Definition> {
    let http = |kind, base: &str, key: Option<&str>| Definition {
        kind,
        base_url: Some(base.to_owned()),
        key_variable: key.map(str::to_owned),
        key_command: Vec::new(),
        command: Vec::new(),
        api_version: None,
        concurrency: None,
        timeout: None,
    };
    let echo = Definition { base_url: None, ..http(ProviderKind::Echo, "", None) };
    BTreeMap::from([
        ("openai".to_owned(), http(ProviderKind::Openai, "https://api.openai.com/v1", Some("OPENAI_API_KEY"))),
        ("anthropic".to_owned(), http(ProviderKind::Anthropic, "https://api.anthropic.com", Some("ANTHROPIC_API_KEY"))),
        (
            "gemini".to_owned(),
            http(ProviderKind::Gemini, "https://generativelanguage.googleapis.com/v1beta", Some("GEMINI_API_KEY")),
        ),
        ("ollama".to_owned(), http(ProviderKind::Openai, "http://127.0.0.1:11434/v1", None)),
        ("echo".to_owned(), echo),
    ])
}

impl Providers {
    /// The built-in providers, then each of `layers` over what stands before: policy's, the user's, `--providers`.
    pub fn new(layers: impl IntoIterator<Item = BTreeMap<String, Definition>>, environment: Environment) -> Self {
        let mut layers = layers.into_iter();
        let mut by_policy = Definitions::built_in();
        by_policy.lay(layers.next().unwrap_or_default());
        let mut definitions = by_policy.clone();
        layers.for_each(|layer| definitions.lay(layer));
        let secrets = Arc::new(Secrets::default());
        let (places, environment) = (BTreeMap::new(), Arc::new(environment));
        Self { definitions, by_policy, places, environment, secrets, open: Mutex::default() }
    }

    /// The same, with where each that is not built in is defined: a file, as people name it.
    #[must_use]
    pub fn found_in(mut self, places: BTreeMap<String, String>) -> Self {
        self.places = places;
        self
    }

    /// Where the provider `name` is defined: `defined in providers.yaml`.
    pub fn defined(&self, name: &str) -> String {
        self.places.get(name).map_or_else(|| "built in".to_owned(), |place| format!("defined in {place}"))
    }

    /// The provider `name`. Opening reads no key: that waits for the first request.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Provider>, ProviderError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = open.get(name) {
            return Ok(Arc::clone(provider));
        }
        let definition = self.definitions.current.get(name).ok_or_else(|| ProviderError::Unknown(name.to_owned()))?;
        let provider = self.make(name, definition)?;
        open.insert(name.to_owned(), Arc::clone(&provider));
        Ok(provider)
    }

    /// The variable that the key of the provider `name` is to stand in, and does not; a program that prints the key is asked
    /// when the first request needs it.
    pub fn lacks_key(&self, name: &str) -> Option<&str> {
        match self.key_from(name)? {
            KeyFrom::Unset(variable) => Some(variable),
            KeyFrom::Nowhere | KeyFrom::Variable(_) | KeyFrom::Program => None,
        }
    }

    /// Whether a program has to print the key of the provider `name`.
    pub fn runs_for_key(&self, name: &str) -> bool {
        matches!(self.key_from(name), Some(KeyFrom::Program))
    }

    fn key_from(&self, name: &str) -> Option<KeyFrom<'_>> {
        let definition = self.definitions.current.get(name)?;
        let takes_key = !matches!(definition.kind, ProviderKind::Echo | ProviderKind::Command);
        let variable = definition.key_variable.as_deref();
        takes_key.then(|| KeyFrom::of(variable, &definition.key_command, &self.environment))
    }

    /// Sees to it that the key of the provider `name` can be had: runs the program that prints it.
    pub fn unlock(&self, name: &str) -> Result<(), Failure> {
        // Whoever cannot be used at all is told of as that by the run.
        self.get(name).map_or(Ok(()), |provider| provider.unlock())
    }

    /// The command line of the program that is the provider `name`; empty where it is none.
    pub fn command_line(&self, name: &str) -> &[String] {
        self.definitions.current.get(name).map_or(&[], |definition| &definition.command)
    }

    /// The values that must never be written: every key that was read so far.
    pub fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    fn make(&self, name: &str, definition: &Definition) -> Result<Arc<dyn Provider>, ProviderError> {
        let wrong = |why: String| ProviderError::Definition { name: name.to_owned(), why };
        let timeout = Duration::from_secs(definition.timeout.map_or(120, |t| t.0.max(1)));
        let concurrency = definition.concurrency.map(|n| n as usize);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        match definition.kind {
            ProviderKind::Echo => return Ok(Arc::new(Echo { concurrency: concurrency.unwrap_or(cores) })),
            ProviderKind::Command => {
                if definition.command.is_empty() {
                    return Err(wrong("`kind: command` without `command`".to_owned()));
                }
                let original =
                    self.definitions.originals.get(name).map(|original| self.make(name, original)).transpose()?;
                return Ok(Arc::new(Program {
                    original,
                    argv: definition.command.clone(),
                    places: Places::new(concurrency.unwrap_or(1)),
                    timeout,
                    secrets: Arc::clone(&self.secrets),
                    idle: Mutex::default(),
                }));
            }
            _ => {}
        }
        let base = address(name, definition).ok_or_else(|| wrong("it has no `base_url`".to_owned()))?;
        if !base.starts_with("https://") && !base.starts_with("http://") {
            return Err(wrong(format!("`{base}` is not an http address")));
        }
        let unreachable =
            |(why, remedy): (String, String)| ProviderError::Surroundings { name: name.to_owned(), why, remedy };
        let proxy = self.proxy(&base).map_err(unreachable)?;
        let roots = self.roots().map_err(unreachable)?;
        let key = Key {
            name: name.to_owned(),
            defined: self.defined(name),
            variable: definition.key_variable.clone(),
            command: definition.key_command.clone(),
            environment: Arc::clone(&self.environment),
            secrets: Arc::clone(&self.secrets),
            value: OnceLock::new(),
        };
        let by_command = || (!definition.key_command.is_empty()).then(|| "its `key_command`".to_owned());
        let told = Told {
            name: name.to_owned(),
            defined: self.defined(name),
            key: definition.key_variable.clone().or_else(by_command),
            proxy: proxy.as_ref().map(|(proxy, variable)| format!("{}:{} ({variable})", proxy.host(), proxy.port())),
            secrets: Arc::clone(&self.secrets),
        };
        let client = Client::new(Settings {
            proxy: proxy.map(|(proxy, _)| proxy),
            roots,
            base,
            concurrency: concurrency.unwrap_or(16),
            timeout,
            patience: self.environment.patience,
            told,
        });
        Ok(match definition.kind {
            ProviderKind::Anthropic => Arc::new(Anthropic { client, key }),
            ProviderKind::Gemini => Arc::new(Gemini { client, key }),
            ProviderKind::Azure => {
                let version = definition.api_version.clone();
                let version = version.ok_or_else(|| wrong("`kind: azure` without `api_version`".to_owned()))?;
                Arc::new(OpenAi { client, key, azure: Some(version) })
            }
            _ => Arc::new(OpenAi { client, key, azure: None }),
        })
    }

    /// The proxy that the usual variables name for `base`, with the variable that does; else what is wrong with that, and
    /// what to do.
    fn proxy(&self, base: &str) -> Result<Option<(ureq::Proxy, String)>, (String, String)> {
        let variable = |name: &str| {
            let lower = name.to_lowercase();
            let set = |name: &str| (self.environment.variable)(name).map(|value| (value, name.to_owned()));
            set(name).or_else(|| set(&lower)).filter(|(value, _)| !value.trim().is_empty())
        };
        let scheme = if base.starts_with("https://") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        let Some((address, name)) = variable(scheme).or_else(|| variable("ALL_PROXY")) else { return Ok(None) };
        let host = host(base);
        let direct = variable("NO_PROXY").is_some_and(|(list, _)| {
            list.split(',').map(|e| e.trim().trim_start_matches('.')).any(|entry| {
                entry == "*" || (!entry.is_empty() && (host == entry || host.ends_with(&format!(".{entry}"))))
            })
        });
        if direct || is_here(base) {
            return Ok(None);
        }
        self.secrets.add_address(&address);
        let remedy = || format!("write {name}=http://HOST:PORT, or unset {name}; NO_PROXY={host} passes it by");
        let proxy = ureq::Proxy::new(address.trim());
        let proxy = proxy.map_err(|_| (format!("the proxy in {name} has no sound address"), remedy()))?;
        match proxy.protocol() {
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Some((proxy, name))),
            _ => Err((format!("the proxy in {name} is none of HTTP"), remedy())),
        }
    }

    fn roots(&self) -> Result<Option<ureq::tls::RootCerts>, (String, String)> {
        let wrong = |why: &str| {
            let remedy = "name a file of certificates in PEM in SSL_CERT_FILE, or unset it".to_owned();
            (format!("the file in SSL_CERT_FILE {why}"), remedy)
        };
        let Some(pem) = &self.environment.certificates else { return Ok(None) };
        let mut certificates = Vec::new();
        for item in ureq::tls::parse_pem(pem) {
            match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(wrong("holds certificates that are malformed")),
            }
        }
        if certificates.is_empty() {
            return Err(wrong("holds no certificate"));
        }
        Ok(Some(ureq::tls::RootCerts::Specific(Arc::new(certificates))))
    }
}

/// The address that `definition`, of the provider `name`, means: its own, or the well-known one.
pub(super) fn address(name: &str, definition: &Definition) -> Option<String> {
    let built = || built_in().remove(name).filter(|d| d.kind == definition.kind).and_then(|d| d.base_url);
    definition.base_url.clone().or_else(built).or_else(|| standard(definition.kind))
}

fn standard(kind: ProviderKind) -> Option<String> {
    built_in().into_values().find(|d| d.kind == kind).and_then(|d| d.base_url)
}
