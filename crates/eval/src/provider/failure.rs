//! Why there is no answer.

use crate::recording::Secrets;

/// Why a request got no answer. Displays as a fragment that fits after "could not …"; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider cannot express what is asked.
    #[error("ask this of {provider}: {why}")]
    Unsupported {
        /// Its kind.
        provider: &'static str,
        /// A clause.
        why: String,
    },
    /// There is no usable key.
    #[error("{0}")]
    Key(String),
    /// The provider refuses, and would again.
    #[error("get an answer: HTTP {status}{at}: {message}{remedy}")]
    Refused {
        /// The status.
        status: u16,
        /// ` at ` and the address without its query, where that may be what is wrong.
        at: String,
        /// What it said, shortened.
        message: String,
        /// What to look at, in a clause after a semicolon; empty where nobody knows.
        remedy: String,
    },
    /// Every attempt failed in a way that may pass.
    #[error("get an answer in {attempts} attempts: {last}")]
    Unavailable {
        /// How many.
        attempts: u32,
        /// What the last one said.
        last: String,
    },
    /// The provider asks to wait longer than anybody would.
    #[error("get an answer: the provider asks to wait {seconds} s")]
    Wait {
        /// Seconds.
        seconds: u64,
    },
    /// There is no way to whoever answers, and would be none again.
    #[error("get an answer: {0}")]
    Unreachable(String),
    /// The answer is none.
    #[error("read the answer: {0}")]
    Garbled(String),
    /// Somebody cancelled.
    #[error("finish: cancelled")]
    Cancelled,
    /// The program that answers failed.
    #[error("run the program: {0}")]
    Program(String),
}

/// No text of a failure is longer: whoever answers chooses some of them.
const LONGEST: usize = 1_000;

impl Failure {
    /// The same without secrets, and with no text that is longer than somebody reads; first the one, then the other, so that
    /// no part of a secret is left.
    #[must_use]
    pub(crate) fn cut(self, secrets: &Secrets) -> Self {
        let cut = |text: String| {
            let text = secrets.cut(&text);
            match text.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        };
        match self {
            Self::Unsupported { provider, why } => Self::Unsupported { provider, why: cut(why) },
            Self::Key(why) => Self::Key(cut(why)),
            Self::Refused { status, at, message, remedy } => {
                Self::Refused { status, at: cut(at), message: cut(message), remedy: cut(remedy) }
            }
            Self::Unavailable { attempts, last } => Self::Unavailable { attempts, last: cut(last) },
            Self::Unreachable(why) => Self::Unreachable(cut(why)),
            Self::Garbled(why) => Self::Garbled(cut(why)),
            Self::Program(why) => Self::Program(cut(why)),
            Self::Wait { .. } | Self::Cancelled => self,
        }
    }

    /// Whether every further request would fail the same way.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Key(_) | Self::Unsupported { .. } | Self::Wait { .. } | Self::Unreachable(_) => true,
            Self::Refused { status, .. } => matches!(status, 401 | 403 | 404 | 407),
            _ => false,
        }
    }

    /// The same without anything that the provider said: it may have quoted what it was asked.
    pub fn without_words(&self) -> String {
        match self {
            Self::Refused { status, .. } => format!("get an answer: HTTP {status}"),
            Self::Unavailable { attempts, .. } => format!("get an answer in {attempts} attempts"),
            Self::Unreachable(_) => "get an answer".to_owned(),
            Self::Garbled(_) => "read the answer".to_owned(),
            Self::Program(_) => "run the program".to_owned(),
            Self::Unsupported { .. } | Self::Key(_) | Self::Wait { .. } | Self::Cancelled => self.to_string(),
        }
    }

    /// Why nobody asks the provider `name` any more once it came to this, in a clause.
    pub fn ending(&self, name: &str) -> String {
        match self {
            Self::Refused { status, at, message, remedy } => {
                let who = if *status == 407 { format!("the proxy before {name}") } else { name.to_owned() };
                // The one that was asked tells all of it.
                let remedy = if matches!(status, 401 | 403) { remedy } else { "" };
                format!("{who} refused another question (HTTP {status}{at}: {message}{remedy})")
            }
            Self::Unreachable(why) => format!("there is no way to {name} ({why})"),
            Self::Wait { seconds } => {
                format!("{name} put another question off by {seconds} s, longer than anybody waits")
            }
            Self::Unavailable { attempts, last } => {
                format!("{name} answered none of the last questions (in {attempts} attempts: {last})")
            }
            Self::Program(why) => format!("{name} answered none of the last questions ({why})"),
            Self::Key(_) | Self::Unsupported { .. } | Self::Garbled(_) | Self::Cancelled => format!("could not {self}"),
        }
    }

    /// The same without anything that the provider said.
    pub fn ending_without_words(&self, name: &str) -> String {
        match self {
            Self::Refused { status, .. } => format!("{name} refused another question (HTTP {status})"),
            Self::Unreachable(_) => format!("there is no way to {name}"),
            Self::Unavailable { .. } | Self::Program(_) => format!("{name} answered none of the last questions"),
            _ => self.ending(name),
        }
    }

    /// Whether a run of these means that nobody is there.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Program(_))
    }
}

/// Why a provider cannot be used at all. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Nobody defined it.
    #[error("use the provider `{0}`: it is defined neither in policy, nor in your configuration, nor with --providers")]
    Unknown(String),
    /// Its definition is not usable.
    #[error("use the provider `{name}`: {why}")]
    Definition {
        /// Its name.
        name: String,
        /// A clause.
        why: String,
    },
    /// A variable of the environment keeps it from being reached.
    #[error("use the provider `{name}`: {why}")]
    Surroundings {
        /// Its name.
        name: String,
        /// A clause.
        why: String,
        /// What to do about the variable.
        remedy: String,
    },
}
