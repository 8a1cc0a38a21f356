//! The bytes of a file become a text, or findings that say which byte may not stand there.
//!
//! The one reader of prompts, blocks, routes, policies, suites and data: whatever people review is what programs read.

mod conflict;
mod unseen;

use crate::{File, Finding, Mode, Place, RepoPath, Span, Text};

/// Every rule id that findings of this module carry, sorted, with its meaning.
pub const RULES: &[(&str, &str)] = &[
    ("character-bidi", "a bidirectional control character makes the text read otherwise than it is"),
    ("character-invisible", "an invisible character hides in the text"),
    ("conflict-marker", "a merge conflict was never resolved"),
    ("file-has-bom", "the file starts with a byte order mark"),
    ("file-has-nul", "the file holds a NUL byte"),
    ("file-not-regular", "a symlink, an executable or a submodule stands where a plain file belongs"),
    ("file-not-utf8", "the file is not UTF-8"),
    ("too-complex", "a text exceeds a limit that protects the parsers"),
];

pub use unseen::{is_of_scripts, is_unseen};

/// How many findings about characters one file may yield; a hostile file gets no million.
const MOST: usize = 20;

/// What is wrong with the characters of a text.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// One for each run of such characters, with the correction, up to a number that people read.
    pub findings: Vec<Finding>,
    /// Whether nothing may be parsed because of them.
    pub fatal: bool,
}

/// Reads a regular file of at most `most` bytes as UTF-8 text. Other faults of characters are left to [`faults`] and
/// [`faults_of_data`].
///
/// The finding is `file-not-regular`, `too-complex` or `file-not-utf8`.
pub fn read(path: &RepoPath, file: &File, most: usize) -> Result<Text, Box<Finding>> {
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
    if let Some(finding) = too_long(&Place::file(path), file.bytes.len(), most) {
        return Err(Box::new(finding));
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

/// What may not stand in a text that people write and review, and that has at most `most` bytes: NUL, a byte order mark,
/// direction overrides, what cannot be seen, and merge conflicts that nobody resolved.
///
/// The findings are `too-complex`, `conflict-marker`, `file-has-nul`, `file-has-bom`, `character-bidi` and `character-invisible`.
pub fn faults(text: &Text, most: usize) -> Faults {
    if let Some(finding) = too_long(&Place::whole(text), text.as_str().len(), most) {
        return Faults { findings: vec![finding], fatal: true };
    }
    let conflicts = conflict::conflicts(text);
    let mut faults = of_kinds(text, |kind| kind);
    // Both sides stand in the file: whatever else is wrong with it follows from that, or can wait.
    faults.fatal |= !conflicts.is_empty();
    faults.findings.extend(conflicts);
    faults
}

/// What may not stand in rows of data: NUL and a byte order mark. Whatever else they hold are values, often gathered as
/// they came, and they are shown escaped.
pub fn faults_of_data(text: &Text) -> Faults {
    of_kinds(text, |kind| kind.filter(|kind| matches!(kind, Kind::Nul | Kind::Bom)))
}

fn too_long(place: &Place, length: usize, most: usize) -> Option<Finding> {
    // A file that is far too long is not read to its end, so its length is not told.
    let message = format!("the file has more than {most} bytes");
    (length > most).then(|| Finding::new("too-complex", place.clone(), message).help("split the file"))
}

fn of_kinds(text: &Text, counts: impl Fn(Option<Kind>) -> Option<Kind>) -> Faults {
    let source = text.as_str();
    // A carriage return alone is a control; before a line feed it is half of a line end.
    let plain = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if source.bytes().all(plain) && !has_lone_return(source) {
        return Faults::default();
    }
    let mut found = Faults::default();
    let mut runs = Runs { text, start: 0, end: 0, kind: None };
    let mut before = None;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|&(_, c)| c);
        let kind = counts(kind(c, at, before, after));
        found.fatal |= matches!(kind, Some(Kind::Nul | Kind::Bom));
        if kind.is_some() || runs.kind.is_some() {
            found.findings.extend(runs.next(at, c, kind));
        }
        before = Some(c);
        if found.findings.len() >= MOST {
            found.fatal |= source.contains('\0');
            return found;
        }
    }
    found.findings.extend(runs.next(source.len(), 'x', None));
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nul,
    Bom,
    Bidi,
    Invisible,
    Stray,
}

fn has_lone_return(source: &str) -> bool {
    let bytes = source.as_bytes();
    source.contains('\r') && bytes.iter().enumerate().any(|(i, b)| *b == b'\r' && bytes.get(i + 1) != Some(&b'\n'))
}

