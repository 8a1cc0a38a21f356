//! Which of several runs that do not meet a demand is told of: the one that misses fewest of its conditions, where too few
//! cases count for up to three, by how many lack.

use std::cmp::Reverse;

use source::Digest;

use super::Evidence;
use super::wanted::Unmet;

/// A run that does not meet a demand.
pub(super) struct Tried<'r> {
    pub(super) run: &'r Evidence,
    /// Whether an older run of its suite would meet it.
    pub(super) outlives: bool,
    /// What it misses; never empty.
    pub(super) unmet: Vec<Unmet>,
}

/// Why no run meets a demand.
pub(super) struct Missing<'r> {
    pub(super) why: String,
    /// What would help, where it is no further run.
    pub(super) help: Option<String>,
    /// The run that is told of.
    pub(super) nearest: Option<&'r Evidence>,
}

/// Of runs of `content` the one that misses fewest conditions, the newest of those that miss as many; how many others there are.
pub(super) fn nearest<'r>(mut tried: Vec<Tried<'r>>, content: &Digest) -> Option<(Tried<'r>, usize)> {
    let order = |tried: &Tried<'_>| {
        let run = tried.run;
        let far: u64 = tried.unmet.iter().map(|unmet| unmet.far).sum();
        (run.body().content != *content, far, Reverse((run.asked_at(), run.body().position.sequence)))
    };
    let at = (0..tried.len()).min_by_key(|at| order(&tried[*at]))?;
    let found = tried.swap_remove(at);
    Some((found, tried.len()))
}

impl<'r> Tried<'r> {
    /// What is said of it, the nearest of some runs.
    pub(super) fn among_runs((this, others): (Self, usize)) -> Missing<'r> {
        let rest = match others {
            0 => String::new(),
            1 => "; nor does another run".to_owned(),
            many => format!("; nor do {many} other runs"),
        };
        this.told(false, &rest)
    }

    /// What is said of it, the nearest of what decides for some suites.
    pub(super) fn among_suites((this, others): (Self, usize)) -> Missing<'r> {
        let rest = match others {
            0 => String::new(),
            1 => "; nor does the newest run of another suite".to_owned(),
            many => format!("; nor do the newest runs of {many} other suites"),
        };
        let names_suite = this.outlives || others > 0;
        this.told(names_suite, &rest)
    }

    fn told(self, names_suite: bool, rest: &str) -> Missing<'r> {
        let Self { run, unmet, .. } = self;
        let which = match names_suite {
            true => format!(", the newest run of {},", run.body().suite.path),
            false => String::new(),
        };
        let why: Vec<&str> = unmet.iter().map(|unmet| unmet.why.as_str()).collect();
        let why = format!("{}{which} does not do: {}{rest}", run.tag().name(), why.join("; "));
        Missing { why, help: unmet.into_iter().find_map(|unmet| unmet.help), nearest: Some(run) }
    }
}
