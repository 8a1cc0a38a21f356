//! Replaying the suites of a prompt, with what they compare with: from recordings alone, asking nobody.

use std::sync::atomic::AtomicBool;

use policy::Policy;
use prompt::Routes;
use source::{Files, Finding, PromptId, RepoPath};

use super::{Opened, SessionError, against, demands, open};
use crate::Keys;
use crate::gate::{Baseline, Standing, Verdict, across, judge};
use crate::provider::Providers;
use crate::run::{Ended, Finished, Mode, Plan, Results, run};
use crate::suite::{self, Compare};

/// A suite of a prompt, replayed and judged.
#[derive(Debug)]
pub struct Replayed {
    /// The suite's file.
    pub path: RepoPath,
    /// What is wrong with it; where there is an error, nothing was run.
    pub findings: Vec<Finding>,
    /// The run and what it comes to.
    pub done: Option<(Finished, Verdict)>,
}

/// Where a baseline lies.
pub enum Place<'f> {
    /// In these files, of this commit, where the prompt had this id if it was another one.
    At(Box<dyn Files + 'f>, Option<String>, Option<PromptId>),
    /// Nowhere: how that stands, and why.
    Nowhere(Standing, String),
}

/// Replays every suite of `id` from the recordings in `files`, asking nobody, and judges each by its gate and by policy,
/// all their comparisons together. `place` finds the baseline that a suite names.
pub fn replay<'f>(
    files: &dyn Files,
    id: &PromptId,
    routes: &Routes,
    policy: Option<&Policy>,
    providers: &Providers,
    today: Option<String>,
    place: &dyn Fn(&str) -> Place<'f>,
) -> Result<Vec<Replayed>, SessionError> {
    let mut all = Vec::new();
    for path in suite::paths_of(files, id)? {
        let opened = open(files, &path)?;
        if !opened.is_sound() {
            all.push(Replayed { path, findings: opened.findings, done: None });
            continue;
        }
        let plan = opened.plan(routes, policy, Mode::Replay, &[])?;
        let finished = run(&plan, providers, &mut |_| {}, &AtomicBool::new(false))?;
        let compare = plan.suite.gate.compare.clone().filter(|_| finished.results.ended == Ended::Complete);
        let baseline = compare.map(|compare| {
            let place = place(&compare.baseline);
            replay_baseline(&opened, &plan, &finished.results, compare, place, policy, providers)
        });
        let demands = demands(policy, id, opened.risk, today.clone());
        let verdict = judge(plan.suite, &finished.results, baseline.transpose()?.as_ref(), &demands);
        all.push(Replayed { path, findings: opened.findings, done: Some((finished, verdict)) });
    }
    across(&mut all.iter_mut().filter_map(|one| one.done.as_mut()).map(|(_, verdict)| verdict).collect::<Vec<_>>());
    Ok(all)
}

/// Replays what `plan`, a plan of `opened` that came to `now`, is compared with.
pub fn replay_baseline(
    opened: &Opened,
    plan: &Plan<'_>,
    now: &Results,
    compare: Compare,
    place: Place<'_>,
    policy: Option<&Policy>,
    providers: &Providers,
) -> Result<Baseline, SessionError> {
    let (files, commit, was) = match place {
        Place::At(files, commit, was) => (files, commit, was),
        Place::Nowhere(standing, why) => return Ok(Baseline::without(compare, standing, why)),
    };
    let other = against(opened, plan, (&*files, &Keys::default()), compare, commit, policy, was.as_ref())?;
    let there = other.plan(plan, Some(now))?;
    let ran = there.map(|there| run(&there, providers, &mut |_| {}, &AtomicBool::new(false))).transpose()?;
    Ok(other.ran(ran.map(|finished| finished.results)))
}
