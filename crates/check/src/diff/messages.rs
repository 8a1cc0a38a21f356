//! Which message of one version is which of the other.

use prompt::{Compiled, CompiledMessage};

use super::section::Section;
use super::texts::Texts;

/// The messages of both versions, paired; a message without a partner is added or removed, as all of them are where a side
/// has no such prompt.
pub(crate) fn sections(sides: [Option<&Compiled>; 2], texts: Texts) -> Vec<Section> {
    let listed = |of: &Compiled| of.messages.iter().map(|m| (kind(m), texts.of(m, of))).collect::<Vec<_>>();
    let [old, new] = sides.map(|side| side.map(listed).unwrap_or_default());
    paired(&old, &new)
}

fn kind(message: &CompiledMessage) -> String {
    match message {
        CompiledMessage::Role { role, .. } => format!("{role} message"),
        CompiledMessage::Turns(_) => "turns".to_owned(),
    }
}

/// Titled texts of both sides, those that share a title and most lines beside each other.
pub(crate) fn paired(a: &[(String, String)], b: &[(String, String)]) -> Vec<Section> {
    // Many messages are a transcript, which both sides hold: then order alone tells.
    let is_long = a.len() * b.len() > MANY;
    let likeness = |i: usize, j: usize| match (a[i].0 == b[j].0, is_long) {
        (false, _) => 0,
        (true, true) => 1 + usize::from(a[i].1 == b[j].1),
        (true, false) => 1 + shared_lines(&a[i].1, &b[j].1),
    };
    let pairs = align(a.len(), b.len(), likeness);
    let section = |(i, j): (Option<usize>, Option<usize>)| {
        let (old, new) = (i.map(|i| &a[i]), j.map(|j| &b[j]));
        let title = new.or(old).map_or("", |(title, _)| title.as_str());
        Section::compare(title, old.map(|(_, text)| text.as_str()), new.map(|(_, text)| text.as_str()))
    };
    pairs.into_iter().map(section).collect()
}

/// So many pairs of messages are held against each other line by line.
const MANY: usize = 2_500;

fn shared_lines(a: &str, b: &str) -> usize {
    let lines: std::collections::BTreeSet<&str> = a.lines().filter(|line| !line.trim().is_empty()).collect();
    b.lines().filter(|line| lines.contains(line)).count()
}

/// The pairing in order that shares most; only pairs with a likeness above 0.
fn align(n: usize, m: usize, likeness: impl Fn(usize, usize) -> usize) -> Vec<(Option<usize>, Option<usize>)> {
    let mut best = vec![vec![0; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let like = likeness(i, j);
            let paired = if like > 0 { like + best[i + 1][j + 1] } else { 0 };
            best[i][j] = paired.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < n || j < m {
        let like = if i < n && j < m { likeness(i, j) } else { 0 };
        if like > 0 && best[i][j] == like + best[i + 1][j + 1] {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if j >= m || (i < n && best[i + 1][j] >= best[i][j + 1]) {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_follow_likeness_and_order() {
        let a = ["s", "u1", "u2"];
        let b = ["s", "u2"];
        let like = |i: usize, j: usize| usize::from(a[i] == b[j]) * 3 + usize::from(a[i][..1] == b[j][..1]);
        assert_eq!(align(3, 2, like), [(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]);
        assert_eq!(align(0, 2, |_, _| 1), [(None, Some(0)), (None, Some(1))]);
        assert_eq!(align(1, 1, |_, _| 0), [(Some(0), None), (None, Some(0))]);
    }
}
