//! What maintainers do: release, approve, promote, roll back, publish policy; and what they look at.
//!
//! Each act reads the ledger under what this machine trusts, asks the ledger what the entry must bring, and only then
//! signs and publishes. Nothing here prints, reads the clock or decides what counts: the ledger does.

mod approvals;
mod attempts;
mod audit;
mod baseline;
mod behind;
mod desk;
mod drill;
mod error;
mod evals;
mod evidence;
mod examples;
mod fetching;
mod found;
mod giving_way;
mod history;
mod inherited;
mod local_only;
mod lock;
mod next;
mod pointers;
mod policies;
mod proposal;
mod reading;
mod receiving;
mod rejection;
mod releasing;
pub mod review;
mod strays;
mod suites;
mod sync;
mod timeline;
mod verification;
mod views;

pub use approvals::{Approved, Ballot, approve};
pub use attempts::{Attempt, Attempts, attempts};
pub use audit::{Audit, Person, Place, audit};
pub use behind::behind;
pub use desk::{Desk, Written};
pub use drill::{Drilled, Inputs, drill};
pub use error::{Class, Error, Result};
pub use evals::Outcome;
pub use evidence::{Attested, Ran, attest, attestable, may_attest, statement};
pub use examples::{Example, Examples, add_rendered, examples, released_examples};
pub use fetching::Needs;
pub use found::{Located, Which, found, located};
pub use history::{add_stable, complete, history};
pub use inherited::{Began, Inherited, begin_anew, inherited};
pub use local_only::{LocalOnly, command as give_up_command, give_up, give_up_first, local_only};
pub use lock::{LockWritten, lock, locked_root};
pub use next::{Evident, Next, consider, next};
pub use pointers::{Moved, Voided, promote, turn};
pub use policies::{Published, publish};
pub use proposal::{PolicyApproved, PolicyBallot, Proposal, approve as approve_policy, propose};
pub use reading::{Pinned, Scope};
pub use receiving::{Rules, receive};
pub use rejection::Rejection;
pub use releasing::{Release, release};
pub use strays::{Stray, strays};
pub use suites::findings as suite_findings;
pub use sync::mend_command;
pub use timeline::{Event, Logged, Wanted, live_at, log};
pub use verification::{Verified, verify};
pub use views::{LiveNow, Overview, Standing, Status, status};
