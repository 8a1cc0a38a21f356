//! A stand-in for a model on a loopback port, so that the tour can record answers without a key or a network.
//!
//! It speaks just enough of OpenAI's chat completions for the tour's own two tickets, and ends with the tour.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use serde_json::{Value, json};

/// The most bytes of a request that it reads.
const REQUEST_LIMIT: u64 = 1024 * 1024;

/// Starts to listen and says where. The thread ends with the process.
pub(super) fn start() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is its own business.
            let _ = answer(stream);
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?.take(REQUEST_LIMIT));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = completion(&serde_json::from_slice(&body).unwrap_or_default()).to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn completion(request: &Value) -> Value {
    let messages = request["messages"].as_array().into_iter().flatten();
    let asked: String = messages.filter(|m| m["role"] == "user").filter_map(|m| m["content"].as_str()).collect();
    let answer = if asked.contains("reset password") {
        json!({
            "severity": "low",
            "probable_root_cause": "The reset email does not arrive: it is caught by a spam filter, or the address on file is wrong.",
            "recommended_next_step": "Check the address on file, send a new reset link and ask the user to look in the spam folder.",
        })
    } else {
        json!({
            "severity": "high",
            "probable_root_cause": "The deploy changed the connection pool or a migration holds locks, so requests wait until they time out.",
            "recommended_next_step": "Roll back the deploy and compare the open connections with the pool size before and after it.",
        })
    };
    json!({
        "id": "chatcmpl-tour",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": answer.to_string() },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 180, "completion_tokens": 70, "total_tokens": 250 },
    })
}
