//! The word that was probably meant: "did you mean …" for keys, values, names and ids.

/// The candidate closest to `word`, where one is close enough to be a likely slip of the fingers.
///
/// Close means: within a third of the length in insertions, deletions, substitutions and swaps of neighbours (at least
/// one, at most three), or equal but for case and for `-` against `_`. Of equally close ones the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let chars: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if chars.is_empty() || chars.len() > LONGEST {
        return None;
    }
    let reach = (chars.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().take(LONGEST + 1).collect();
        if other.len().abs_diff(chars.len()) > reach || other.len() > LONGEST {
            continue;
        }
        let far = if folded(&chars).eq(folded(&other)) { 0 } else { distance(&chars, &other) };
        // Single letters are within reach of each other: too little to guess from.
        let close = far == 0 || (far <= reach && far < chars.len().min(other.len()));
        if close && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The ids, or paths of other things below a folder, that were probably meant by `id`: a slip of the fingers, else all that
/// end in it, else what it ends in (`reply` for `mail/reply`, `prompts/mail/reply` too), else a slip in the last part.
pub fn nearest_ids<'a>(id: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 3;
    let known: Vec<&str> = candidates.into_iter().collect();
    let candidates = known.iter().copied();
    if let Some(near) = nearest(id, candidates.clone()) {
        return vec![near];
    }
    let ends = |whole: &str, end: &str| whole.strip_suffix(end).is_some_and(|head| head.ends_with('/'));
    let longer = || candidates.clone().filter(|candidate| ends(candidate, id));
    if longer().next().is_some() {
        return longer().take(MOST).collect();
    }
    if let Some(shorter) = candidates.clone().filter(|candidate| ends(id, candidate)).max_by_key(|known| known.len()) {
        return vec![shorter];
    }
    let last = |whole: &'a str| whole.rsplit('/').next().unwrap_or(whole);
    let typed = id.rsplit('/').next().unwrap_or(id);
    match nearest(typed, candidates.clone().map(last)) {
        Some(near) => candidates.filter(|candidate| last(candidate) == near).take(MOST).collect(),
        None => Vec::new(),
    }
}

/// What was probably meant by `id`, as a question; `None` where nothing comes to mind.
pub fn did_you_mean<'a>(id: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest_ids(id, candidates);
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

/// Longer words are not slips of known names.
const LONGEST: usize = 64;

fn folded(word: &[char]) -> impl Iterator<Item = char> {
    word.iter().map(|&c| if c == '_' { '-' } else { c.to_ascii_lowercase() })
}

/// The optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let keys = ["version", "description", "max_tokens", "risk", "model"];
        assert_eq!(nearest("verison", keys), Some("version"));
        assert_eq!(nearest("maxTokens", keys), Some("max_tokens"));
        assert_eq!(nearest("max-tokens", keys), Some("max_tokens"));
        assert_eq!(nearest("Risk", keys), Some("risk"));
        assert_eq!(nearest("temperature", keys), None);
        assert_eq!(nearest("x", keys), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"v".repeat(10_000), keys), None);
    }

    #[test]
    fn an_id_is_found_by_its_last_part() {
        let ids = ["chat/reply", "mail/reply", "mail/summary", "support/triage"];
        let of = |id: &str| did_you_mean(id, ids);
        assert_eq!(of("mail/repyl").as_deref(), Some("did you mean mail/reply?"));
        assert_eq!(of("reply").as_deref(), Some("did you mean chat/reply or mail/reply?"));
        assert_eq!(of("triage").as_deref(), Some("did you mean support/triage?"));
        assert_eq!(of("prompts/mail/summary").as_deref(), Some("did you mean mail/summary?"));
        assert_eq!(of("letters/sumary").as_deref(), Some("did you mean mail/summary?"));
        assert_eq!(of("ply"), None);
        assert_eq!(of("other/thing"), None);
    }
}
