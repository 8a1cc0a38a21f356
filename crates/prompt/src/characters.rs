//! The bytes of a file become a text, or findings that say which byte may not stand there.

use source::{File, Finding, Mode, Place, RepoPath, Span, Text};

use crate::limits;

/// How many findings about characters one file may yield; a hostile file gets no million.
const MOST: usize = 20;

/// Reads a regular file as UTF-8 text within the size limit. Other faults of characters are left to [`faults`].
pub(crate) fn read(path: &RepoPath, file: &File) -> Result<Text, Box<Finding>> {
    let what = match file.mode {
        Mode::Regular => None,
        Mode::Executable => Some("an executable file"),
        Mode::Symlink => Some("a symlink"),
        Mode::Submodule => Some("a submodule"),
    };
    if let Some(what) = what {
        let help = match file.mode {
            Mode::Executable => format!("run `git update-index --chmod=-x {path}` and `chmod -x {path}`"),
            _ => "put a plain file in its place: what is signed is never read through anything else".to_owned(),
        };
        let message = format!("{what} stands where a plain file belongs");
        return Err(Box::new(Finding::new("file-not-regular", Place::file(path), message).help(help)));
    }
    if file.bytes.len() > limits::FILE_BYTES {
        let message = format!("the file has {} bytes, at most {} are read", file.bytes.len(), limits::FILE_BYTES);
        return Err(Box::new(Finding::new("too-complex", Place::file(path), message).help("split the file")));
    }
    match std::str::from_utf8(&file.bytes) {
        Ok(content) => Ok(Text::new(path.clone(), content)),
        Err(fault) => {
            let at = fault.valid_up_to();
            // The lossy text is the same up to the fault, so the place is exact.
            let text = Text::new(path.clone(), String::from_utf8_lossy(&file.bytes));
            let message = format!("the byte 0x{:02x} is not UTF-8", file.bytes[at]);
            let place = Place::new(&text, Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8()));
            Err(Box::new(Finding::new("file-not-utf8", place, message).help("save the file as UTF-8")))
        }
    }
}

/// What may not stand in `text`, and whether nothing may be parsed because of it.
pub(crate) fn faults(text: &Text) -> (Vec<Finding>, bool) {
    let source = text.as_str();
    if source.len() > limits::FILE_BYTES {
        let message = format!("the text has {} bytes, at most {} are read", source.len(), limits::FILE_BYTES);
        return (vec![Finding::new("too-complex", Place::whole(text), message).help("split the file")], true);
    }
    if source.bytes().all(|b| b.is_ascii() && b != 0) {
        return (Vec::new(), false);
    }
    let mut found = Vec::new();
    let mut fatal = false;
    let mut runs = Runs { text, start: 0, end: 0, kind: None };
    let mut before = None;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|&(_, c)| c);
        let kind = kind(c, at, before, after);
        fatal |= matches!(kind, Some(Kind::Nul | Kind::Bom));
        if kind.is_some() || runs.kind.is_some() {
            found.extend(runs.next(at, c, kind));
        }
        before = Some(c);
        if found.len() >= MOST {
            return (found, fatal || source.contains('\0'));
        }
    }
    found.extend(runs.next(source.len(), 'x', None));
    (found, fatal)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nul,
    Bom,
    Bidi,
    Invisible,
    Stray,
}

fn kind(c: char, at: usize, before: Option<char>, after: Option<char>) -> Option<Kind> {
    match c {
        '\0' => Some(Kind::Nul),
        '\u{FEFF}' if at == 0 => Some(Kind::Bom),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Kind::Bidi),
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => Some(Kind::Invisible),
        // Joiners and direction marks belong to Persian, Hindi, Hebrew and family emoji, between what they join.
        '\u{200C}'..='\u{200F}' if !(joins(before) && joins(after)) => Some(Kind::Stray),
        _ => None,
    }
}

/// A letter, a mark or an emoji. Without tables of Unicode: what is ASCII must be a letter, what is not must show.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| {
        c.is_alphabetic()
            || !(c.is_ascii() || c.is_whitespace() || c.is_control() || ('\u{2000}'..='\u{206F}').contains(&c))
    })
}

