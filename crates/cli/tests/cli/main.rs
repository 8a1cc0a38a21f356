//! What holds of the program as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod attacks;
mod bases;
mod completions;
mod conflicts;
mod damaged;
mod floors;
mod hooks;
mod hostile;
mod platforms;
mod race;
mod resume;
mod review;
mod sandbox;
mod server;
mod sessions;
mod shapes;
mod templates;
mod tour;
mod weaker;
