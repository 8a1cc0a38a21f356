//! One HTML file with everything in it: no script from elsewhere, no font, no address.
//!
//! Rows beyond the first are drawn by a small script from data in the page, so that 10,000 cases open as fast as ten;
//! the data is JSON in which `<` is escaped, so that no answer can end its element.

use serde_json::{Value, json};
use source::escape::{html as escaped, terminal, terminal_lines};

use super::{Reported, conclusion, percent};
use crate::run::{Outcome, Status};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The page, under `title`.
pub fn html(reported: &[Reported<'_>], title: &str) -> String {
    let mut body = String::new();
    for (index, one) in reported.iter().enumerate() {
        suite(&mut body, index, one);
    }
    let data: Vec<Value> = reported.iter().map(rows).collect();
    let data = Value::Array(data)
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\
<title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title} <span class=\"{c}\">{c}</span></h1>\n{body}\
<script type=\"application/json\" id=\"data\">{data}</script><script>{SCRIPT}</script></body></html>\n",
        c = conclusion(reported).as_str()
    )
}

fn suite(out: &mut String, index: usize, one: &Reported<'_>) {
    let Reported { results, verdict, .. } = one;
    let word = verdict.conclusion.as_str();
    out.push_str(&format!("<section><h2>{} <span class=\"{word}\">{word}</span></h2>\n", escaped(&results.suite)));
    out.push_str(
        "<table class=\"models\"><tr><th>model<th>passed<th>pass rate (95 %)<th><th>score<th>p50<th>p95<th>cost</tr>\n",
    );
    for m in &verdict.models {
        let all = m.passed + m.failed + m.errors + m.missing + m.skipped;
        let bar = format!(
            "<div class=\"bar\"><i style=\"left:{:.1}%;width:{:.1}%\"></i><b style=\"left:{:.1}%\"></b></div>",
            m.interval.0 * 100.0,
            (m.interval.1 - m.interval.0) * 100.0,
            m.pass_rate * 100.0
        );
        let ms = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| format!("{n} ms"));
        out.push_str(&format!(
            "<tr><td>{}<td>{} / {all}<td>{} ({} to {})<td>{bar}<td>{:.2}<td>{}<td>{}<td>{}</tr>\n",
            escaped(&m.model),
            m.passed,
            percent(m.pass_rate),
            percent(m.interval.0),
            percent(m.interval.1),
            m.mean_score,
            ms(m.latency_p50_ms),
            ms(m.latency_p95_ms),
            m.cost.map_or_else(|| "–".to_owned(), |usd| format!("${usd:.4}")),
        ));
    }
    out.push_str("</table><ul class=\"checks\">");
    for check in &verdict.checks {
        out.push_str(&format!("<li class=\"{}\">{}</li>", check.conclusion.as_str(), escaped(&check.text)));
    }
    out.push_str("</ul>\n");
    for c in &verdict.comparisons {
        out.push_str(&format!(
            "<p class=\"pairs\">{} against {}: {} → {} over {} pairs, p {:.3}. Newly failing: {}. Newly passing: {}.</p>\n",
            escaped(&c.model),
            escaped(&c.baseline),
            percent(c.before),
            percent(c.now),
            c.pairs,
            c.p,
            listed(&c.newly_failing),
            listed(&c.newly_passing)
        ));
    }
    out.push_str(&format!(
        "<div class=\"tools\"><input type=\"search\" placeholder=\"filter cases\" data-suite=\"{index}\" aria-label=\"filter cases\">\
<label><input type=\"checkbox\" data-bad=\"{index}\"> only what did not pass</label><canvas data-scores=\"{index}\" width=\"240\" height=\"36\"></canvas></div>\
<div class=\"cases\" data-cases=\"{index}\"></div></section>\n"
    ));
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { escaped(&ids.join(", ")) }
}

fn rows(one: &Reported<'_>) -> Value {
    let models: Vec<&str> = one.results.models.iter().map(source::ModelName::as_str).collect();
    let row = |o: &Outcome| {
        let parts: Vec<Value> =
            o.components.iter().map(|c| json!([c.kind, c.pass, c.score, terminal(&c.reason)])).collect();
        json!({
            "c": terminal(&o.case),
            "d": o.description.as_deref().map(terminal),
            "m": o.model,
            "n": o.sample,
            "s": word(o.status),
            "v": o.score,
            "r": if o.status == Status::Passed { "".into() } else { terminal(&o.reason) },
            "p": parts,
            "o": o.output.as_ref().map(|v| terminal_lines(&crate::ecma::text_of(v)).into_owned()),
            "t": o.latency_ms,
        })
    };
    json!({ "models": models, "rows": one.results.outcomes.iter().map(row).collect::<Vec<_>>() })
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Error => "error",
        Status::Missing => "missing",
        Status::Skipped => "skipped",
    }
}
