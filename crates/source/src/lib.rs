//! Texts that were read, spans, snapshots, findings, reports and how they look.
//!
//! Everything here is plain data: nothing opens a file, runs a program, reads a clock or prints.

pub mod bytes;
pub mod canonical;
pub mod characters;
pub mod digest;
pub mod escape;
pub mod external;
pub mod finding;
pub mod names;
pub mod nearest;
pub mod objects;
pub mod path;
mod redact;
pub mod render;
pub mod risk;
pub mod secrets;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod yaml;

pub use bytes::Bytes;
pub use digest::Digest;
pub use external::{External, ExternalError};
pub use finding::{Finding, Fix, Report, Severity};
pub use names::{BlockName, EnvName, ModelName, NameError, PromptId, Version};
pub use nearest::{did_you_mean, nearest};
pub use objects::{Object, ObjectId, ObjectKind, Objects, Unreadable};
pub use path::RepoPath;
pub use redact::Veil;
pub use risk::Risk;
pub use snapshot::{File, Files, Mode, ReadError, Snapshot};
pub use text::{Place, Position, Span, Text};
pub use time::Timestamp;
