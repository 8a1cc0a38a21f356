//! `rouge-n`: ROUGE-1 (Lin, 2004, <https://aclanthology.org/W04-1013>), F1 over clipped counts of lower-cased tokens.
//!
//! In promptfoo's type the "n" is a letter, not a number: it always counts single tokens. Tokens are those of the Penn
//! Treebank (sed script of Robert McIntyre, 1995), as js-rouge 3.2.0 has it and the regular expressions below state it;
//! every run of white space is one space.

use std::collections::HashMap;
use std::sync::LazyLock;

use regress::Regex;

use super::{Grade, GradeError, Subject, fill};
use crate::ecma;
use crate::reference::Template;

/// A reference and the score from which the output passes.
#[derive(Debug, Clone)]
pub struct Rouge {
    /// The reference.
    pub reference: Template,
    /// 0.75 unless the suite says otherwise.
    pub threshold: f64,
}

impl Rouge {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let reference = fill(spelled, &self.reference, subject)?;
        Ok(Grade::scored(score(subject.text, &reference), self.threshold, negated, "ROUGE-1"))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score(candidate: &str, reference: &str) -> f64 {
    let (candidate, reference) = (tokens(&candidate.to_lowercase()), tokens(&reference.to_lowercase()));
    if candidate.is_empty() || reference.is_empty() {
        return 0.0;
    }
    let count = |tokens: &[String]| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for token in tokens {
            *counts.entry(token.clone()).or_default() += 1;
        }
        counts
    };
    let (have, want) = (count(&candidate), count(&reference));
    let shared: usize = have.iter().map(|(token, n)| n.min(want.get(token).unwrap_or(&0))).sum();
    let (precision, recall) = (shared as f64 / candidate.len() as f64, shared as f64 / reference.len() as f64);
    if shared == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

struct Step {
    pattern: Regex,
    with: &'static str,
    all: bool,
}

fn step(pattern: &str, flags: &str, with: &'static str, all: bool) -> Step {
    Step { pattern: Regex::with_flags(pattern, flags).expect("the pattern is a constant"), with, all }
}

/// What happens before the text is padded with a space at each end, and what after.
static STEPS: LazyLock<(Vec<Step>, Vec<Step>)> = LazyLock::new(|| {
    let before = vec![
        step(r#"^""#, "", " `` ", false),
        step(r#"([ (\[{<])""#, "", "$1 `` ", true),
        step(r"\.\.\.*", "", " ... ", true),
        step(r"[;@#$%&]", "", " $& ", true),
        step(r#"([^.])(\.)([\])}>"']*)\s*$"#, "", "$1 $2$3 ", true),
        step(r"[,?!]", "", " $& ", true),
        step(r"[\]\[(){}<>]", "", " $& ", true),
        step(r"---*", "", " -- ", true),
    ];
    let mut after = vec![
        step(r#"""#, "", " '' ", true),
        step(r"([^'])' ", "", "$1 ' ", true),
        step(r"'([sSmMdD]) ", "", " '$1 ", true),
        step(r"('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "", " $1 ", true),
    ];
    let contractions = [
        r"\b(can)(not)\b",
        r"\b(d)('ye)\b",
        r"\b(gim)(me)\b",
        r"\b(gon)(na)\b",
        r"\b(got)(ta)\b",
        r"\b(lem)(me)\b",
        r"\b(more)('n)\b",
        r"\b(wan)(na) ",
        r" ('t)(is)\b",
        r" ('t)(was)\b",
    ];
    after.extend(contractions.map(|c| step(c, "i", " $1 $2 ", false)));
    (before, after)
});

fn tokens(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(|c| ecma::is_space(c) || c == '\u{85}').filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut text = STEPS.0.iter().fold(words.join(" "), |t, s| replace(&t, s));
    text = format!(" {text} ");
    text = STEPS.1.iter().fold(text, |t, s| replace(&t, s));
    let mut single = String::with_capacity(text.len());
    for c in text.chars() {
        if c != ' ' || !single.ends_with(' ') {
            single.push(c);
        }
    }
    let cut = single.strip_prefix(' ').unwrap_or(&single);
    cut.strip_suffix(' ').unwrap_or(cut).split(' ').map(str::to_owned).collect()
}

/// `text.replace(pattern, with)` with `$&`, `$1`, `$2` and `$3`.
fn replace(text: &str, step: &Step) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut end = 0;
    for found in step.pattern.find_iter(text) {
        out.push_str(&text[end..found.start()]);
        let mut chars = step.with.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '$' { chars.next() } else { None }) {
                ('$', Some('&')) => out.push_str(&text[found.range()]),
                ('$', Some(digit)) => {
                    let group = digit.to_digit(10).and_then(|d| found.group(d as usize));
                    out.push_str(group.map_or("", |range| &text[range]));
                }
                _ => out.push(c),
            }
        }
        end = found.end();
        if !step.all {
            break;
        }
    }
    out.push_str(&text[end..]);
    out
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_are_those_of_the_treebank() {
        assert_eq!(
            tokens("i can't say \"hello, world\"... it's gonna end."),
            ["i", "ca", "n't", "say", "``", "hello", ",", "world", "''", "...", "it", "'s", "gon", "na", "end", "."]
        );
        assert_eq!(tokens("cannot (see) a--b"), ["can", "not", "(", "see", ")", "a", "--", "b"]);
        assert_eq!(tokens("one\ntwo\tthree \r\n it's\u{a0}done.\n"), ["one", "two", "three", "it", "'s", "done", "."]);
        assert_eq!(tokens(" \n"), [""; 0]);
    }
}
