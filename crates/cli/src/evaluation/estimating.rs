//! What a run would take at most, told before it starts.

use std::collections::BTreeSet;

use eval::provider::Providers;
use eval::run::{Estimate, Plan};
use eval::session::Opened;
use eval::suite::Budget;
use source::render::counted;
use source::{ModelName, RepoPath};

use super::course::Course;
use super::other::Side;
use super::running::spent_before;
use super::unplanned::unplanned;
use super::{Bench, journal};
use crate::app::App;
use crate::exit::{Exit, Failure};

/// What running a suite would take at most.
pub(crate) struct Expected {
    /// The suite.
    pub(crate) path: RepoPath,
    /// With its baseline.
    pub(crate) estimate: Estimate,
    /// What it may take.
    pub(crate) budget: Budget,
    /// The models whose price is not known.
    pub(crate) unpriced: Vec<String>,
    /// The models that would be asked without a key, each with the variable that is not set.
    pub(crate) keyless: Vec<(ModelName, String)>,
    /// The models that would be asked with a key that a program prints.
    pub(crate) unlocked: Vec<ModelName>,
}

/// What running `suites` would take at most, with their baselines; asks nobody.
pub(crate) fn estimate(suites: &[Opened], course: &Course<'_>, bench: &Bench<'_>) -> Result<Vec<Expected>, Failure> {
    let mut all = Vec::new();
    for opened in suites {
        let mut plan = course.plan(opened, bench)?;
        let carried = journal::left(&plan, course.resume, bench);
        plan.carried = carried.as_ref();
        plan.spent_before = spent_before(&plan);
        let mut sum = eval::run::estimate(&plan, bench.providers).map_err(|e| unplanned(&e, &plan, bench))?;
        let mut keyless = lacking(&plan, &sum, bench)?;
        let mut unlocked = by_program(&plan, &sum, bench)?;
        if let Some(compare) = course.compare(plan.suite)
            && let Side::There(other) = course.other(compare, opened, &plan, bench)?
            && let Some(mut there) = other.plan(&plan, None).map_err(|e| Failure::of(Exit::Usage, &e))?
        {
            there.carried = plan.carried;
            let expected = eval::run::estimate(&there, bench.providers).map_err(|e| unplanned(&e, &there, bench))?;
            keyless.extend(lacking(&there, &expected, bench)?);
            unlocked.extend(by_program(&there, &expected, bench)?);
            sum = sum.and(expected);
        }
        let unpriced = plan.unpriced().into_iter().map(ToString::to_string).collect();
        let (path, budget) = (opened.path.clone(), plan.limits());
        all.push(Expected { path, estimate: sum, budget, unpriced, keyless, unlocked });
    }
    Ok(all)
}

fn lacking(plan: &Plan<'_>, sum: &Estimate, bench: &Bench<'_>) -> Result<Vec<(ModelName, String)>, Failure> {
    let variable = |name: &str| bench.providers.lacks_key(name);
    let asked = eval::run::asked(plan, sum, bench.providers, |name| variable(name).is_some());
    let keyless = asked.map_err(|e| unplanned(&e, plan, bench))?.into_iter();
    Ok(keyless.filter_map(|model| Some((model.clone(), variable(model.provider())?.to_owned()))).collect())
}

fn by_program(plan: &Plan<'_>, sum: &Estimate, bench: &Bench<'_>) -> Result<Vec<ModelName>, Failure> {
    let asked = eval::run::asked(plan, sum, bench.providers, |name| bench.providers.runs_for_key(name));
    Ok(asked.map_err(|e| unplanned(&e, plan, bench))?.into_iter().cloned().collect())
}

