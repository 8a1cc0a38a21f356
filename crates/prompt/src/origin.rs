//! Where the bytes of a template's source came from: line ends are made LF and lines are left out, yet every finding
//! must point at the byte that was typed.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use source::{Place, Span, Text};

/// Maps offsets in a source to offsets in the file it was cut from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    text: Text,
    /// From each offset (first) on, the source was copied from the file at the second, byte by byte.
    steps: Arc<[(u32, u32)]>,
    /// How much of the mapped source was cut off in front.
    cut: u32,
}

impl Origin {
    /// The file's text from `start` on, CRLF made LF.
    pub(crate) fn normalised(text: &Text, start: usize) -> (Cow<'_, str>, Self) {
        let raw = &text.as_str()[start..];
        let mut steps = vec![(0, fit(start))];
        let body = if raw.contains("\r\n") {
            let mut body = String::with_capacity(raw.len());
            for piece in raw.split_inclusive("\r\n") {
                match piece.strip_suffix("\r\n") {
                    Some(line) => {
                        body.push_str(line);
                        let at = piece.as_ptr() as usize - raw.as_ptr() as usize + line.len();
                        steps.push((fit(body.len()), fit(start + at + 1)));
                        body.push('\n');
                    }
                    None => body.push_str(piece),
                }
            }
            Cow::Owned(body)
        } else {
            Cow::Borrowed(raw)
        };
        (body, Self { text: text.clone(), steps: steps.into(), cut: 0 })
    }

    /// The origin of what is left when `bytes` are cut off in front.
    pub(crate) fn cut(&self, bytes: usize) -> Self {
        Self { cut: self.cut + fit(bytes), ..self.clone() }
    }

    /// The origin of pieces put together: each from an offset in the new source to one in this one, up to the next.
    pub(crate) fn pieced(&self, pieces: &[(usize, usize)]) -> Self {
        let mut steps = Vec::with_capacity(pieces.len());
        for (i, &(new, old)) in pieces.iter().enumerate() {
            steps.push((fit(new), self.offset(old)));
            let (new, old) = (fit(new), fit(old) + self.cut);
            let room = pieces.get(i + 1).map_or(u32::MAX, |next| fit(next.0)) - new;
            let inner = self.steps.iter().filter(|s| s.0 > old && s.0 - old < room);
            steps.extend(inner.map(|&(at, typed)| (new + (at - old), typed)));
        }
        Self { text: self.text.clone(), steps: steps.into(), cut: 0 }
    }

    /// The place of a range of the source.
    pub(crate) fn place(&self, range: &Range<usize>) -> Place {
        let start = self.offset(range.start);
        // The end is one past a byte that was copied, which need not be the next one's place.
        let end = if range.end > range.start { self.offset(range.end - 1) + 1 } else { start };
        Place::new(&self.text, Span { start, end })
    }

    fn offset(&self, at: usize) -> u32 {
        let at = fit(at).saturating_add(self.cut);
        let step = self.steps.partition_point(|&(new, _)| new <= at).saturating_sub(1);
        self.steps.get(step).map_or(0, |&(new, old)| old + (at - new))
    }
}

fn fit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use source::RepoPath;

    use super::*;

    #[test]
    fn places_point_at_what_was_typed() {
        let text = Text::new(RepoPath::new("a").unwrap(), "--\r\nab\r\n\r\ncd\ref\n");
        let (body, origin) = Origin::normalised(&text, 4);
        assert_eq!(body, "ab\n\ncd\ref\n");
        let typed = |o: &Origin, range: Range<usize>| o.place(&range).span.range();
        assert_eq!(typed(&origin, 0..2), 4..6);
        assert_eq!(typed(&origin, 4..6), 10..12);
        assert_eq!(&text.as_str()[typed(&origin.cut(4), 3..5)], "ef");
        assert_eq!(typed(&origin.cut(4), 0..0), 10..10);
        let pieced = origin.pieced(&[(0, 4), (3, 0)]);
        assert_eq!((typed(&pieced, 0..2), typed(&pieced, 3..5), typed(&pieced, 7..9)), (10..12, 4..6, 10..12));
    }
}
