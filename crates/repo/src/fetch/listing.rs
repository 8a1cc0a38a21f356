//! FETCH_HEAD: git's own list of what a fetch brought.

use std::collections::BTreeMap;

use crate::Oid;

/// Reads lines of `<oid> TAB not-for-merge TAB tag '<name>' of <url>`, by full name.
pub(super) fn read(text: &str) -> BTreeMap<String, Oid> {
    let line = |l: &str| {
        let mut fields = l.splitn(3, '\t');
        let oid = fields.next()?.parse().ok()?;
        let named = fields.nth(1)?.strip_prefix("tag '")?;
        let (name, _) = named.rsplit_once("' of ")?;
        Some((format!("refs/tags/{name}"), oid))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_listed_and_branches_passed_over() {
        let oid = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let text = format!("{oid}\tnot-for-merge\ttag 'policy@00000001' of ../x\n{oid}\t\tbranch 'main' of ../x\n");
        assert_eq!(read(&text).into_keys().collect::<Vec<_>>(), ["refs/tags/policy@00000001"]);
    }
}
