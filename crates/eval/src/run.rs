//! Running a suite: every case asked, every answer graded, the same results in the same order every time.
//!
//! Answers come from a provider, from recordings, or from the suite itself. Work is spread over threads; what is kept
//! is bounded (outputs only of what did not pass, unless asked for); cancelling keeps what is done.

mod answered;
mod ask;
mod budget;
mod collect;
mod estimate;
mod grader;
mod length;
mod merge;
mod one;
mod outcome;
mod plan;
mod pool;
mod regrade;
mod stop;
mod tasks;
mod waiting;

pub use budget::Spent;
pub use estimate::{Estimate, Request, asked, estimate, requests};
pub use merge::{MergeError, Part, merge};
pub use outcome::{Component, Ended, GradedBy, Helping, Miss, Origin, Outcome, Results, Status};
pub(crate) use plan::parameters_of;
pub use plan::{Helper, Keep, Mode, Plan, PlanError, Shard, Target};
pub use pool::{Event, Finished, run};
pub use regrade::{Regraded, Said, Whole, regrade};
pub use stop::{Holder, Stop};
pub use waiting::{Pausing, Waiting};

/// The tools that a prompt offers, in the plain shape `{name, description?, parameters?}`.
pub(crate) fn tools(compiled: &prompt::Compiled) -> Vec<serde_json::Value> {
    let one = |tool: &prompt::Tool| {
        let mut map = serde_json::Map::new();
        map.insert("name".to_owned(), tool.name.as_str().into());
        map.extend(tool.description.as_ref().map(|d| ("description".to_owned(), d.as_str().into())));
        map.extend(tool.parameters.as_ref().map(|p| ("parameters".to_owned(), p.clone())));
        serde_json::Value::Object(map)
    };
    compiled.tools.iter().map(one).collect()
}
