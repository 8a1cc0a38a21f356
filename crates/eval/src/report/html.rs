//! One HTML file with everything in it: no script from elsewhere, no font, no address.
//!
//! Rows beyond the first are drawn by a small script from data in the page, so that 10,000 cases open as fast as ten;
//! the data is JSON in which `<` is escaped, so that no answer can end its element.

mod rows;

use source::escape::html as escaped;
use source::render::{counted, path};
use source::{Finding, Report, Severity};

use super::{Reported, conclusion, percent};
use crate::gate::{Comparison, Conclusion, Verdict, points};
use crate::run::Status;

const STYLE: &str = include_str!("html/style.css");
/// How many cases are listed where no script runs.
const PLAIN: usize = 50;

const SCRIPT: &str = include_str!("html/script.js");

/// The page under `title`, in pieces that are given to `take`.
pub fn html(reported: &[Reported<'_>], found: &Report, title: &str, take: &mut dyn FnMut(&str)) {
    let title = escaped(title);
    let answers = reported.iter().map(|r| r.results.outcomes.len()).sum::<usize>();
    let came = conclusion(reported, found);
    take(&format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\
<title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title} {word}</h1>\n<p class=\"lead\">{suites}, {answers}</p>\n",
        word = worded(came.as_str()),
        suites = counted(reported.len(), "suite"),
        answers = counted(answers, "answer"),
    ));
    for Finding { rule, message, at, severity, .. } in found.findings() {
        let at = escaped(&path(found, at));
        // Values stand between backticks.
        let part = |(at, part): (usize, &str)| match at.is_multiple_of(2) {
            true => escaped(part),
            false => format!("<code>{}</code>", escaped(part)),
        };
        let message: String = message.split('`').enumerate().map(part).collect();
        let word = if *severity == Severity::Error { "fail" } else { "inconclusive" };
        take(&format!("<p><span class=\"word {word}\">{rule}</span> <code>{at}</code>: {message}</p>\n"));
    }
    for (index, one) in reported.iter().enumerate() {
        let mut body = String::new();
        suite(&mut body, index, one);
        take(&body);
    }
    take("<script type=\"application/json\" id=\"data\">[");
    for (index, one) in reported.iter().enumerate() {
        take(if index > 0 { "," } else { "" });
        rows::rows(one, take);
    }
    take(&format!("]</script><script>{SCRIPT}</script></body></html>\n"));
}

/// A conclusion as a coloured word.
fn worded(word: &str) -> String {
    format!("<span class=\"word {word}\">{}</span>", word.replace('-', " "))
}

fn suite(out: &mut String, index: usize, one: &Reported<'_>) {
    let Reported { results, verdict, .. } = one;
    let word = match super::part(one) {
        Some(part) => format!("<span class=\"word\">{part}</span>"),
        None => worded(verdict.conclusion.as_str()),
    };
    out.push_str(&format!("<section><h2>{} {word}</h2>\n", escaped(&results.suite)));
    let from = match results.mode.as_str() {
        "replay" => "from recordings",
        "record" | "renew" => "recorded",
        _ => "asked live",
    };
    let content = escaped(&results.content.short16());
    out.push_str(&format!("<p class=\"lead\">{from}, of the prompt with the content {content}</p>\n"));
    checks(out, one);
    models(out, verdict);
    for comparison in &verdict.comparisons {
        compared(out, comparison);
    }
    out.push_str(&format!(
        "<div class=\"charts\" data-charts=\"{index}\"></div>\
<h3>cases</h3><div class=\"tools\"><input type=\"search\" placeholder=\"search ids, reasons and answers\" data-search=\"{index}\" aria-label=\"search cases\">\
<span class=\"tools\" data-chips=\"{index}\" style=\"margin:0\"></span></div>\
<div class=\"cases\" data-cases=\"{index}\"></div>"
    ));
    plain(out, one);
    out.push_str("</section>\n");
}

/// For whoever runs no scripts: the first cases that did not pass.
fn plain(out: &mut String, one: &Reported<'_>) {
    let bad = || one.results.outcomes.iter().filter(|o| o.status != Status::Passed);
    out.push_str("<noscript><p class=\"lead\">");
    out.push_str(&match bad().count() {
        0 => "Every answer passed; a script in this page lists them.".to_owned(),
        n if n > PLAIN => format!("The first {PLAIN} of {n} that did not pass; a script in this page lists all."),
        n => format!("{} did not pass; a script in this page lists all.", counted(n, "answer")),
    });
    out.push_str("</p><ul class=\"plain\">");
    for o in bad().take(PLAIN) {
        let said = super::excerpt(&o, 280).map_or_else(String::new, |said| format!("<br>{}", escaped(&said)));
        out.push_str(&format!(
            "<li><b class=\"{word}\">{word}</b> <code>{}</code> {}{said}</li>",
            escaped(&super::named(&o)),
            escaped(&o.reason),
            word = word(o.status),
        ));
    }
    out.push_str("</ul></noscript>");
}

