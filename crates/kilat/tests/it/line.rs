//! A connection on which every byte is said by hand: half a body, and what is heard before it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use kilat_testkit::{NEVER, Server};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// A header, empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// The connection.
pub(crate) struct Line {
    stream: TcpStream,
    host: String,
    /// Whether the next answer has a body: one to HEAD only tells its length.
    has_body: bool,
}

impl Line {
    pub(crate) fn to(server: &Server) -> Self {
        let address = server.http.strip_prefix("http://").expect("plain").to_owned();
        let stream = TcpStream::connect(&address).expect("it listens");
        stream.set_read_timeout(Some(NEVER)).expect("set");
        Self { stream, host: format!("host: {address}\r\n"), has_body: true }
    }

    /// Says the head of a call.
    pub(crate) fn head(&mut self, call: &str, headers: &[(&str, &str)]) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.has_body = !call.starts_with("HEAD ");
        self.say(format!("{call} HTTP/1.1\r\n{}{headers}\r\n", self.host).as_bytes());
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("it takes what comes");
    }

    /// Goes away.
    pub(crate) fn hang_up(self) {
        self.stream.shutdown(Shutdown::Both).expect("it was open");
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {head:?}"));
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("text");
        let (first, rest) = head.split_once("\r\n").expect("a line");
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let pairs = rest.lines().filter_map(|line| line.split_once(": "));
        let headers: BTreeMap<_, _> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let length = headers
            .get("content-length")
            .filter(|_| self.has_body)
            .map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("all of it");
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }
}

/// A call with a body, from its first byte to its answer; one that is refused early is told so by its length alone.
pub(crate) fn call(server: &Server, call: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut line = Line::to(server);
    let (bearer, length) = (server.bearer(), body.len().to_string());
    let mut all = vec![("content-length", length.as_str())];
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        all.push(("authorization", &bearer));
    }
    all.extend(headers);
    line.head(call, &all);
    line.say(body);
    line.answer()
}
