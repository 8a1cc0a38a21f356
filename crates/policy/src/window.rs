//! When promotions may happen: weekly hours and frozen days on the wall clock of one zone.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use source::Timestamp;
use source::time::{Local, TimeError};

/// When promotions may happen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Windows")]
pub struct WindowsDocument {
    /// The IANA zone of the wall clock: `Europe/Berlin`, `UTC`.
    pub zone: String,
    /// The weekly hours: `mon-thu 09:00-16:00`. Any hour by default.
    #[serde(default)]
    pub open: Vec<Hours>,
    /// Days on which nothing is promoted.
    #[serde(default)]
    pub frozen: Vec<Freeze>,
}

/// When promotions may happen, its zone known to exist.
pub type Windows = WindowsDocument;

/// Days on which nothing is promoted, both included.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The first day: `2026-12-18`.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Why; shown to whoever is held up.
    #[serde(default)]
    pub why: Option<String>,
}

/// Hours of some days of the week. Displays as written: `mon-thu 09:00-16:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// The first day, 0 = Monday.
    pub first_day: u8,
    /// The last day, at or after the first.
    pub last_day: u8,
    /// The first minute of the day.
    pub from: u16,
    /// The minute it ends before; 1440 is midnight.
    pub to: u16,
}

/// A day of the Gregorian calendar: `2026-12-18`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(String);

/// Why a text is neither [`Hours`] nor a [`Date`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// Not hours.
    #[error("`{0}` are not hours: write `mon-fri 09:00-17:00`, `sat 10:00-12:00` or `mon-sun 00:00-24:00`")]
    Hours(String),
    /// Not a date.
    #[error("`{0}` is not a day: write `2026-12-18`")]
    Date(String),
}

/// Whether something may happen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It may.
    Open,
    /// It is outside the weekly hours.
    OutsideHours {
        /// What the clock shows: `sat 10:30`.
        now: String,
    },
    /// The day is frozen.
    Frozen(Freeze),
}

/// How many days ahead an opening is looked for: a year's freeze ends within it.
const HORIZON: u32 = 750;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl WindowsDocument {
    /// Whether a promotion may happen at `moment`.
    pub fn opening(&self, moment: Timestamp) -> Result<Opening, TimeError> {
        let local = moment.in_zone(&self.zone)?;
        if let Some(freeze) = self.frozen.iter().find(|f| f.covers(&local.date)) {
            return Ok(Opening::Frozen(freeze.clone()));
        }
        if self.open.is_empty() || self.open.iter().any(|hours| hours.cover(&local)) {
            return Ok(Opening::Open);
        }
        let day = DAYS.get(usize::from(local.weekday)).unwrap_or(&"");
        Ok(Opening::OutsideHours { now: format!("{day} {}", clock(local.minute)) })
    }
}

impl WindowsDocument {
    /// The first moment at or after `from` at which a promotion may happen; `None` where none comes in two years.
    pub fn next_opening(&self, from: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        if self.opening(from)? == Opening::Open {
            return Ok(Some(from));
        }
        let mut starts: Vec<u16> = self.open.iter().map(|hours| hours.from).collect();
        if starts.is_empty() {
            starts.push(0);
        }
        starts.sort_unstable();
        starts.dedup();
        for day in 0..HORIZON {
            for &minute in &starts {
                let moment = from.on_clock(&self.zone, day, minute)?;
                if moment >= from && self.opening(moment)? == Opening::Open {
                    return Ok(Some(moment));
                }
            }
        }
        Ok(None)
    }
}

impl WindowsDocument {
    /// Whether every moment at which `other` is open is one at which this is open, too. Clocks of different zones are not
    /// compared.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let open = |windows: &Self, weekday: u8, minute: u16| {
            let day = |hours: &Hours| (hours.first_day..=hours.last_day).contains(&weekday);
            let all = windows.open.is_empty();
            all || windows.open.iter().any(|hours| day(hours) && (hours.from..hours.to).contains(&minute))
        };
        // Hours begin and end at these minutes alone.
        let mut minutes: Vec<u16> = self.open.iter().chain(&other.open).flat_map(|h| [h.from, h.to]).collect();
        minutes.push(0);
        minutes.retain(|minute| *minute < 1440);
        let wide = (0..7).all(|day| minutes.iter().all(|m| !open(other, day, *m) || open(self, day, *m)));
        let frozen = |freeze: &Freeze| other.frozen.iter().any(|o| o.from <= freeze.from && freeze.to <= o.to);
        self.zone == other.zone && wide && self.frozen.iter().all(frozen)
    }
}

impl Freeze {
    fn covers(&self, date: &str) -> bool {
        (self.from.0.as_str()..=self.to.0.as_str()).contains(&date)
    }
}

impl Hours {
    fn cover(&self, local: &Local) -> bool {
        (self.first_day..=self.last_day).contains(&local.weekday) && (self.from..self.to).contains(&local.minute)
    }
}

impl FromStr for Hours {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let read = || {
            let (days, hours) = text.split_once(' ')?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (from, to) = hours.trim_start().split_once('-')?;
            let hours = Self { first_day: day(first)?, last_day: day(last)?, from: minute(from)?, to: minute(to)? };
            (hours.first_day <= hours.last_day && hours.from < hours.to).then_some(hours)
        };
        read().ok_or_else(|| WindowError::Hours(text.to_owned()))
    }
}

