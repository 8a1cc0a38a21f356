//! Requests over HTTP: a place among those under way, retries, timeouts, and nothing secret in what is said of
//! them.
//!
//! A cancelled run need not wait for a slow server: whoever sees that it is cancelled gives up, which closes every
//! connection. Nothing interrupts connecting, so calls for which no connection was laid aside are made on threads of their
//! own; one whose connection the server has closed meanwhile is waited for. Redirects are not followed: they would carry a
//! key to another host.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use source::Digest;

use super::callers::Callers;
use super::failure::Failure;
use super::limit::{Places, sleep};
use super::retry::{Patience, asked_for, may_pass};
use super::told::{Told, host};
use super::{Leave, Pause, wire};
use crate::bounded;
use crate::recording::Secrets;

/// A longer answer is refused.
const LARGEST: usize = 32 << 20;
/// An answer that is longer is made into values when no other such answer is.
const LONG_FROM: usize = 1 << 20;
/// So much of an error is read.
const LONGEST_ERROR: usize = 1 << 20;

/// A connection that takes longer is given up.
const LONGEST_CONNECT: Duration = Duration::from_secs(20);

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
    /// How long one attempt may take.
    timeout: Duration,
    told: Arc<Told>,
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
    pub(super) told: Told,
}

/// What one call brought.
pub(super) enum Call {
    Done(Value, Duration),
    Again {
        why: String,
        after: Option<Duration>,
    },
    /// Nothing came in time.
    Late(ureq::Timeout),
    Over(Failure),
}

