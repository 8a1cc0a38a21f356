//! Everything against real git and real ssh-keygen, in scratch folders with an environment of their own.

mod configuring;
mod fetching;
mod hooks;
mod opening;
mod pushing;
mod reading;
mod refs;
mod scratch;
mod signing;
