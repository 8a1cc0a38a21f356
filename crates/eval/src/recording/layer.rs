//! Where recorded lines are: at hand, in a long file that is left where it lies, or on the shelf.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead as _, Read as _};

use source::{Bytes, Digest, Span, Text};

use super::Entry;
use crate::shelf::Put;

/// Lines by their keys.
#[derive(Debug, Clone)]
pub(super) enum Layer {
    Near(Near),
    Sorted(std::sync::Arc<Sorted>),
    Listed(std::sync::Arc<Listed>),
}

/// Lines at hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Near {
    /// The file that was read.
    pub(super) text: Option<Text>,
    pub(super) lines: BTreeMap<Digest, Line>,
}

/// Where the line of an entry is.
#[derive(Debug, Clone)]
pub(super) enum Line {
    /// In the file.
    Read(Span),
    /// Here.
    Added(Box<str>),
}

/// A long file in the order of its keys: every sixteenth line is marked, which is a byte a line.
#[derive(Debug)]
pub(super) struct Sorted {
    bytes: Bytes,
    /// The beginning of a line's key, and where the line begins.
    marks: Vec<(u64, u64)>,
    count: usize,
    end: u64,
}

/// Lines in no order, each with its place: twenty-four bytes a line.
#[derive(Debug)]
pub(super) struct Listed {
    /// The file that they stand in; none where they lie on the shelf.
    file: Option<Bytes>,
    /// Chunks, so that growing never takes twice the memory.
    slots: Vec<Vec<Slot>>,
    /// The slots by key, once nothing more is added.
    order: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: [u32; 2],
    place: [u32; 2],
    len: u32,
}

/// How many lines of a sorted file share a mark.
const STEP: usize = 16;
/// How many slots a chunk has.
const CHUNK: usize = 1 << 14;
/// How a line that this program wrote begins.
const HEAD: &str = "{\"key\":\"";

impl Layer {
    /// The line under `key`.
    pub(super) fn find(&self, key: &Digest) -> Option<String> {
        match self {
            Self::Near(near) => near.lines.get(key).map(|line| near.line(line).to_owned()),
            Self::Sorted(sorted) => sorted.find(key),
            Self::Listed(listed) => listed.find(key),
        }
    }

    /// How many keys there are; of lines that stand twice each counts.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Near(near) => near.lines.len(),
            Self::Sorted(sorted) => sorted.count,
            Self::Listed(listed) => listed.len(),
        }
    }

    /// Every line, by key.
    pub(super) fn lines(&self) -> Box<dyn Iterator<Item = (Digest, String)> + '_> {
        match self {
            Self::Near(near) => Box::new(near.lines.iter().map(|(key, line)| (*key, near.line(line).to_owned()))),
            Self::Sorted(sorted) => Box::new(sorted.lines()),
            Self::Listed(listed) => Box::new(listed.lines()),
        }
    }
}

impl Near {
    fn line<'a>(&'a self, line: &'a Line) -> &'a str {
        match line {
            Line::Read(span) => self.text.as_ref().map_or("", |text| text.slice(*span)),
            Line::Added(line) => line,
        }
    }
}

/// Reads the lines of `bytes` after the first `from` bytes where they lie; `None` where one is no entry, or a key stands
/// twice with different answers. A last line without its end counts only where `cut` is not set.
pub(super) fn long(bytes: &Bytes, from: u64, cut: bool) -> Option<Layer> {
    let mut sorted = Sorted { bytes: bytes.clone(), marks: Vec::new(), count: 0, end: 0 };
    let mut listed = Listed::new(Some(bytes.clone()));
    let (mut ascending, mut before) = (true, None);
    let mut each = |at: u64, line: &str| {
        let entry: Entry = serde_json::from_str(line).ok()?;
        let plain = key_of(line) == Some(entry.key);
        if ascending && plain && before.is_none_or(|before| before < entry.key) {
            if sorted.count.is_multiple_of(STEP) {
                sorted.marks.push((start(&entry.key), at));
            }
        } else {
            // Lines that another program wrote have to be found by what they say.
            ascending = plain.then_some(false)?;
        }
        sorted.count += 1;
        before = Some(entry.key);
        Some(())
    };
    let end = walk(bytes, from, cut, &mut each)?;
    sorted.end = end;
    if ascending {
        return Some(Layer::Sorted(sorted.into()));
    }
    let mut each = |at: u64, line: &str| {
        listed.list(&key_of(line)?, at, u32::try_from(line.len()).ok()?);
        Some(())
    };
    walk(bytes, from, cut, &mut each)?;
    listed.close();
    (!listed.contradicts()).then(|| Layer::Listed(listed.into()))
}

/// Gives every line to `each` with its place, until it says `None`; tells where the last one ends.
fn walk(bytes: &Bytes, from: u64, cut: bool, each: &mut dyn FnMut(u64, &str) -> Option<()>) -> Option<u64> {
    let mut reader = bytes.reader();
    std::io::copy(&mut (&mut reader).take(from), &mut std::io::sink()).ok()?;
    let (mut at, mut line) = (from, String::new());
    loop {
        line.clear();
        let read = reader.read_line(&mut line).ok()?;
        if read == 0 || (cut && !line.ends_with('\n')) {
            return Some(at);
        }
        if !line.trim().is_empty() {
            each(at, line.trim_end())?;
        }
        at += read as u64;
    }
}

/// The key at the beginning of a line as this program writes it.
fn key_of(line: &str) -> Option<Digest> {
    Digest::from_tagged(line.strip_prefix(HEAD)?.split('"').next()?).ok()
}

