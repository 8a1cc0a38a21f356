//! Whole runs against a server on loopback, programs and recordings.

mod faults;
mod programs;
mod recordings;
mod runs;
mod sample;
mod scene;
mod server;
