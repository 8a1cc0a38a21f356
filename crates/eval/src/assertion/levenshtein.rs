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
        let Some(distance) = distance(subject.text, &expected) else {
            let why = "the answer and the text are too long to compare".to_owned();
            return Err(GradeError::Value { kind: spelled.to_owned(), why });
        };
        let near = f64::from(distance) <= self.threshold;
        let how = if near { "is within" } else { "is above" };
        Ok(Grade::whole(near != negated, || format!("edit distance {distance} {how} the threshold {}", self.threshold)))
    }
}

/// Texts whose lengths multiply to more are not compared.
const MOST_CELLS: usize = 4_000_000_000;

/// How many edits lead from `a` to `b`; `None` where that would take too long to tell.
///
/// Sixty-four rows of Wagner and Fischer's table at a time: G. Myers, A fast bit-vector algorithm for approximate string
/// matching (1999, <https://doi.org/10.1145/316542.316550>), in the blocks of H. Hyyrö (2003).
fn distance(a: &str, b: &str) -> Option<u32> {
    let (a, b): (Vec<u16>, Vec<u16>) = (a.encode_utf16().collect(), b.encode_utf16().collect());
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[common..], &b[common..]);
    let ended = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (text, pattern) = (&a[..a.len() - ended], &b[..b.len() - ended]);
    if text.len().saturating_mul(pattern.len()) > MOST_CELLS {
        return None;
    }
    // How each column changes from left to right at the lower edge of the block before: by 1 above the first.
    let mut edge = vec![1_i8; text.len()];
    let mut places = vec![0_u64; 1 << 16];
    for block in pattern.chunks(64) {
        for (at, unit) in block.iter().enumerate() {
            places[usize::from(*unit)] |= 1 << at;
        }
        let last = 1_u64 << (block.len() - 1);
        // Rows of the column that are one more, and one less, than the row above.
        let (mut more, mut less) = (u64::MAX, 0_u64);
        for (unit, edge) in text.iter().zip(&mut edge) {
            let (from_more, from_less) = (u64::from(*edge > 0), u64::from(*edge < 0));
            let equal = places[usize::from(*unit)];
            let vertical = equal | less;
            let equal = equal | from_less;
            let horizontal = ((equal & more).wrapping_add(more) ^ more) | equal;
            let (up, down) = (less | !(horizontal | more), more & horizontal);
            *edge = i8::from(up & last != 0) - i8::from(down & last != 0);
            let (up, down) = (up << 1 | from_more, down << 1 | from_less);
            more = down | !(vertical | up);
            less = up & vertical;
        }
        for unit in block {
            places[usize::from(*unit)] = 0;
        }
    }
    let rows = i64::try_from(pattern.len()).ok()?;
    u32::try_from(rows + edge.iter().map(|change| i64::from(*change)).sum::<i64>()).ok()
}

#[cfg(test)]
mod tests {
    use super::distance;

    /// The table itself.
    fn told(a: &[u16], b: &[u16]) -> u32 {
        let mut row: Vec<u32> = (0u32..).take(b.len() + 1).collect();
        for (i, x) in (1u32..).zip(a) {
            let mut diagonal = std::mem::replace(&mut row[0], i);
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = (diagonal + u32::from(x != y)).min(above + 1).min(row[j] + 1);
                diagonal = above;
            }
        }
        row[b.len()]
    }

    proptest::proptest! {
        #[test]
        fn blocks_come_to_what_the_table_says(a in "[abcé😀]{0,200}", b in "[abcé😀]{0,200}") {
            let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
            proptest::prop_assert_eq!(distance(&a, &b), Some(told(&units(&a), &units(&b))));
        }
    }

    #[test]
    fn texts_that_nobody_compares_are_refused() {
        assert_eq!(distance(&"a".repeat(100_000), &"b".repeat(100_000)), None);
        assert_eq!(distance(&"a".repeat(9_000), &"b".repeat(9_000)), Some(9_000));
        assert_eq!(distance("", "abc"), Some(3));
        assert_eq!(distance("abc", ""), Some(3));
    }
}
