//! What is told of a server that gave no answer, besides what it said: where it is, by which proxy, with which key, and
//! where a person finds all that to mend it. Neither a password nor a query.

use std::io::ErrorKind;
use std::sync::Arc;

use super::failure::Failure;
use super::http::Call;
use crate::recording::Secrets;

/// Who is asked, as people know it.
#[derive(Debug)]
pub(super) struct Told {
    /// The provider's name.
    pub(super) name: String,
    /// Where it is defined: `built in`.
    pub(super) defined: String,
    /// Where its key comes from: `GATEWAY_KEY`; nowhere where it has none.
    pub(super) key: Option<String>,
    /// Host and port of the proxy before it, with the variable that names it: `127.0.0.1:3128 (HTTPS_PROXY)`.
    pub(super) proxy: Option<String>,
    pub(super) secrets: Arc<Secrets>,
}

impl Told {
    /// Transport errors may pass, except those that a retry cannot mend.
    pub(super) fn transport(&self, error: &ureq::Error, url: &str) -> Call {
        let over = |why: String| Call::Over(Failure::Unreachable(why));
        let again = |why: String| Call::Again { why, after: None };
        let whose = match &self.proxy {
            Some(proxy) => format!("the proxy {proxy} before {}", authority(url)),
            None => authority(url),
        };
        match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => over(format!("the address {} is malformed", bare(url))),
            ureq::Error::Tls(why) => over(format!("TLS with {whose} failed: {why}")),
            ureq::Error::Rustls(why) => over(format!("TLS with {} failed: {why}", authority(url))),
            ureq::Error::Timeout(which) => Call::Late(*which),
            ureq::Error::HostNotFound => again(format!("the host of {whose} is not known")),
            ureq::Error::ConnectProxyFailed(why) if why.contains("407") => {
                Call::Over(self.refusal(407, "it wants a name and a password".to_owned(), url, None))
            }
            ureq::Error::ConnectProxyFailed(why) => again(format!("{whose} lets nobody through: {why}")),
            ureq::Error::Io(error) => match (error.kind(), error.to_string()) {
                (ErrorKind::ConnectionRefused, _) => again(format!("the connection to {whose} was refused")),
                // The standard library says no more by its kind.
                (_, said) if said.starts_with(LOOKUP) => {
                    let why = said.split_once(": ").map_or(said.as_str(), |(_, why)| why);
                    again(format!("the host of {whose} is not known: {why}"))
                }
                (ErrorKind::InvalidData, said) if said.contains("certificate") => {
                    let who = authority(url);
                    let other = "SSL_CERT_FILE names certificates to trust instead of the built-in ones";
                    over(format!("the certificate of {who} is not trusted: {said}; {other}"))
                }
                (ErrorKind::InvalidData, said) if url.starts_with("https:") && said.contains("corrupt message") => {
                    let (who, name, defined) = (authority(url), &self.name, &self.defined);
                    over(format!("{who} speaks no TLS ({said}); look at the `base_url` of {name}, {defined}"))
                }
                (_, said) => again(format!("the connection to {whose} broke: {said}")),
            },
            other => again(format!("the connection to {whose} broke: {other}")),
        }
    }

    /// A status that does not pass, with what is most likely to be mended.
    pub(super) fn refusal(&self, status: u16, message: String, url: &str, location: Option<&str>) -> Failure {
        let (name, defined) = (&self.name, &self.defined);
        let at = || format!(" at {}", bare(url));
        let (at, message, remedy) = match (status, &self.key) {
            (300..=399, _) => {
                let to = location.map_or_else(|| message.clone(), |to| format!("moved to {}", bare(to)));
                let why = "redirects are not followed, they would carry the key along: name the address itself in the";
                (at(), to, format!("; {why} `base_url` of {name}, {defined}"))
            }
            (401 | 403, Some(key)) => {
                (String::new(), message, format!("; the key is that of {key}, {name} is {defined}"))
            }
            (401 | 403, None) => {
                (String::new(), message, format!("; {name}, {defined}, has neither `key_variable` nor `key_command`"))
            }
            (404 | 405, _) => {
                let look = "look at the model's name and the";
                let path = url.split("://").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
                let short = ["chat/completions", "embeddings"].contains(&path);
                let short = if short { ", which lacks `/v1` at its end" } else { "" };
                (at(), message, format!("; {look} `base_url` of {name}, {defined}{short}"))
            }
            (407, _) => {
                let proxy = self.proxy.as_deref().unwrap_or("nobody named");
                let remedy = "; write them into the variable: http://NAME:PASSWORD@HOST:PORT";
                (format!(" of the proxy {proxy} before {}", authority(url)), message, remedy.to_owned())
            }
            _ => (String::new(), message, String::new()),
        };
        Failure::Refused { status, at, message, remedy }
    }
}

/// How the system's resolver begins, through the standard library.
const LOOKUP: &str = "failed to lookup address information";

/// `address` without who asks, its query and its fragment: either may be a key. What is too long is cut.
fn bare(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or(address);
    let plain = match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}{}", path.map_or_else(String::new, |path| format!("/{path}")))
        }
        None => address.to_owned(),
    };
    plain.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The host of `url`.
pub(super) fn host(url: &str) -> String {
    let authority = authority(url);
    authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).to_owned()
}

/// Host and port of `url`, and nothing else of it: what stands before an `@` may be a key.
fn authority(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    match scheme {
        _ if has_port => authority.to_owned(),
        "https" => format!("{authority}:443"),
        _ => format!("{authority}:80"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_host_and_port_alone_are_told() {
        for (url, told) in [
            ("https://api.example.com/v1/chat?api-version=1", "api.example.com:443"),
            ("http://name:secret@127.0.0.1:9/v1", "127.0.0.1:9"),
            ("http://[::1]/v1", "[::1]:80"),
        ] {
            assert_eq!(authority(url), told);
            assert_eq!(host(url), told.rsplit_once(':').unwrap().0);
        }
    }

    #[test]
    fn an_address_is_told_without_who_asks_and_its_query() {
        for (address, told) in [
            ("https://name:secret@a.example/login?token=1#x", "https://a.example/login"),
            ("https://a.example?token=1", "https://a.example"),
            ("/login?token=1", "/login"),
        ] {
            assert_eq!(bare(address), told);
        }
    }
}
