//! Requests over HTTP: a place among those under way, retries, timeouts, and nothing secret in what comes back.
//!
//! A cancelled run need not wait for a slow server: whoever sees that it is cancelled gives up, which closes every
//! connection. Calls that may have to connect first, which nothing interrupts, are made on threads of their own. Redirects
//! are not followed: they would carry a key to another host.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use source::Digest;

use super::failure::Failure;
use super::limit::{Places, TICK, sleep};
use super::retry::{Patience, asked_for, may_pass};
use super::wire;
use crate::recording::Secrets;

/// A longer answer is refused.
const LARGEST: u64 = 32 << 20;

/// What a connection holds of a request, and of an answer.
const BUFFER: usize = 32 << 10;

/// How one provider's server is reached.
#[derive(Debug)]
pub(super) struct Client {
    config: ureq::config::Config,
    agent: Mutex<ureq::Agent>,
    /// Connections that were laid aside, at most: a call that finds one need not connect.
    warm: AtomicUsize,
    base: String,
    /// Whether the server runs on this machine: then nobody waits for a connection.
    is_here: bool,
    places: Places,
    patience: Patience,
    secrets: Arc<Secrets>,
    callers: Callers,
}

/// What came back.
pub(super) struct Reply {
    pub(super) body: Value,
    pub(super) latency: Duration,
    pub(super) attempts: u32,
}

/// Settings of a client.
pub(super) struct Settings {
    pub(super) base: String,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) patience: Patience,
    pub(super) proxy: Option<ureq::Proxy>,
    pub(super) roots: Option<ureq::tls::RootCerts>,
    pub(super) secrets: Arc<Secrets>,
}

/// What one call brought.
enum Call {
    Done(Value, Duration),
    Again { why: String, after: Option<Duration> },
    Over(Failure),
}

impl Client {
    pub(super) fn new(settings: Settings) -> Self {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(settings.concurrency)
            .max_idle_connections_per_host(settings.concurrency)
            .timeout_global(Some(settings.timeout))
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .timeout_connect(Some(settings.timeout.min(Duration::from_secs(20))))
            .proxy(settings.proxy)
            .user_agent("promptuary");
        if let Some(roots) = settings.roots {
            config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
        }
        let config = config.build();
        Self {
            agent: Mutex::new(wire::agent(&config)),
            config,
            warm: AtomicUsize::new(0),
            is_here: is_here(&settings.base),
            base: settings.base.trim_end_matches('/').to_owned(),
            places: Places::new(settings.concurrency),
            patience: settings.patience,
            secrets: settings.secrets,
            callers: Callers::default(),
        }
    }

    pub(super) const fn concurrency(&self) -> usize {
        self.places.most()
    }

    /// Posts `body`; `headers` may hold secrets.
    pub(super) fn post(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
        body: &Value,
        cancel: &AtomicBool,
    ) -> Result<Reply, Failure> {
        let bytes: Arc<[u8]> = body.to_string().into_bytes().into();
        let headers: Arc<[(&'static str, String)]> = headers.into();
        let url = format!("{}{path}", self.base);
        let salt = u64::from(Digest::of(&bytes).as_bytes()[0]) * 2;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Some(place) = self.places.take(cancel) else { return Err(Failure::Cancelled) };
            let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let is_warm = self.warm.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
            let called = if is_warm || self.is_here {
                Some(call(&agent, &url, &headers, &bytes))
            } else {
                let (url, headers, bytes) = (url.clone(), headers.clone(), bytes.clone());
                self.callers.call(move || call(&agent, &url, &headers, &bytes), cancel)
            };
            drop(place);
            if let Some(Call::Done(..)) = called {
                self.warm.fetch_add(1, Ordering::Relaxed);
            } else if cancel.load(Ordering::Relaxed) {
                return Err(Failure::Cancelled);
            }
            let (why, after) = match called {
                None => return Err(Failure::Cancelled),
                Some(Call::Done(body, latency)) => return Ok(Reply { body, latency, attempts: attempt }),
                Some(Call::Over(failure)) => return Err(self.clean(failure)),
                Some(Call::Again { why, after }) => (self.secrets.cut(&why), after),
            };
            if let Some(long) = after.filter(|a| *a > self.patience.longest_pause) {
                return Err(Failure::Wait { seconds: long.as_secs() });
            }
            if attempt >= self.patience.attempts {
                return Err(Failure::Unavailable { attempts: attempt, last: why });
            }
            let pause = after.unwrap_or_else(|| self.patience.pause(attempt, salt));
            if after.is_some() {
                self.places.pause(pause);
            }
            if !sleep(pause, cancel) {
                return Err(Failure::Cancelled);
            }
        }
    }

    /// Ends every call that is under way.
    pub(super) fn give_up(&self) {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *agent, wire::agent(&self.config)).shutdown();
        self.warm.store(0, Ordering::Relaxed);
    }

