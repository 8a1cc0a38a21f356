//! How much harm a wrong answer can do: what prompts declare and policy decides by.

use std::fmt;
use std::str::FromStr;

use crate::NameError;

/// A prompt's risk. Ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// A wrong answer is a nuisance.
    Low,
    /// A wrong answer costs somebody time or trust.
    Medium,
    /// A wrong answer costs money, rights or safety.
    High,
}

impl Risk {
    /// Every risk, from least to most.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word that files and records carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Risk {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or_else(|| NameError {
            text: text.to_owned(),
            what: "a risk",
            why: "`low`, `medium` or `high`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risks_order_by_harm_and_read_back() {
        assert!(Risk::Low < Risk::Medium && Risk::Medium < Risk::High);
        assert!(Risk::ALL.iter().all(|r| r.to_string().parse() == Ok(*r)));
        assert!("High".parse::<Risk>().is_err());
    }
}