fn kind(c: char, at: usize, before: Option<char>, after: Option<char>) -> Option<Kind> {
    match c {
        '\0' => Some(Kind::Nul),
        '\u{FEFF}' if at == 0 => Some(Kind::Bom),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Kind::Bidi),
        '\t' | '\n' => None,
        '\r' if after == Some('\n') => None,
        _ if !unseen::is_unseen(c) || unseen::belongs(c, before, after) => None,
        _ if unseen::is_of_scripts(c) => Some(Kind::Stray),
        _ => Some(Kind::Invisible),
    }
}

/// A character as people can look it up: `U+201C LEFT DOUBLE QUOTATION MARK`, the name where it is one that editors and
/// keyboards put in the place of another.
pub fn code(c: char) -> String {
    let name = NAMES.iter().find(|(known, ..)| *known == c).map_or("", |(_, name, _)| name);
    format!("U+{:04X} {name}", u32::from(c)).trim_end().to_owned()
}

/// The ASCII text that `c` was probably meant to be.
pub fn plain_form(c: char) -> Option<&'static str> {
    NAMES.iter().find(|(known, ..)| *known == c).map(|(.., plain)| *plain)
}

/// Characters that look like one of ASCII, with their names.
const NAMES: &[(char, &str, &str)] = &[
    ('\u{a0}', "NO-BREAK SPACE", " "),
    ('\u{2002}', "EN SPACE", " "),
    ('\u{2003}', "EM SPACE", " "),
    ('\u{2009}', "THIN SPACE", " "),
    ('\u{202f}', "NARROW NO-BREAK SPACE", " "),
    ('\u{3000}', "IDEOGRAPHIC SPACE", " "),
    ('\u{2018}', "LEFT SINGLE QUOTATION MARK", "'"),
    ('\u{2019}', "RIGHT SINGLE QUOTATION MARK", "'"),
    ('\u{201c}', "LEFT DOUBLE QUOTATION MARK", "\""),
    ('\u{201d}', "RIGHT DOUBLE QUOTATION MARK", "\""),
    ('\u{201e}', "DOUBLE LOW-9 QUOTATION MARK", "\""),
    ('\u{2013}', "EN DASH", "-"),
    ('\u{2014}', "EM DASH", "-"),
    ('\u{2212}', "MINUS SIGN", "-"),
    ('\u{2260}', "NOT EQUAL TO", "!="),
    ('\u{2264}', "LESS-THAN OR EQUAL TO", "<="),
    ('\u{2265}', "GREATER-THAN OR EQUAL TO", ">="),
    ('\u{430}', "CYRILLIC SMALL LETTER A", "a"),
    ('\u{435}', "CYRILLIC SMALL LETTER IE", "e"),
    ('\u{43e}', "CYRILLIC SMALL LETTER O", "o"),
    ('\u{440}', "CYRILLIC SMALL LETTER ER", "p"),
    ('\u{441}', "CYRILLIC SMALL LETTER ES", "c"),
    ('\u{443}', "CYRILLIC SMALL LETTER U", "y"),
    ('\u{445}', "CYRILLIC SMALL LETTER HA", "x"),
    ('\u{456}', "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I", "i"),
    ('\u{458}', "CYRILLIC SMALL LETTER JE", "j"),
    ('\u{455}', "CYRILLIC SMALL LETTER DZE", "s"),
    ('\u{410}', "CYRILLIC CAPITAL LETTER A", "A"),
    ('\u{415}', "CYRILLIC CAPITAL LETTER IE", "E"),
    ('\u{41e}', "CYRILLIC CAPITAL LETTER O", "O"),
    ('\u{3bf}', "GREEK SMALL LETTER OMICRON", "o"),
];

/// Neighbours of one kind make one finding.
struct Runs<'t> {
    text: &'t Text,
    start: usize,
    end: usize,
    kind: Option<Kind>,
}

