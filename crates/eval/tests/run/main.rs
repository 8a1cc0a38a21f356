//! Whole runs against a server on loopback, programs and recordings; suites that must not run; reports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod baselines;
mod broken;
mod faults;
mod judges;
mod programs;
mod questions;
mod recordings;
mod reports;
mod routes;
mod runs;
mod scene;
mod server;
