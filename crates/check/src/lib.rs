//! Rules over one catalog and over a pair; contract comparison; impact; diff.
//!
//! Everything is pure: snapshots, policies, released versions and the date are handed in as values.

pub mod bump;
pub mod catalogue;
pub mod contents;
pub mod contract;
pub mod cost;
pub mod diff;
pub mod fixes;
mod folders;
pub mod history;
pub mod impact;
pub mod judging;
pub mod page;
mod passages;
pub mod renames;
mod rules;
pub mod subject;
pub mod tokens;

pub use catalogue::{Rule, find, rules};
pub use contents::{Content, Contents};
pub use folders::replaced as replaced_folder;
pub use history::{Base, History, Live, Released};
pub use judging::{Judged, check, levelled_by};
pub use subject::{Compared, Subject};