/// Refuses to ask where a key is not there, or a program does not print it: every request would meet the same.
pub(crate) fn keys_are_there(expected: &[Expected], providers: &Providers) -> Result<(), Failure> {
    let first = expected.iter().find_map(|one| Some((&one.path, one.keyless.first()?)));
    let Some((path, (model, variable))) = first else { return unlock(expected, providers) };
    let provider = model.provider();
    let what = format!(
        "ask {model} for {path}: {variable} is not set, the key of the provider {provider} ({})",
        providers.defined(provider)
    );
    let mut others: BTreeSet<&str> = expected.iter().flat_map(|e| &e.keyless).map(|(_, name)| name.as_str()).collect();
    others.remove(variable.as_str());
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" (and {})", others.into_iter().collect::<Vec<_>>().join(", "))
    };
    Err(Failure::new(Exit::Usage, what)
        .help(format!("set {variable}{also}, or replay what is recorded, without --live and --record")))
}

fn unlock(expected: &[Expected], providers: &Providers) -> Result<(), Failure> {
    let names: BTreeSet<&str> = expected.iter().flat_map(|one| &one.unlocked).map(ModelName::provider).collect();
    for name in names {
        providers.unlock(name).map_err(|failure| {
            let help = format!(
                "run it by hand until it prints the key of {name} and nothing before it, or replay what is recorded, \
                 without --live and --record"
            );
            Failure::new(Exit::Usage, failure.to_string()).help(help)
        })?;
    }
    Ok(())
}

/// Tells it: as the answer of a dry run, else on the way.
pub(crate) fn tell(expected: &[Expected], dry_run: bool, app: &App) {
    let mut sum = Estimate { usd: Some(0.0), ..Estimate::default() };
    let mut all = BTreeSet::new();
    for Expected { path, estimate, budget, unpriced, .. } in expected {
        sum = sum.and(*estimate);
        let unpriced: BTreeSet<&str> = unpriced.iter().map(String::as_str).collect();
        if dry_run {
            app.terminal.answer(format!("{path}: {}\n", text(estimate, &unpriced)));
        }
        all.extend(unpriced);
        if estimate.may_pass(budget) {
            app.terminal.say(format!("{path}: that may be more than its budget, {}", allowed(budget)));
        }
    }
    match (dry_run, sum.requests + sum.graders) {
        (true, _) if expected.len() > 1 => app.terminal.answer(format!("together: {}\n", text(&sum, &all))),
        (false, 1..) => app.terminal.say(text(&sum, &all)),
        _ => {}
    }
}

fn text(estimate: &Estimate, unpriced: &BTreeSet<&str>) -> String {
    let mut text = counted(usize::try_from(estimate.requests).unwrap_or(usize::MAX), "request");
    if estimate.graders > 0 {
        text += &format!(" and {} for grading", estimate.graders);
    }
    if estimate.stored > 0 {
        text += &format!(", {} on file", estimate.stored);
    }
    if estimate.requests + estimate.graders == 0 {
        return text;
    }
    text += &format!(
        "; at most {} tokens to read, {} to write",
        grouped(estimate.input_tokens),
        grouped(estimate.output_tokens)
    );
    if estimate.unbounded > 0 {
        text += &format!(" ({} without `max_tokens`: 16,384 each assumed)", estimate.unbounded);
    }
    match estimate.usd {
        Some(usd) => text += &format!(", {}", eval::report::dollars(usd, 4)),
        None if unpriced.is_empty() => text += ", at a price that nothing bounds",
        None => {
            let models = unpriced.iter().copied().collect::<Vec<_>>().join(", ");
            text += &format!(", at a price that is not known (policies/models.yaml has none of {models})");
        }
    }
    text
}

fn allowed(budget: &Budget) -> String {
    let parts = [
        budget.max_usd.map(|usd| format!("${usd}")),
        budget.max_requests.map(|n| format!("{n} requests")),
        budget.max_tokens.map(|n| format!("{} tokens", grouped(n))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `12,345`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let lead = digits.len() % 3;
    let mut text = digits[..lead].to_owned();
    for (i, chunk) in digits.as_bytes()[lead..].chunks(3).enumerate() {
        if i > 0 || lead > 0 {
            text.push(',');
        }
        text.extend(chunk.iter().map(|b| char::from(*b)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        let all = [0, 12, 123, 1234, 123_456, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }
}
