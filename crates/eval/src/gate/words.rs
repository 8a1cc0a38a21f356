//! A comparison in words.

use source::render::counted;

use super::Conclusion;
use super::compare::{Comparison, Found};

/// The model, what its comparison comes to, and one sentence with the numbers.
pub(super) fn said(comparison: &Comparison) -> (String, Conclusion, String) {
    let c = comparison;
    let numbers = format!(
        "{}: {} points against {} over {} (95 % {} to {}, {})",
        c.model,
        points(c.now - c.before),
        c.baseline,
        c.size(),
        points(c.interval.0),
        points(c.interval.1),
        c.p_values()
    );
    let conclusion = match c.finding {
        Found::Fall => Conclusion::Fail,
        Found::NoFall => Conclusion::Pass,
        Found::Unclear => Conclusion::Inconclusive,
    };
    (c.model.clone(), conclusion, format!("{numbers}: {}", c.in_words()))
}

/// A difference of shares in points, with its sign; nothing is +0.0.
pub(crate) fn points(share: f64) -> String {
    let points = format!("{:+.1}", share * 100.0);
    if points == "-0.0" { "+0.0".to_owned() } else { points }
}

/// `0.031`, or `< 0.001` where three digits say nothing.
fn p_value(p: f64) -> String {
    if p < 0.0005 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

impl Comparison {
    /// Over how much it was made: `40 pairs`, or `40 pairs in 10 units` where cases share clusters.
    pub fn size(&self) -> String {
        let pairs = counted(self.pairs, "pair");
        if self.units == self.pairs { pairs } else { format!("{pairs} in {}", counted(self.units, "unit")) }
    }

    /// Its p-value, and what it is among several comparisons.
    pub fn p_values(&self) -> String {
        let p = p_value(self.p);
        if self.among < 2 { format!("p {p}") } else { format!("p {p}, {} by Holm", p_value(self.adjusted_p)) }
    }

    /// What it comes to, in words.
    pub fn in_words(&self) -> String {
        let (fell, matters) = (self.fall() > 0.0, trimmed(self.min_effect * 100.0, 1));
        match self.finding {
            Found::Fall => "it fell".to_owned(),
            Found::NoFall if !self.has_turned() => "nothing turned".to_owned(),
            Found::NoFall if !fell => "it did not fall".to_owned(),
            Found::NoFall if self.is_significant() => {
                format!("it fell, by less than the {matters} points that matter")
            }
            Found::NoFall => format!("a fall of more than the {matters} points that matter is ruled out"),
            Found::Unclear if self.is_significant() => {
                format!("it fell; whether by the {matters} points that matter cannot be told")
            }
            Found::Unclear if self.p <= self.alpha => format!(
                "by itself it would have fallen, but {} comparisons{} share one rate of false alarms, and it had to reach p {}; {}",
                self.among,
                if self.new_suite { " of new suites" } else { "" },
                trimmed(self.level, 4),
                self.would_show()
            ),
            Found::Unclear => format!("too few cases to tell; {}", self.would_show()),
        }
    }

    /// Which fall these cases show, how often and at which level.
    fn would_show(&self) -> String {
        let level = trimmed(self.level, 4);
        if self.detectable >= 1.0 {
            return format!("they show no fall at all at p {level}");
        }
        format!(
            "a fall of {} points would be seen in 4 of 5 runs (power 80 %, p {level})",
            trimmed(self.detectable * 100.0, 1)
        )
    }
}

/// With at most so many decimals, without zeros at the end.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