fn start(key: &Digest) -> u64 {
    u64::from_be_bytes(key.as_bytes()[..8].try_into().unwrap_or_default())
}

fn piece(bytes: &Bytes, place: u64, len: usize) -> Vec<u8> {
    let mut piece = vec![0; len];
    match bytes {
        Bytes::There(large) => {
            let read = large.read_at(&mut piece, place);
            piece.truncate(read);
        }
        Bytes::Here(all) => {
            let from = usize::try_from(place).unwrap_or(usize::MAX);
            piece = all.get(from..from.saturating_add(len)).unwrap_or_default().to_vec();
        }
    }
    piece
}

impl Sorted {
    fn find(&self, key: &Digest) -> Option<String> {
        let wanted = start(key);
        let first = self.marks.partition_point(|(mark, _)| *mark < wanted).saturating_sub(1);
        let last = self.marks.partition_point(|(mark, _)| *mark <= wanted);
        let from = self.marks.get(first)?.1;
        let to = self.marks.get(last).map_or(self.end, |(_, at)| *at);
        let piece = piece(&self.bytes, from, usize::try_from(to - from).ok()?);
        let text = std::str::from_utf8(&piece).ok()?;
        text.lines().find(|line| key_of(line) == Some(*key)).map(str::to_owned)
    }

    fn lines(&self) -> impl Iterator<Item = (Digest, String)> + '_ {
        let end = |n: usize| self.marks.get(n + 1).map_or(self.end, |(_, at)| *at);
        self.marks.iter().enumerate().flat_map(move |(n, (_, from))| {
            let piece = piece(&self.bytes, *from, usize::try_from(end(n) - from).unwrap_or(0));
            let text = String::from_utf8(piece).unwrap_or_default();
            text.lines().filter_map(|line| Some((key_of(line)?, line.to_owned()))).collect::<Vec<_>>()
        })
    }
}

impl Listed {
    pub(super) const fn new(file: Option<Bytes>) -> Self {
        Self { file, slots: Vec::new(), order: Vec::new() }
    }

    /// Puts a line on the shelf; `false` where it does not take it.
    pub(super) fn put(&mut self, key: &Digest, line: &str) -> bool {
        let Some(put) = Put::aside(line.as_bytes()) else { return false };
        let (place, len) = put.place();
        self.list(key, place, len);
        true
    }

    fn list(&mut self, key: &Digest, place: u64, len: u32) {
        if self.slots.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.slots.push(Vec::with_capacity(CHUNK));
        }
        let halves =
            |n: u64| [u32::try_from(n >> 32).unwrap_or(0), u32::try_from(n & u64::from(u32::MAX)).unwrap_or(0)];
        let slot = Slot { key: halves(start(key)), place: halves(place), len };
        if let Some(chunk) = self.slots.last_mut() {
            chunk.push(slot);
        }
    }

    /// Nothing more is added.
    pub(super) fn close(&mut self) {
        self.order = self.by_key();
    }

    /// The slots by key; of one key the later line stands after the earlier one.
    fn by_key(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by_key(|n| (self.slot(*n).key, *n));
        order
    }

    fn is_closed(&self) -> bool {
        self.order.len() == self.len()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.last().map_or(0, |last| (self.slots.len() - 1) * CHUNK + last.len())
    }

    fn slot(&self, n: u32) -> Slot {
        self.slots[n as usize / CHUNK][n as usize % CHUNK]
    }

    fn line(&self, n: u32) -> String {
        let Slot { place: [high, low], len, .. } = self.slot(n);
        let place = u64::from(high) << 32 | u64::from(low);
        let bytes = match &self.file {
            Some(file) => piece(file, place, len as usize),
            None => Put::at(place, len).back(),
        };
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn find(&self, key: &Digest) -> Option<String> {
        let wanted = start(key);
        let wanted =
            [u32::try_from(wanted >> 32).unwrap_or(0), u32::try_from(wanted & u64::from(u32::MAX)).unwrap_or(0)];
        let fits = |n: u32| (self.slot(n).key == wanted).then(|| self.line(n)).filter(|l| key_of(l) == Some(*key));
        if self.is_closed() {
            let from = self.order.partition_point(|n| self.slot(*n).key < wanted);
            let to = self.order.partition_point(|n| self.slot(*n).key <= wanted);
            return self.order[from..to].iter().rev().find_map(|n| fits(*n));
        }
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).rev().find_map(fits)
    }

    /// Whether a key stands twice with different answers.
    fn contradicts(&self) -> bool {
        let alike = |pair: &&[u32]| self.slot(pair[0]).key == self.slot(pair[1]).key;
        self.order.windows(2).filter(alike).any(|pair| {
            let (one, two) = (self.line(pair[0]), self.line(pair[1]));
            key_of(&one) == key_of(&two) && serde_json::from_str::<Entry>(&one).ok() != serde_json::from_str(&two).ok()
        })
    }

    fn lines(&self) -> impl Iterator<Item = (Digest, String)> + '_ {
        let order = if self.is_closed() { Cow::Borrowed(&self.order) } else { Cow::Owned(self.by_key()) };
        let mut from = 0;
        // Keys that begin alike, and lines of one key, of which the last counts.
        let groups = std::iter::from_fn(move || {
            let group = order[from..].chunk_by(|a, b| self.slot(*a).key == self.slot(*b).key).next()?;
            from += group.len();
            let lines = group.iter().map(|n| self.line(*n));
            Some(lines.filter_map(|line| Some((key_of(&line)?, line))).collect::<BTreeMap<_, _>>())
        });
        groups.flatten()
    }
}
