//! Records and chains: grammar, signatures, verification, authorisation.
//!
//! A [`Ledger`] is one reading of one repository: it judges what is there and plans what could be written next.
//!
//! Bytes in, verdict out: nothing here knows git, opens a file, runs a program or asks for the time. Objects come
//! through [`Tags`], the content of a commit through [`Contents`], other programs' verdicts through [`External`].

mod ahead;
pub mod armor;
pub mod ballot;
pub mod chain;
pub mod code;
pub mod contents;
pub mod demand;
pub mod evidence;
pub mod export;
pub mod glance;
mod history;
pub mod judge;
pub mod live;
pub mod lock;
pub mod mark;
pub mod number;
mod pointer;
pub mod policies;
pub mod reading;
pub mod record;
pub mod refname;
pub mod refusal;
pub mod release;
pub mod signature;
pub mod statement;
pub mod tag;
mod walk;

pub use ballot::{Ballot, Ballots};
pub use chain::{Beyond, Chain, Pointer};
pub use code::{Class, Code};
pub use contents::{CommitContents, Contents};
pub use demand::Demand;
pub use glance::{Clear, Glance};
pub use judge::Judge;
pub use live::Live;
pub use lock::Lock;
pub use mark::{Mark, Marks};
pub use number::Sequence;
pub use policies::Policies;
pub use reading::admission;
pub use reading::{Depth, Ledger, LostTarget, Past, Plan, PointerIntent, PolicyPlan, Proposed, Prospect, Under};
pub use record::Record;
pub use refname::RefName;
pub use refusal::Refusal;
pub use release::Release;
pub use signature::External;
pub use source::{Object, ObjectId, ObjectKind, Objects as Tags, Unreadable};
pub use statement::Statement;
pub use tag::{Draft, SignedTag, Tagger};
pub use walk::Junk;
