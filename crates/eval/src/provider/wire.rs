//! How bytes get to a server and back with as few calls to the system as there can be.
//!
//! Left to itself, the HTTP client starts a thread for every request to look up a host that it is connected to, sends
//! head and body apart, sets the socket's timeout anew before each call and asks twice whether a connection is open: with
//! thousands of short requests that was more work than everything else. Nothing here knows what is sent.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector,
    Transport, time,
};
use ureq::{Agent, Error};

/// How long a name is not looked up again.
const REMEMBERED: Duration = Duration::from_secs(30);

/// What is held back at most before it is sent.
const HELD: usize = 64 << 10;

/// A client with the settings of `config`.
pub(super) fn agent(config: &Config) -> Agent {
    let connector = ().chain(ConnectProxyConnector::default());
    let connector = connector.chain(TcpConnector::default()).chain(Gathering).chain(RustlsConnector::default());
    Agent::with_parts(config.clone(), connector, Remembering::default())
}

/// Looks a name up once in a while; an address needs none.
#[derive(Debug, Default)]
struct Remembering {
    names: DefaultResolver,
    known: Mutex<HashMap<String, (Instant, Vec<SocketAddr>)>>,
}

impl Resolver for Remembering {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let place = uri.scheme().zip(uri.authority());
        let Some(place) = place.and_then(|(s, a)| Some((a.host(), DefaultResolver::host_and_port(s, a)?))) else {
            return self.names.resolve(uri, config, timeout);
        };
        let (host, place) = place;
        let plain = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        if let Some(address) = place.parse::<SocketAddr>().ok().filter(|_| plain) {
            let mut found = self.empty();
            found.push(address);
            return Ok(found);
        }
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, addresses)) = known().get(&place).filter(|(since, _)| since.elapsed() < REMEMBERED) {
            let mut found = self.empty();
            addresses.iter().for_each(|address| found.push(*address));
            return Ok(found);
        }
        let found = self.names.resolve(uri, config, timeout)?;
        known().insert(place, (Instant::now(), found.to_vec()));
        Ok(found)
    }
}

/// Puts [`Gathered`] between the socket and whatever encrypts.
#[derive(Debug)]
struct Gathering;

impl<In: Transport> Connector<In> for Gathering {
    type Out = Gathered<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|socket| Gathered { socket, held: Vec::new(), answered: false }))
    }
}

/// A socket that sends what is written when an answer is awaited.
#[derive(Debug)]
struct Gathered<T> {
    socket: T,
    /// Written and not yet sent.
    held: Vec<u8>,
    /// Whether something came since somebody asked whether it is open.
    answered: bool,
}

impl<T: Transport> Gathered<T> {
    fn send(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let mut at = 0;
        while at < self.held.len() {
            let out = self.socket.buffers().output();
            let part = out.len().min(self.held.len() - at);
            out[..part].copy_from_slice(&self.held[at..at + part]);
            self.socket.transmit_output(part, timeout)?;
            at += part;
        }
        self.held.clear();
        Ok(())
    }
}

impl<T: Transport> Transport for Gathered<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.socket.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let out = self.socket.buffers().output();
        self.held.extend_from_slice(&out[..amount]);
        if self.held.len() > HELD { self.send(rounded(timeout)) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = rounded(timeout);
        self.send(timeout)?;
        self.answered = true;
        self.socket.await_input(timeout)
    }

    /// The client asks when it lays a connection aside and again when it takes it: what is wrong is seen the second time.
    fn is_open(&mut self) -> bool {
        std::mem::take(&mut self.answered) || self.socket.is_open()
    }

    fn is_tls(&self) -> bool {
        self.socket.is_tls()
    }
}

/// A long timeout in whole seconds, rounded up: the same for a while, so that the socket need not be told.
fn rounded(timeout: NextTimeout) -> NextTimeout {
    match timeout.after {
        time::Duration::Exact(after) if after > Duration::from_secs(10) => {
            NextTimeout { after: time::Duration::from_secs(after.as_secs() + 1), ..timeout }
        }
        _ => timeout,
    }
}
