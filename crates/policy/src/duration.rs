//! Lengths of time as people write them: `90m`, `24h`, `1d 12h`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A length of time in whole seconds. Displays in the largest units that fit: `1d 12h`, `90s` as `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub u64);

/// Why a text is no [`Duration`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write {meant}", meant = meant(.0))]
pub struct DurationError(pub String);

/// `30 days` and `2 Hours` as they are written here; where nothing like them was typed, how they look.
fn meant(text: &str) -> String {
    let digits = text.trim().bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.trim().split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let known = ["weeks", "days", "hours", "minutes", "seconds"]
        .into_iter()
        .find(|name| !unit.is_empty() && (name.starts_with(&unit) || unit == "hrs" && *name == "hours"));
    match known.filter(|_| digits > 0) {
        Some(name) => format!("`{count}{}`", &name[..1]),
        None => "`30m`, `24h`, `7d` or `1d 12h`".to_owned(),
    }
}

const UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Longer than any policy means; keeps sums of times and durations far from overflow.
const LONGEST: u64 = 100 * 366 * 86_400;

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let wrong = || DurationError(text.to_owned());
        let mut rest = text.trim();
        let mut total = 0u64;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
            let unit = &rest[digits..digits + letters];
            let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            let part = count.checked_mul(*seconds).ok_or_else(wrong)?;
            total = total.checked_add(part).filter(|t| *t <= LONGEST).ok_or_else(wrong)?;
            rest = rest[digits + letters..].trim_start();
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut rest = self.0;
        let mut parts = Vec::new();
        // Weeks read worse than days once a person counts them: `7d`, `14d`.
        for (unit, seconds) in &UNITS[1..] {
            if rest >= *seconds {
                parts.push(format!("{}{unit}", rest / seconds));
                rest %= seconds;
            }
        }
        f.pad(&parts.join(" "))
    }
}

impl serde::Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^\\s*([0-9]+[wdhms]\\s*)+$",
            "description": "A length of time: `30m`, `24h`, `7d`, `1d 12h`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_written() {
        let read = |s: &str| s.parse::<Duration>().map(|d| (d.0, d.to_string())).unwrap();
        assert_eq!(read("90m"), (5400, "1h 30m".into()));
        assert_eq!(read("1d 12h"), (129_600, "1d 12h".into()));
        assert_eq!(read("2w"), (1_209_600, "14d".into()));
        assert_eq!(read("0s"), (0, "0s".into()));
        for bad in ["", "5", "h", "-1h", "1 h", "1H", "1.5h", "99999999999999999999h", "9999999d", "é"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
