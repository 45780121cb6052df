//! One call to the outside, in bounds: no redirects, no cookies, at most 10 s, 16 KiB of an answer.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::crypto::ring;
use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use zeroize::Zeroizing;

/// Longest time to be connected, with the name looked up.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time for all of a call.
const TOTAL: Duration = Duration::from_secs(10);
/// Most that is read of an answer.
const MAX_ANSWER_BYTES: u64 = 16 << 10;
/// Most that a server may ask to be left alone for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// A call.
pub(crate) struct Outgoing {
    is_get: bool,
    url: Zeroizing<String>,
    headers: Vec<(&'static str, Zeroizing<String>)>,
    body: Vec<u8>,
    hides_address: bool,
    is_gone_when_not_found: bool,
}

impl Outgoing {
    pub(crate) fn post(url: &str, content_type: &str, body: Vec<u8>) -> Self {
        Self { body, is_get: false, ..Self::get(url) }.header("content-type", content_type.to_owned())
    }

    pub(crate) fn get(url: &str) -> Self {
        Self {
            is_get: true,
            url: url.to_owned().into(),
            headers: Vec::new(),
            body: Vec::new(),
            hides_address: false,
            is_gone_when_not_found: false,
        }
    }

    pub(crate) fn header(self, name: &'static str, value: String) -> Self {
        self.secret_header(name, value.into())
    }

    pub(crate) fn secret_header(mut self, name: &'static str, value: Zeroizing<String>) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Nobody will come back at an address that is not found.
    pub(crate) fn gone_when_not_found(self) -> Self {
        Self { is_gone_when_not_found: true, ..self }
    }

    /// No error may name the address: a secret stands in it.
    pub(crate) fn with_secret_address(self) -> Self {
        Self { hides_address: true, ..self }
    }
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) what: String,
    pub(crate) remedy: String,
    /// The other side asked to be left alone for this long.
    pub(crate) after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn operator(what: String, remedy: String) -> Self {
        Self { what, remedy, after: None }
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken.
    Taken,
    /// Not now.
    Failed(Trouble),
    /// Nobody is there any more, and nobody will be.
    Gone,
}

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Any but link-local ones, where clouds keep their keys: an operator named the address.
    House,
    /// Public ones: a browser gave the address.
    Public,
}

/// Calls the outside. Blocks.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    network: Network,
    /// Made at the first call: reading the system's certificates takes a while.
    agent: Arc<OnceLock<ureq::Agent>>,
}

impl Sender {
    /// A caller that trusts the certificates of this system.
    pub(crate) fn new(network: Network) -> Self {
        Self { network, agent: Arc::default() }
    }

