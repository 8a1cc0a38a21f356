//! A low-risk prompt on a dearer model than the default route of low risk.

use policy::Price;
use prompt::Prompt;
use source::{Finding, Risk};

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "model-overpowered";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let (Some(policy), Some(content)) = (subject.policy, subject.content(prompt)) else { return };
    let live = None;
    if policy.effective_risk(&prompt.id, prompt.front_matter.risk, live).risk != Risk::Low {
        return;
    }
    let routes = subject.catalog().routes();
    let Some((route, default)) =
        routes.defaults.get(&Risk::Low).and_then(|route| Some((route, routes.routes.get(route)?)))
    else {
        return;
    };
    let model = &content.compiled.model;
    let (Some(price), Some(usual)) = (policy.price(model), policy.price(default)) else { return };
    if !dearer(price.value, usual.value) {
        return;
    }
    let at = at(prompt, &["model"]);
    let message = format!(
        "a low-risk prompt runs on {model}, which costs {} times as much as {default}",
        times(price.value, usual.value)
    );
    found.push(
        Finding::new(ID, at, message)
            .also(price.at, "its price")
            .help(format!("delete `model`, so that it takes the route `{route}`, or raise the risk")),
    );
}

/// Dearer to read and to write, or dearer in one and no cheaper in the other.
fn dearer(price: &Price, usual: &Price) -> bool {
    price.input >= usual.input && price.output >= usual.output && price != usual && sum(price) > sum(usual)
}

/// As much read as written: a yardstick, not a bill.
fn sum(price: &Price) -> f64 {
    price.input + price.output
}

fn times(price: &Price, usual: &Price) -> String {
    let ratio = sum(price) / sum(usual);
    match ratio {
        _ if !ratio.is_finite() => "infinitely many".to_owned(),
        _ if ratio < 10.0 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}
