//! The rules by which this crate finds faults: ids that are never reused, each with what it means in one line.

/// Every rule id that findings of this crate carry, sorted, with its meaning.
///
/// Findings about YAML itself come from [`source::yaml`], those about bytes and characters from [`source::characters`],
/// and are listed there.
pub const RULES: &[(&str, &str)] = &[
    ("approval-impossible", "policy demands what nobody could ever give"),
    ("environment-cycle", "an environment comes after itself"),
    ("format-unknown", "a document has a format that this version does not read"),
    ("name-repeated", "a name is defined twice"),
    ("name-unknown", "a name refers to nothing that is defined"),
    ("policy-missing", "a document of policy is not there"),
    ("public-key-malformed", "a public key cannot be used"),
    ("public-key-shared", "a public key belongs to two principals"),
    ("role-unheld", "an environment to which nobody may promote"),
    ("value-invalid", "a value has no meaning where it stands"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique() {
        assert!(RULES.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