/// Neighbours of one kind make one finding.
struct Runs<'t> {
    text: &'t Text,
    start: usize,
    end: usize,
    kind: Option<Kind>,
}

impl Runs<'_> {
    fn next(&mut self, at: usize, c: char, kind: Option<Kind>) -> Option<Finding> {
        let ended = if kind == self.kind { None } else { self.kind.map(|k| self.finding(k)) };
        if kind != self.kind {
            (self.start, self.kind) = (at, kind);
        }
        self.end = at + c.len_utf8();
        ended
    }

    fn finding(&self, kind: Kind) -> Finding {
        let span = Span::new(self.start, self.end);
        let slice = self.text.slice(span);
        let code = slice.chars().next().map_or_else(String::new, |c| format!("U+{:04X}", u32::from(c)));
        let many = match slice.chars().count() {
            0 | 1 => String::new(),
            n => format!(" and {} more like it", n - 1),
        };
        let (rule, message, help) = match kind {
            Kind::Nul => ("file-has-nul", format!("a NUL byte{many} stands here"), "delete it"),
            Kind::Bom => (
                "file-has-bom",
                "the file starts with a byte order mark".to_owned(),
                "save the file as UTF-8 without a byte order mark",
            ),
            Kind::Bidi => (
                "character-bidi",
                format!("`{code}`{many} makes the text read otherwise than it is"),
                "delete it; text in Arabic or Hebrew needs no such character",
            ),
            Kind::Invisible => ("character-invisible", format!("`{code}`{many} cannot be seen"), "delete it"),
            Kind::Stray => (
                "character-invisible",
                format!("`{code}`{many} cannot be seen and joins no letters or emoji here"),
                "delete it; joiners and direction marks may stand between letters or emoji only",
            ),
        };
        Finding::new(rule, Place::new(self.text, span), message).help(help).fix(vec![(span, String::new())])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn found(content: &str) -> Vec<(&'static str, u32, u32)> {
        let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), content);
        faults(&text).0.iter().map(|f| (f.rule, f.at.span.start, f.at.span.end)).collect()
    }

    #[test]
    fn hidden_characters_are_found_where_they_stand() {
        assert_eq!(found("plain\r\n\ttext é 漢"), []);
        assert_eq!(found("\u{FEFF}---"), [("file-has-bom", 0, 3)]);
        assert_eq!(found("a\0\0b"), [("file-has-nul", 1, 3)]);
        assert_eq!(found("a\u{202E}b\u{200B}"), [("character-bidi", 1, 4), ("character-invisible", 5, 8)]);
        assert_eq!(
            found("a\u{E0041}\u{E0042}b\u{FEFF}"),
            [("character-invisible", 1, 9), ("character-invisible", 10, 13)]
        );
        assert_eq!(found("\u{200D}x a\u{200C} b"), [("character-invisible", 0, 3), ("character-invisible", 6, 9)]);
    }

    #[test]
    fn joiners_between_letters_or_emoji_are_fine() {
        assert_eq!(found("می\u{200C}خواهم क्\u{200D}ष 👩\u{200D}👩\u{200D}👧 👁\u{FE0F}\u{200D}🗨\u{FE0F}"), []);
    }

    #[test]
    fn a_hostile_file_yields_few_findings() {
        let many = found(&"a\u{200B}".repeat(10_000));
        assert_eq!(many.len(), MOST);
    }

    #[test]
    fn only_regular_utf8_files_of_sane_size_become_texts() {
        let path = RepoPath::new("prompts/a.md").unwrap();
        let rule =
            |mode, bytes: &[u8]| read(&path, &File { mode, bytes: Arc::from(bytes) }).map(|_| ()).unwrap_err().rule;
        assert_eq!(rule(Mode::Symlink, b"b.md"), "file-not-regular");
        assert_eq!(rule(Mode::Executable, b""), "file-not-regular");
        assert_eq!(rule(Mode::Regular, &vec![b'a'; limits::FILE_BYTES + 1]), "too-complex");
        let fault = read(&path, &File { mode: Mode::Regular, bytes: Arc::from(&b"ab\xffc"[..]) }).unwrap_err();
        assert_eq!((fault.rule, fault.at.span), ("file-not-utf8", Span::new(2, 5)));
    }
}
