//! Writes a prompt repository of any size, the same for the same seed: what the figures about speed are measured on.
//!
//! `cargo run -p check --example generate -- DIR [PROMPTS] [SEED]` writes `prompts/` with so many prompts (10,000) of
//! about 1.5 KB, 200 blocks and three includes each, and `policies/`. Every rule is satisfied.

use std::fmt::Write as _;
use std::path::Path;

const BLOCKS: usize = 200;
const PROMPT_BYTES: usize = 1_500;
const BLOCK_BYTES: usize = 600;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(root) = args.next() else { return Err(std::io::Error::other("name a folder to write to")) };
    let count = args.next().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(7);
    write_all(Path::new(&root), count, seed)
}

fn write_all(root: &Path, count: usize, seed: u64) -> std::io::Result<()> {
    let mut random = Random(seed);
    let words: Vec<String> = (0..4_000).map(|_| random.word()).collect();
    for (path, text) in POLICIES {
        write(root, path, text)?;
    }
    for n in 0..BLOCKS {
        write(root, &format!("prompts/blocks/part-{n:03}.md"), &random.prose(&words, BLOCK_BYTES))?;
    }
    for n in 0..count {
        let id = format!("prompts/area-{:02}/team-{:02}/task-{n:06}.md", n % 40, n / 40 % 25);
        write(root, &id, &prompt(&mut random, &words, n, count))?;
    }
    Ok(())
}

fn prompt(random: &mut Random, words: &[String], n: usize, count: usize) -> String {
    let risk = ["low", "medium", "high"][n % 3];
    let mut text = format!(
        "---\nversion: 1.{}.0\ndescription: Task {n} of {count}.\nowner: team-{:02}\nrisk: {risk}\n\
         parameters: {{ temperature: 0, max_tokens: 400 }}\ninputs:\n  ticket: {{ type: string, maxLength: 4000 }}\n  \
         locale: {{ type: string, maxLength: 10, default: en }}\ntags: [area-{:02}]\n---\n{{{{ role(\"system\") }}}}\n",
        n % 7,
        n / 40 % 25,
        n % 40,
    );
    for k in 0..3 {
        text.push_str(&random.prose(words, 150));
        // Every block is reached, whatever the seed.
        let _ = writeln!(text, "{{% include \"blocks/part-{:03}.md\" %}}", (n * 3 + k) % BLOCKS);
    }
    let left = PROMPT_BYTES.saturating_sub(text.len() + 80);
    text.push_str(&random.prose(words, left));
    text.push_str("\n{{ role(\"user\") }}\nAnswer in {{ locale }}.\n\n{{ ticket }}\n");
    text
}

fn write(root: &Path, path: &str, text: &str) -> std::io::Result<()> {
    let path = root.join(path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap_or(0)
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 24] = [
            "an", "ber", "col", "den", "el", "for", "gan", "hil", "in", "jor", "kel", "lum", "men", "nor", "o", "per",
            "qui", "ras", "sel", "tor", "un", "ver", "wil", "yes",
        ];
        (0..1 + self.below(3)).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect()
    }

    /// Sentences of about `bytes` bytes, a line each, ending with a line end.
    fn prose(&mut self, words: &[String], bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            for n in 0..6 + self.below(9) {
                let word = &words[self.below(words.len())];
                let _ = if n == 0 {
                    write!(text, "{}{}", word[..1].to_uppercase(), &word[1..])
                } else {
                    write!(text, " {word}")
                };
            }
            text.push_str(".\n");
        }
        text
    }
}

const POLICIES: [(&str, &str); 4] = [
    (
        "prompts/routes.yaml",
        "routes: { accurate: openai/gpt-5, fast: openai/gpt-5-mini }\n\
         defaults: { low: fast, medium: fast, high: accurate }\n",
    ),
    (
        "policies/policy.yaml",
        "format: 1\nlimits: { source_bytes: 65536, static_tokens: 8000, rendered_tokens: 32000 }\n\
         banned_phrases: [{ phrase: as an AI language model }, { phrase: I cannot help with that }]\n\
         families: [{ name: careful, match: [\"area-07/**\"], limits: { rendered_tokens: 24000 } }]\n\
         environments: [{ name: dev }, { name: prod, after: [dev] }]\n",
    ),
    (
        "policies/models.yaml",
        "format: 1\nmodels:\n  \
         - { model: openai/gpt-5, price: { input: 1.25, output: 10, as_of: 2026-11-01, source: https://openai.com/api/pricing } }\n  \
         - { model: openai/gpt-5-mini, price: { input: 0.25, output: 2, as_of: 2026-11-01, source: https://openai.com/api/pricing } }\n",
    ),
    (
        "policies/principals.yaml",
        "format: 1\nprincipals:\n  - name: ada@example.com\n    \
         keys: [{ ssh: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOxhubioKBoygbmcZ5/+yGGGaQ1+5PEqZUqJ4OqnEuUU }]\n    \
         roles: { maintainer: true, releaser: [\"**\"], promoter: { \"*\": [\"**\"] }, approver: { \"*\": [\"**\"] } }\n",
    ),
];
