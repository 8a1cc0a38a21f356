//! Secrets, cut out by value wherever text leaves this crate.
//!
//! A model that is asked for its key may give it in another spelling: in base64 wherever in it the key begins, in hexadecimal,
//! with characters of it percent-encoded, escaped as in HTML or JSON, or over two lines. All of these are found in two
//! passes, whatever the number of keys and spellings. What is put in ways that no program decodes is not.

mod spelling;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use serde_json::Value;

use self::spelling::{Plain, Spelled, spellings};
use crate::Answer;

/// Shorter values are too common to cut out.
const SHORTEST: usize = 6;

/// Values that must never be written or shown, with the name to put in their place.
#[derive(Default)]
pub struct Secrets(RwLock<Known>);

#[derive(Default)]
struct Known {
    /// Names and values.
    values: Vec<(String, String)>,
    /// What finds them; none where there are none.
    search: Option<Search>,
}

/// Finds every spelling of every value.
struct Search {
    automaton: AhoCorasick,
    /// For each of its patterns, whose it is, and what it is.
    patterns: Vec<(usize, Spelled)>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Search {
    fn of(values: &[(String, String)]) -> Option<Self> {
        let (mut texts, mut patterns) = (Vec::new(), Vec::new());
        for (whose, (_, value)) in values.iter().enumerate() {
            for spelled in spellings(value) {
                texts.push(spelled.text.clone());
                patterns.push((whose, spelled));
            }
        }
        // In whatever letter case: a text may be printed in another than it came in.
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(texts).ok()?;
        Some(Self { automaton, patterns })
    }

    /// Where values stand in `text`, each with whose it is.
    fn places(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let mut found = Vec::new();
        self.look(text.as_bytes(), |range| range, &mut found);
        if let Some(plain) = Plain::of(text) {
            self.look(&plain.bytes, |range| plain.origin(range), &mut found);
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        found
    }

    fn look(
        &self,
        bytes: &[u8],
        origin: impl Fn(Range<usize>) -> Range<usize>,
        found: &mut Vec<(Range<usize>, usize)>,
    ) {
        for hit in self.automaton.find_overlapping_iter(bytes) {
            let (whose, spelled) = &self.patterns[hit.pattern().as_usize()];
            found.push((origin(spelled.whole(bytes, hit.range())), *whose));
        }
    }
}

impl Secrets {
    /// Remembers `value`, the secret of `name`.
    pub fn add(&self, name: &str, value: &str) {
        if value.len() >= SHORTEST {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            let entry = (name.to_owned(), value.to_owned());
            if !known.values.contains(&entry) {
                known.values.push(entry);
                known.search = Search::of(&known.values);
            }
        }
    }

    /// Remembers the user and password in an address.
    pub fn add_address(&self, address: &str) {
        let host = address.split("://").nth(1).unwrap_or(address);
        if let Some((credentials, _)) = host.rsplit_once('@') {
            self.add("proxy", credentials);
            if let Some((_, password)) = credentials.split_once(':') {
                self.add("proxy", password);
            }
        }
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// `text` without the secrets, in whatever letter case and spelling they stand.
    pub fn cut(&self, text: &str) -> String {
        self.cut_from(text).into_owned()
    }

    fn cut_from<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known();
        let places = known.search.as_ref().map(|search| search.places(text)).unwrap_or_default();
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut cut, mut at) = (String::with_capacity(text.len()), 0);
        for (range, whose) in places {
            if range.start >= at {
                cut += &text[at..range.start];
                cut += &format!("[key of {}]", known.values[whose].0);
            }
            at = at.max(range.end);
        }
        Cow::Owned(cut + &text[at..])
    }

    /// `answer` without the secrets, in every text that it holds.
    pub fn cut_answer(&self, answer: &mut Answer) {
        // Every field is named, so that a new one is thought of.
        let Answer { output, latency_ms: _, cost: _, finish_reason, usage: _, log_probs: _ } = answer;
        self.cut_value(output);
        if let Some(reason) = finish_reason {
            *reason = self.cut(reason);
        }
    }

    /// `value` without the secrets, in its texts and keys.
    pub fn cut_value(&self, value: &mut Value) {
        if self.known().search.is_none() {
            return;
        }
        match value {
            Value::String(text) => {
                if let Cow::Owned(cut) = self.cut_from(text) {
                    *text = cut;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|v| self.cut_value(v)),
            Value::Object(map) => {
                let entries = std::mem::take(map);
                map.extend(entries.into_iter().map(|(key, mut value)| {
                    self.cut_value(&mut value);
                    (self.cut(&key), value)
                }));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_cut_by_value() {
        let secrets = Secrets::default();
        secrets.add("openai", "sk-12345678");
        secrets.add("short", "abc");
        secrets.add_address("http://ada:hunter22@proxy:3128");
        let mut value = json!({ "a": ["my key is sk-12345678", { "sk-12345678": "abc" }], "b": "hunter22" });
        secrets.cut_value(&mut value);
        assert_eq!(
            value,
            json!({ "a": ["my key is [key of openai]", { "[key of openai]": "abc" }], "b": "[key of proxy]" })
        );
        assert_eq!(secrets.cut("é SK-12345678, sk-12345678é"), "é [key of openai], [key of openai]é");
    }

    #[test]
    fn other_spellings_are_cut_too() {
        let (secrets, key) = (Secrets::default(), "sk-a/b+C?d=é&90");
        secrets.add("openai", key);
        for (text, cut) in [
            // base64 at each of its three beginnings, padded or not, for addresses or not.
            ("c2stYS9iK0M/ZD3DqSY5MA==", "[key of openai]"),
            ("c2stYS9iK0M/ZD3DqSY5MA.", "[key of openai]."),
            ("a c2stYS9iK0M_ZD3DqSY5MA b", "a [key of openai] b"),
            ("eHNrLWEvYitDP2Q9w6kmOTA=", "e[key of openai]"),
            ("eHhzay1hL2IrQz9kPcOpJjkw", "eH[key of openai]"),
            ("eHhzay1hL2IrQz9kPcOpJjkweHg=", "eH[key of openai]eHg="),
            ("736b2d612f622b433f643dc3a9263930", "[key of openai]"),
            ("sk-a%2Fb%2BC%3Fd%3D%C3%A9%2690!", "[key of openai]!"),
            ("%73%6b%2D%61/b+C?d=é&amp;90", "[key of openai]"),
            ("<sk-a&#47;b&#x2B;C?d&equals;&#233;&amp;90>", "<[key of openai]>"),
            (r"sk-a\/b\u002bC?d=\u00e9&90", "[key of openai]"),
            ("over sk-a/b\r\n+C?d=é&90 lines", "over [key of openai] lines"),
            ("c2stYS9iK0M/\nZD3DqSY5MA==", "[key of openai]"),
            ("c2stYS9iK0M%2FZD3DqSY5MA%3D%3D", "[key of openai]"),
            ("twice sk-a/b+C?d=é&90, %73k-a/b+C?d=é&90", "twice [key of openai], [key of openai]"),
        ] {
            assert_eq!(secrets.cut(text), cut, "{text}");
        }
        for plain in ["100 % of it & more; a\\b \\u12 &#x; &; %zz %", "sk-a/b", "é\n\n%C3"] {
            assert_eq!(secrets.cut(plain), plain);
        }
    }

    #[test]
    fn a_short_key_is_cut_in_few_spellings_only() {
        let secrets = Secrets::default();
        secrets.add("short", "abcdef");
        assert_eq!(
            secrets.cut("abcdef YWJjZGVm 616263646566 a%62cdef"),
            "[key of short] [key of short] [key of short] [key of short]"
        );
        // Seven characters of base64 in the middle of others are met by chance.
        assert_eq!(secrets.cut("eGFiY2RlZg=="), "eGFiY2RlZg==");
    }

    #[test]
    fn keys_that_overlap_are_cut_as_one() {
        let secrets = Secrets::default();
        secrets.add("one", "abcdef");
        secrets.add("two", "cdefghij");
        assert_eq!(secrets.cut("xabcdefghijy"), "x[key of one]y");
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_search(text in "[%&#;xu\\\\0-9a-fé\n sk-]{0,80}") {
            let secrets = Secrets::default();
            secrets.add("a", "sk-0123é");
            let cut = secrets.cut(&text);
            proptest::prop_assert!(!cut.contains("sk-0123é"));
        }

        #[test]
        fn every_part_of_a_key_may_be_encoded(how in proptest::collection::vec(0_u8..6, 16)) {
            let (secrets, key) = (Secrets::default(), "sk-ABCDEF0123/+=");
            secrets.add("a", key);
            let one = |(c, how): (char, u8)| match how {
                0 => format!("%{:02x}", u32::from(c)),
                1 => format!("&#{};", u32::from(c)),
                2 => format!("&#x{:X};", u32::from(c)),
                3 => format!("\\u{:04x}", u32::from(c)),
                4 => format!("{c}\n"),
                _ => c.to_string(),
            };
            let text: String = key.chars().zip(how).map(one).collect();
            let cut = secrets.cut(&format!("<{text}>"));
            proptest::prop_assert_eq!(cut.replace('\n', ""), "<[key of a]>");
        }
    }

    #[test]
    fn every_text_of_an_answer_is_cut() {
        let secrets = Secrets::default();
        secrets.add("openai", "sk-12345678");
        let mut answer = Answer { finish_reason: Some("Sk-12345678".to_owned()), ..Answer::text("a sk-12345678") };
        secrets.cut_answer(&mut answer);
        assert_eq!(answer.finish_reason.as_deref(), Some("[key of openai]"));
        assert_eq!(answer.output, "a [key of openai]");
    }
}
