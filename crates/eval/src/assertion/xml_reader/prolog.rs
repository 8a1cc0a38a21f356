//! What may stand before the root element: the XML declaration and the document type.

use super::{Reader, name_char};

const MALFORMED: &str = "the XML declaration is malformed";

impl Reader<'_> {
    pub(super) fn declaration(&mut self) -> Result<(), String> {
        if !self.text.starts_with("<?xml") || self.text[5..].starts_with(|c| name_char(c, false)) {
            return Ok(());
        }
        self.at += "<?xml".len();
        // XML 1.0, productions 23 to 32 and 80: in this order, the first of them always.
        let mut next = 0;
        loop {
            let spaced = self.space();
            if next > 0 && self.takes("?>") {
                return Ok(());
            }
            let name = self.name().unwrap_or_default();
            let place = ["version", "encoding", "standalone"].iter().position(|word| *word == name);
            let Some(place) = place.filter(|place| spaced && *place >= next && (next > 0 || *place == 0)) else {
                return self.wrong(if next == 0 { "the XML declaration names no version" } else { MALFORMED });
            };
            next = place + 1;
            self.space();
            if !self.takes("=") {
                return self.wrong(MALFORMED);
            }
            self.space();
            let value = self.quoted("a value in the XML declaration")?;
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let fine = match place {
                0 => value.strip_prefix("1.").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())),
                1 => value.starts_with(|c: char| c.is_ascii_alphabetic()) && value.chars().all(word),
                _ => matches!(value, "yes" | "no"),
            };
            if !fine {
                return self.wrong(MALFORMED);
            }
        }
    }

    pub(super) fn doctype(&mut self) -> Result<(), String> {
        self.at += "<!DOCTYPE".len();
        if !self.space() {
            return self.wrong("a document type has no name");
        }
        self.name()?;
        self.space();
        let public = self.takes("PUBLIC");
        if public || self.takes("SYSTEM") {
            self.external = true;
            for _ in 0..if public { 2 } else { 1 } {
                if !self.space() {
                    return self.wrong("a document type's identifier is missing");
                }
                let quote = if self.takes("\"") {
                    "\""
                } else if self.takes("'") {
                    "'"
                } else {
                    return self.wrong("a document type's identifier is missing");
                };
                self.until(quote, "a document type's identifier")?;
            }
            self.space();
        }
        if self.rest().starts_with('[') {
            return self.wrong("a document type with declarations of its own is not read");
        }
        if self.takes(">") { Ok(()) } else { self.wrong("the document type is malformed") }
    }
}
