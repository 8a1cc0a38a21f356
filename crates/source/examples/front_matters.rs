//! Times the reading of 10,000 front matters of about 20 lines on one thread: `cargo run --release --example front_matters`.

use std::time::Instant;

use source::yaml::{self, Limits};
use source::{RepoPath, Span, Text};

const ROUNDS: usize = 5;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the time it takes to fill them matters")]
struct FrontMatter {
    version: source::Version,
    description: String,
    owner: String,
    risk: String,
    model: String,
    parameters: Parameters,
    inputs: serde_json::Map<String, serde_json::Value>,
    output: serde_json::Value,
    tags: Vec<String>,
    metadata: serde_json::Value,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the time it takes to fill them matters")]
struct Parameters {
    temperature: f64,
    max_tokens: u32,
}

#[expect(clippy::print_stdout, reason = "an example that measures")]
fn main() {
    let texts: Vec<Text> = (0..10_000).map(sample).collect();
    let whole = |text: &Text| Span::new(0, text.as_str().len());
    let bytes: usize = texts.iter().map(|t| t.as_str().len()).sum();
    println!("10,000 texts, {bytes} bytes; best of {ROUNDS} rounds");
    let time = |name: &str, read: &dyn Fn(&Text)| {
        let round = || {
            let start = Instant::now();
            texts.iter().for_each(read);
            start.elapsed()
        };
        let best = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
        println!("{name:28} {:7.1} ms", best.as_secs_f64() * 1e3);
    };
    time("read: the tree", &|text| drop(yaml::read(text, whole(text), &Limits::FRONT_MATTER).expect("sound")));
    time("parse: typed as well", &|text| {
        drop(yaml::parse::<FrontMatter>(text, whole(text), &Limits::FRONT_MATTER).expect("sound"));
    });
}

fn sample(i: usize) -> Text {
    let content = format!(
        "version: 2.{i}.0\ndescription: Triage an incoming support ticket number {i}.\nowner: ml-platform\nrisk: high\n\
         model: accurate\nparameters: {{ temperature: 0, max_tokens: 400 }}\ninputs:\n  ticket:\n    type: string\n    \
         maxLength: 4000\n  locale: {{ type: string, default: en }}\n  history: {{ type: messages }}\noutput:\n  \
         format: json\n  schema:\n    type: object\n    required: [severity]\n    properties:\n      severity: {{ enum: \
         [low, high] }}\ntags: [support, triage]\nmetadata: {{}}\n"
    );
    Text::new(RepoPath::new("prompts/a.md").expect("a sound path"), content)
}
