//! `regex`: an ECMAScript pattern without flags, searched anywhere in the output.
//!
//! ECMAScript's patterns backtrack: `^(a+)+$` takes longer than anybody waits on forty letters. A search that may do so runs
//! on a thread of its own, and where it does not end in time the pattern is given up: an error of the grader, said as such.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Grade, GradeError, Subject, fill, shown};
use crate::reference::Template;

/// How long a search may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longer patterns, and deeper ones, are refused before the parser sees them.
const MOST_CHARS: usize = 10_000;
const MOST_NESTED: usize = 100;
/// Up to this length one repetition of a letter or class is harmless.
const SHORT: usize = 4_000;
/// Up to this many ways to choose between alternatives are harmless.
const FEW_CHOICES: u64 = 64;
/// How many patterns may be given up: each goes on in a thread that nobody can stop, and has cost its second.
const MOST_LOST: usize = 5;
/// How many were.
static LOST: AtomicUsize = AtomicUsize::new(0);

/// A pattern.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Compiled when the suite was read.
    Ready(Arc<Search>),
    /// With variables in it.
    Template(Template),
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Search {
    regex: Arc<regress::Regex>,
    pattern: String,
    repetitions: usize,
    choices: u64,
    /// Whether a search did not end in time: no other one is begun.
    lost: AtomicBool,
}

/// Compiles `pattern` as `new RegExp(pattern)` does: over UTF-16 code units, since there is no `u` flag.
pub(super) fn compile(pattern: &str) -> Result<Search, String> {
    if pattern.chars().count() > MOST_CHARS {
        return Err(format!("it has more than {MOST_CHARS} characters"));
    }
    if nesting(pattern) > MOST_NESTED {
        return Err(format!("its groups are nested more than {MOST_NESTED} deep"));
    }
    let regex = regress::Regex::from_unicode(units(pattern).into_iter(), regress::Flags::default())
        .map_err(|e| e.to_string())?;
    let (repetitions, choices) = (repetitions(pattern), choices(pattern));
    let (regex, pattern, lost) = (Arc::new(regex), pattern.to_owned(), AtomicBool::new(false));
    Ok(Search { regex, pattern, repetitions, choices, lost })
}

impl Search {
    /// Whether it is plainly found in every text: what is found in an empty one, and asks for no place in it but its start
    /// or its end, is found at the start or the end of any other.
    pub(super) fn finds_everywhere(&self) -> bool {
        let pattern = self.pattern.as_str();
        let inner = pattern.strip_prefix('^').or_else(|| pattern.strip_suffix('$')).unwrap_or(pattern);
        let is_quick = self.choices <= FEW_CHOICES && self.repetitions <= 3;
        is_quick && !looks_around(inner) && self.regex.find("").is_some()
    }
}

/// The code units of `pattern`. Escapes that mean something else under the `u` flag are written out: half of a surrogate
/// pair stands for itself, and `\u` without four digits is the letter.
fn units(pattern: &str) -> Vec<u32> {
    let mut units = Vec::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let mut buffer = [0; 2];
        let mut push = |c: char| units.extend(c.encode_utf16(&mut buffer).iter().map(|unit| u32::from(*unit)));
        if c != '\\' {
            push(c);
            continue;
        }
        let escaped = rest.next();
        let digits = rest.as_str().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match (escaped, digits.and_then(|d| u32::from_str_radix(d, 16).ok())) {
            (Some('u'), Some(half @ 0xd800..=0xdfff)) => {
                units.push(half);
                rest.nth(3);
            }
            (Some('u'), None) => push('u'),
            (escaped, _) => {
                push('\\');
                escaped.into_iter().for_each(push);
            }
        }
    }
    units
}

