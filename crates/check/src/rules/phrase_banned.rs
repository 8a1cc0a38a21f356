//! A phrase that policy bans.

use std::collections::BTreeMap;

use policy::{BannedPhrase, Sourced};
use prompt::stack;
use source::{Finding, Place, Span, Text};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "phrase-banned";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    let catalog = subject.catalog();
    let mut texts: Vec<(&Text, Vec<Sourced<&BannedPhrase>>)> = Vec::new();
    // A block may not say what any prompt that reaches it may not say.
    let mut of_blocks: BTreeMap<_, BTreeMap<&str, Sourced<&BannedPhrase>>> = BTreeMap::new();
    for prompt in catalog.prompts() {
        let phrases = policy.banned_phrases(&prompt.id);
        if phrases.is_empty() {
            continue;
        }
        for name in subject.content(prompt).into_iter().flat_map(|content| content.compiled.blocks.keys()) {
            let of_block = of_blocks.entry(name).or_default();
            if of_block.len() < phrases.len() || phrases.iter().any(|p| !of_block.contains_key(p.value.phrase.as_str())) {
                of_block.extend(phrases.iter().map(|p| (p.value.phrase.as_str(), p.clone())));
            }
        }
        texts.push((&prompt.text, phrases));
    }
    for (name, phrases) in of_blocks {
        texts.extend(catalog.block(name).map(|block| (&block.text, phrases.into_values().collect())));
    }
    found.extend(stack::for_each(&texts, |(text, phrases)| in_text(text, phrases)).into_iter().flatten());
}

fn in_text(text: &Text, phrases: &[Sourced<&BannedPhrase>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let near = Near::of(text.as_str());
    let phrases: Vec<_> = phrases.iter().filter(|phrase| near.may_hold(&phrase.value.phrase)).collect();
    if phrases.is_empty() {
        return found;
    }
    let folded = Folded::of(text.as_str());
    for phrase in phrases {
        for span in folded.places_of(&phrase.value.phrase) {
            let mut finding = Finding::new(ID, Place::new(text, span), format!("policy bans `{}`", phrase.value.phrase))
                .also(phrase.at.clone(), phrase.value.why.clone().unwrap_or_else(|| "the ban".to_owned()));
            finding.help = Some("say it differently".to_owned());
            found.push(finding);
        }
    }
    found
}

/// Tells at once of most texts that they do not hold a phrase, because they lack its longest word: folding a text and
/// keeping where each byte came from takes forty times as long.
struct Near(Option<String>);

impl Near {
    fn of(text: &str) -> Self {
        // Letters outside of ASCII may fold to letters inside (the Kelvin sign is a k).
        Self(text.is_ascii().then(|| text.to_ascii_lowercase()))
    }

    fn may_hold(&self, phrase: &str) -> bool {
        let Some(lower) = &self.0 else { return true };
        let phrase = phrase.to_lowercase();
        phrase.split_whitespace().max_by_key(|word| word.len()).is_some_and(|word| lower.contains(word))
    }
}

/// A text in lower case with every run of white space as one space, and where each byte came from.
struct Folded {
    text: String,
    /// For runs of the text: where they start here, and where they started in the original.
    origins: Vec<(u32, u32)>,
}

impl Folded {
    fn of(original: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(original.len()), origins: Vec::new() };
        let mut space = false;
        let mut expected = usize::MAX;
        for (at, c) in original.char_indices() {
            if c.is_whitespace() {
                space = true;
                continue;
            }
            if space {
                folded.text.push(' ');
                expected = usize::MAX;
                space = false;
            }
            if at != expected {
                folded.origins.push((fit(folded.text.len()), fit(at)));
            }
            let before = folded.text.len();
            if c.is_ascii() { folded.text.push(c.to_ascii_lowercase()) } else { folded.text.extend(c.to_lowercase()) }
            let same_length = folded.text.len() - before == c.len_utf8();
            expected = if same_length { at + c.len_utf8() } else { usize::MAX };
        }
        folded
    }

    fn places_of(&self, phrase: &str) -> Vec<Span> {
        let wanted = Self::of(phrase.trim()).text;
        if wanted.is_empty() {
            return Vec::new();
        }
        let apart = |side: Option<char>, edge: Option<char>| {
            !(side.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric))
        };
        let whole_words = |at: &usize| {
            apart(self.text[..*at].chars().next_back(), wanted.chars().next())
                && apart(self.text[at + wanted.len()..].chars().next(), wanted.chars().next_back())
        };
        let starts = self.text.match_indices(&wanted).map(|(at, _)| at).filter(whole_words);
        starts.map(|at| Span { start: self.origin(at), end: self.origin(at + wanted.len() - 1) + 1 }).collect()
    }

    fn origin(&self, at: usize) -> u32 {
        let at = fit(at);
        let run = self.origins.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.origins.get(run).map_or(0, |(here, there)| there + (at - here))
    }
}

fn fit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_across_case_lines_and_foreign_letters() {
        let text = "Grüße ẞ. As an  AI\n language Model, no. las an ai language models";
        let spans = Folded::of(text).places_of("as an AI language model");
        assert_eq!(spans.iter().map(|s| &text[s.range()]).collect::<Vec<_>>(), ["As an  AI\n language Model"]);
        assert_eq!(Folded::of("a++b").places_of("++").len(), 1);
        assert!(Folded::of("x").places_of("  ").is_empty());
    }
}
