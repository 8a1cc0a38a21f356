//! What applications do: the verified current prompt of an environment.
//!
//! Nothing is taken from a cache of verdicts: an answer is verified when it is made, and given again only while the
//! refs that it rests on have not moved. It never fetches and never asks the clock.

mod error;
mod kept;
mod locked;
mod memory;
mod remembering;
mod resolved;
mod resolver;

pub use error::{Class, Error};
pub use resolved::{Resolved, Telemetry};
pub use resolver::{Options, Resolver};
