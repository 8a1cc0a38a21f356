//! What the design's bars ask of this crate, each beside a named alternative in the same run:
//! `cargo bench -p prompt`. Medians of repeated runs; nothing is written.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use prompt::{Catalog, Compiled};
use serde_json::{Map, Value, json};
use source::{Digest, Snapshot};

const PROMPTS: usize = 10_000;
const BLOCKS: usize = 200;

fn main() {
    // `cargo bench -p prompt -- load` measures one part alone, for a profiler.
    match std::env::args().nth(1).as_deref() {
        Some("load") => (0..9).for_each(|_| drop(black_box(Catalog::load(&snapshot(&repository()))))),
        Some("render") => rendering(),
        _ => {
            catalog();
            rendering();
        }
    }
}

fn snapshot(files: &[(String, String)]) -> Snapshot {
    Snapshot::of_texts("bench", files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// Parse, compose, compile and digest of a large repository, held in memory.
fn catalog() {
    let files = repository();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let snapshot = snapshot(&files);
    println!("{PROMPTS} prompts, {BLOCKS} blocks, {:.1} MB", bytes as f64 / 1e6);
    let hashed = median(9, || files.iter().map(|(_, text)| Digest::of(text.as_bytes()).as_bytes()[0]).max());
    let loaded = median(9, || Catalog::load(&snapshot).prompts().count());
    let catalog = Catalog::load(&snapshot);
    assert_eq!(catalog.findings().len(), 0, "{:?}", catalog.findings().first());
    let compiled = median(9, || catalog.compile_all().len());
    let digested = median(9, || catalog.map(|p| catalog.compile(&p.id).map(|c| c.digest()).ok()).len());
    let all = median(9, || {
        let catalog = Catalog::load(&snapshot);
        catalog.map(|p| catalog.compile(&p.id).map(|c| c.digest()).ok()).len()
    });
    show("SHA-256 of the same bytes, 1 thread (alternative)", hashed);
    show("load: parse and compose", loaded);
    show("compile", compiled);
    show("compile and digest", digested);
    show("load, compile and digest (bar: 200 ms)", all);
}

/// One compiled prompt of 2 KB with three includes, rendered often.
fn rendering() {
    let (files, inputs) = rendered();
    let snapshot = snapshot(&files);
    let catalog = Catalog::load(&snapshot);
    let compiled = catalog.compile(&"r".parse().expect("an id")).expect("a sound prompt");
    let renderer = compiled.renderer().expect("a sound prompt");
    let size: usize = renderer.render(&inputs).expect("sound inputs").iter().map(|m| m.content.len()).sum();
    println!("\none prompt, 3 includes, {size} bytes rendered");
    show("plain minijinja, the same templates (alternative)", plain(&compiled, &inputs));
    show("render, inputs validated before (bar: 5 µs)", each(|| renderer.render_unchecked(&inputs)));
    show("render, inputs validated", each(|| renderer.render(&inputs)));
    let digested = each(|| {
        let messages = renderer.render(&inputs).expect("sound inputs");
        let text = serde_json::to_string(&prompt::request::messages_json(&messages)).expect("plain JSON");
        Digest::of(text.as_bytes())
    });
    show("render, inputs validated, output digested (bar: 20 µs)", digested);
    show("make a renderer", each(|| compiled.renderer()));
}

fn plain(compiled: &Compiled, inputs: &Map<String, Value>) -> Duration {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    for (name, source) in &compiled.blocks {
        environment.add_template_owned(name.to_string(), source.to_string()).expect("a sound block");
    }
    let mut names = Vec::new();
    for (i, message) in compiled.messages.iter().enumerate() {
        if let prompt::CompiledMessage::Role { source, .. } = message {
            environment.add_template_owned(i.to_string(), source.to_string()).expect("a sound message");
            names.push(i.to_string());
        }
    }
    let value = |name: &String| inputs.get(name).or_else(|| compiled.input(name)?.default()).cloned();
    let inputs: Map<String, Value> =
        compiled.inputs.iter().filter_map(|i| Some((i.name.clone(), value(&i.name)?))).collect();
    each(|| {
        let context = minijinja::Value::from(minijinja::value::Serde(&inputs));
        let render = |n: &String| environment.get_template(n).and_then(|t| t.render(context.clone())).expect("sound");
        names.iter().map(render).collect::<Vec<_>>()
    })
}

fn show(what: &str, time: Duration) {
    let shown = if time < Duration::from_millis(1) {
        format!("{:.2} µs", time.as_secs_f64() * 1e6)
    } else {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    };
    println!("  {what:<56} {shown:>10}");
}

fn median<T>(times: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    taken.sort();
    taken[times / 2]
}

/// The median time of one of many short runs.
fn each<T>(mut work: impl FnMut() -> T) -> Duration {
    const RUNS: u32 = 2_000;
    let batch = median(15, || (0..RUNS).for_each(|_| drop(black_box(work()))));
    batch / RUNS
}

/// A linear congruential generator: the same repository on every machine.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n
    }

    fn words(&mut self, bytes: usize) -> String {
        const WORDS: [&str; 12] = [
            "ticket", "answer", "policy", "customer", "refund", "severity", "the", "with", "never", "always", "state",
            "cite",
        ];
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(WORDS[self.below(WORDS.len())]);
            text.push(if self.below(12) == 0 { '\n' } else { ' ' });
        }
        text
    }
}

