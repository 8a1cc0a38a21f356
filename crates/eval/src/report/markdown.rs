//! Markdown for a pull request: the verdict, a table, what newly fails, and why.

use source::escape::{markdown as plain, markdown_code as code};

use super::{Reported, percent};
use crate::gate::{Comparison, Conclusion};
use crate::run::Status;

/// At most so many cases are listed for a suite.
const LISTED: usize = 15;

/// The report, without a heading of its own.
pub fn markdown(reported: &[Reported<'_>]) -> String {
    let mut out = "| suite | verdict | model | passed | pass rate (95 %) | score | p50 | cost |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    for Reported { verdict, .. } in reported {
        for model in &verdict.models {
            let all = model.passed + model.failed + model.errors + model.missing + model.skipped;
            let row = [
                code(&verdict.suite),
                word(verdict.conclusion).to_owned(),
                code(&model.model),
                format!("{} / {all}", model.passed),
                format!(
                    "{} ({} to {})",
                    percent(model.pass_rate),
                    percent(model.interval.0),
                    percent(model.interval.1)
                ),
                format!("{:.2}", model.mean_score),
                model.latency_p50_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms")),
                model.cost.map_or_else(|| "–".to_owned(), |usd| format!("${usd:.4}")),
            ];
            out.push_str(&format!("| {} |\n", row.join(" | ")));
        }
    }
    for one in reported {
        suite(&mut out, one);
    }
    out
}

fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pass => "✅ pass",
        Conclusion::Inconclusive => "⚠️ inconclusive",
        Conclusion::Fail => "❌ fail",
        Conclusion::Error => "💥 error",
        Conclusion::BudgetSpent => "💸 budget spent",
        Conclusion::RecordingMissing => "📼 recording missing",
        Conclusion::Interrupted => "✋ interrupted",
    }
}

fn suite(out: &mut String, one: &Reported<'_>) {
    let Reported { results, verdict } = one;
    let broken: Vec<_> = verdict.checks.iter().filter(|c| c.conclusion != Conclusion::Pass).collect();
    let bad: Vec<_> =
        results.outcomes.iter().filter(|o| !matches!(o.status, Status::Passed | Status::Skipped)).collect();
    if broken.is_empty() && bad.is_empty() && verdict.comparisons.is_empty() {
        return;
    }
    out.push_str(&format!("\n**{}**\n\n", plain(&results.suite)));
    for check in broken {
        out.push_str(&format!("- {}\n", plain(&check.text)));
    }
    for comparison in &verdict.comparisons {
        compared(out, comparison);
    }
    if bad.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n<details><summary>{} not passed</summary>\n\n",
        source::render::counted(bad.len(), "answer")
    ));
    for outcome in bad.iter().take(LISTED) {
        out.push_str(&format!("- {}: {}\n", code(&outcome.case), plain(&outcome.reason)));
    }
    if bad.len() > LISTED {
        out.push_str(&format!("- … and {} more\n", bad.len() - LISTED));
    }
    out.push_str("\n</details>\n");
}

fn compared(out: &mut String, c: &Comparison) {
    let named = |ids: &[String]| ids.iter().take(LISTED).map(|id| code(id)).collect::<Vec<_>>().join(", ");
    out.push_str(&format!(
        "- {} against {}: {} → {} over {} pairs (p {:.3})\n",
        code(&c.model),
        code(&c.baseline),
        percent(c.before),
        percent(c.now),
        c.pairs,
        c.p
    ));
    for (what, ids) in [
        ("newly failing", &c.newly_failing),
        ("newly passing", &c.newly_passing),
        ("added", &c.added),
        ("removed", &c.removed),
        ("changed", &c.changed),
    ] {
        if !ids.is_empty() {
            out.push_str(&format!("  - {what}: {}{}\n", named(ids), if ids.len() > LISTED { ", …" } else { "" }));
        }
    }
}
