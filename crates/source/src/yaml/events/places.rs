//! Where things truly start and end: the parser's spans are for error messages, ours are for edits.

use super::{Frame, Open, Reader};

impl Reader<'_> {
    /// One past the closing quote: the parser counts a comment after it in.
    pub(super) fn quote_end(&self, start: usize, end: usize) -> usize {
        let bytes = self.source.as_bytes();
        let quote = bytes[start];
        let mut at = start + 1;
        while at < end {
            match bytes[at] {
                b'\\' if quote == b'"' => at += 2,
                b if b == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
                b if b == quote => return at + 1,
                _ => at += 1,
            }
        }
        end
    }

    /// A value left out has no bytes: it is said to stand right after the `:` or `-` that announced it.
    pub(super) fn left_out(&self, start: usize) -> (usize, usize) {
        let announcer = match self.stack.last().map(|frame| &frame.open) {
            Some(Open::Map { key: Some(_), .. }) => b':',
            Some(Open::Seq(_)) => b'-',
            _ => return (start, start),
        };
        let at = self.next_mark(self.last_end, announcer).map_or(self.last_end.max(start), |at| at + 1);
        (at, at)
    }

    /// The parser has a sequence that is not indented below its key start at its first item, not at the dash before it.
    pub(super) fn sequence_start(&self, start: usize) -> usize {
        if !matches!(self.stack.last(), Some(Frame { open: Open::Map { key: Some(_), .. }, .. })) {
            return start;
        }
        let colon = self.next_mark(self.last_end, b':');
        colon.and_then(|colon| self.next_mark(colon + 1, b'-')).unwrap_or(start)
    }

    /// Where `mark` stands if nothing but white space and comments comes before it.
    pub(super) fn next_mark(&self, mut at: usize, mark: u8) -> Option<usize> {
        let bytes = self.source.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            match byte {
                _ if byte == mark => return Some(at),
                b'#' => at += bytes[at..].iter().position(|&b| b == b'\n').unwrap_or(bytes.len() - at),
                _ if byte.is_ascii_whitespace() => at += 1,
                _ => break,
            }
        }
        None
    }

    /// The `|` or `>` of the block scalar whose content starts at `content`.
    pub(super) fn block_header(&self, content: usize) -> usize {
        let mut at = self.last_end;
        let bytes = self.source.as_bytes();
        while at < content {
            match bytes[at] {
                b'|' | b'>' => return at,
                b'#' => at += bytes[at..content].iter().position(|&b| b == b'\n').unwrap_or(content - at),
                b'&' | b'!' => {
                    at += bytes[at..content].iter().position(u8::is_ascii_whitespace).unwrap_or(content - at)
                }
                _ => at += 1,
            }
        }
        content
    }
}
