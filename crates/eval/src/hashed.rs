//! Names in eight bytes, for tables of a million cases.
//!
//! The hash is keyed when the process starts: whoever writes a suite cannot choose two names that are taken for one. With a
//! key that is known they meet after some 2^32 tries, which takes a minute. By chance two among a million are alike once in
//! 30 million runs. The numbers differ from run to run, so nothing that is told may be in their order.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::LazyLock;

static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What stands for `name` in this process.
pub(crate) fn hashed(name: &(impl Hash + ?Sized)) -> u64 {
    KEY.hash_one(name)
}