impl Pattern {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        match self {
            Self::Ready(search) => search.grade(spelled, negated, subject.text),
            Self::Template(template) => {
                let pattern = fill(spelled, template, subject)?;
                match compile(&pattern) {
                    Ok(search) => search.grade(spelled, negated, subject.text),
                    // As in promptfoo, a pattern that is none fails `regex` and `not-regex` alike.
                    Err(why) => Ok(Grade::whole(false, || format!("`{}` is no pattern: {why}", shown(&pattern)))),
                }
            }
        }
    }

    pub(super) fn fixed(&self) -> Option<String> {
        if let Self::Ready(search) = self { Some(search.pattern.clone()) } else { None }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Ready(_) => Vec::new(),
            Self::Template(template) => vec![template],
        }
    }
}

impl Search {
    fn grade(&self, spelled: &str, negated: bool, text: &str) -> Result<Grade, GradeError> {
        let Some(found) = self.found(text) else {
            let pattern = shown(&self.pattern);
            let why = match self.lost.load(Ordering::Relaxed) {
                true => format!("the pattern `{pattern}` takes more than a second on an answer"),
                false => {
                    format!("the pattern `{pattern}` is not tried: {MOST_LOST} others took more than a second each")
                }
            };
            return Err(GradeError::Value { kind: spelled.to_owned(), why });
        };
        let not = if negated { "not " } else { "" };
        Ok(Grade::whole(found != negated, || format!("should {not}match `{}`", shown(&self.pattern))))
    }

    /// Whether it matches somewhere; `None` where that could not be found out in time.
    fn found(&self, text: &str) -> Option<bool> {
        let few = self.repetitions == 0 || (self.repetitions == 1 && text.len() <= SHORT);
        if few && self.choices <= FEW_CHOICES {
            return Some(search(&self.regex, text));
        }
        if self.lost.load(Ordering::Relaxed) || LOST.load(Ordering::Relaxed) >= MOST_LOST {
            return None;
        }
        let (answer, asked) = mpsc::channel();
        let (regex, text) = (Arc::clone(&self.regex), text.to_owned());
        // A thread cannot be stopped: one for each lost pattern runs on until the process ends, and no second one is begun.
        let begun = thread::Builder::new().spawn(move || {
            // Whoever asked may have given up.
            let _ = answer.send(search(&regex, &text));
        });
        let found = begun.ok().and_then(|_| asked.recv_timeout(PATIENCE).ok());
        if found.is_none() && !self.lost.swap(true, Ordering::Relaxed) {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        found
    }
}

fn search(regex: &regress::Regex, text: &str) -> bool {
    // Only beyond the basic plane do code units and characters differ.
    if text.chars().all(|c| c.len_utf16() == 1) {
        return regex.find(text).is_some();
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    regex.find_from_ucs2(&units, 0).next().is_some()
}

/// How many things in `pattern` are tried at several lengths. Repetitions of groups count double, and so do references to
/// them: what repeats there may itself be read in several ways.
fn repetitions(pattern: &str) -> usize {
    let mut count = 0;
    let mut in_class = false;
    let mut before = ' ';
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => count += if matches!(chars.next(), Some('1'..='9' | 'k')) { 2 } else { 0 },
            '[' => in_class = true,
            ']' => in_class = false,
            '*' | '+' | '{' if !in_class => count += if before == ')' { 2 } else { 1 },
            _ => {}
        }
        before = if c == '\\' { ' ' } else { c };
    }
    count
}

/// In how many ways `pattern` chooses between alternatives, and between a part and its absence.
fn choices(pattern: &str) -> u64 {
    let mut count = 1_u64;
    let mut in_class = false;
    let mut open = vec![1_u64];
    let mut before = '(';
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => open.push(1),
            ')' if open.len() > 1 => count = count.saturating_mul(open.pop().unwrap_or(1)),
            '|' => *open.last_mut().expect("the outermost is never closed") += 1,
            // Neither the start of a group's kind nor what makes a repetition lazy.
            '?' if !matches!(before, '(' | '*' | '+' | '?' | '}') => count = count.saturating_mul(2),
            _ => {}
        }
        before = if c == '\\' { ' ' } else { c };
    }
    open.into_iter().fold(count, u64::saturating_mul)
}

