//! Characters into bytes: the parser counts the former, spans the latter.

/// Walks a text once, however often it is asked.
pub(super) struct Cursor<'t> {
    source: &'t str,
    ascii: bool,
    chars: usize,
    bytes: usize,
    pub(super) base: u32,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(source: &'t str, base: u32) -> Self {
        Self { source, ascii: source.is_ascii(), chars: 0, bytes: 0, base }
    }

    /// The byte at which character number `target` starts. Events come nearly in order, so this walks from the last.
    pub(super) fn byte(&mut self, target: usize) -> usize {
        if self.ascii {
            return target.min(self.source.len());
        }
        let bytes = self.source.as_bytes();
        let starts = |at: usize| bytes[at] & 0xC0 != 0x80;
        while self.chars < target && self.bytes < bytes.len() {
            self.bytes += 1;
            while self.bytes < bytes.len() && !starts(self.bytes) {
                self.bytes += 1;
            }
            self.chars += 1;
        }
        while self.chars > target {
            self.bytes -= 1;
            while !starts(self.bytes) {
                self.bytes -= 1;
            }
            self.chars -= 1;
        }
        self.bytes
    }
}