impl Call {
    /// The same with what was too late told by the number of seconds, and by the key that says it.
    fn timed(self, timeout: Duration) -> Self {
        let Self::Late(which) = self else { return self };
        let key = "(`timeout` of the provider)";
        let why = match which {
            ureq::Timeout::Connect if timeout > LONGEST_CONNECT => {
                format!("no connection within {} s", LONGEST_CONNECT.as_secs())
            }
            ureq::Timeout::Connect => format!("no connection within {} s {key}", timeout.as_secs()),
            _ => format!("no answer within {} s {key}", timeout.as_secs()),
        };
        Self::Again { why, after: None }
    }
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
            .timeout_connect(Some(settings.timeout.min(LONGEST_CONNECT)))
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
            timeout: settings.timeout,
            told: Arc::new(settings.told),
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
        leave: &Leave<'_>,
    ) -> Result<Reply, Failure> {
        let cancel = leave.cancel;
        let bytes: Arc<[u8]> = body.to_string().into_bytes().into();
        let headers: Arc<[(&'static str, String)]> = headers.into();
        let url = format!("{}{path}", self.base);
        let salt = || u64::from(Digest::of(&bytes).as_bytes()[0]) * 2;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Some(place) = self.places.take(cancel) else { return Err(Failure::Cancelled) };
            let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let is_warm = self.warm.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
            let called = if is_warm || self.is_here {
                Some(call(&agent, &url, &headers, &bytes, &self.told))
            } else {
                let (url, headers, bytes) = (url.clone(), headers.clone(), bytes.clone());
                let told = self.told.clone();
                self.callers.call(move || call(&agent, &url, &headers, &bytes, &told), cancel)
            };
            let called = called.map(|called| called.timed(self.timeout));
            drop(place);
            if let Some(Call::Done(..)) = called {
                self.warm.fetch_add(1, Ordering::Relaxed);
            } else if cancel.load(Ordering::Relaxed) {
                return Err(Failure::Cancelled);
            }
            let (why, after) = match called {
                None => return Err(Failure::Cancelled),
                Some(Call::Done(body, latency)) => return Ok(Reply { body, latency, attempts: attempt }),
                Some(Call::Over(failure)) => return Err(failure),
                Some(Call::Again { why, after }) => (why, after),
                Some(Call::Late(_)) => unreachable!("what was late was told as that"),
            };
            if let Some(long) = after.filter(|a| *a > self.patience.longest_pause) {
                return Err(Failure::Wait { seconds: long.as_secs() });
            }
            if attempt >= self.patience.attempts || !(leave.again)() {
                return Err(Failure::Unavailable { attempts: attempt, last: why });
            }
            // Who asks for no pause at all is not taken at the word: five attempts at once help nobody.
            let pause = after.filter(|p| !p.is_zero()).unwrap_or_else(|| self.patience.pause(attempt, salt()));
            if after.is_some_and(|asked| !asked.is_zero()) {
                self.places.pause(pause);
            }
            (leave.pause)(Some(Pause { length: pause, attempt: attempt + 1, why: &why }));
            let slept = sleep(pause, cancel);
            (leave.pause)(None);
            if !slept {
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
}

/// Whether the server at `base` runs on this machine.
pub(super) fn is_here(base: &str) -> bool {
    let host = host(base);
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn call(agent: &ureq::Agent, url: &str, headers: &[(&'static str, String)], bytes: &[u8], told: &Told) -> Call {
    let secrets = &*told.secrets;
    let start = Instant::now();
    let mut request = agent.post(url).header("content-type", "application/json").header("accept", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = match request.send(bytes) {
        Ok(response) => response,
        Err(error) => return told.transport(&error, url),
    };
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (date, location) = (header("date"), header("location"));
    let after = asked_for(header("retry-after").as_deref(), header("retry-after-ms").as_deref(), date.as_deref());
    let kind = header("content-type").unwrap_or_default();
    let mut body = response.body_mut().as_reader();
    if !(200..300).contains(&status) {
        let mut said = Vec::new();
        // What came before the connection broke is told too.
        let _ = body.take(LONGEST_ERROR as u64).read_to_end(&mut said);
        let message = message_of(&said, secrets);
        return match may_pass(status) {
            true => Call::Again { why: format!("HTTP {status}: {message}"), after },
            false => Call::Over(told.refusal(status, message, url, location.as_deref())),
        };
    }
    match answer(&mut body, start) {
        Ok((value, latency)) => Call::Done(value, latency),
        Err(Unread::Broken(error)) => told.transport(&ureq::Error::from(error), url),
        Err(Unread::TooMuch(why)) => Call::Over(Failure::Garbled(why)),
        Err(Unread::NotJson(body)) => {
            let kind = if kind.is_empty() { "no content type".to_owned() } else { said(kind.as_bytes(), secrets) };
            let body = said(&body, secrets);
            Call::Over(Failure::Garbled(format!("HTTP {status} with {kind} is not JSON: {body}")))
        }
    }
}

/// Why a body is no answer.
enum Unread {
    Broken(std::io::Error),
    TooMuch(String),
    /// Its beginning.
    NotJson(Vec<u8>),
}

/// One long answer at a time is made into values, which are many times its length. While it comes it holds up nobody.
static LONG: Mutex<()> = Mutex::new(());

/// The whole of a sound answer, and how long it took to come.
fn answer(body: &mut impl Read, start: Instant) -> Result<(Value, Duration), Unread> {
    let mut bytes = Vec::new();
    body.by_ref().take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(Unread::Broken)?;
    let latency = start.elapsed();
    if bytes.len() > LARGEST {
        return Err(Unread::TooMuch(format!("it is longer than {} MiB", LARGEST >> 20)));
    }
    let _alone = (bytes.len() >= LONG_FROM).then(|| LONG.lock().unwrap_or_else(PoisonError::into_inner));
    match bounded::answer(&bytes) {
        Ok(value) => Ok((value, latency)),
        Err(bounded::Fault::TooMuch(why)) => Err(Unread::TooMuch(why)),
        Err(bounded::Fault::NotJson(_)) => {
            bytes.truncate(LONGEST_ERROR);
            Err(Unread::NotJson(bytes))
        }
    }
}

/// What an error body says: the message of the well-known shapes, or its first characters.
fn message_of(body: &[u8], secrets: &Secrets) -> String {
    let value = bounded::answer(body).ok();
    let text = |pointer: &str| value.as_ref()?.pointer(pointer)?.as_str().map(str::to_owned);
    let message = text("/error/message").or_else(|| text("/error")).or_else(|| text("/message"));
    let message = message.or_else(|| text("/0/error/message"));
    message.map_or_else(|| said(body, secrets), |m| said(m.as_bytes(), secrets))
}

/// The first characters of what was said, on one line. Secrets are cut out of the whole of it as it is shown, before it is
/// shortened: neither a key that is cut off nor one with control characters in it comes through.
fn said(bytes: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    let line: String = secrets.cut(&line).chars().take(300).collect();
    if line.is_empty() { "(nothing)".to_owned() } else { line }
}
