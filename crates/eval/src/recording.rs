//! Recordings: answers on file, so that a run needs nobody.
//!
//! `evals/recordings/<suite>.jsonl`: one answer a line, sorted by key, so that git merges it. The key is SHA-256 over the
//! canonical JSON of {kind, path, model, body, sample}: what was asked, never of whom or with which key. Secrets are cut
//! out by value before a line is made. Replaying never falls through to a call.

mod changed;
mod difference;
mod entry;
mod key;
mod layer;
mod nearest;
mod redact;
mod store;

pub use difference::{Difference, differences};
pub use entry::{Entry, Traits};
pub use key::Asked;
pub(crate) use key::{VOTE, parameters};
pub use redact::Secrets;
pub use store::{Recordings, path_beside, path_of};
