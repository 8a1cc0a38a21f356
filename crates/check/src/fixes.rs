//! Mechanical corrections, applied to texts; nothing is written here.

use std::collections::BTreeMap;

use source::{Finding, RepoPath};

/// The texts of the files that the fixes of `findings` change, after as many of them as do not touch each other.
///
/// Where two fixes overlap the first by place is applied; a second run applies the other, if it is still needed.
pub fn apply(findings: &[Finding]) -> BTreeMap<RepoPath, String> {
    let mut by_file: BTreeMap<&RepoPath, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.fix.is_some()) {
        by_file.entry(finding.at.path()).or_default().push(finding);
    }
    by_file.into_iter().filter_map(|(path, findings)| Some((path.clone(), apply_to_file(&findings)?))).collect()
}

fn apply_to_file(findings: &[&Finding]) -> Option<String> {
    let text = findings.first()?.at.text.as_str();
    let mut fixes: Vec<_> = findings.iter().filter_map(|f| f.fix.as_ref()).filter(|f| !f.edits.is_empty()).collect();
    fixes.sort_by_key(|fix| fix.edits[0].0);
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for fix in fixes {
        let mut at = done;
        let in_order = fix.edits.iter().all(|(span, _)| {
            let sound = span.start as usize >= at && text.get(span.range()).is_some();
            at = span.end as usize;
            sound
        });
        if !in_order {
            continue;
        }
        for (span, replacement) in &fix.edits {
            fixed.push_str(&text[done..span.start as usize]);
            fixed.push_str(replacement);
            done = span.end as usize;
        }
    }
    fixed.push_str(&text[done..]);
    (fixed != text).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Place, Span, Text};

    #[test]
    fn of_two_overlapping_fixes_the_first_is_applied() {
        let text = Text::new(RepoPath::new("a.md").unwrap(), "one two three");
        let fix = |start, end, with: &str| {
            let span = Span::new(start, end);
            Finding::new("x", Place::new(&text, span), "m").fix(vec![(span, with.to_owned())])
        };
        let fixed = apply(&[fix(4, 7, "2"), fix(0, 5, "overlaps"), fix(8, 13, "3"), fix(90, 99, "outside")]);
        assert_eq!(fixed.values().collect::<Vec<_>>(), ["overlapswo 3"]);
        let none = apply(&[fix(0, 3, "one")]);
        assert!(none.is_empty());
    }
}
