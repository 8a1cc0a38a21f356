//! Running a suite: every case asked, every answer graded, the same results in the same order every time.
//!
//! Answers come from a provider, from recordings, or from the suite itself. Work is spread over threads; what is kept
//! is bounded (outputs only of what did not pass, unless asked for); cancelling keeps what is done.

mod budget;
mod grade;
mod outcome;
mod pool;
mod plan;

pub use budget::Spent;
pub use outcome::{Component, Ended, Miss, Origin, Outcome, Results, Status};
pub use plan::{Keep, Mode, Plan, PlanError, Shard, Target};
pub use pool::{Event, run};
