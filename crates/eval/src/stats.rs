//! The statistics of the gate: intervals, paired tests, corrections. Pure functions of numbers; anything random is seeded.

mod agreement;
mod bootstrap;
mod difference;
mod holm;
mod interval;
mod mcnemar;
mod paired;

pub use agreement::alpha;
pub use bootstrap::Rng;
pub use difference::{deepest_fall, detectable, difference_interval};
pub use holm::{Shared, Test, share};
pub use interval::{wilson, wilson_share};
pub use mcnemar::{McNemar, mcnemar};
pub use paired::{Paired, paired};
