//! Passages that stand in more than one text, nearly word for word.
//!
//! Texts are cut into words, and every run of [`SHINGLE`] words is hashed. Of each window of neighbouring hashes the
//! smallest is kept (winnowing: Schleimer, Wilkerson and Aiken, SIGMOD 2003), so that whatever two texts share beyond
//! [`SHINGLE`] + [`WINDOW`] − 1 words is sure to leave a common mark. Where marks that other texts have too lie close
//! together there is a passage, small differences bridged. The work is linear in the bytes: only the few marks that may be
//! common are ever sorted.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use prompt::stack;

/// A stretch of one of the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    /// Which text.
    pub(crate) text: usize,
    /// Its bytes.
    pub(crate) at: Range<usize>,
}

const SHINGLE: usize = 8;
const WINDOW: usize = 8;
/// A passage worth a block: about three lines.
const WORDS: usize = 40;
/// What winnowing is sure to see of it before it is grown.
const LEAST: usize = WORDS - 2 * WINDOW;
/// Marks farther apart than this many words belong to different passages.
const GAP: usize = 24;

/// A kept hash and the word at which its run starts.
#[derive(Clone, Copy, Default)]
struct Mark {
    hash: u64,
    word: u32,
}

/// One text's words that count, and its marks.
struct Sketch {
    words: Vec<Word>,
    marks: Vec<Mark>,
}

#[derive(Clone, Copy)]
struct Word {
    start: u32,
    end: u32,
    /// 0 where the text is interrupted: a tag, a marker, the front matter's end.
    hash: u64,
}

/// Groups of passages that share their words, each in at least two texts; in the order of the first.
pub(crate) fn shared(texts: &[&str]) -> Vec<Vec<Passage>> {
    let sketches = stack::for_each(texts, |text| Sketch::of(text));
    let common = common_hashes(&sketches);
    let numbered: Vec<(usize, &Sketch)> = sketches.iter().enumerate().collect();
    let found = stack::for_each(&numbered, |(text, sketch)| stretches(*text, sketch, &common));
    let mut groups: BTreeMap<u64, Vec<Stretch>> = BTreeMap::new();
    for stretch in found.into_iter().flatten() {
        groups.entry(stretch.label).or_default().push(stretch);
    }
    let several = |group: &Vec<Stretch>| group.iter().any(|s| s.text != group[0].text);
    let mut groups: Vec<Vec<Passage>> =
        groups.into_values().filter(several).filter_map(|group| passages(&group, &sketches)).collect();
    groups.sort_by_key(|group| (group[0].text, group[0].at.start));
    groups
}

/// Words of one text between marks that other texts have too.
#[derive(Clone, Copy)]
struct Stretch {
    text: usize,
    first: usize,
    /// One past the last.
    end: usize,
    /// The smallest of its marks, by which stretches find each other.
    label: u64,
}

/// The passages of a group, grown to both sides as far as the words agree; `None` where they stay too short.
fn passages(group: &[Stretch], sketches: &[Sketch]) -> Option<Vec<Passage>> {
    let grown = group.iter().enumerate().map(|(n, stretch)| {
        let other = &group[usize::from(n == 0)];
        let (a, b) = (&sketches[stretch.text].words, &sketches[other.text].words);
        let agree = |i: usize, j: usize| a[i].hash != 0 && a[i].hash == b[j].hash;
        let (mut first, mut i) = (stretch.first, other.first);
        if agree(first, i) {
            while first > 0 && i > 0 && agree(first - 1, i - 1) {
                (first, i) = (first - 1, i - 1);
            }
        }
        let (mut end, mut i) = (stretch.end, other.end);
        if agree(end - 1, i - 1) {
            while end < a.len() && i < b.len() && agree(end, i) {
                (end, i) = (end + 1, i + 1);
            }
        }
        (stretch.text, &a[first..end])
    });
    let long: Vec<_> = grown.filter(|(_, words)| words.len() >= WORDS).collect();
    let passage = |(text, words): (usize, &[Word])| {
        let at = words[0].start as usize..words[words.len() - 1].end as usize;
        Passage { text, at }
    };
    let several = long.iter().any(|(text, _)| *text != long[0].0);
    several.then(|| long.into_iter().map(passage).collect())
}

