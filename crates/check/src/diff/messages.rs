//! Which message of one version is which of the other.

use prompt::{Compiled, CompiledMessage};

use super::section::Section;
use super::texts::Texts;

/// The messages of both versions, paired; a message without a partner is added or removed.
pub(crate) fn sections(old: &Compiled, new: &Compiled, texts: Texts) -> Vec<Section> {
    let a: Vec<_> = old.messages.iter().map(|m| texts.of(m, old)).collect();
    let b: Vec<_> = new.messages.iter().map(|m| texts.of(m, new)).collect();
    let kind = |m: &CompiledMessage| match m {
        CompiledMessage::Role { role, .. } => format!("{role} message"),
        CompiledMessage::Turns(_) => "turns".to_owned(),
    };
    let likeness = |i: usize, j: usize| match kind(&old.messages[i]) == kind(&new.messages[j]) {
        true => 1 + shared_lines(&a[i], &b[j]),
        false => 0,
    };
    let pairs = align(a.len(), b.len(), likeness);
    let title = |i: Option<usize>, j: Option<usize>| match (i, j) {
        (_, Some(j)) => kind(&new.messages[j]),
        (Some(i), None) => kind(&old.messages[i]),
        (None, None) => String::new(),
    };
    let text = |at: Option<usize>, of: &[String]| at.map(|i| of[i].clone());
    let section = |(i, j)| Section::compare(title(i, j), text(i, &a).as_deref(), text(j, &b).as_deref());
    pairs.into_iter().map(section).collect()
}

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