fn day(name: &str) -> Option<u8> {
    DAYS.iter().position(|d| *d == name).and_then(|at| u8::try_from(at).ok())
}

/// The minute of the day of `HH:MM`; `24:00` is the end of it.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let plain = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let sound = (hour < 24 && minute < 60) || (hour, minute) == (24, 0);
    sound.then_some(hour * 60 + minute)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |d: u8| DAYS.get(usize::from(d)).copied().unwrap_or("");
        f.write_str(name(self.first_day))?;
        if self.last_day != self.first_day {
            write!(f, "-{}", name(self.last_day))?;
        }
        write!(f, " {}-{}", clock(self.from), clock(self.to))
    }
}

impl FromStr for Date {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let wrong = || WindowError::Date(text.to_owned());
        if text.len() != 10 {
            return Err(wrong());
        }
        Timestamp::parse(text).map_err(|_| wrong())?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_form {
    ($name:ident, $pattern:literal, $description:literal) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    };
}

text_form!(
    Hours,
    "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))? +[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
    "Hours of some days of the week: `mon-thu 09:00-16:00`."
);
text_form!(Date, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "A day: `2026-12-18`.");

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(open: &[&str]) -> Windows {
        let open = open.iter().map(|o| o.parse().unwrap()).collect();
        let frozen = vec![Freeze {
            from: "2026-12-18".parse().unwrap(),
            to: "2027-01-03".parse().unwrap(),
            why: Some("year end".into()),
        }];
        Windows { zone: "Europe/Berlin".into(), open, frozen }
    }

    #[test]
    fn the_wall_clock_decides() {
        let w = windows(&["mon-thu 09:00-16:00", "fri 09:00-12:00"]);
        let at = |t: &str| w.opening(Timestamp::parse(t).unwrap()).unwrap();
        // 2026-11-23 is a Monday; Berlin is an hour ahead of UTC in winter and two in summer.
        assert_eq!(at("2026-11-23T08:00:00Z"), Opening::Open);
        assert_eq!(at("2026-11-23T07:59:59Z"), Opening::OutsideHours { now: "mon 08:59".into() });
        assert_eq!(at("2026-07-06T07:00:00Z"), Opening::Open);
        assert_eq!(at("2026-11-23T15:00:00Z"), Opening::OutsideHours { now: "mon 16:00".into() });
        assert_eq!(at("2026-11-27T12:00:00Z"), Opening::OutsideHours { now: "fri 13:00".into() });
        // Midnight in Berlin is 23:00 UTC of the day before.
        assert!(matches!(at("2026-12-17T23:00:00Z"), Opening::Frozen(_)));
        assert!(matches!(at("2027-01-03T22:59:59Z"), Opening::Frozen(_)));
        assert_eq!(at("2027-01-04T09:00:00Z"), Opening::Open);
        assert_eq!(windows(&[]).opening(Timestamp::parse("2026-11-22T03:00:00Z").unwrap()), Ok(Opening::Open));
    }

    #[test]
    fn the_next_opening_is_told() {
        let w = windows(&["mon-thu 09:00-16:00", "fri 09:00-12:00"]);
        let next = |w: &Windows, t: &str| {
            w.next_opening(Timestamp::parse(t).unwrap()).unwrap().map(|moment| moment.to_string())
        };
        let is = |t: &str| Some(t.to_owned());
        assert_eq!(next(&w, "2026-11-23T08:30:00Z"), is("2026-11-23T08:30:00Z"));
        assert_eq!(next(&w, "2026-11-27T12:00:00Z"), is("2026-11-30T08:00:00Z"));
        assert_eq!(next(&w, "2026-03-28T12:00:00Z"), is("2026-03-30T07:00:00Z"));
        assert_eq!(next(&w, "2026-12-17T16:00:00Z"), is("2027-01-04T08:00:00Z"));
        assert_eq!(next(&windows(&[]), "2026-12-20T16:00:00Z"), is("2027-01-03T23:00:00Z"));
        let never = Freeze { from: "2026-01-01".parse().unwrap(), to: "2090-01-01".parse().unwrap(), why: None };
        assert_eq!(next(&Windows { frozen: vec![never], ..windows(&[]) }, "2026-12-20T16:00:00Z"), None);
    }

    #[test]
    fn hours_are_written_one_way() {
        for good in ["mon-fri 09:00-17:00", "sun 00:00-24:00", "mon-sun 23:59-24:00"] {
            assert_eq!(good.parse::<Hours>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "mon",
            "mon 9:00-17:00",
            "Mon 09:00-17:00",
            "fri-mon 09:00-17:00",
            "mon 17:00-09:00",
            "mon 24:01-24:00",
            "mon 09:00-25:00",
            "mon 09:60-10:00",
        ] {
            assert!(bad.parse::<Hours>().is_err(), "{bad}");
        }
        for bad in ["2026-02-30", "2026-1-1", "26-01-01", "2026-01-01T00:00:00Z"] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }
}
