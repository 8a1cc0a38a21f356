//! The answers of a suite as data for the script of the page.

use serde_json::{Value, json};
use source::escape::{terminal, terminal_lines};

use super::word;
use crate::report::{Before, Reported, Turned};
use crate::run::{Outcome, Status};
use crate::suite::Case;

/// Up to so many answers, what was put in is shown of those that passed as well.
const FEW: usize = 500;
/// So many characters are shown of one thing that was put in.
const LONGEST: usize = 4_000;

/// What is told of each answer, in pieces that are given to `take`.
pub(super) fn rows(one: &Reported<'_>, take: &mut dyn FnMut(&str)) {
    let models: Vec<&str> = one.results.models.iter().map(source::ModelName::as_str).collect();
    let before = Before::of(one);
    let few = one.results.outcomes.len() <= FEW;
    let cases = one.suite.map(|suite| &suite.cases);
    let lists = Turned::of(one);
    let text = |o: &Outcome| o.output.as_ref().map(|v| terminal_lines(&crate::ecma::text_of(v)).into_owned());
    let row = |o: &Outcome, near: &mut usize| {
        let old = before.find(o).filter(|old| old.inputs == o.inputs && old.grader == o.grader);
        let old = old.as_deref();
        let graded = |o: &Outcome| matches!(o.status, Status::Passed | Status::Failed);
        // One repeat of several says little: what a case came to is what turned.
        let turned = match o.status {
            Status::Failed if lists.fell.contains(&(o.model, o.case.as_str())) => Some("fell"),
            Status::Failed if lists.less.contains(&(o.model, o.case.as_str())) => Some("less"),
            Status::Passed if lists.rose.contains(&(o.model, o.case.as_str())) => Some("rose"),
            _ => None,
        };
        let aside = one.verdict.quarantined.binary_search(&o.case).is_ok();
        let turned = turned.filter(|_| !aside);
        let telling = few || o.status != Status::Passed || turned.is_some() || o.is_divided();
        let case = cases.filter(|_| telling).and_then(|cases| cases.seek(&o.case, near));
        let asked = case.filter(|case| !case.sealed).map(|case| asked(&case));
        let parts: Vec<Value> =
            o.components.iter().map(|c| json!([c.kind, c.pass, c.score, terminal(&c.reason)])).collect();
        json!({
            "c": terminal(&o.case),
            "d": o.description.as_deref().map(terminal),
            "m": o.model,
            "n": o.sample,
            "s": word(o.status),
            "f": turned,
            "q": aside,
            "l": !aside && o.status == Status::Failed && !one.verdict.counts(o),
            "i": asked,
            "v": o.score,
            "w": old.filter(|old| graded(old)).map(|old| old.score),
            "j": o.is_divided(),
            "r": if o.status == Status::Passed { "".into() } else { terminal(&o.reason) },
            "p": parts,
            "o": text(o),
            "b": old.filter(|_| matches!(turned, Some("fell" | "less"))).and_then(text),
            "t": o.latency_ms,
        })
    };
    take(&format!("{{\"models\":{},\"rows\":[", inert(&json!(models))));
    // Outcomes come in the order of the cases.
    let mut near = 0;
    for (n, outcome) in one.results.outcomes.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        take(&format!("{comma}{}", inert(&row(&outcome, &mut near))));
    }
    take("]}");
}

/// What was put in, by name: pairs of texts.
fn asked(case: &Case) -> Vec<Value> {
    let shown = |text: String| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} … ({} characters in all)", &text[..end], text.chars().count()),
        None => text,
    };
    let one =
        |(name, value): (String, Value)| json!([terminal(&name), terminal_lines(&shown(crate::ecma::text_of(&value)))]);
    case.vars.map().into_iter().map(one).collect()
}

/// A value as JSON that may stand in a page.
fn inert(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
