//! Suites, datasets, providers, recordings, assertions, statistics, reports.
//!
//! A suite is read completely, and every fault in it is a finding, before anything is asked of a model. Nothing here
//! reads the environment or the clock, prints, or opens a file: files come as a snapshot, secrets and the user's
//! configuration as values, and only [`provider`] talks to a network or starts a program.

pub mod answer;
pub mod assertion;
mod bounded;
mod dataset;
mod ecma;
pub mod gate;
mod hashed;
mod log;
pub mod provider;
mod reading;
pub mod recording;
mod reference;
pub mod report;
pub mod rules;
pub mod run;
mod sealed;
pub mod session;
pub mod shelf;
pub mod stats;
pub mod suite;

pub use answer::Answer;
pub use log::{Item, Log};
pub use sealed::{Keys, KeysError};
