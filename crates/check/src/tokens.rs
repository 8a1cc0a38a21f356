//! Tokens as o200k_base counts them: exact for some models, an estimate for all others, and labelled so.

/// How many tokens `text` has in o200k_base.
///
/// The first call loads the tables, which takes about 0.16 s: ask only where [`at_most`] cannot decide.
pub fn count(text: &str) -> u64 {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len() as u64
}

/// A bound that costs nothing: no text has more tokens than bytes.
pub fn at_most(text: &str) -> u64 {
    text.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_for_every_script() {
        for text in ["", "a", "Hello, world!", "привет", "日本語のテキスト", "👩‍👩‍👧", "\u{0}\u{1}\t\n  \n", "xqzjkvw9#@!"]
        {
            assert!(count(text) <= at_most(text), "{text:?}");
        }
        assert_eq!(count("Hello, world!"), 4);
    }
}