/// The hashes that at least two texts have, sorted.
///
/// Most marks stand in one text alone. A bit for each (a Bloom filter of one hash) tells most of those apart, so that only
/// what is left is sorted: of 10,000 prompts a twentieth.
fn common_hashes(sketches: &[Sketch]) -> Vec<u64> {
    let all = || sketches.iter().flat_map(|sketch| &sketch.marks).map(|mark| mark.hash);
    let (mut once, mut again) = (Bits::for_many(all().count()), Vec::new());
    for hash in all() {
        if !once.add(hash) {
            again.push(hash);
        }
    }
    let mut candidates = Bits::for_many(again.len());
    again.into_iter().for_each(|hash| {
        candidates.add(hash);
    });
    let numbered: Vec<(usize, &Sketch)> = sketches.iter().enumerate().collect();
    let left = stack::for_each(&numbered, |(text, sketch)| {
        let repeated = sketch.marks.iter().filter(|mark| candidates.has(mark.hash));
        repeated.map(|mark| (mark.hash, *text)).collect::<Vec<_>>()
    });
    let mut left: Vec<(u64, usize)> = left.into_iter().flatten().collect();
    left.sort_unstable();
    let mut common: Vec<u64> =
        left.windows(2).filter(|w| w[0].0 == w[1].0 && w[0].1 != w[1].1).map(|w| w[0].0).collect();
    common.dedup();
    common
}

/// A set of hashes that may say yes too often, never no.
struct Bits(Vec<u64>);

impl Bits {
    /// Room for so many with few mistakes.
    fn for_many(hashes: usize) -> Self {
        Self(vec![0; (hashes / 4).next_power_of_two()])
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let words = self.0.len() as u64;
        (usize::try_from((hash >> 6) & (words - 1)).unwrap_or(0), 1 << (hash & 63))
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.0[word] & bit != 0
    }