/// Whether `pattern` asks where in the text it is, or what stands beside it.
fn looks_around(pattern: &str) -> bool {
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let asks = match c {
            '\\' => matches!(chars.next(), Some('b' | 'B')) && !in_class,
            '^' | '$' => !in_class,
            '(' => !in_class && ["?=", "?!", "?<=", "?<!"].iter().any(|around| chars.as_str().starts_with(around)),
            _ => false,
        };
        if asks {
            return true;
        }
        in_class = (in_class || c == '[') && c != ']';
    }
    false
}

fn nesting(pattern: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// What stands between the slashes of a pattern that is written as in JavaScript's source, with flags: `/abc/i`.
pub(crate) fn between_slashes(pattern: &str) -> Option<&str> {
    let (inner, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let is_flagged = !flags.is_empty() && flags.chars().all(|c| "dgimsuvy".contains(c));
    (is_flagged && !inner.is_empty() && !inner.contains('/')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_never_ends_is_given_up() {
        let blowup = compile("^(a+)+$").unwrap();
        let text = format!("{}b", "a".repeat(60));
        assert_eq!(blowup.found("aaa"), Some(true));
        assert_eq!(blowup.found(&text), None);
        // At once, and whatever the text: nobody knows any more.
        assert_eq!(blowup.found("aaa"), None);
        assert!(blowup.grade("regex", false, &text).unwrap_err().to_string().contains("more than a second"));
    }

    #[test]
    fn only_what_is_found_in_every_text_is_told_so() {
        let everywhere = |pattern: &str| compile(pattern).unwrap().finds_everywhere();
        for pattern in ["", "^", "$", ".*", "^.*", "a?$", "(?:)", "[^$]*", r"x|\^?", "(a|b)*"] {
            assert!(everywhere(pattern), "{pattern}");
        }
        let sound =
            [r"^[\s\S]{0,500}$", "^[^£€]*$", r"^[^\u4e00-\u9fff]*$", "^[^а-яА-Я]*$", "^$", r"\B", "(?!x)", "a+"];
        for pattern in sound {
            assert!(!everywhere(pattern), "{pattern}");
        }
    }

    #[test]
    fn escapes_are_those_without_the_flag() {
        let found = |pattern: &str, text: &str| compile(pattern).unwrap().found(text).unwrap();
        assert!(found(r"^\ud83d\ude00$", "😀") && found("^😀$", "😀") && found(r"^[\ud83d\ude00]{2}$", "😀"));
        assert!(found(r"^\u{3}$", "uuu") && !found(r"\u{61}", "a") && found(r"\u0061", "a"));
        assert!(found(r"^\\u{3}$", r"\uuu") && !found(r"\ud83d\ude00", "a"));
    }

    #[test]
    fn what_would_hurt_the_parser_is_refused() {
        assert!(compile(&format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000))).is_err());
        assert!(compile(&"a".repeat(20_000)).is_err());
        assert_eq!(compile(r#""severity":\s*"(critical|high)""#).unwrap().repetitions, 1);
        assert_eq!(compile(r"[+*]\+a").unwrap().repetitions, 0);
    }

    #[test]
    fn what_multiplies_is_not_searched_without_a_watch() {
        let counted = |pattern: &str| {
            let search = compile(pattern).unwrap();
            (search.repetitions, search.choices)
        };
        assert_eq!(counted(r#""severity":\s*"(critical|high)""#), (1, 2));
        assert_eq!(counted("(?:a|aa)+$"), (2, 2));
        assert_eq!(counted("a?b??[?|]\\?"), (0, 4));
        assert_eq!(counted("yes|no|maybe"), (0, 3));
        assert!(compile(&"a?".repeat(40)).unwrap().choices > FEW_CHOICES);
        assert!(compile(&"(a|a)".repeat(40)).unwrap().choices > FEW_CHOICES);
    }
}
