//! How many tokens an answer may have at most, read from the request itself: a prompt's parameters for one provider may name
//! a length in that provider's words, or ask for several answers at once.

use serde_json::Value;

/// How servers spell the longest answer.
const LONGEST: [&str; 8] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "maxOutputTokens",
    "maxTokens",
    "num_predict",
    "n_predict",
];

/// How servers spell the number of answers.
const ANSWERS: [&str; 5] = ["n", "best_of", "candidateCount", "candidate_count", "num_return_sequences"];

/// Where a request has its settings.
const PLACES: [&str; 5] = ["generationConfig", "options", "extra_body", "parameters", "provider"];

/// The most tokens that the answers to `body` may have together, where the prompt declares `declared`; none where nothing
/// says so.
pub(super) fn most(body: &Value, declared: Option<u64>) -> Option<u64> {
    let (mut longest, mut answers) = (declared, 1);
    look(body, 0, &mut longest, &mut answers);
    longest.map(|longest| longest.saturating_mul(answers))
}

fn look(place: &Value, depth: usize, longest: &mut Option<u64>, answers: &mut u64) {
    let Some(settings) = place.as_object() else { return };
    for (key, value) in settings {
        let key = key.as_str();
        if LONGEST.contains(&key) && !value.is_null() {
            *longest = Some(longest.unwrap_or(0).max(count(value)));
        } else if ANSWERS.contains(&key) && !value.is_null() {
            *answers = (*answers).max(count(value));
        } else if depth < 4 && (PLACES.contains(&key) || depth > 1) {
            look(value, depth + 1, longest, answers);
        }
    }
}

/// What is no count (`-1` often means without end) is larger than every budget.
fn count(value: &Value) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
    let rounded = |n: f64| if (0.0..1e15).contains(&n) { n.ceil() as u64 } else { u64::MAX };
    value.as_u64().unwrap_or_else(|| value.as_f64().map_or(u64::MAX, rounded))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::most;

    #[test]
    fn the_request_says_how_long_its_answers_are() {
        for (body, declared, tokens) in [
            (json!({ "max_tokens": 50 }), Some(50), Some(50)),
            (json!({ "max_tokens": 50, "n": 128 }), Some(50), Some(6_400)),
            (json!({ "max_tokens": 9_999_999 }), Some(50), Some(9_999_999)),
            (json!({ "max_tokens": 5, "max_completion_tokens": 700.0 }), Some(5), Some(700)),
            (json!({ "generationConfig": { "candidateCount": 8, "maxOutputTokens": 10 } }), None, Some(80)),
            (json!({ "options": { "num_predict": -1 } }), Some(50), Some(u64::MAX)),
            (json!({ "parameters": { "provider": { "local": { "n": 3 } }, "max_tokens": 7 } }), Some(7), Some(21)),
            (json!({ "messages": [{ "n": 9 }], "tools": { "n": 9 }, "n": null }), None, None),
            (json!({ "n": "128" }), Some(50), Some(u64::MAX)),
        ] {
            assert_eq!(most(&body, declared), tokens, "{body}");
        }
    }
}
