//! The words for what a run comes to, with their exit codes.

use serde::Serialize;

/// What a run comes to. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The gate holds.
    Pass,
    /// There are too few cases to tell whether it fell.
    Inconclusive,
    /// The gate does not hold.
    Fail,
    /// Providers or graders failed more often than the gate allows.
    Error,
    /// The budget ended the run.
    BudgetSpent,
    /// Answers are not on file.
    RecordingMissing,
    /// Somebody ended the run.
    Interrupted,
}

impl Conclusion {
    /// The program's exit code; `strict` makes an inconclusive run 3.
    pub const fn exit_code(self, strict: bool) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Inconclusive => {
                if strict {
                    3
                } else {
                    0
                }
            }
            Self::Fail => 1,
            Self::Error => 4,
            Self::BudgetSpent => 5,
            Self::RecordingMissing => 6,
            Self::Interrupted => 130,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::BudgetSpent => "budget-spent",
            Self::RecordingMissing => "recording-missing",
            Self::Interrupted => "interrupted",
        }
    }
}
