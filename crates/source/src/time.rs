//! Moments, in whole seconds of UTC; this crate never asks what time it is.

use std::fmt;

use jiff::tz::TimeZone;

/// Seconds since 1970-01-01T00:00:00Z. Displays as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Why a text is no moment, or a name no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Neither RFC 3339 nor a date.
    #[error("read `{0}` as a time such as 2026-11-22T15:00:00Z")]
    Moment(String),
    /// Not in the IANA database.
    #[error("find the IANA time zone `{0}`")]
    Zone(String),
}

impl Timestamp {
    /// Reads RFC 3339 (`2026-11-22T15:00:00Z`) or a bare date, which means its first second in UTC.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        match whole.parse::<jiff::Timestamp>() {
            Ok(moment) => Ok(Self(moment.as_second())),
            Err(_) => Err(TimeError::Moment(text.to_owned())),
        }
    }

    /// The wall clock in an IANA zone: weekday (0 = Monday), minute of the day, and the date as `YYYY-MM-DD`.
    pub fn in_zone(self, zone: &str) -> Result<Local, TimeError> {
        let wrong = || TimeError::Zone(zone.to_owned());
        let tz = TimeZone::get(zone).map_err(|_| wrong())?;
        let moment = jiff::Timestamp::from_second(self.0).map_err(|_| wrong())?;
        let local = moment.to_zoned(tz);
        Ok(Local {
            weekday: u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0),
            minute: u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0),
            date: local.date().to_string(),
        })
    }
}

impl Timestamp {
    /// The moment at which the wall clock of `zone` shows `minute` (of the day) on the day `days` after this one's. A minute
    /// that summer time leaves out is taken as much later, one that comes twice the first time.
    pub fn on_clock(self, zone: &str, days: u32, minute: u16) -> Result<Self, TimeError> {
        let wrong = || TimeError::Zone(zone.to_owned());
        let tz = TimeZone::get(zone).map_err(|_| wrong())?;
        let here = jiff::Timestamp::from_second(self.0).map_err(|_| wrong())?.to_zoned(tz.clone());
        let day = here.date().checked_add(jiff::Span::new().days(i64::from(days))).map_err(|_| wrong())?;
        let (hour, minute) = (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
        let clock = jiff::civil::Time::new(hour, minute, 0, 0).map_err(|_| wrong())?;
        let zoned = day.to_datetime(clock).to_zoned(tz).map_err(|_| wrong())?;
        Ok(Self(zoned.timestamp().as_second()))
    }
}

/// What a clock on the wall of some zone shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// 0 is Monday, 6 is Sunday.
    pub weekday: u8,
    /// Minutes since midnight.
    pub minute: u16,
    /// `YYYY-MM-DD`.
    pub date: String,
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back() {
        let t = Timestamp::parse("2026-11-22T15:00:00Z").unwrap();
        assert_eq!(t.to_string(), "2026-11-22T15:00:00Z");
        assert_eq!(Timestamp::parse("2026-11-22").unwrap().to_string(), "2026-11-22T00:00:00Z");
        let local = t.in_zone("Asia/Tokyo").unwrap();
        assert_eq!((local.weekday, local.minute, local.date.as_str()), (0, 0, "2026-11-23"));
        assert!(t.in_zone("Mars/Olympus").is_err());
        let clock = |days, minute| t.on_clock("Europe/Berlin", days, minute).unwrap().to_string();
        assert_eq!((clock(0, 0), clock(1, 540)), ("2026-11-21T23:00:00Z".into(), "2026-11-23T08:00:00Z".into()));
        let spring = Timestamp::parse("2026-03-28").unwrap();
        assert_eq!(spring.on_clock("Europe/Berlin", 1, 150).unwrap().to_string(), "2026-03-29T01:30:00Z");
    }
}
