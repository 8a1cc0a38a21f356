//! What `init` writes is green from the start: its recordings answer its suite.
//!
//! `BLESS=1 cargo test -p promptuary templates` records them anew, from a server on loopback that answers as a model would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::sandbox::Sandbox;

const RECORDINGS: &str = "evals/recordings/support/triage.jsonl";

/// What a model answers to each ticket.
const ANSWERS: [(&str, &str); 2] = [
    (
        "Database timeout",
        r#"{"severity": "high", "probable_root_cause": "The deploy exhausts the database connection pool, or a migration holds locks.", "recommended_next_step": "Roll back the deploy, then compare pool settings and running migrations with the release before."}"#,
    ),
    (
        "reset password",
        r#"{"severity": "medium", "probable_root_cause": "The reset email is not delivered, or its link has expired.", "recommended_next_step": "Look up the address in the mail log and send a new reset link."}"#,
    ),
];

#[test]
fn a_new_repository_is_green() {
    let sandbox = Sandbox::of_ada();
    let ready = sandbox.run("git init -q && promptuary init --quiet");
    assert_eq!(ready.code, 0, "{}", ready.text);
    if std::env::var_os("BLESS").is_some() {
        bless(&sandbox);
    }
    for command in ["promptuary check", "promptuary eval"] {
        let outcome = sandbox.run(command);
        assert_eq!(outcome.code, 0, "`{command}`:\n{}", outcome.text);
    }
}

fn bless(sandbox: &Sandbox) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(&stream.unwrap())));
    sandbox.write(
        "../providers.yaml",
        &format!(
            "format: 1\nproviders:\n  openai: {{ kind: openai, base_url: 'http://{address}/v1', key_variable: KEY }}\n"
        ),
    );
    let outcome = sandbox.run("KEY=none promptuary eval --record --providers ../providers.yaml");
    assert_eq!(outcome.code, 0, "{}", outcome.text);
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(RECORDINGS);
    std::fs::copy(sandbox.work().join(RECORDINGS), template).unwrap();
}

/// Answers one request of OpenAI's chat completions.
fn answer(mut stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let asked = String::from_utf8(body).unwrap();
    let said = ANSWERS.iter().find(|(ticket, _)| asked.contains(ticket)).unwrap().1;
    let reply = serde_json::json!({
        "id": "x", "object": "chat.completion", "model": "gpt-4.1-mini",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": said } }],
        "usage": { "prompt_tokens": 140, "completion_tokens": 50, "total_tokens": 190 },
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(reply.as_bytes()).unwrap();
}