impl Runs<'_> {
    /// Whether what stands at `span` keeps two braces from being a tag, or two lines from being one: to delete it would
    /// make something of the text that it is not.
    fn holds_apart(&self, span: Span) -> bool {
        let source = self.text.as_str();
        let shown = |c: &char| !unseen::is_unseen(*c) || matches!(c, '\t' | '\n' | '\r');
        let before = source[..span.start as usize].chars().rev().find(shown);
        let after = source[span.end as usize..].chars().find(shown);
        let opens = before == Some('{') && matches!(after, Some('{' | '%' | '#'));
        let closes = matches!(before, Some('}' | '%' | '#')) && after == Some('}');
        opens || closes || self.text.slice(span).contains(['\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'])
    }

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
                "delete it; joiners and direction marks may stand between letters or emoji only, and one variation selector after an emoji",
            ),
        };
        let finding = Finding::new(rule, Place::new(self.text, span), message).help(help);
        if self.holds_apart(span) { finding } else { finding.fix(vec![(span, String::new())]) }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn found(content: &str) -> Vec<(&'static str, u32, u32)> {
        let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), content);
        faults(&text, 1 << 20).findings.iter().map(|f| (f.rule, f.at.span.start, f.at.span.end)).collect()
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
    fn nothing_unseen_passes() {
        let ranges = [
            (1, 8),
            (0xb, 0xc),
            (0xe, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x17b4, 0x17b5),
            (0x180b, 0x180f),
            (0x2028, 0x2029),
            (0x2060, 0x2064),
            (0x206a, 0x206f),
            (0x2800, 0x2800),
            (0x3164, 0x3164),
            (0xfe00, 0xfe0f),
            (0xffa0, 0xffa0),
            (0xfff9, 0xfffc),
            (0x1bca0, 0x1bca3),
            (0x1d173, 0x1d17a),
            (0xe0100, 0xe01ef),
        ];
        for c in ranges.iter().flat_map(|&(from, to)| from..=to).filter_map(char::from_u32) {
            for text in [format!("a{c} b"), format!("{c}"), format!("{{{c}{{ x }}}}")] {
                let at = text.find(c).unwrap();
                let (start, end) = (u32::try_from(at).unwrap(), u32::try_from(at + c.len_utf8()).unwrap());
                assert_eq!(found(&text), [("character-invisible", start, end)], "U+{:04X} in {text:?}", u32::from(c));
                assert!(crate::escape::is_hidden(c) || is_of_scripts(c), "U+{:04X} is shown as it is", u32::from(c));
            }
        }
        assert_eq!(found("a\rb\r\nc"), [("character-invisible", 1, 2)]);
        assert_eq!(
            found("\u{2764}\u{FE0F}\u{FE0E}\u{FE0F} x\u{FE0F}"),
            [("character-invisible", 6, 12), ("character-invisible", 14, 17)]
        );
    }

    #[test]
    fn what_scripts_and_emoji_need_is_fine() {
        for text in [
            "❤\u{FE0F} ☎\u{FE0E} 1\u{FE0F}\u{20E3} ©\u{FE0F} 🏳\u{FE0F}\u{200D}🌈 👁\u{FE0F}\u{200D}🗨\u{FE0F} ™\u{FE0F} ㊗\u{FE0F}",
            "ᠮᠣᠩᠭᠣᠯ\u{180B} ᠪᠢᠴᠢᠭ",
            "⠓⠑⠇⠇⠕\u{2800}⠺⠕⠗⠇⠙",
            "line\r\nline\r\n",
            "a\tb",
            "שלום\u{200F}א",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn deleting_never_makes_a_tag() {
        let fixes = |content: &str| {
            let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), content);
            faults(&text, 1 << 20).findings.iter().filter(|f| f.fix.is_some()).count()
        };
        for text in [
            "{\u{200B}{ x }}",
            "{\u{200B}% x",
            "{\u{AD}\u{202E}# x",
            "{{ x }\u{200B}}",
            "x %\u{2060}}",
            "a\rb",
            "a\u{2028}b",
        ] {
            assert_eq!(fixes(text), 0, "{text:?}");
        }
        assert_eq!(fixes("{ \u{200B}{ na\u{200B}me }"), 2);
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
            |mode, bytes: &[u8]| read(&path, &File { mode, bytes: bytes.into() }, 9).map(|_| ()).unwrap_err().rule;
        assert_eq!(rule(Mode::Symlink, b"b.md"), "file-not-regular");
        assert_eq!(rule(Mode::Executable, b""), "file-not-regular");
        assert_eq!(rule(Mode::Regular, b"ten bytes!"), "too-complex");
        let fault = read(&path, &File { mode: Mode::Regular, bytes: b"ab\xffc"[..].into() }, 9).unwrap_err();
        assert_eq!((fault.rule, fault.at.span), ("file-not-utf8", Span::new(2, 5)));
    }

    #[test]
    fn rows_may_hold_what_hides_but_no_nul_and_no_mark() {
        let found = |content: &str| {
            let faults = faults_of_data(&Text::new(RepoPath::new("evals/data/a.csv").unwrap(), content));
            (faults.findings.iter().map(|f| f.rule).collect::<Vec<_>>(), faults.fatal)
        };
        assert_eq!(found("a\u{202E}b\u{200B}"), (vec![], false));
        assert_eq!(found("\u{FEFF}a\0\u{FEFF}"), (vec!["file-has-bom", "file-has-nul"], true));
    }
}
