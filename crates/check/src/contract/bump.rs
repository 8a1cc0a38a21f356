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

    /// The same for one who wrote `version`: where both are pre-releases, the next one of that line.
    #[must_use]
    pub fn due(self, base: &Version, version: &Version) -> Version {
        match next_pre_release(base) {
            Some(next) if version.is_pre_release() && self != Self::None => next,
            _ => self.next(base),
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

/// The pre-release that follows one: 2.0.0-rc.2 after 2.0.0-rc.1, 2.0.0-beta.1 after 2.0.0-beta.
pub(crate) fn next_pre_release(version: &Version) -> Option<Version> {
    let text = version.to_string();
    let (core, pre) = text.split_once('-')?;
    let pre = pre.split('+').next()?;
    let (kept, last) = pre.rsplit_once('.').map_or(("", pre), |(kept, last)| (kept, last));
    let next = match (last.parse::<u64>().ok().and_then(|n| n.checked_add(1)), kept) {
        (Some(n), "") => n.to_string(),
        (Some(n), kept) => format!("{kept}.{n}"),
        (None, _) => format!("{pre}.1"),
    };
    format!("{core}-{next}").parse().ok()
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
    fn an_edited_pre_release_keeps_its_line() {
        for (from, to) in [
            ("2.0.0-rc.1", "2.0.0-rc.2"),
            ("2.0.0-beta", "2.0.0-beta.1"),
            ("2.0.0-1", "2.0.0-2"),
            ("2.0.0-a.9", "2.0.0-a.10"),
        ] {
            assert_eq!(Bump::Major.due(&v(from), &v(from)), v(to));
            assert!(v(to) > v(from));
        }
        assert_eq!(Bump::Minor.due(&v("2.0.0-rc.1"), &v("2.0.0")), v("2.0.0"));
        assert_eq!(Bump::Minor.due(&v("1.0.0"), &v("1.1.0-rc.1")), v("1.1.0"));
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
