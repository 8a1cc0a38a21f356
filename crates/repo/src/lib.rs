//! The git repository: snapshots in, raw tag objects in and out, config, signing programs, transport.
//!
//! The one crate that touches git and the disk. It judges nothing that it reads: bytes and names go out as they are,
//! and what they mean is for higher floors. It never follows `refs/replace` or grafts, starts no program that a
//! repository's own configuration names (transport apart), and never reads the process's environment by itself.

mod backend;
mod bounds;
mod changes;
pub mod config;
mod dirty;
mod environment;
mod error;
mod fetch;
pub mod files;
mod git;
mod index;
mod inside;
mod lock;
mod near;
mod object;
mod objects;
mod open;
mod push;
mod refs;
mod remote;
mod revision;
pub mod sign;
pub mod state;
mod tree;
mod trust;
mod verify;
mod worktree;

pub use changes::{Change, ChangeKind};
pub use config::{Config, Identity};
pub use dirty::{Dirtiness, Dirty};
pub use environment::{Environment, Mode};
pub use error::{Class, Error, Result};
pub use fetch::{AsShown, Fetched, Lacking, Moved, Wanted};
pub use index::IndexFiles;
pub use lock::{LOCK_FILE, Locked};
pub use object::{OBJECT_CAP, TAG_CAP};
pub use open::{Head, Repo};
pub use push::PushOutcome;
pub use refs::{RefStamp, Tag};
pub use remote::Remote;
pub use revision::CommitFiles;
pub use source::{Object as RawObject, ObjectId as Oid, ObjectKind};
pub use trust::{Place, Trust};
pub use verify::Said;
