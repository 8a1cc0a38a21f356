//! Records and chains: grammar, signatures, verification, authorisation.
//!
//! Bytes in, verdict out: nothing here knows git, opens a file, runs a program or asks for the time. Objects come
//! through [`Tags`], the content of a commit through [`Contents`], other programs' verdicts through [`External`].

pub mod armor;
pub mod code;
pub mod contents;
pub mod number;
pub mod record;
pub mod refname;
pub mod refusal;
pub mod signature;
pub mod tag;

pub use code::{Class, Code};
pub use contents::{CommitContents, Contents};
pub use number::Sequence;
pub use record::Record;
pub use refname::RefName;
pub use refusal::Refusal;
pub use signature::External;
pub use source::{Object, ObjectId, ObjectKind, Objects as Tags, Unreadable};
pub use tag::{Draft, SignedTag, Tagger};
