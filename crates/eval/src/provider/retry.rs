//! Which answers are worth asking for again, and after how long.

use std::time::Duration;

/// How patient a provider's requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts, the first included.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause, whatever a provider asks for; one that asks for more is not waited for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(90) }
    }
}

impl Patience {
    /// The pause after attempt `attempt` (from 1); `salt` spreads the requests of one moment.
    pub(super) fn pause(&self, attempt: u32, salt: u64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1u32 << attempt.saturating_sub(1).min(16));
        // Between three quarters and five quarters of it.
        let spread = u32::try_from(salt % 512).unwrap_or(0);
        (doubled / 1024 * (768 + spread)).min(self.longest_pause)
    }
}

/// Whether a status may pass: overload, limits, gateways.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 529)
}

/// What `Retry-After` or `retry-after-ms` asks for. A date is taken against the `Date` of the same answer, so that nobody's
/// clock but the server's counts.
pub(super) fn asked_for(after: Option<&str>, after_ms: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let number = |text: Option<&str>| text?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if let Some(ms) = number(after_ms) {
        return Some(Duration::from_secs_f64((ms / 1000.0).min(1e6)));
    }
    if let Some(seconds) = number(after) {
        return Some(Duration::from_secs_f64(seconds.min(1e6)));
    }
    let (until, now) = (http_date(after?)?, http_date(date?)?);
    Some(Duration::from_secs(until.saturating_sub(now).min(1_000_000)))
}

/// Seconds since 1970 of `Wed, 21 Oct 2026 07:28:00 GMT`, the one form that servers write (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.trim().split([' ', ':']).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = parts[..] else { return None };
    let number = |text: &str, most: u64| text.parse::<u64>().ok().filter(|n| *n <= most);
    let (day, year) = (number(day, 31)?, number(year, 9999).filter(|year| *year >= 1970)?);
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let clock = number(hour, 23)? * 3600 + number(minute, 59)? * 60 + number(second, 60)?;
    // Days of the civil calendar, with years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day.checked_sub(1)?;
    Some(days.checked_sub(719_468)? * 86_400 + clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        let patience = Patience::default();
        assert!(
            patience.pause(1, 0) >= Duration::from_millis(370) && patience.pause(1, 511) <= Duration::from_millis(630)
        );
        assert!(patience.pause(3, 0) > patience.pause(2, 511) / 2);
        assert_eq!(patience.pause(40, 511), patience.longest_pause);
    }

    #[test]
    fn numbers_and_dates_are_asked_for() {
        assert_eq!(asked_for(Some("2"), None, None), Some(Duration::from_secs(2)));
        assert_eq!(asked_for(Some("2"), Some("150"), None), Some(Duration::from_millis(150)));
        let (now, until) = ("Wed, 21 Oct 2026 07:27:48 GMT", "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(asked_for(Some(until), None, Some(now)), Some(Duration::from_secs(12)));
        assert_eq!(asked_for(Some(now), None, Some(until)), Some(Duration::ZERO), "what is past is no wait");
        assert_eq!(asked_for(Some(until), None, None), None, "without the server's clock nothing can be told");
        assert_eq!(asked_for(Some("soon"), None, Some(now)), None);
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Mon, 29 Feb 2028 23:59:59 GMT"), Some(1_835_481_599));
    }
}
