//! Everything against real git and real ssh-keygen, in scratch folders with an environment of their own.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

mod configuring;
mod fetching;
mod hooks;
mod nearby;
mod opening;
mod pushing;
mod reading;
mod refs;
mod scratch;
mod signing;
mod unsound;
mod verifying;
