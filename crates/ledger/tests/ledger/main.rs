//! The ledger against a repository in memory: real keys, real signatures, no git.

mod approvals;
mod attacks;
mod codes;
mod evidence;
mod keys;
mod life;
mod mutation;
mod policies;
mod programs;
mod world;
