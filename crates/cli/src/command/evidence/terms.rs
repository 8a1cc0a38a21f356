//! What an attested run rests on besides its suite, and the line of policy that pins both.

use release::Attempt;
use source::escape::terminal;

/// A line each, after `indent`; none where the statement says nothing of it.
pub(super) fn text(run: &Attempt, indent: &str) -> String {
    let mut text = String::new();
    let mut line = |says: String| text += &format!("{indent}{}\n", terminal(&says));
    if let Some(at) = run.asked_at {
        line(format!("asked for at {at}; its age counts from then"));
    }
    if let Some(judge) = &run.judge {
        line(format!("judged by {judge}"));
    }
    if let Some(embeddings) = &run.embeddings {
        line(format!("embedded by {embeddings}"));
    }
    if let Some(baseline) = &run.baseline {
        let at = baseline.commit.as_ref().map_or(String::new(), |commit| format!(", commit {commit}"));
        line(format!("compared with {}{at}", baseline.name));
    }
    if let Some(units) = run.units {
        line(format!("its cases are {units} independent unit{}, by their clusters", if units == 1 { "" } else { "s" }));
    }
    if !run.own_providers.is_empty() {
        line(format!("asked as {} defined it, not policy: {}", run.by, run.own_providers.join(", ")));
    }
    text
}

/// The suite as `pinned_suites` in policies/policy.yaml names it.
pub(super) fn pin(run: &Attempt) -> String {
    let helpers = [("judge", &run.judge), ("embeddings", &run.embeddings)];
    let helpers = helpers.iter().filter_map(|(key, helper)| Some(format!(", {key}: {}", helper.as_ref()?.model)));
    let helpers = terminal(&helpers.collect::<String>()).into_owned();
    let (suite, dataset) = (run.suite_digest.tagged(), run.dataset.tagged());
    format!("{}: {{ suite: \"{suite}\", dataset: \"{dataset}\"{helpers} }}", terminal(run.suite.as_str()))
}
