//! The tasks of a run, counted instead of listed: by model, then case, then repeat.

use super::one::Task;
use super::plan::Plan;

/// Every task of a plan.
pub(super) struct Tasks {
    targets: usize,
    cases: Cases,
    repeats: Repeats,
}

/// Which cases of the suite.
enum Cases {
    /// So many, from the first.
    All(usize),
    /// Those at these positions.
    These(Vec<u32>),
}

/// How often each is asked.
enum Repeats {
    /// All alike.
    Each(u32),
    /// How many tasks of one model come before each case, and after the last.
    Before(Vec<u32>),
}

impl Tasks {
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        let fit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let cases = match plan.some() {
            None => Cases::All(plan.suite.cases.len()),
            Some(some) => Cases::These(some.into_iter().map(fit).collect()),
        };
        let repeats = match plan.repeat {
            Some(repeat) => Repeats::Each(repeat.get()),
            None if !plan.suite.cases.shared().may_repeat() => Repeats::Each(1),
            None => {
                let mut sum = 0;
                let each = (0..cases.len()).map(|n| plan.suite.cases.at(cases.at(n)).repeat);
                let mut before: Vec<u32> = vec![0];
                before.extend(each.map(|repeat| {
                    sum += repeat;
                    sum
                }));
                Repeats::Before(before)
            }
        };
        Self { targets: plan.targets.len(), cases, repeats }
    }

    /// How many tasks each model has.
    fn each(&self) -> usize {
        match &self.repeats {
            Repeats::Each(repeat) => self.cases.len() * *repeat as usize,
            Repeats::Before(before) => before.last().copied().unwrap_or(0) as usize,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.targets * self.each()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The task at position `index`.
    pub(super) fn get(&self, index: usize) -> Option<Task> {
        if index >= self.len() {
            return None;
        }
        let (target, rest) = (index / self.each(), index % self.each());
        let (case, sample) = match &self.repeats {
            Repeats::Each(repeat) => (rest / *repeat as usize, rest % *repeat as usize),
            Repeats::Before(before) => {
                let case = before.partition_point(|first| *first as usize <= rest) - 1;
                (case, rest - before[case] as usize)
            }
        };
        Some(Task { target, case: self.cases.at(case), sample: u32::try_from(sample).unwrap_or(u32::MAX) })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Task> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl Cases {
    fn len(&self) -> usize {
        match self {
            Self::All(n) => *n,
            Self::These(some) => some.len(),
        }
    }

    fn at(&self, n: usize) -> usize {
        match self {
            Self::All(_) => n,
            Self::These(some) => some[n] as usize,
        }
    }
}