fn repository() -> Vec<(String, String)> {
    let mut seed = Seeded(7);
    let mut files = vec![(
        "prompts/routes.yaml".to_owned(),
        "routes: { fast: openai/gpt-5-mini, accurate: openai/gpt-5 }\ndefaults: { low: fast, medium: accurate, high: accurate }\n".to_owned(),
    )];
    for i in 0..BLOCKS {
        files.push((format!("prompts/blocks/b{i}.md"), format!("{}for {{{{ locale }}}}.\n", seed.words(300))));
    }
    for i in 0..PROMPTS {
        let includes: Vec<String> =
            (0..3).map(|_| format!("{{% include \"blocks/b{}.md\" %}}\n", seed.below(BLOCKS))).collect();
        let risk = ["low", "medium", "high"][seed.below(3)];
        let text = format!(
            "---\nversion: 1.{}.0\ndescription: {}\nowner: team-{}\nrisk: {risk}\nparameters: {{ temperature: 0, max_tokens: 400 }}\n\
             inputs:\n  ticket: {{ type: string, maxLength: 4000 }}\n  locale: {{ type: string, default: en }}\n\
             output: {{ format: json, schema: {{ type: object, required: [severity], properties: {{ severity: {{ enum: [low, high] }} }} }} }}\n\
             tags: [support, generated]\n---\n{{{{ role(\"system\") }}}}\n{}\n{}{}\n{{{{ role(\"user\") }}}}\n{{% if locale == \"de\" %}}\nDeutsch\n{{% endif %}}\n{{{{ ticket }}}}\n",
            seed.below(10),
            seed.words(40).replace('\n', " ").trim(),
            seed.below(20),
            seed.words(350),
            includes.concat(),
            seed.words(350),
        );
        files.push((format!("prompts/family{}/p{i}.md", i % 50), text));
    }
    files
}

fn rendered() -> (Vec<(String, String)>, Map<String, Value>) {
    let mut seed = Seeded(3);
    let mut files: Vec<_> =
        (0..3).map(|i| (format!("prompts/blocks/b{i}.md"), format!("{}{{{{ locale }}}}\n", seed.words(300)))).collect();
    let text = format!(
        "---\nversion: 1.0.0\ndescription: d\nowner: o\nrisk: low\nmodel: a/b\ninputs:\n  ticket: {{ type: string, maxLength: 4000 }}\n  locale: {{ type: string, default: en }}\n  count: integer\n---\n\
         {{{{ role(\"system\") }}}}\n{}{{% include \"blocks/b0.md\" %}}\n{{% include \"blocks/b1.md\" %}}\n{{% include \"blocks/b2.md\" %}}\n{{{{ role(\"user\") }}}}\n{{% if count > 1 %}}\nSeveral\n{{% endif %}}\n{{{{ ticket }}}} {{{{ count }}}}\n",
        seed.words(700)
    );
    files.push(("prompts/r.md".to_owned(), text));
    let inputs = json!({ "ticket": seed.words(350), "count": 2 });
    (files, inputs.as_object().cloned().unwrap_or_default())
}
