//! A stand-in for GitHub's and GitLab's APIs: comments that can be listed by page, written and changed, and uploads.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The account that the job's token belongs to, on both hosts.
pub(crate) const OURS: &str = "github-actions[bot]";

/// The host, answering on a port of its own for as long as the test runs.
pub(crate) struct StandIn {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Author and body; a comment's id is its place.
    comments: Vec<(String, String)>,
    uploads: Vec<Value>,
    tokens: Vec<String>,
    read_only: bool,
}

struct Request {
    method: String,
    path: String,
    query: String,
    body: Vec<u8>,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &shared);
            }
        });
        Self { port, state }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn comment(&self, author: &str, body: &str) {
        self.state.lock().unwrap().comments.push((author.to_owned(), body.to_owned()));
    }

    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().comments.clone()
    }

    pub(crate) fn uploads(&self) -> Vec<Value> {
        self.state.lock().unwrap().uploads.clone()
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.state.lock().unwrap().tokens.clone()
    }

    /// From now on the token may only read.
    pub(crate) fn read_only(&self) {
        self.state.lock().unwrap().read_only = true;
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut state = state.lock().unwrap();
    let Some(request) = read(&stream, &mut state) else { return };
    let (status, body) = answer(&request, &mut state);
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).unwrap();
}

fn read(stream: &TcpStream, state: &mut State) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" | "private-token" => state.tokens.push(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), body })
}

fn answer(request: &Request, state: &mut State) -> (u16, Value) {
    let comments = "/repos/larkfield/prompts/issues/7/comments";
    let notes = "/projects/42/merge_requests/7/notes";
    let written = || serde_json::from_slice::<Value>(&request.body).unwrap();
    let text = || written()["body"].as_str().unwrap().to_owned();
    let path = request.path.as_str();
    if state.read_only && request.method != "GET" {
        return (403, json!({ "message": "Resource not accessible by integration", "status": "403" }));
    }
    match request.method.as_str() {
        "GET" if path == "/user" => (200, json!({ "id": 1, "username": OURS })),
        "GET" if path == comments || path == notes => (200, page(request, state)),
        "POST" if path == comments || path == notes => {
            state.comments.push((OURS.to_owned(), text()));
            (201, one(state, state.comments.len() - 1))
        }
        "PATCH" | "PUT" => {
            let before = if request.method == "PUT" { notes } else { "/repos/larkfield/prompts/issues/comments" };
            let id: usize = path.strip_prefix(before).unwrap().trim_start_matches('/').parse().unwrap();
            state.comments[id].1 = text();
            (200, one(state, id))
        }
        "POST" if path == "/repos/larkfield/prompts/code-scanning/sarifs" => {
            state.uploads.push(written());
            (202, json!({ "id": "47177e22-5596-11eb-80a1-c1e54ef945c6", "url": "" }))
        }
        _ => (404, json!({ "message": "Not Found", "status": "404" })),
    }
}

/// A page of comments, as both hosts cut them: 30 where nothing is asked, at most 100.
fn page(request: &Request, state: &State) -> Value {
    let asked = |name: &str, usual: usize| {
        let found = request.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.map_or(usual, |value| value.parse().unwrap())
    };
    let (size, number) = (asked("per_page", 30).min(100), asked("page", 1));
    (0..state.comments.len()).skip((number - 1) * size).take(size).map(|id| one(state, id)).collect()
}

/// A comment with what either host says of it.
fn one(state: &State, id: usize) -> Value {
    let (author, body) = &state.comments[id];
    let account = if author == OURS { 1 } else { 2 };
    json!({ "id": id, "body": body, "user": { "login": author, "type": "User" }, "author": { "id": account, "username": author } })
}