    fn clean(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Refused { status, message } => Failure::Refused { status, message: self.secrets.cut(&message) },
            Failure::Garbled(message) => Failure::Garbled(self.secrets.cut(&message)),
            other => other,
        }
    }
}

fn is_here(base: &str) -> bool {
    let host = base.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn call(agent: &ureq::Agent, url: &str, headers: &[(&'static str, String)], bytes: &[u8]) -> Call {
    let start = Instant::now();
    let mut request = agent.post(url).header("content-type", "application/json").header("accept", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = match request.send(bytes) {
        Ok(response) => response,
        Err(error) => return transport(&error),
    };
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let after = asked_for(header("retry-after").as_deref(), header("retry-after-ms").as_deref());
    let kind = header("content-type").unwrap_or_default();
    let body = match response.body_mut().with_config().limit(LARGEST).read_to_vec() {
        Ok(body) => body,
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            return Call::Over(Failure::Garbled(format!("it is longer than {} MiB", LARGEST >> 20)));
        }
        Err(error) => return transport(&error),
    };
    let latency = start.elapsed();
    if (200..300).contains(&status) {
        return match serde_json::from_slice(&body) {
            Ok(value) => Call::Done(value, latency),
            Err(_) => {
                let kind = if kind.is_empty() { "no content type".to_owned() } else { kind };
                Call::Over(Failure::Garbled(format!("HTTP {status} with {kind} is not JSON: {}", shortened(&body))))
            }
        };
    }
    let message = message_of(&body);
    if may_pass(status) {
        Call::Again { why: format!("HTTP {status}: {message}"), after }
    } else {
        Call::Over(Failure::Refused { status, message })
    }
}

/// Transport errors may pass, except those that a retry cannot mend.
fn transport(error: &ureq::Error) -> Call {
    let over = |why: String| Call::Over(Failure::Garbled(why));
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => over("the address is malformed".to_owned()),
        ureq::Error::Tls(why) => over(format!("TLS failed: {why}")),
        ureq::Error::Rustls(why) => over(format!("TLS failed: {why}")),
        ureq::Error::Timeout(which) => Call::Again { why: format!("timeout ({which})"), after: None },
        ureq::Error::HostNotFound => Call::Again { why: "the host is not known".to_owned(), after: None },
        other => Call::Again { why: other.to_string(), after: None },
    }
}

/// What an error body says: the message of the well-known shapes, or its first characters.
fn message_of(body: &[u8]) -> String {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let text = |pointer: &str| value.as_ref()?.pointer(pointer)?.as_str().map(str::to_owned);
    let message = text("/error/message").or_else(|| text("/error")).or_else(|| text("/message"));
    let message = message.or_else(|| text("/0/error/message"));
    message.map_or_else(|| shortened(body), |m| shortened(m.as_bytes()))
}

fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1200)]);
    let line: Vec<&str> = text.split_whitespace().collect();
    let line: String = line.join(" ").chars().filter(|c| !c.is_control()).take(300).collect();
    if line.is_empty() { "(nothing)".to_owned() } else { line }
}

/// Threads that make calls. There are as many as calls were ever under way at once; each ends with the client.
#[derive(Debug, Default)]
struct Callers {
    idle: Mutex<Vec<mpsc::Sender<Job>>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Callers {
    /// Runs `work` on a thread that may outlive this call; `None` where `cancel` is set before it is done.
    fn call<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static, cancel: &AtomicBool) -> Option<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move || drop(answer.send(work())));
        let caller = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let caller = caller.unwrap_or_else(start_caller);
        if caller.send(job).is_err() {
            return None;
        }
        loop {
            match answered.recv_timeout(TICK) {
                Ok(value) => {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(caller);
                    return Some(value);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !cancel.load(Ordering::Relaxed) => {}
                Err(_) => return None,
            }
        }
    }
}

fn start_caller() -> mpsc::Sender<Job> {
    let (jobs, received) = mpsc::channel::<Job>();
    // Where no thread can be started, the job is dropped and the call ends as cancelled.
    let _ = std::thread::Builder::new().name("provider call".to_owned()).stack_size(512 << 10).spawn(move || {
        for job in received {
            job();
        }
    });
    jobs
}
