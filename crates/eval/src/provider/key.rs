//! The key that a provider is asked with: from a variable, or from a program that prints it; read when it is first needed,
//! never shown.

use std::sync::{Arc, OnceLock};

use super::command::{last_words, unstarted};
use super::{Environment, Failure};
use crate::recording::Secrets;

/// A provider's key: read when first needed, never shown.
pub(super) struct Key {
    pub(super) name: String,
    /// Where the provider is defined.
    pub(super) defined: String,
    pub(super) variable: Option<String>,
    pub(super) command: Vec<String>,
    pub(super) environment: Arc<Environment>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) value: OnceLock<Result<Option<String>, Failure>>,
}

/// Where a key comes from.
pub(super) enum KeyFrom<'a> {
    /// There is none.
    Nowhere,
    /// It stands in a variable.
    Variable(String),
    /// It is to stand in this variable, and does not.
    Unset(&'a str),
    /// A program prints it.
    Program,
}

impl<'a> KeyFrom<'a> {
    /// A definition names a variable or a program, never both.
    pub(super) fn of(variable: Option<&'a str>, command: &[String], environment: &Environment) -> Self {
        let value = variable.and_then(|name| (environment.variable)(name)).map(|value| value.trim().to_owned());
        match (value.filter(|value| !value.is_empty()), variable) {
            (Some(value), _) => Self::Variable(value),
            _ if !command.is_empty() => Self::Program,
            (None, Some(variable)) => Self::Unset(variable),
            (None, None) => Self::Nowhere,
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

impl Key {
    /// The key; `None` where the definition names none.
    pub(super) fn get(&self) -> Result<Option<String>, Failure> {
        self.value.get_or_init(|| self.read()).clone()
    }

    fn read(&self) -> Result<Option<String>, Failure> {
        let key = match KeyFrom::of(self.variable.as_deref(), &self.command, &self.environment) {
            KeyFrom::Nowhere => return Ok(None),
            KeyFrom::Variable(value) => value,
            KeyFrom::Unset(variable) => {
                let why = format!("ask {}: set {variable} to its key, or replay recordings", self.name);
                return Err(Failure::Key(why));
            }
            KeyFrom::Program => self.ask()?,
        };
        if key.chars().any(|c| c.is_control() || !c.is_ascii()) {
            return Err(Failure::Key(format!("use the key of {}: it holds characters that no header can", self.name)));
        }
        self.secrets.add(&self.name, &key);
        Ok(Some(key))
    }

    /// The first line that the credential program prints.
    fn ask(&self) -> Result<String, Failure> {
        let failed = |why: String| {
            let (name, defined) = (&self.name, &self.defined);
            Failure::Key(format!("get the key of {name} ({defined}) by its `key_command`: {why}"))
        };
        let name = self.command.first().cloned().unwrap_or_default();
        let output = std::process::Command::new(&name)
            .args(self.command.iter().skip(1))
            .stdin(std::process::Stdio::null())
            .output()
            .map_err(|e| failed(format!("`{name}` cannot be started: {}", unstarted(&e, &self.command))))?;
        if !output.status.success() {
            // What it printed until then is as secret as what it was to print.
            String::from_utf8_lossy(&output.stdout).lines().for_each(|line| self.secrets.add(&self.name, line.trim()));
            let said = last_words(&output.stderr, &self.secrets);
            return Err(failed(format!("`{name}` failed ({}){said}", output.status)));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| failed(format!("`{name}` printed no text")))?;
        let key = text.lines().next().unwrap_or_default().trim().to_owned();
        if key.is_empty() {
            let said = last_words(&output.stderr, &self.secrets);
            return Err(failed(format!("`{name}` printed nothing{said}")));
        }
        Ok(key)
    }
}
