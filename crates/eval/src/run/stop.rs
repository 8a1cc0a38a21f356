//! Which limit of a budget ended a run, where it stands, and how far the run came.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Shard;
use crate::suite::Limit;

/// The limit of a budget that ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Which.
    pub limit: Limit,
    /// Where it stands: `evals/ask.yaml:12`, or the flag.
    pub from: String,
    /// As it stands there.
    pub most: Number,
    /// What this run had of it: less where an earlier part of it or other suites took some, or where it is a part itself.
    pub had: Number,
    /// What an earlier part of this very run took.
    pub before: Number,
    /// What was spent of that: what an answer does not tell counts as much as it could have been.
    pub spent: Number,
    /// What was set aside for requests under way.
    pub reserved: Number,
    /// The most that the next request could have taken.
    pub next: Number,
}

/// Where a limit that the command line sets, or that a baseline has from the run that it is for, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which.
    pub limit: Limit,
    /// Where.
    pub from: String,
    /// As it stands there.
    pub most: Number,
}

impl Stop {
    /// Whether the command line said it.
    pub fn is_flag(&self) -> bool {
        self.from == self.limit.flag()
    }

    /// About how much would do for all of `answers`, of which `open` were not reached: as the run went so far, and room for
    /// what a request may take at most.
    #[expect(clippy::cast_precision_loss, reason = "counts of answers")]
    pub fn enough(&self, answers: usize, open: usize, shard: Option<Shard>) -> Number {
        let amount = |number: &Number| number.as_f64().unwrap_or(0.0);
        let (most, had, next) = (amount(&self.most), amount(&self.had), amount(&self.next));
        let before = amount(&self.before);
        let (spent, done) = (before + amount(&self.spent), answers.saturating_sub(open));
        let needed = match done {
            0 => spent + next * answers as f64,
            _ => spent * answers as f64 / done as f64 + next,
        };
        let needed = match shard {
            Some(_) => most * needed / (had + before).max(next),
            None => needed + (most - had - before).max(0.0),
        };
        rounded_up(self.limit, needed.max(most + next))
    }

    fn say(&self, amount: &Number) -> String {
        match (self.limit, amount.as_f64()) {
            (Limit::MaxUsd, Some(usd)) => crate::report::dollars(usd, 2),
            _ => amount.to_string(),
        }
    }
}

/// To two digits, upwards.
fn rounded_up(limit: Limit, amount: f64) -> Number {
    let unit = 10_f64.powf(amount.max(f64::MIN_POSITIVE).log10().floor() - 1.0);
    let rounded = (amount / unit).ceil() * unit;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of 0 or more")]
    let whole = || Number::from(rounded.ceil() as u64);
    match limit {
        // What the powers of ten leave behind the digits is cut.
        Limit::MaxUsd => format!("{rounded:.9}").parse().ok().and_then(Number::from_f64).unwrap_or_else(whole),
        Limit::MaxRequests | Limit::MaxTokens => whole(),
    }
}

/// `max_usd $2.00 (evals/ask.yaml:3): $1.93 spent, the next request may take $0.12`.
impl Display for Stop {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { limit, from, most, had, before: _, spent, reserved, next } = self;
        write!(f, "{} {} ({from})", limit.as_str(), self.say(most))?;
        if had != most {
            write!(f, ", of which this run had {}", self.say(had))?;
        }
        write!(f, ": {} {}", self.say(spent), if *limit == Limit::MaxRequests { "sent" } else { "spent" })?;
        if reserved.as_f64() != Some(0.0) {
            write!(f, ", {} set aside for requests under way", self.say(reserved))?;
        }
        if *limit == Limit::MaxRequests { Ok(()) } else { write!(f, ", the next request may take {}", self.say(next)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(limit: Limit, [most, had, spent, next]: [&str; 4]) -> Stop {
        let number = |text: &str| text.parse().unwrap();
        Stop {
            limit,
            from: "evals/a.yaml:3".to_owned(),
            most: number(most),
            had: number(had),
            before: number("0"),
            spent: number(spent),
            reserved: number("0"),
            next: number(next),
        }
    }

    #[test]
    fn it_says_where_it_stands_and_how_far_the_run_came() {
        let usd = stop(Limit::MaxUsd, ["2.0", "2.0", "1.93", "0.12"]);
        assert_eq!(usd.to_string(), "max_usd $2.00 (evals/a.yaml:3): $1.93 spent, the next request may take $0.12");
        assert_eq!(usd.enough(20, 10, None).to_string(), "4.0");
        let part = stop(Limit::MaxRequests, ["40", "10", "10", "1"]);
        assert_eq!(part.to_string(), "max_requests 40 (evals/a.yaml:3), of which this run had 10: 10 sent");
        assert_eq!(part.enough(20, 10, Some(Shard { index: 1, count: 4 })).to_string(), "84");
        let tokens = stop(Limit::MaxTokens, ["100", "100", "0", "160"]);
        assert_eq!(tokens.enough(3, 3, None).to_string(), "480");
    }
}
