//! `levenshtein`: edit distance in UTF-16 code units, at most the threshold (5).

use super::{Grade, GradeError, Subject, fill};
use crate::reference::Template;

/// A text and how far the output may be from it.
#[derive(Debug, Clone)]
pub struct Levenshtein {
    /// The text.
    pub expected: Template,
    /// The greatest distance that passes.
    pub threshold: f64,
}

impl Levenshtein {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let expected = fill(spelled, &self.expected, subject)?;
        let distance = distance(subject.text, &expected);
        let near = f64::from(distance) <= self.threshold;
        let how = if near { "is within" } else { "is above" };
        Ok(Grade::whole(near != negated, || format!("edit distance {distance} {how} the threshold {}", self.threshold)))
    }
}

/// Two rows of Wagner and Fischer's table.
fn distance(a: &str, b: &str) -> u32 {
    let (a, b): (Vec<u16>, Vec<u16>) = (a.encode_utf16().collect(), b.encode_utf16().collect());
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[common..], &b[common..]);
    let mut row: Vec<u32> = (0u32..).take(b.len() + 1).collect();
    for (i, x) in (1u32..).zip(a) {
        let mut diagonal = std::mem::replace(&mut row[0], i);
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            let replace = diagonal + u32::from(x != y);
            row[j + 1] = replace.min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
