//! Exact decimal numbers, so that `multipleOf: 0.01` means what it says; it refuses what 38 digits cannot hold.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// `mantissa × 10^-scale`, with no trailing zero in the mantissa unless the scale is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Beyond this many places a comparison is not worth its overflow checks.
const MAX_SCALE: u32 = 18;

/// From here on every double is a whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Decimal {
    pub(crate) const ONE: Self = Self { mantissa: 1, scale: 0 };

    pub(crate) fn of_int(n: i64) -> Self {
        Self { mantissa: n.into(), scale: 0 }
    }

    /// The exact value of the shortest text that JSON writes for `number`; of a double so large that it can only be whole,
    /// that whole number, since validators compare it as what it is.
    pub(crate) fn of(number: &Number) -> Option<Self> {
        if let Some(double) = number.as_f64().filter(|double| number.is_f64() && double.abs() >= WHOLE) {
            // A cast ends at the bounds of its type, which `new` refuses.
            #[expect(clippy::cast_possible_truncation, reason = "doubles of this size are whole numbers")]
            return Self::new(double as i128, 0);
        }
        let text = number.to_string();
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mantissa = format!("{whole}{fraction}").parse::<i128>().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if scale >= 0 {
            Self::new(mantissa, u32::try_from(scale).ok()?)
        } else {
            let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
            Self::new(mantissa.checked_mul(factor)?, 0)
        }
    }

    fn new(mut mantissa: i128, mut scale: u32) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (scale <= MAX_SCALE && mantissa.unsigned_abs() < 1 << 100).then_some(Self { mantissa, scale })
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    /// Both mantissas at the finer of the two scales.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.at_scale(scale)?, other.at_scale(scale)?, scale))
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        Self::new(a.checked_add(b)?, scale)
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { mantissa: -other.mantissa, scale: other.scale })
    }

    pub(crate) fn half(self) -> Option<Self> {
        Self::new(self.mantissa.checked_mul(5)?, self.scale + 1)
    }

    /// Whether `self` is a whole number of `step`s.
    pub(crate) fn is_multiple_of(self, step: Self) -> bool {
        self.aligned(step).is_some_and(|(a, b, _)| b != 0 && a % b == 0)
    }

    /// The largest multiple of `step` that is not above `self`.
    pub(crate) fn floor_to(self, step: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(step)?;
        Self::new(a.checked_div_euclid(b)?.checked_mul(b)?, scale)
    }

    /// The smallest multiple of `step` that is not below `self`.
    pub(crate) fn ceil_to(self, step: Self) -> Option<Self> {
        let down = self.floor_to(step)?;
        if down == self { Some(down) } else { down.plus(step) }
    }

    /// The smallest number that is a multiple of both; both are positive.
    pub(crate) fn common_multiple(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        let (mut x, mut y) = (a, b);
        while y != 0 {
            (x, y) = (y, x % y);
        }
        Self::new((a / x).checked_mul(b)?, scale)
    }

    pub(crate) fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// As JSON: an integer where it is whole; none where no number of JSON as it is read here is exactly this one.
    pub(crate) fn to_json(self) -> Option<Value> {
        if self.scale == 0 {
            let whole = i64::try_from(self.mantissa).map(Value::from);
            let whole = whole.or_else(|_| u64::try_from(self.mantissa).map(Value::from));
            if let Ok(whole) = whole {
                return Some(whole);
            }
        }
        let text = format!("{}e-{}", self.mantissa, self.scale);
        let number = Number::from_f64(text.parse().ok()?)?;
        (Self::of(&number) == Some(self)).then_some(Value::Number(number))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((a, b, _)) => a.cmp(&b),
            // Only magnitudes far apart fail to align: then the sign and the one with fewer places decide.
            None if self.mantissa.signum() != other.mantissa.signum() => self.mantissa.cmp(&other.mantissa),
            None if self.scale < other.scale => self.mantissa.cmp(&0),
            None => 0.cmp(&other.mantissa),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::of(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn decimals_are_exact_where_doubles_are_not() {
        assert!(d("0.3").is_multiple_of(d("0.1")));
        assert!(d("4.35").is_multiple_of(d("0.01")));
        assert!(!d("0.25").is_multiple_of(d("0.1")));
        assert_eq!(d("1e3"), d("1000"));
        assert_eq!(d("1.0"), Decimal::ONE);
        assert_eq!(d("-1.5").floor_to(Decimal::ONE), Some(d("-2")));
        assert_eq!(d("-1.5").ceil_to(Decimal::ONE), Some(d("-1")));
        assert_eq!(d("0.4").common_multiple(d("0.6")), Some(d("1.2")));
        assert!(d("1e20") > d("0.000001") && d("-1e20") < d("0.5"));
        assert_eq!(d("0.25").to_json(), Some(serde_json::json!(0.25)));
        assert_eq!(d("1e19").to_json(), Some(serde_json::json!(10_000_000_000_000_000_000_u64)));
        assert_eq!(d("-1e25").to_json(), Some(serde_json::json!(-1e25)));
        assert_eq!(d("1e25").plus(Decimal::ONE).unwrap().to_json(), None, "no double is that number");
    }
}