    /// Whether it was not there yet, as far as can be told.
    fn add(&mut self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

/// The stretches of one text whose marks other texts have too.
fn stretches(text: usize, sketch: &Sketch, common: &[u64]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut last = 0;
    for mark in sketch.marks.iter().filter(|mark| common.binary_search(&mark.hash).is_ok()) {
        let first = mark.word as usize;
        let end = (first + SHINGLE).min(sketch.words.len());
        match found.last_mut() {
            Some(open) if first - last <= GAP && !sketch.is_interrupted(last, first) => {
                open.end = end;
                open.label = open.label.min(mark.hash);
            }
            _ => found.push(Stretch { text, first, end, label: mark.hash }),
        }
        last = first;
    }
    found.retain(|stretch| stretch.end - stretch.first >= LEAST);
    found
}

impl Sketch {
    fn of(text: &str) -> Self {
        let words = words(text);
        let mut marks: Vec<Mark> = Vec::with_capacity(words.len() / 4);
        let mut window = Window::default();
        // The hash of a run is a polynomial in its words, so that the next run's follows from it in two steps.
        let (mut hash, mut run) = (0_u64, 0);
        for (at, word) in words.iter().enumerate() {
            if word.hash == 0 {
                (hash, run) = (0, 0);
                window.clear();
                continue;
            }
            hash = hash.wrapping_mul(BASE).wrapping_add(word.hash);
            run += 1;
            if run > SHINGLE {
                hash = hash.wrapping_sub(words[at - SHINGLE].hash.wrapping_mul(BASE_TO_SHINGLE));
            }
            if run < SHINGLE {
                continue;
            }
            let start = u32::try_from(at + 1 - SHINGLE).unwrap_or(u32::MAX);
            if let Some(smallest) = window.push(Mark { hash: mix(hash), word: start })
                && marks.last().is_none_or(|last| last.word != smallest.word)
            {
                marks.push(smallest);
            }
        }
        Self { words, marks }
    }

    fn is_interrupted(&self, from: usize, to: usize) -> bool {
        self.words[from..to].iter().any(|word| word.hash == 0)
    }
}

/// An odd number without a pattern, and what it is to the power of [`SHINGLE`].
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const BASE_TO_SHINGLE: u64 = BASE.wrapping_pow(SHINGLE as u32);

/// The last [`WINDOW`] marks, of which the smallest is known.
#[derive(Default)]
struct Window {
    last: [Mark; WINDOW],
    seen: usize,
    smallest: Mark,
}

impl Window {
    fn clear(&mut self) {
        self.seen = 0;
    }

    /// The smallest mark, the latest of several, once the window is full.
    fn push(&mut self, mark: Mark) -> Option<Mark> {
        self.last[self.seen % WINDOW] = mark;
        self.seen += 1;
        let left = self.smallest.word as usize + WINDOW <= mark.word as usize;
        if self.seen == 1 || mark.hash <= self.smallest.hash {
            self.smallest = mark;
        } else if left {
            let order = |mark: &&Mark| (mark.hash, Reverse(mark.word));
            self.smallest = self.last.iter().min_by_key(order).copied().unwrap_or_default();
        }
        (self.seen >= WINDOW).then_some(self.smallest)
    }
}

/// The words of the body; front matter, tags and markers interrupt.
fn words(text: &str) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words = Vec::with_capacity(bytes.len() / 6);
    let mut at = body(text);
    while at < bytes.len() {
        if bytes[at] == b'{' && matches!(bytes.get(at + 1), Some(b'%' | b'#' | b'{')) {
            let close = match bytes[at + 1] {
                b'%' => "%}",
                b'#' => "#}",
                _ => "}}",
            };
            let end = text[at..].find(close).map_or(bytes.len(), |n| at + n + 2);
            // A printed value is a word like any other; statements and markers interrupt.
            let is_value = bytes[at + 1] == b'{' && !marker(&text[at..end]);
            words.push(Word { start: fit(at), end: fit(end), hash: if is_value { hash(&bytes[at..end]) } else { 0 } });
            at = end;
            continue;
        }
        let start = at;
        let mut hash = FNV_OFFSET;
        while let Some(&byte) = bytes.get(at) {
            match FOLDED[byte as usize] {
                WHITE => break,
                SILENT if byte == b'{' && at > start => break,
                SILENT => {}
                folded => hash = (hash ^ u64::from(folded)).wrapping_mul(FNV_PRIME),
            }
            at += 1;
        }
        if at > start {
            words.push(Word { start: fit(start), end: fit(at), hash: hash.max(1) });
        } else {
            at += 1;
        }
    }
    words
}

fn marker(tag: &str) -> bool {
    let inner = tag.trim_start_matches("{{").trim_start();
    inner.starts_with("role(") || inner.starts_with("turns(")
}

/// Where the front matter ends.
fn body(text: &str) -> usize {
    if !text.starts_with("---") {
        return 0;
    }
    text.find("\n---").map_or(0, |end| text[end + 1..].find('\n').map_or(text.len(), |n| end + 1 + n))
}

/// FNV-1a over the letters and digits in lower case, so that neither case nor punctuation hides a copy; never 0.
fn hash(word: &[u8]) -> u64 {
    let heard = word.iter().map(|&b| FOLDED[b as usize]).filter(|&b| b > SILENT);
    heard.fold(FNV_OFFSET, |hash, b| (hash ^ u64::from(b)).wrapping_mul(FNV_PRIME)).max(1)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// What each byte counts as: itself in lower case, white space, or nothing.
const FOLDED: [u8; 256] = {
    let mut table = [SILENT; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        if byte.is_ascii_whitespace() {
            table[b] = WHITE;
        } else if byte.is_ascii_alphanumeric() || byte >= 0x80 {
            table[b] = byte.to_ascii_lowercase();
        }
        b += 1;
    }
    table
};
const WHITE: u8 = 0;
const SILENT: u8 = 1;

/// The finaliser of MurmurHash3.
fn mix(mut n: u64) -> u64 {
    n = (n ^ (n >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    n = (n ^ (n >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    n ^ (n >> 33)
}

fn fit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(seed: usize, words: usize) -> String {
        (0..words).map(|n| format!("w{} ", mix((seed * 10_000 + n) as u64) % 5_000)).collect()
    }

    #[test]
    fn a_long_passage_is_found_with_small_differences_and_a_short_one_is_not() {
        let common = prose(1, 60);
        let edited = common.replacen(common.split(' ').nth(30).unwrap(), "other", 1).to_uppercase();
        let a = format!("{} {common} {}", prose(2, 100), prose(3, 50));
        let b = format!("{} {edited} {}", prose(4, 10), prose(5, 80));
        let c = format!("{} {} {}", prose(6, 30), prose(1, 25), prose(7, 30));
        let groups = shared(&[&a, &b, &c]);
        assert_eq!(groups.len(), 1);
        let texts: Vec<_> = groups[0].iter().map(|p| p.text).collect();
        assert_eq!(texts, [0, 1]);
        let found = &a[groups[0][0].at.clone()];
        assert!(found.split(' ').count() >= 50, "{found}");
        assert!(common.contains(&found[..20]));
    }

    #[test]
    fn tags_and_front_matter_are_no_common_text() {
        let tags = "{% include \"blocks/a.md\" %}\n".repeat(60);
        let front = format!("---\n{}\n---\n", prose(1, 80));
        assert!(shared(&[&tags, &tags]).is_empty());
        assert!(shared(&[&front, &front]).is_empty());
        let twice = format!("{0} {{% if x %}} {0}", prose(1, 60));
        assert!(shared(&[&twice, &prose(2, 60)]).is_empty(), "a text that repeats itself shares nothing with others");
    }
}
