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

/// What `Retry-After` or `retry-after-ms` asks for; dates are passed over, since nobody's clock is trusted for them.
pub(super) fn asked_for(after: Option<&str>, after_ms: Option<&str>) -> Option<Duration> {
    let number = |text: Option<&str>| text?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if let Some(ms) = number(after_ms) {
        return Some(Duration::from_secs_f64((ms / 1000.0).min(1e6)));
    }
    number(after).map(|s| Duration::from_secs_f64(s.min(1e6)))
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
    fn only_numbers_are_asked_for() {
        assert_eq!(asked_for(Some("2"), None), Some(Duration::from_secs(2)));
        assert_eq!(asked_for(Some("2"), Some("150")), Some(Duration::from_millis(150)));
        assert_eq!(asked_for(Some("Wed, 21 Oct 2026 07:28:00 GMT"), None), None);
    }
}
