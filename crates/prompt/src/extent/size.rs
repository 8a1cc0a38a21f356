//! Lengths that add up, and what makes one endless.

use std::collections::BTreeSet;

/// A length: of fixed text, and of what inputs put in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Size {
    /// Bytes of fixed text.
    pub fixed: u64,
    /// Bytes that inputs add at most.
    pub bytes: u64,
    /// Characters that inputs add when each is as long as allowed.
    pub chars: u64,
    /// What has no end; the other figures leave it out.
    pub endless: BTreeSet<Endless>,
}

/// Something that can grow without end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endless {
    /// The input; `None` where a template grows by itself.
    pub input: Option<String>,
    /// The keyword that would end it, or what grows: a fragment such as `maxLength`.
    pub why: &'static str,
}

impl Size {
    /// The number of tokens that nothing can exceed; meaningless where something is endless.
    pub fn bound(&self) -> u64 {
        self.fixed.saturating_add(self.bytes)
    }

    /// So much fixed text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { fixed: text.len() as u64, ..Self::default() }
    }

    /// So many characters of an input, each up to `width` bytes.
    pub(crate) fn of_chars(chars: u64, width: u64) -> Self {
        Self { bytes: chars.saturating_mul(width), chars, ..Self::default() }
    }

    pub(crate) fn endless(input: Option<&str>, why: &'static str) -> Self {
        let cause = Endless { input: input.map(str::to_owned), why };
        Self { endless: BTreeSet::from([cause]), ..Self::default() }
    }

    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            fixed: self.fixed.saturating_add(other.fixed),
            bytes: self.bytes.saturating_add(other.bytes),
            chars: self.chars.saturating_add(other.chars),
            endless: self.endless.union(&other.endless).cloned().collect(),
        }
    }

    /// The longer of the two, figure by figure.
    #[must_use]
    pub(crate) fn or(&self, other: &Self) -> Self {
        Self {
            fixed: self.fixed.max(other.fixed),
            bytes: self.bytes.max(other.bytes),
            chars: self.chars.max(other.chars),
            endless: self.endless.union(&other.endless).cloned().collect(),
        }
    }

    #[must_use]
    pub(crate) fn times(&self, n: u64) -> Self {
        if n == 0 {
            return Self::default();
        }
        Self {
            fixed: self.fixed.saturating_mul(n),
            bytes: self.bytes.saturating_mul(n),
            chars: self.chars.saturating_mul(n),
            endless: self.endless.clone(),
        }
    }

    /// What is more in `self` than in `less`.
    pub(crate) fn beyond(&self, less: &Self) -> Self {
        Self {
            fixed: self.fixed.saturating_sub(less.fixed),
            bytes: self.bytes.saturating_sub(less.bytes),
            chars: self.chars.saturating_sub(less.chars),
            endless: self.endless.clone(),
        }
    }

    /// With its bytes grown by a ratio, characters as they are.
    pub(crate) fn widened(&self, by: u64, of: u64) -> Self {
        let grown = |n: u64| n.saturating_mul(by).div_ceil(of);
        Self { fixed: grown(self.fixed), bytes: grown(self.bytes), ..self.clone() }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.fixed == 0 && self.bytes == 0 && self.endless.is_empty()
    }
}
