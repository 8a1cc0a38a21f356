//! The ledger against a repository in memory: real keys, real signatures, no git.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

mod approvals;
mod attacks;
mod codes;
mod evasions;
mod evidence;
mod forgeries;
mod glance;
mod keys;
mod life;
mod mutation;
mod newest;
mod policies;
mod programs;
mod prospects;
mod second;
mod speed;
mod stopping;
mod world;
