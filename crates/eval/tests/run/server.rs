//! A server on loopback that answers as a test says, faults included.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// What it does with a request.
pub(crate) enum Reply {
    /// A status, header lines and a body.
    Full(u16, String, String),
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// A sound answer, a byte at a time with a pause between.
    Drip(String, Duration),
    /// Nothing, until the client goes.
    Silence,
}

/// A request as it came.
pub(crate) struct Request {
    pub(crate) number: usize,
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) body: Value,
}

pub(crate) struct Server {
    pub(crate) address: String,
    requests: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

/// A chat completion that says `text`.
pub(crate) fn says(text: &str) -> Reply {
    let choice = json!({ "message": { "content": text }, "finish_reason": "stop" });
    let body = json!({ "choices": [choice], "usage": { "prompt_tokens": 10, "completion_tokens": 5 } });
    Reply::Full(200, "content-type: application/json\r\n".into(), body.to_string())
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (requests, at_once, most) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let (answer, counted, seen) = (Arc::new(answer), requests.clone(), most.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted, at_once, seen) = (answer.clone(), counted.clone(), at_once.clone(), seen.clone());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    while let Some(mut request) = read(&mut reader) {
                        request.number = counted.fetch_add(1, Ordering::SeqCst);
                        seen.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let reply = answer(&request);
                        at_once.fetch_sub(1, Ordering::SeqCst);
                        if !write(&stream, reply) {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, requests, most_at_once: most }
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut headers = String::new();
    loop {
        let start = headers.len();
        if reader.read_line(&mut headers).ok()? == 0 {
            return None;
        }
        if headers[start..].trim().is_empty() {
            break;
        }
    }
    let length =
        headers.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned()));
    let mut body = vec![0; length.and_then(|n| n.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let path = headers.split(' ').nth(1).unwrap_or_default().to_owned();
    Some(Request { number: 0, path, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

/// Whether the connection stays.
fn write(mut stream: &TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Full(status, headers, body) => {
            let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).is_ok()
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Both);
            false
        }
        Reply::Drip(body, pause) => {
            let whole = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            for byte in whole.bytes() {
                if stream.write_all(&[byte]).is_err() {
                    return false;
                }
                std::thread::sleep(pause);
            }
            true
        }
        Reply::Silence => {
            let mut rest = [0; 1];
            let _ = stream.read(&mut rest);
            false
        }
    }
}
