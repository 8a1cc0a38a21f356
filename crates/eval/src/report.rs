//! What a run looks like: for people at a terminal or in a pull request, for scripts, for CI systems.
//!
//! Answers, reasons and descriptions were written by others: each form escapes them for the place they are shown in.

mod html;
mod json;
mod junit;
mod markdown;
mod table;

use crate::gate::{Conclusion, Verdict};
use crate::run::Results;

pub use html::html;
pub use json::{json, lines};
pub use junit::junit;
pub use markdown::markdown;
pub use table::table;

/// A suite's run with what it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// What came of it.
    pub results: &'a Results,
    /// What it comes to.
    pub verdict: &'a Verdict,
}

/// What several suites come to together: the worst of them; a pass for none.
pub fn conclusion(reported: &[Reported<'_>]) -> Conclusion {
    reported.iter().map(|r| r.verdict.conclusion).max().unwrap_or(Conclusion::Pass)
}

/// `87.5 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
