//! Mechanical corrections, applied to texts; nothing is written here.

use std::collections::BTreeMap;

use source::{Finding, Fix, RepoPath, Span};

/// How many of `findings` bring a correction.
pub fn count(findings: &[Finding]) -> usize {
    findings.iter().filter(|f| f.fix.is_some()).count()
}

/// What one correction changes, as whole lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number of the first line.
    pub line: u32,
    /// The lines as they are, secrets blotted out.
    pub before: String,
    /// The lines as they would be.
    pub after: String,
}

/// What [`apply`] changes, by file, in the order of the lines.
pub fn changes(findings: &[Finding]) -> BTreeMap<RepoPath, Vec<Change>> {
    by_file(findings).into_iter().map(|(path, findings)| (path.clone(), changes_of_file(&findings))).collect()
}

fn changes_of_file(findings: &[&Finding]) -> Vec<Change> {
    let Some(text) = findings.first().map(|f| &f.at.text) else { return Vec::new() };
    let edits: Vec<&(Span, String)> = sound(findings).into_iter().flat_map(|fix| &fix.edits).collect();
    let lines = |span: Span| (text.position(span.start).line, text.position(span.end).line);
    let mut changes: Vec<Change> = Vec::new();
    let mut at = 0;
    while let Some((span, _)) = edits.get(at) {
        let (first, mut last) = lines(*span);
        let from = at;
        while let Some((span, _)) = edits.get(at).filter(|(span, _)| at == from || lines(*span).0 <= last) {
            last = last.max(lines(*span).1);
            at += 1;
        }
        let (start, end) = (text.line_span(first).start, text.line_span(last).end);
        let cut = |from: u32, to: u32| text.shown().get(from as usize..to as usize).unwrap_or("");
        let (mut after, mut done) = (String::new(), start);
        for (span, replacement) in &edits[from..at] {
            after += cut(done, span.start);
            after += replacement;
            done = span.end;
        }
        after += cut(done, end.max(done));
        changes.push(Change { line: first, before: cut(start, end).to_owned(), after });
    }
    changes
}

/// The texts of the files that the fixes of `findings` change, after as many of them as do not touch each other.
///
/// Where two fixes overlap the first by place is applied; a second run applies the other, if it is still needed.
pub fn apply(findings: &[Finding]) -> BTreeMap<RepoPath, String> {
    by_file(findings)
        .into_iter()
        .filter_map(|(path, findings)| Some((path.clone(), apply_to_file(&findings)?)))
        .collect()
}

fn by_file(findings: &[Finding]) -> BTreeMap<&RepoPath, Vec<&Finding>> {
    let mut by_file: BTreeMap<&RepoPath, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.fix.is_some()) {
        by_file.entry(finding.at.path()).or_default().push(finding);
    }
    by_file
}

/// The fixes of one file that do not touch each other, in order.
fn sound<'f>(findings: &[&'f Finding]) -> Vec<&'f Fix> {
    let mut fixes: Vec<_> = findings.iter().filter_map(|f| f.fix.as_ref()).filter(|f| !f.edits.is_empty()).collect();
    fixes.sort_by_key(|fix| fix.edits[0].0);
    let mut done = 0;
    fixes.retain(|fix| {
        let mut at = done;
        let text = findings.first().map_or("", |f| f.at.text.as_str());
        let in_order = fix.edits.iter().all(|(span, _)| {
            let sound = span.start as usize >= at && text.get(span.range()).is_some();
            at = span.end as usize;
            sound
        });
        if in_order {
            done = at;
        }
        in_order
    });
    fixes
}

fn apply_to_file(findings: &[&Finding]) -> Option<String> {
    let text = findings.first()?.at.text.as_str();
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for fix in sound(findings) {
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
    use source::{Place, Text};

    #[test]
    fn of_two_overlapping_fixes_the_first_is_applied() {
        let text = Text::new(RepoPath::new("a.md").unwrap(), "one two three");
        let fix = |start, end, with: &str| {
            let span = Span::new(start, end);
            Finding::new("x", Place::new(&text, span), "m").fix(vec![(span, with.to_owned())])
        };
        let fixed = apply(&[fix(4, 7, "2"), fix(0, 5, "overlaps"), fix(8, 13, "3"), fix(90, 99, "outside")]);
        assert_eq!(fixed.values().collect::<Vec<_>>(), ["overlapswo 3"]);
        let text = Text::new(RepoPath::new("a.md").unwrap(), "a: 1\nb: Two\n");
        let span = Span::new(8, 11);
        let finding = Finding::new("x", Place::new(&text, span), "m").fix(vec![(span, "two".to_owned())]);
        let changed = changes(&[finding]);
        assert_eq!(
            changed.values().next().unwrap(),
            &[Change { line: 2, before: "b: Two".into(), after: "b: two".into() }]
        );
        let none = apply(&[fix(0, 3, "one")]);
        assert!(none.is_empty());
    }
}
