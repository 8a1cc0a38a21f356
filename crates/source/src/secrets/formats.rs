//! Formats by which issuers mark their tokens.

use std::ops::Range;

/// A token: a fixed start, then so many characters of an alphabet.
struct Format {
    start: &'static str,
    rest: fn(u8) -> bool,
    /// How many characters follow the start: at least, at most.
    length: (usize, usize),
    what: &'static str,
}

fn alphanumeric(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

fn hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

fn dotted(b: u8) -> bool {
    word(b) || b == b'.'
}

const fn format(start: &'static str, rest: fn(u8) -> bool, length: (usize, usize), what: &'static str) -> Format {
    Format { start, rest, length, what }
}

const MANY: usize = 1_000;

/// More specific starts stand before those they begin with.
const FORMATS: &[Format] = &[
    format("AKIA", upper, (16, 16), "an AWS access key"),
    format("ASIA", upper, (16, 16), "a temporary AWS access key"),
    format("github_pat_", word, (60, 90), "a GitHub token"),
    format("ghp_", alphanumeric, (36, 255), "a GitHub token"),
    format("gho_", alphanumeric, (36, 255), "a GitHub token"),
    format("ghu_", alphanumeric, (36, 255), "a GitHub token"),
    format("ghs_", alphanumeric, (36, 255), "a GitHub token"),
    format("ghr_", alphanumeric, (36, 255), "a GitHub token"),
    format("glpat-", word, (20, 64), "a GitLab token"),
    format("gldt-", word, (20, 64), "a GitLab token"),
    format("glrt-", word, (20, 64), "a GitLab token"),
    format("sk-ant-", word, (24, MANY), "an Anthropic key"),
    format("sk-proj-", word, (24, MANY), "an OpenAI key"),
    format("sk-svcacct-", word, (24, MANY), "an OpenAI key"),
    format("sk-or-v1-", hex, (32, MANY), "an OpenRouter key"),
    format("sk-", alphanumeric, (32, MANY), "an OpenAI key"),
    format("AIza", word, (35, 35), "a Google API key"),
    format("GOCSPX-", word, (24, 40), "a Google OAuth secret"),
    format("ya29.", dotted, (20, MANY), "a Google OAuth token"),
    format("gsk_", alphanumeric, (40, 64), "a Groq key"),
    format("hf_", alphanumeric, (30, 64), "a Hugging Face token"),
    format("r8_", alphanumeric, (30, 64), "a Replicate token"),
    format("xai-", alphanumeric, (60, MANY), "an xAI key"),
    format("pplx-", alphanumeric, (40, 64), "a Perplexity key"),
    format("xoxb-", word, (20, MANY), "a Slack token"),
    format("xoxp-", word, (20, MANY), "a Slack token"),
    format("xoxa-", word, (20, MANY), "a Slack token"),
    format("xoxr-", word, (20, MANY), "a Slack token"),
    format("xoxs-", word, (20, MANY), "a Slack token"),
    format("xapp-", word, (20, MANY), "a Slack token"),
    format("sk_live_", alphanumeric, (16, MANY), "a Stripe key"),
    format("rk_live_", alphanumeric, (16, MANY), "a Stripe key"),
    format("whsec_", alphanumeric, (24, MANY), "a webhook secret"),
    format("npm_", alphanumeric, (36, 36), "an npm token"),
    format("pypi-AgEI", word, (50, MANY), "a PyPI token"),
    format("SG.", dotted, (60, 80), "a SendGrid key"),
    format("shpat_", hex, (32, 32), "a Shopify token"),
    format("dop_v1_", hex, (64, 64), "a DigitalOcean token"),
    format("dapi", hex, (32, 34), "a Databricks token"),
    format("hvs.", word, (24, MANY), "a Vault token"),
    format("lin_api_", alphanumeric, (32, 64), "a Linear key"),
    format("ntn_", alphanumeric, (40, 64), "a Notion token"),
    format("dckr_pat_", word, (20, 64), "a Docker token"),
    format("sntrys_", word, (40, MANY), "a Sentry token"),
    format("pscale_tkn_", word, (30, 64), "a PlanetScale token"),
    format("AGE-SECRET-KEY-1", upper, (58, 58), "an age key"),
];

/// The first token in `word`, which is a run of token characters.
pub(super) fn find(text: &str) -> Option<(Range<usize>, &'static str)> {
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if !begins {
            continue;
        }
        let starts = |format: &&Format| {
            // Most differ in the first byte, which is cheaper to see than that one text starts with another.
            let start = format.start.as_bytes();
            start[0] == bytes[at] && bytes[at..].starts_with(start)
        };
        for format in FORMATS.iter().filter(starts) {
            let from = at + format.start.len();
            let length = bytes[from..].iter().take(format.length.1 + 1).take_while(|b| (format.rest)(**b)).count();
            let fits = (format.length.0..=format.length.1).contains(&length);
            if fits && !super::chance::is_placeholder(&text[from..from + length]) {
                return Some((at..from + length, format.what));
            }
        }
    }
    json_web_token(text).map(|at| (at, "a JSON web token"))
}

/// Three base64url parts, of which the first two are JSON objects.
fn json_web_token(text: &str) -> Option<Range<usize>> {
    let start = text.find("eyJ")?;
    let mut parts = text[start..].split('.');
    let (head, body, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let sound = head.len() >= 16 && body.starts_with("eyJ") && body.len() >= 16 && signature.len() >= 20;
    (sound && [head, body, signature].iter().all(|part| part.bytes().all(word)))
        .then(|| start..start + head.len() + body.len() + signature.len() + 2)
}
