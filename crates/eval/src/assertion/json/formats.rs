//! The formats that promptfoo's schemas know, as its ajv-formats 3.0.1 (MIT) checks them: some are of no draft, and others
//! are checked there otherwise than by their standards.

use std::sync::LazyLock;

use prompt::schema::Format;
use regress::Regex;

use crate::ecma;

/// Longer texts have none of the formats that are patterns, so that no search takes longer than its text is worth.
const LONGEST: usize = 10_000;

/// What is checked beside the formats of draft 7, and instead of them.
pub(super) const FORMATS: &[Format] = &[
    ("binary", |_| true),
    ("byte", |text| text.split(['\n', '\r', '\u{2028}', '\u{2029}']).any(base64)),
    ("date-time", |text| date_time(text, true)),
    ("double", |_| true),
    ("duration", |text| matches(&DURATION, text)),
    ("email", |text| matches(&EMAIL, text)),
    ("float", |_| true),
    ("hostname", |text| matches(&HOSTNAME, text)),
    ("int32", |_| true),
    ("int64", |_| true),
    ("iso-date-time", |text| date_time(text, false)),
    ("iso-time", |text| time(text, false)),
    ("json-pointer-uri-fragment", |text| matches(&FRAGMENT, text)),
    ("password", |_| true),
    ("time", |text| time(text, true)),
    ("url", |text| matches(&URL, text)),
    ("uuid", |text| matches(&UUID, text)),
];

static DURATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^P(?!$)((\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|(\d+W)?)$", ""));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let word = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
    pattern(
        &format!(r"^{word}(?:\.{word})*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$"),
        "i",
    )
});
static HOSTNAME: LazyLock<Regex> = LazyLock::new(|| {
    let name = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    pattern(&format!(r"^(?=.{{1,253}}\.?$){name}(?:\.{name})*\.?$"), "i")
});
static FRAGMENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^#(?:\/(?:[a-z0-9_\-.!$&'()*+,;:=@]|%[0-9a-f]{2}|~0|~1)*)*$", "i"));
static URL: LazyLock<Regex> = LazyLock::new(|| {
    let letters = r"(?:[a-z0-9\u{00a1}-\u{ffff}]+-)*[a-z0-9\u{00a1}-\u{ffff}]+";
    let private = r"(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})(?!172\.(?:1[6-9]|2\d|3[0-1])(?:\.\d{1,3}){2})";
    let address = r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}(?:\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4]))";
    let named = format!(r"(?:{letters})(?:\.{letters})*(?:\.(?:[a-z\u{{00a1}}-\u{{ffff}}]{{2,}}))");
    let host = format!("(?:{private}{address}|{named})");
    pattern(&format!(r"^(?:https?|ftp):\/\/(?:\S+(?::\S*)?@)?{host}(?::\d{{2,5}})?(?:\/[^\s]*)?$"), "iu")
});
static UUID: LazyLock<Regex> =
    LazyLock::new(|| pattern("^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", "i"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\d\d):(\d\d):(\d\d(?:\.\d+)?)(z|([+-])(\d\d)(?::?(\d\d))?)?$", "i"));
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d\d\d\d)-(\d\d)-(\d\d)$", ""));

fn pattern(text: &str, flags: &str) -> Regex {
    Regex::with_flags(text, flags).expect("the pattern is a constant")
}

fn matches(pattern: &Regex, text: &str) -> bool {
    text.len() <= LONGEST && pattern.find(text).is_some()
}

fn base64(line: &str) -> bool {
    let letters = line.trim_end_matches('=');
    let plain = letters.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    plain && line.len().is_multiple_of(4) && line.len() - letters.len() <= 2
}

fn date_time(text: &str, zone: bool) -> bool {
    let mut parts = text.split(|c| matches!(c, 't' | 'T') || ecma::is_space(c));
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(hour), None) => date(day) && time(hour, zone),
        _ => false,
    }
}

fn date(text: &str) -> bool {
    let Some(found) = DATE.find(text) else { return false };
    let part = |n| found.group(n).and_then(|range| text[range].parse::<u32>().ok()).unwrap_or(0);
    let (year, month, day) = (part(1), part(2), part(3));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A time of day; a leap second only where it is 23:59 in UTC.
fn time(text: &str, zone: bool) -> bool {
    let Some(found) = TIME.find(text).filter(|_| text.len() <= LONGEST) else { return false };
    let group = |n| found.group(n).map_or("", |range| &text[range]);
    let part = |n| group(n).parse::<i32>().unwrap_or(0);
    let (hour, minute, zone_hours, zone_minutes) = (part(1), part(2), part(6), part(7));
    let second = group(3).parse::<f64>().unwrap_or(f64::MAX);
    if zone_hours > 23 || zone_minutes > 59 || (zone && group(4).is_empty()) {
        return false;
    }
    if hour <= 23 && minute <= 59 && second < 60.0 {
        return true;
    }
    let sign = if group(5) == "-" { -1 } else { 1 };
    let utc_minute = minute - zone_minutes * sign;
    let utc_hour = hour - zone_hours * sign - i32::from(utc_minute < 0);
    matches!(utc_hour, 23 | -1) && matches!(utc_minute, 59 | -1) && second < 61.0
}

#[cfg(test)]
mod tests {
    use super::FORMATS;

    #[test]
    fn formats_are_those_of_ajv() {
        let has = |name: &str, text: &str| FORMATS.iter().find(|(n, _)| *n == name).unwrap().1(text);
        for (name, good, bad) in [
            ("uuid", "urn:uuid:123E4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
            ("duration", "P1Y2M3DT4H5M6S", "P1W1D"),
            ("duration", "P1W", "PT0.5S"),
            ("byte", "aGk=", "aGk"),
            ("email", "a.b+c@d.example", "a@b"),
            ("hostname", "a.", "-a"),
            ("time", "10:00:00+0100", "10:00:00"),
            ("time", "23:59:60Z", "22:59:60Z"),
            ("iso-time", "10:00:00", "24:00:00"),
            ("date-time", "2020-02-29 00:00:00z", "2021-02-29T00:00:00Z"),
            ("iso-date-time", "2020-01-01T10:00:00", "2020-01-01"),
            ("url", "https://example.com:8080/a?b", "http://localhost"),
            ("url", "ftp://8.8.8.8", "http://10.0.0.1"),
            ("json-pointer-uri-fragment", "#/a~0b", "/a"),
        ] {
            assert!(has(name, good) && !has(name, bad), "{name}: {good} {} {bad} {}", has(name, good), has(name, bad));
        }
    }
}
