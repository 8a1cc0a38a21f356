//! A price in policy that nobody has looked up for too long.

use source::Finding;

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "price-stale";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    for model in policy.models() {
        let stale = policy.price_is_stale(&model.model, subject.now).zip(policy.price(&model.model));
        let Some(((longest, price), day)) = stale.zip(policy.price_day(&model.model)) else { continue };
        let message = format!("the price of {} is of {}, older than {longest}", model.model, price.value.as_of);
        found.push(
            Finding::new(ID, day, message)
                .help("look the price up where `source` says, then write what you found and today's date"),
        );
    }
}
