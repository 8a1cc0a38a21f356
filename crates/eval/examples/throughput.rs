//! How fast cases run when the model takes no time: over loopback HTTP, then from recordings.
//!
//! `cargo run --release -p eval --example throughput [CASES] [CONCURRENCY] [LATENCY_MS]`; three assertions a case. The server
//! is in the same process and shares its cores. `/usr/bin/time -v` beside it shows memory.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use eval::gate::{Demands, judge};
use eval::provider::{Environment, Providers};
use eval::recording::Recordings;
use eval::run::{Mode, Plan, run};
use source::{RepoPath, Snapshot, Text};

const PROMPT: &str = "---\nversion: 1.0.0\ndescription: d\nowner: o\nrisk: low\nmodel: local/tiny\ninputs: { q: string }\n---\n{{ q }}\n";

const ANSWER: &str = "{\"choices\":[{\"message\":{\"content\":\"the answer is 42\"},\"finish_reason\":\"stop\"}]}";

fn main() {
    let argument = |n: usize, default: u64| std::env::args().nth(n).and_then(|a| a.parse().ok()).unwrap_or(default);
    let (cases, concurrency, latency) = (argument(1, 5000), argument(2, 64), argument(3, 0));
    let address = serve(Duration::from_millis(latency));
    let mut suite = "defaultTest:\n  assert:\n    - { type: contains, value: answer }\n    - { type: regex, value: '\\d+' }\n    - { type: not-contains, value: sorry }\ntests:\n".to_owned();
    for i in 0..cases {
        suite.push_str(&format!("  - {{ id: c{i}, vars: {{ q: question number {i} }} }}\n"));
    }
    let files = Snapshot::of_texts("bench", [("prompts/p.md", PROMPT), ("evals/p.yaml", suite.as_str())]);
    let start = Instant::now();
    let suite = eval::suite::load(&files, &RepoPath::new("evals/p.yaml").unwrap()).suite.unwrap();
    println!("read the suite       {:>8.3} s", start.elapsed().as_secs_f64());
    let (_, compiled) = prompt::compile_from(&files, &suite.prompt).unwrap();
    let definition = format!(
        "format: 1\nproviders:\n  local: {{ kind: openai, base_url: '{address}', concurrency: {concurrency} }}\n"
    );
    let text = Text::new(RepoPath::new("providers.yaml").unwrap(), definition);
    let providers = Providers::new([policy::providers::read(&text).unwrap()], Environment::empty());
    let mut recordings = Recordings::default();
    for (mode, name) in [(Mode::Live, "live"), (Mode::Record, "record"), (Mode::Replay, "replay")] {
        let start = Instant::now();
        let plan = Plan::new(&suite, &compiled, &recordings, mode).unwrap();
        let finished = run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        let verdict = judge(&suite, &finished.results, None, &Demands::default());
        println!("{name:20} {:>8.3} s  {}", start.elapsed().as_secs_f64(), verdict.conclusion.as_str());
        recordings.add(&finished.recorded);
    }
    let text = Text::new(RepoPath::new("r.jsonl").unwrap(), recordings.to_text());
    let start = Instant::now();
    let read = Recordings::read(&text).unwrap();
    println!("read {} recordings {:>8.3} s", read.len(), start.elapsed().as_secs_f64());
}

/// Answers every request after `latency`, one thread a connection.
fn serve(latency: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(&stream, latency));
        }
    });
    address
}

fn answer(mut stream: &TcpStream, latency: Duration) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        ANSWER.len()
    );
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        std::thread::sleep(latency);
        stream.write_all(reply.as_bytes()).ok()?;
    }
}