fn checks(out: &mut String, one: &Reported<'_>) {
    let verdict = one.verdict;
    out.push_str("<ul class=\"checks\">");
    let mut line = |class: &str, mark: &str, text: &str| {
        out.push_str(&format!("<li><b class=\"{class}\">{mark}</b><span>{}</span></li>", escaped(text)));
    };
    for check in &verdict.checks {
        let mark = match check.conclusion {
            Conclusion::Pass => "holds",
            Conclusion::Inconclusive => "unclear",
            _ => "fails",
        };
        line(check.conclusion.as_str(), mark, &check.text);
    }
    for (at, model) in verdict.models.iter().enumerate() {
        if let Some(judge) = &model.judge {
            let (said, divided) = super::agreement(judge, 12);
            let divided = if divided.is_empty() { String::new() } else { format!("; divided: {}", divided.join(", ")) };
            line(
                if divided.is_empty() { "" } else { "inconclusive" },
                "judge",
                &format!("{}: {said}{divided}", model.model),
            );
        }
        if !model.flickering.is_empty() {
            let shown = super::unsteady(one, at, 12).join(", ");
            let cases = counted(model.flickering.len(), "case");
            line("inconclusive", "unsteady", &format!("{}: {cases} passed only sometimes: {shown}", model.model));
        }
    }
    for route in &verdict.routes {
        line("", "route", &super::route(route));
    }
    if let Some(text) = super::choice(verdict) {
        line(if verdict.cheapest.is_some() { "pass" } else { "" }, "route", &text);
    }
    for held in verdict.quarantine.iter().filter(|q| !q.ended) {
        line("inconclusive", "aside", &super::aside(held));
    }
    if let Some(text) = super::spent(one) {
        line("", "spent", &text);
    }
    out.push_str("</ul>\n");
}

fn models(out: &mut String, verdict: &Verdict) {
    out.push_str(
        "<h3>models</h3><div class=\"scroll\"><table class=\"models\"><tr><th>model<th class=\"num\">passed<th class=\"num\">pass rate<th>95 %<th><th class=\"num\">score<th class=\"num\">half within<th class=\"num\">95 % within<th class=\"num\">cost</tr>\n",
    );
    for m in &verdict.models {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let bar = m.pass_rate.zip(m.interval).map(|(rate, (from, to))| {
            format!(
                "<div class=\"bar\"><i style=\"left:{:.1}%;width:{:.1}%\"></i><b style=\"left:{:.1}%\"></b></div>",
                from * 100.0,
                (to - from) * 100.0,
                rate * 100.0
            )
        });
        let units = if m.units == m.cases { String::new() } else { format!(" over {}", counted(m.units, "unit")) };
        let ms = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| format!("{n} ms"));
        out.push_str(&format!(
            "<tr><td>{}<td class=\"num\">{}<td class=\"num\">{}<td>{}<td>{}<td class=\"num\">{}<td class=\"num\">{}<td class=\"num\">{}<td class=\"num\">{}</tr>\n",
            escaped(&m.model),
            escaped(&super::fraction(m)),
            or_dash(m.pass_rate.map(percent)),
            or_dash(m.interval.map(|(from, to)| format!("{} to {}{units}", percent(from), percent(to)))),
            bar.unwrap_or_default(),
            or_dash(m.mean_score.map(|score| format!("{score:.2}"))),
            ms(m.latency_p50_ms),
            ms(m.latency_p95_ms),
            or_dash(super::cost(m)),
        ));
    }
    out.push_str("</table></div>\n");
}

/// The pairs: how many turned which way, the difference with its interval, and what could not be paired.
fn compared(out: &mut String, c: &Comparison) {
    let (fell, rose) = (c.newly_failing.len(), c.newly_passing.len());
    let (kept, lost) = (c.still_passing, c.still_failing);
    let at_times = c.pairs.saturating_sub(kept + lost + fell + rose);
    let scale = |x: f64| (x + 1.0) * 50.0;
    out.push_str(&format!(
        "<h3>{} against {}{}</h3><div class=\"pairs\"><div class=\"flow\"><span></span><span>passes now</span><span>fails now</span>\
<span>passed before</span><b>{kept}</b><b class=\"fell\">{fell}</b><span>failed before</span><b class=\"rose\">{rose}</b><b>{lost}</b></div>\
<div>{} → {}: <b>{} points</b> over {}<div class=\"bar\" style=\"margin:.6rem 0\" title=\"the difference with its 95 % interval, -100 to +100 points\"><u style=\"left:50%\"></u><i style=\"left:{:.1}%;width:{:.1}%\"></i><b style=\"left:{:.1}%\"></b></div>\
95 % {} to {}, {}: {}</div></div><ul class=\"lists\">",
        escaped(&c.model),
        escaped(&c.baseline),
        c.commit.as_deref().map_or_else(String::new, |c| format!(" ({})", escaped(&c.chars().take(12).collect::<String>()))),
        percent(c.before),
        percent(c.now),
        points(c.now - c.before),
        escaped(&c.size()),
        scale(c.interval.0),
        (scale(c.interval.1) - scale(c.interval.0)).max(0.5),
        scale(c.now - c.before),
        points(c.interval.0),
        points(c.interval.1),
        escaped(&c.p_values()),
        escaped(&c.in_words()),
    ));
    if at_times > 0 {
        out.push_str(&format!("<li><em>passing at times on a side:</em> {}</li>", counted(at_times, "pair")));
    }
    for (what, ids) in [
        ("less often", &c.less_often),
        ("only here", &c.added),
        ("only there", &c.removed),
        ("renamed", &c.renamed),
        ("other variables or given answers, not compared", &c.changed),
        ("other assertions, both sides graded by these", &c.regraded),
        ("other clusters, both sides counted with those there", &c.reclustered),
    ] {
        if !ids.is_empty() {
            let more = if ids.len() > 40 { format!(" … and {} more", ids.len() - 40) } else { String::new() };
            let shown = ids.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
            out.push_str(&format!("<li><em>{what} ({}):</em> {}{more}</li>", ids.len(), escaped(&shown)));
        }
    }
    out.push_str("</ul>\n");
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
