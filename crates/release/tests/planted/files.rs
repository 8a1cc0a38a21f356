//! The good files, and a fault's file: what was planted where, and every file that differs from the good ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use check::Live;
use source::{File, Mode, RepoPath, Snapshot};

/// A fault as its file tells it.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    /// What must be found.
    pub(crate) rule: String,
    /// What was done, for people.
    pub(crate) what: String,
    /// In which file.
    pub(crate) path: String,
    /// Line and column at which it starts.
    pub(crate) at: (u32, u32),
    /// Line and column at which it ends, where that is told.
    pub(crate) end: Option<(u32, u32)>,
    /// Rules that say the same in their own way.
    pub(crate) also: Vec<String>,
    /// Whether the good files were released.
    pub(crate) released: bool,
    /// What is live.
    pub(crate) live: Vec<Live>,
    /// The files that differ; `None` where one is gone.
    pub(crate) files: BTreeMap<String, Option<(Mode, Vec<u8>)>>,
}

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted").join(name)
}

/// The repository without a fault.
pub(crate) fn good() -> &'static Snapshot {
    static GOOD: LazyLock<Snapshot> = LazyLock::new(read_good);
    &GOOD
}

fn read_good() -> Snapshot {
    let mut snapshot = Snapshot { name: "the good files".to_owned(), ..Snapshot::default() };
    gather(&folder("good"), "", &mut |path, bytes| {
        let file = File { mode: Mode::Regular, bytes: bytes.into() };
        snapshot.files.insert(RepoPath::new(path).unwrap(), file);
    });
    snapshot
}

/// The files of the faults, by name.
pub(crate) fn on_disk() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    gather(&folder("faults"), "", &mut |name, bytes| {
        files.insert(name.to_owned(), String::from_utf8(bytes).unwrap());
    });
    files
}

fn gather(folder: &Path, below: &str, take: &mut impl FnMut(&str, Vec<u8>)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            gather(&entry.path(), &path, take);
        } else {
            take(&path, std::fs::read(entry.path()).unwrap());
        }
    }
}

impl Planted {
    /// Where it must be found, for people.
    pub(crate) fn place(&self) -> String {
        let end = self.end.map_or_else(String::new, |(line, column)| format!("-{line}:{column}"));
        format!("{}:{}:{}{end}", self.path, self.at.0, self.at.1)
    }

    /// The good files with the fault in them.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = good().clone();
        for (path, file) in &self.files {
            let path = RepoPath::new(path).unwrap();
            match file {
                None => drop(snapshot.files.remove(&path)),
                Some((mode, bytes)) => {
                    snapshot.files.insert(path, File { mode: *mode, bytes: bytes.as_slice().into() });
                }
            }
        }
        snapshot
    }

    /// The fault as a file: a head of `key: value` lines, and each file under a line `==== MODE PATH`.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("rule: {}\nwhat: {}\nat: {}\n", self.rule, self.what, self.place());
        for rule in &self.also {
            let _ = writeln!(text, "also: {rule}");
        }
        if self.released {
            text.push_str("released: yes\n");
        }
        for live in &self.live {
            let _ = writeln!(text, "live: {} {} {}", live.env, live.prompt, live.version);
        }
        for (path, file) in &self.files {
            match file {
                None => {
                    let _ = writeln!(text, "==== absent {path}");
                }
                Some((mode, bytes)) => {
                    let _ = writeln!(text, "==== {} {path}", word(*mode));
                    text.push_str(&escaped(bytes));
                    // What a link leads to has no line end; its line here has one.
                    if *mode == Mode::Symlink {
                        text.push('\n');
                    }
                }
            }
        }
        text
    }

    /// Reads what [`Planted::text`] writes.
    pub(crate) fn read(text: &str) -> Self {
        let mut planted = Self::default();
        let (head, files) = text.split_once("==== ").unwrap();
        for line in head.lines() {
            match line.split_once(": ").unwrap() {
                ("rule", rule) => planted.rule = rule.to_owned(),
                ("what", what) => planted.what = what.to_owned(),
                ("at", place) => (planted.path, planted.at, planted.end) = read_place(place),
                ("also", rule) => planted.also.push(rule.to_owned()),
                ("released", _) => planted.released = true,
                ("live", live) => planted.live.push(read_live(live)),
                (key, _) => panic!("no key `{key}`"),
            }
        }
        for file in files.split("\n==== ") {
            let (line, body) = file.split_once('\n').unwrap_or((file, ""));
            let (mode, path) = line.split_once(' ').unwrap();
            let modes = [Mode::Regular, Mode::Executable, Mode::Symlink];
            let mode = modes.into_iter().find(|m| word(*m) == mode);
            // The line end before the next file's line belongs to the body, which always ends with one.
            let body = if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") };
            let body = if mode == Some(Mode::Symlink) { body.trim_end_matches('\n') } else { &body };
            planted.files.insert(path.to_owned(), mode.map(|mode| (mode, unescaped(body))));
        }
        planted
    }
}

pub(crate) fn read_live(line: &str) -> Live {
    let words: Vec<&str> = line.split(' ').collect();
    let [env, prompt, version] = words[..] else { panic!("{line}: environment prompt version") };
    Live {
        env: env.parse().unwrap(),
        prompt: prompt.parse().unwrap(),
        version: version.parse().unwrap(),
        renamed: None,
    }
}

/// `path:line:column-line:column`; line and column are 1:1 where they are left out.
pub(crate) fn read_place(place: &str) -> (String, (u32, u32), Option<(u32, u32)>) {
    let two = |text: &str| {
        let (line, column) = text.split_once(':').unwrap();
        (line.parse().unwrap(), column.parse().unwrap())
    };
    let Some((path, at)) = place.split_once(':') else { return (place.to_owned(), (1, 1), None) };
    match at.split_once('-') {
        Some((start, end)) => (path.to_owned(), two(start), Some(two(end))),
        None => (path.to_owned(), two(at), None),
    }
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Regular => "file",
        Mode::Executable => "executable",
        Mode::Symlink => "symlink",
        Mode::Submodule => "submodule",
    }
}

/// Bytes as text in which everything is seen: what hides becomes `\u{…}`, what is not UTF-8 `\x{..}`.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' | '\t' => text.push(c),
                c if source::escape::is_hidden(c) || source::characters::is_of_scripts(c) => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{{{byte:02x}}}");
        }
    }
    text
}

pub(crate) fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let (code, is_char) = match (after.strip_prefix("\\u{"), after.strip_prefix("\\x{")) {
            (Some(code), _) => (code, true),
            (_, Some(code)) => (code, false),
            _ => {
                bytes.push(b'\\');
                rest = &after[1..];
                continue;
            }
        };
        let (hex, tail) = code.split_once('}').unwrap();
        let number = u32::from_str_radix(hex, 16).unwrap();
        if is_char {
            bytes.extend_from_slice(char::from_u32(number).unwrap().to_string().as_bytes());
        } else {
            bytes.push(u8::try_from(number).unwrap());
        }
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