    fn agent(&self) -> ureq::Agent {
        let config = Config::builder()
            .timeout_global(Some(TOTAL))
            .timeout_connect(Some(CONNECT))
            .timeout_resolve(Some(CONNECT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(16 << 10)
            .max_idle_connections(2)
            .user_agent(concat!("kilat/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .tls_config(tls())
            .build();
        let resolver = Only { network: self.network, names: DefaultResolver::default() };
        ureq::Agent::with_parts(config, DefaultConnector::default(), resolver)
    }

    /// Makes a call on a thread of its own, for at most [`TOTAL`]. Not on the runtime's: a call that hangs would
    /// hold up the end of the process.
    pub(crate) async fn call(&self, call: Outgoing) -> Verdict {
        let sender = self.clone();
        let (tell, told) = tokio::sync::oneshot::channel();
        let calling = move || {
            // Whoever asked may have been stopped meanwhile.
            tell.send(sender.send(&call)).unwrap_or(());
        };
        if let Err(error) = std::thread::Builder::new().name("target".to_owned()).spawn(calling) {
            return failed(&format!("no thread can be started: {error}"), "is this machine out of memory?");
        }
        told.await.unwrap_or_else(|_panicked| failed("the call ended badly", "please report this"))
    }

    /// Makes a call.
    pub(crate) fn send(&self, call: &Outgoing) -> Verdict {
        let mut request = Request::builder().method(if call.is_get { "GET" } else { "POST" }).uri(call.url.as_str());
        for (name, value) in &call.headers {
            request = request.header(*name, value.as_str());
        }
        let Ok(request) = request.body(call.body.as_slice()) else {
            return failed("the call cannot be written", "look for characters that do not belong into an address");
        };
        let mut answer = match self.agent.get_or_init(|| self.agent()).run(request) {
            Ok(answer) => answer,
            Err(error) if call.hides_address => {
                tracing::debug!("a call to an address with a secret failed");
                return failed(kind_of(&error), "is the network up, and the address right?");
            }
            Err(error) => return failed(&error.to_string(), "is the network up, and the address right?"),
        };
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // Read so that the connection can be used again; what does not fit is not wanted.
        let read = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        match status {
            200..=299 => match read {
                Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Verdict::Taken,
                Err(error) => failed(&format!("the answer broke off: {}", kind_of(&error)), "it is tried again"),
            },
            300..=399 => {
                failed(&format!("it answered {status}, another address"), "write that address into the settings")
            }
            401 | 403 => {
                failed(&format!("it answered {status}: not allowed"), "check the secret, and who may write there")
            }
            404 if call.is_gone_when_not_found => Verdict::Gone,
            404 => failed("it answered 404: there is nothing at that address", "check the address"),
            410 => Verdict::Gone,
            429 | 503 => Verdict::Failed(Trouble {
                what: format!("it answered {status}: too much at once"),
                remedy: "it is tried again later".to_owned(),
                after: wait.map(Duration::from_secs).map(|wait| wait.min(MAX_RETRY_AFTER)),
            }),
            _ => failed(&format!("it answered {status}"), "look at the log of the other side"),
        }
    }
}

fn failed(what: &str, remedy: &str) -> Verdict {
    Verdict::Failed(Trouble::operator(what.to_owned(), remedy.to_owned()))
}

/// An error in words that name no address.
fn kind_of(error: &ureq::Error) -> &'static str {
    use ureq::Error;
    if matches!(error, Error::Timeout(_)) {
        "it took too long"
    } else if matches!(error, Error::HostNotFound) {
        "its name is not known"
    } else if matches!(error, Error::ConnectionFailed | Error::Io(_)) {
        "it cannot be reached"
    } else if matches!(error, Error::Tls(_) | Error::Rustls(_)) {
        "its certificate or TLS is not good"
    } else {
        "the call failed"
    }
}

fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of this system cannot be read");
    }
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build()
}

/// Looks names up and leaves out what may not be called: a browser may not make Kilat call into the house.
#[derive(Debug)]
struct Only {
    network: Network,
    names: DefaultResolver,
}

impl Resolver for Only {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| may_call(self.network, address.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(allowed) }
    }
}

fn may_call(network: Network, ip: IpAddr) -> bool {
    match (network, ip.to_canonical()) {
        (Network::Public, ip) => is_public(ip),
        (Network::House, IpAddr::V4(ip)) => !ip.is_link_local() && !ip.is_multicast() && !ip.is_broadcast(),
        (Network::House, IpAddr::V6(ip)) => !ip.is_unicast_link_local() && !ip.is_multicast(),
    }
}

/// Whether an address is one of the open internet.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_test = ip.is_documentation() || (a == 198 && (18..20).contains(&b));
            let is_inside = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_broadcast();
            !(is_inside || is_shared || is_test || a == 0 || a >= 224 || (a == 192 && b == 0))
        }
        IpAddr::V6(ip) => is_global(ip),
    }
}

/// 2000::/3 without what is for documentation or carries an IPv4 address inside.
fn is_global(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    (a & 0xe000) == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b == 0xdb8 || b < 0x200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_the_house_are_not_public() {
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["1.1.1.1", "142.250.4.100", "2606:4700::1111"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_operator_may_name_the_house_but_not_where_clouds_keep_their_keys() {
        for inside in ["127.0.0.1", "192.168.1.1", "fd00::1", "1.1.1.1"] {
            assert!(may_call(Network::House, inside.parse().unwrap()), "{inside}");
        }
        for keys in ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "224.0.0.1"] {
            assert!(!may_call(Network::House, keys.parse().unwrap()), "{keys}");
        }
    }

    #[test]
    fn a_public_caller_calls_nobody_inside_the_house() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let verdict = Sender::new(Network::Public).send(&Outgoing::post(&url, "text/plain", Vec::new()));
        assert!(matches!(verdict, Verdict::Failed(_)), "{verdict:?}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody may have knocked");
    }
}
