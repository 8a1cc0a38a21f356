//! Providers: who answers. The only part of this crate that talks to a network or starts a program.
//!
//! A provider turns a prompt's messages into a request (a pure step, which recordings key by) and sends it. What a
//! provider is never comes from the snapshot under test: definitions are built in, policy's, or the user's own.

mod anthropic;
mod callers;
mod command;
mod echo;
mod failure;
mod gemini;
mod http;
mod identity;
mod key;
mod limit;
mod openai;
mod retry;
mod set;
mod told;
mod wire;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use prompt::{Compiled, Message};
use serde_json::Value;

pub use failure::{Failure, ProviderError};
pub use identity::difference;
pub use retry::Patience;
pub use set::{Environment, Lookup, Providers, built_in};

use crate::Answer;

/// A request, ready to send and to be looked up in recordings: no host, no credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// `openai`, `azure`, `anthropic`, `gemini`, `command` or `echo`.
    pub kind: &'static str,
    /// The path below the provider's address, such as `/chat/completions`; empty for programs.
    pub path: String,
    /// The model as the provider knows it.
    pub model: String,
    /// The body.
    pub body: Value,
}

/// An answer with what it took to get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The answer.
    pub answer: Answer,
    /// Requests made, retries included.
    pub attempts: u32,
}

/// How far a request may go.
#[derive(Clone, Copy)]
pub struct Leave<'a> {
    /// Set where the run ends.
    pub cancel: &'a AtomicBool,
    /// Asked before each further attempt: whether it may be made. Whoever is told so makes it.
    pub again: &'a dyn Fn() -> bool,
    /// Told when a pause begins, and with nothing when it is over.
    pub pause: &'a dyn Fn(Option<Pause<'_>>),
}

/// A pause before another attempt.
#[derive(Debug, Clone, Copy)]
pub struct Pause<'a> {
    /// How long it is.
    pub length: Duration,
    /// Which attempt comes after it, from 2.
    pub attempt: u32,
    /// What the one before came to, without secrets.
    pub why: &'a str,
}

/// Who answers.
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// Makes a request of a prompt and its messages. Pure. Refuses what the provider cannot express.
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure>;

    /// Makes a request for one vector for each text, where the provider can.
    fn prepare_embedding(&self, model: &str, texts: &[String]) -> Result<Prepared, Failure>;

    /// Sends it. Waits for a place among the requests under way, and retries what can be retried, both as long as `leave`
    /// lets it.
    fn send(&self, prepared: &Prepared, leave: &Leave<'_>) -> Result<Sent, Failure>;

    /// Sees to it that the key can be had, where there is one.
    fn unlock(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// How many requests may be under way at once.
    fn concurrency(&self) -> usize;

    /// Ends what is under way: the run was cancelled, and `cancel` is set. Where nothing can be ended, nothing happens.
    fn give_up(&self) {}
}
