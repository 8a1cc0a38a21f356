//! Shares between nothing and everything.

use std::borrow::Cow;
use std::fmt;

/// A share from 0 to 1, both included.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize)]
pub struct Rate(f64);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// The share `value`; `None` outside 0 to 1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// As a number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> serde::Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(d)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom(format!("`{value}` is not a share from 0 to 1")))
    }
}

impl schemars::JsonSchema for Rate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_are_rates() {
        assert!(Rate::new(0.0).is_some() && Rate::new(1.0).is_some());
        assert!(Rate::new(1.01).is_none() && Rate::new(-0.1).is_none() && Rate::new(f64::NAN).is_none());
    }
}
