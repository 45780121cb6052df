//! The names that this server goes by, and the pages that may call it: exact lists.
//!
//! A page of another site must not act here through the browser of someone at the venue (foreign
//! `Origin`), nor reach a loopback server through a name that it controls (foreign `Host`).

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};

use crate::refusal::Refusal;

/// Whose page calls, as far as the browser tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    /// It does not say: a program, or a page of this server that only looks.
    Unsaid,
    /// This server's own, or one that the settings name.
    Ours(HeaderValue),
    /// One of another program on this machine, on this machine's own screen.
    Local(HeaderValue),
}

impl Page {
    pub(crate) fn origin(&self) -> Option<&HeaderValue> {
        match self {
            Self::Unsaid => None,
            Self::Ours(origin) | Self::Local(origin) => Some(origin),
        }
    }
}

/// A host and its port, as a header says them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
}

/// What the settings say about names.
#[derive(Debug, Clone)]
pub(crate) struct Names(Arc<Lists>);

#[derive(Debug)]
struct Lists {
    hosts: Vec<String>,
    origins: Vec<String>,
    scheme: &'static str,
    ports: Vec<u16>,
}

impl Names {
    /// Beside loopback names and the address that a caller reached; `ports` are those that this server answers on.
    pub(crate) fn new(hosts: &[String], origins: &[String], is_tls: bool, ports: Vec<u16>) -> Self {
        let lower = |list: &[String]| list.iter().map(|name| name.trim_end_matches('/').to_ascii_lowercase()).collect();
        let scheme = if is_tls { "https" } else { "http" };
        Self(Arc::new(Lists { hosts: lower(hosts), origins: lower(origins), scheme, ports }))
    }

    /// Whose page calls from `peer`, who reached this server at `local`.
    ///
    /// # Errors
    /// The refusal of a foreign name or page.
    pub(crate) fn judge(&self, headers: &HeaderMap, peer: IpAddr, local: IpAddr) -> Result<Page, Refusal> {
        let host = one(headers, HOST).and_then(|host| place(host, self.0.scheme));
        let Some(host) = host.filter(|host| self.is_mine(&host.host, local)) else {
            let remedy = "open Kilat by the address that it printed, or let its operator add this name: access.hosts";
            return Err(foreign("foreign_host", "this server is not known by that name", remedy));
        };
        let Some(origin) = headers.get(ORIGIN) else { return Ok(Page::Unsaid) };
        let told = one(headers, ORIGIN).map(str::to_ascii_lowercase).unwrap_or_default();
        if self.is_own(&told, &host) || self.0.origins.contains(&told) {
            return Ok(Page::Ours(origin.clone()));
        }
        let parsed = told.split_once("://").and_then(|(scheme, rest)| place(rest, scheme));
        if is_loopback(peer) && parsed.is_some_and(|page| is_local_name(&page.host)) {
            return Ok(Page::Local(origin.clone()));
        }
        let remedy = "its operator may allow it: access.origins";
        Err(foreign("foreign_origin", "a page of another site may not call this server", remedy))
    }

    fn is_mine(&self, host: &str, local: IpAddr) -> bool {
        is_local_name(host)
            || bare(host).parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical() == local.to_canonical())
            || self.0.hosts.iter().any(|name| name == host || name == bare(host))
    }

    /// The page's port may be the other one of this server's two, or the one that a forwarder shows.
    fn is_own(&self, origin: &str, host: &Place) -> bool {
        let Some((scheme, rest)) = origin.split_once("://") else { return false };
        let Some(page) = place(rest, scheme) else { return false };
        let is_port = page.port == host.port || self.0.ports.contains(&page.port);
        scheme == self.0.scheme && page.host == host.host && is_port
    }
}

fn foreign(code: &'static str, error: &str, remedy: &str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, code, error, remedy)
}

/// The header's value; none when it is there twice.
fn one(headers: &HeaderMap, name: axum::http::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

fn place(text: &str, scheme: &str) -> Option<Place> {
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, default),
    };
    let is_plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    is_plain.then(|| Place { host: host.to_ascii_lowercase(), port })
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

fn is_local_name(host: &str) -> bool {
    // What `ready.json` says of a server that answers everywhere: this machine reaches it by that, nobody else.
    host == "localhost" || bare(host).parse().is_ok_and(|ip: IpAddr| is_loopback(ip) || ip.is_unspecified())
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "127.0.0.1";
    const PHONE: &str = "192.168.1.9";

    /// Whose page it is, or the refusal's code.
    fn verdict(host: &str, origin: Option<&str>, peer: &str) -> &'static str {
        let names =
            Names::new(&["studio.local".to_owned()], &["https://gallery.example".to_owned()], false, vec![3000, 3001]);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        let local = if peer == HERE { HERE } else { "192.168.1.7" };
        match names.judge(&headers, peer.parse().expect("an address"), local.parse().expect("an address")) {
            Ok(Page::Unsaid) => "unsaid",
            Ok(Page::Ours(_)) => "ours",
            Ok(Page::Local(_)) => "local",
            Err(_) => "foreign",
        }
    }

    #[test]
    fn the_server_knows_its_own_pages_and_those_that_the_settings_name() {
        for (host, origin, peer) in [
            ("localhost:3001", "http://localhost:3000", HERE),
            ("[::1]:3001", "http://[::1]:3000", HERE),
            ("192.168.1.7:3001", "http://192.168.1.7:3000", PHONE),
            ("studio.local:3000", "http://Studio.local:3000", PHONE),
            ("studio.local:8080", "http://studio.local:8080", PHONE),
            ("studio.local", "http://studio.local", PHONE),
            ("192.168.1.7:3001", "https://gallery.example", PHONE),
        ] {
            assert_eq!(verdict(host, Some(origin), peer), "ours", "{host} {origin}");
        }
        assert_eq!(verdict("127.0.0.1:3001", None, HERE), "unsaid");
        assert_eq!(verdict("0.0.0.0:3001", None, HERE), "unsaid");
    }

    #[test]
    fn pages_of_this_machines_other_programs_are_told_apart() {
        assert_eq!(verdict("localhost:3001", Some("http://localhost:5173"), HERE), "local");
        assert_eq!(verdict("127.0.0.1:3001", Some("http://localhost:3000"), HERE), "local");
        assert_eq!(verdict("192.168.1.7:3001", Some("http://localhost:5173"), PHONE), "foreign");
    }

    #[test]
    fn pages_of_other_sites_and_other_names_stay_out() {
        for (host, origin) in [
            ("localhost:3001", "https://evil.example"),
            ("localhost:3001", "null"),
            ("localhost:3001", "http://localhost:3000@evil.example"),
            ("192.168.1.7:3001", "http://192.168.1.7:9999"),
            ("192.168.1.7:3001", "https://192.168.1.7:3000"),
            ("192.168.1.7:3001", "http://gallery.example"),
            ("192.168.1.7:3001", "https://gallery.example.evil.example"),
        ] {
            assert_eq!(verdict(host, Some(origin), PHONE), "foreign", "{host} {origin}");
        }
        for host in ["evil.example:3001", "localhost.evil.example", "", "8.8.8.8", "192.168.1.8:3000", "a b"] {
            assert_eq!(verdict(host, None, PHONE), "foreign", "{host}");
        }
    }

    #[test]
    fn a_header_that_is_there_twice_is_no_header() {
        let names = Names::new(&[], &[], false, vec![3000]);
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost:3000"));
        headers.append(HOST, HeaderValue::from_static("evil.example"));
        let here = HERE.parse().expect("an address");
        assert!(names.judge(&headers, here, here).is_err());
    }
}
