//! What a change asks of a version number.

use source::Version;

/// The smallest honest step from one version to the next. Ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing changed.
    None,
    /// Nobody who calls the prompt and no model can notice.
    Patch,
    /// The prompt behaves differently within what it promised.
    Minor,
    /// Somebody who relied on the promise can break.
    Major,
}

impl Bump {
    /// The word that reports carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// The lowest version that may follow `base` after a change of this size.
    ///
    /// Below 1.0.0 the minor number stands in for the major one, as Semantic Versioning leaves room for and Cargo does.
    /// A pre-release promises nothing yet, so its own core is honest after any change.
    #[must_use]
    pub fn next(self, base: &Version) -> Version {
        let (major, minor, patch) = base.core();
        if base.is_pre_release() && self != Self::None {
            return Version::from_core(major, minor, patch);
        }
        match (self, major) {
            (Self::None, _) => base.clone(),
            (Self::Patch, _) => Version::from_core(major, minor, patch + 1),
            (Self::Minor, _) | (Self::Major, 0) => Version::from_core(major, minor + 1, 0),
            (Self::Major, _) => Version::from_core(major + 1, 0, 0),
        }
    }

    /// Whether going from `base` to `version` announces a change of this size.
    ///
    /// A pre-release announces what the version it leads up to announces.
    pub fn is_announced(self, base: &Version, version: &Version) -> bool {
        let (major, minor, patch) = version.core();
        let announced = Version::from_core(major, minor, patch);
        version >= base && (self == Self::None || (version > base && announced >= self.next(base)))
    }
}

impl std::fmt::Display for Bump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_smallest_honest_version_follows_its_base() {
        assert_eq!(Bump::Major.next(&v("1.4.2")), v("2.0.0"));
        assert_eq!(Bump::Minor.next(&v("1.4.2")), v("1.5.0"));
        assert_eq!(Bump::Patch.next(&v("1.4.2")), v("1.4.3"));
        assert_eq!(Bump::Major.next(&v("0.4.2")), v("0.5.0"));
        assert_eq!(Bump::Major.next(&v("2.0.0-rc.1")), v("2.0.0"));
        assert_eq!(Bump::None.next(&v("2.0.0")), v("2.0.0"));
    }

    #[test]
    fn a_pre_release_announces_what_it_leads_up_to() {
        assert!(Bump::Major.is_announced(&v("1.4.2"), &v("2.0.0-rc.1")));
        assert!(!Bump::Major.is_announced(&v("1.4.2"), &v("1.5.0-rc.1")));
        assert!(Bump::Major.is_announced(&v("2.0.0-rc.1"), &v("2.0.0-rc.2")));
        assert!(!Bump::Patch.is_announced(&v("1.4.2"), &v("1.4.2")));
        assert!(Bump::None.is_announced(&v("1.4.2"), &v("1.4.2")));
        assert!(!Bump::Minor.is_announced(&v("1.4.2"), &v("1.4.1")));
    }
}
