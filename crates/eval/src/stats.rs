//! The statistics of the gate: intervals, paired tests, corrections.

mod interval;

pub use interval::wilson;
