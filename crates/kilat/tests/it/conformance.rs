//! RFC 6455 as spoken at the real `/ws`, over raw TCP: what Autobahn checks at length in `make torture`.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kilat_testkit::{NEVER, Server};
use serde_json::{Value, json};

use crate::scene::{folders, kilat};

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const BEAT: &[u8] = br#"{"type":"heartbeat"}"#;

/// A connection after the handshake and the greeting.
struct Raw {
    stream: TcpStream,
}

impl Raw {
    fn open(server: &Server, token: &str) -> Self {
        let address = server.ws.trim_start_matches("ws://").trim_end_matches("/ws");
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.set_nodelay(true).expect("set");
        stream.set_read_timeout(Some(NEVER)).expect("set");
        let request = format!(
            "GET /ws HTTP/1.1\r\nhost: {address}\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a head");
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("text");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the answer to the protocol's own key: {head}");
        let mut raw = Self { stream };
        assert_eq!(raw.message()["type"], "connected");
        raw
    }

    fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("written");
    }

    /// A server's frames are never masked, never in pieces, and as short in their heads as may be.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).expect("a frame");
        assert_eq!((head[0] & 0xf0, head[1] & 0x80), (0x80, 0), "{head:x?}");
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length).expect("a length");
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length).expect("a length");
                usize::try_from(u64::from_be_bytes(length)).expect("a length")
            }
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).expect("a payload");
        (head[0], payload)
    }

    /// The next frame of this kind.
    fn hear(&mut self, wanted: u8) -> Vec<u8> {
        loop {
            let (head, payload) = self.frame();
            if head == wanted {
                return payload;
            }
            assert_ne!(head, CLOSE, "{:?}", String::from_utf8_lossy(&payload));
        }
    }

    fn message(&mut self) -> Value {
        serde_json::from_slice(&self.hear(TEXT)).expect("JSON")
    }

    /// The code of the close frame, and that nothing follows.
    fn closed(mut self) -> u16 {
        let payload = self.hear(CLOSE);
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => assert!(rest.is_empty(), "after the last frame: {rest:x?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
        assert!(std::str::from_utf8(&payload[2..]).is_ok());
        u16::from_be_bytes([payload[0], payload[1]])
    }

    fn is_answered(&mut self) {
        self.say(&frame(TEXT, BEAT));
        assert_eq!(self.message()["type"], "heartbeat_response");
    }
}

/// The shortest head that tells this length.
fn head(first: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(0x80 | length as u8),
        126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes
}

fn masked(payload: &[u8]) -> impl Iterator<Item = u8> {
    payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4])
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len());
    bytes.extend(masked(payload));
    bytes
}

/// A frame of which only the beginning comes.
fn begun(first: u8, length: usize, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, length);
    bytes.extend(masked(payload));
    bytes
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A heartbeat of exactly so many bytes.
fn beat_of(length: usize) -> Vec<u8> {
    let frame = json!({ "type": "heartbeat", "x": "" }).to_string().len();
    json!({ "type": "heartbeat", "x": "a".repeat(length - frame) }).to_string().into_bytes()
}

#[test]
fn every_breach_ends_the_connection_with_its_code_as_soon_as_it_is_seen() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let unmasked = [&[TEXT, BEAT.len() as u8], BEAT].concat();
    let cases: [(&str, Vec<u8>, u16); 26] = [
        ("the first reserved bit", frame(0xc1, BEAT), 1002),
        ("the second reserved bit", frame(0xa1, BEAT), 1002),
        ("the third reserved bit", frame(0x91, BEAT), 1002),
        ("all reserved bits of a ping", frame(0xf9, b""), 1002),
        ("a frame that is not masked", unmasked, 1002),
        ("a head alone that is not masked", vec![TEXT, 0x7e], 1002),
        ("an unknown kind of message", frame(0x83, b""), 1002),
        ("another one, in the middle of a message", [frame(0x01, b"a"), frame(0x07, b"a")].concat(), 1002),
        ("an unknown control frame", frame(0x8b, b""), 1002),
        ("the last unknown control frame", frame(0x8f, b"a"), 1002),
        ("a continuation of nothing", frame(0x80, b"a"), 1002),
        ("a continuation after the end", [frame(TEXT, BEAT), frame(0x00, b"a")].concat(), 1002),
        ("a message within a message", [frame(0x01, b"a"), frame(TEXT, b"a")].concat(), 1002),
        ("a ping in pieces", frame(0x09, b"a"), 1002),
        ("a ping of 126 bytes", begun(PING, 126, b""), 1002),
        ("a close of 126 bytes", begun(CLOSE, 126, b""), 1002),
        ("half a close code", frame(CLOSE, &[3]), 1002),
        ("code 0", close(0, b""), 1002),
        ("code 999", close(999, b""), 1002),
        ("code 1005, which is never sent", close(1005, b""), 1002),
        ("code 2999, which is nobody's", close(2999, b""), 1002),
        ("code 65535", close(65_535, b""), 1002),
        ("a reason that is no UTF-8", close(1000, &[0xce, 0xba, 0xff]), 1007),
        ("a surrogate, of which the rest never comes", begun(TEXT, 1_000, &[b'a', 0xed, 0xa0]), 1007),
        (
            "beyond the last character, in the second piece",
            [frame(0x01, &[0xf4]), begun(0x80, 9, &[0x90])].concat(),
            1007,
        ),
        ("2 MB, of which nothing comes", head(TEXT, 2_000_000), 1009),
    ];
    for (what, bytes, code) in cases {
        let mut raw = Raw::open(&server, &server.token);
        raw.say(&bytes);
        assert_eq!(raw.closed(), code, "{what}");
    }
}

#[test]
fn pieces_with_pings_between_them_are_one_message_and_each_ping_has_its_answer_at_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut raw = Raw::open(&server, &server.token);
    raw.say(&frame(0x01, &BEAT[..4]));
    for n in 0..5_u8 {
        raw.say(&frame(PING, &[n; 3]));
        assert_eq!(raw.hear(PONG), [n; 3]);
        raw.say(&frame(0x00, &[]));
        raw.say(&frame(0x00, &BEAT[4 + usize::from(n)..5 + usize::from(n)]));
    }
    raw.say(&frame(PONG, b"never asked"));
    raw.say(&frame(0x80, &BEAT[9..]));
    assert_eq!(raw.message()["type"], "heartbeat_response");
    raw.say(&frame(PING, &[0xff; 125]));
    assert_eq!(raw.hear(PONG), [0xff; 125]);
}

#[test]
fn every_form_of_a_length_is_read_up_to_64_kib_and_more_is_answered_not_kept() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut raw = Raw::open(&server, &server.token);
    for length in [125, 126, 127, 65_535, 65_536] {
        raw.say(&frame(TEXT, &beat_of(length)));
        assert_eq!(raw.message()["type"], "heartbeat_response", "{length}");
    }
    for length in [65_537, 1_000_000] {
        raw.say(&frame(TEXT, &beat_of(length)));
        let told = raw.message();
        assert_eq!((&told["type"], &told["payload"]["code"]), (&json!("error"), &json!("too_large")), "{length}");
    }
    // Longer than need be: no client does it, nothing forbids us to read it.
    let mut long = vec![TEXT, 0xff];
    long.extend((BEAT.len() as u64).to_be_bytes());
    long.extend(MASK);
    long.extend(masked(BEAT));
    raw.say(&long);
    assert_eq!(raw.message()["type"], "heartbeat_response");
}

#[test]
fn a_client_that_sends_byte_by_byte_is_understood() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut raw = Raw::open(&server, &server.token);
    let text = r#"{"type":"heartbeat","x":"κόσμε 😀"}"#.as_bytes();
    for byte in [frame(0x01, &text[..30]), frame(PING, b"p"), frame(0x80, &text[30..])].concat() {
        raw.say(&[byte]);
    }
    assert_eq!(raw.hear(PONG), b"p");
    assert_eq!(raw.message()["type"], "heartbeat_response");
}

#[test]
fn a_goodbye_is_answered_with_its_own_code_and_nothing_is_heard_after_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    for (bytes, code) in [
        (frame(CLOSE, b""), 1000),
        (close(1000, b"bye"), 1000),
        (close(1001, "\u{3ba}".as_bytes()), 1001),
        (close(3000, &[b'a'; 123]), 3000),
        (close(4999, b""), 4999),
    ] {
        let mut raw = Raw::open(&server, &server.token);
        raw.is_answered();
        raw.say(&[bytes, frame(PING, b"late"), frame(TEXT, BEAT)].concat());
        assert_eq!(raw.closed(), code);
    }
}

#[test]
fn the_servers_own_goodbye_waits_for_the_clients() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let made = server.call("POST", "/api/admin/tokens", Some(&json!({ "role": "viewer", "name": "gone" }))).1;
    let mut raw = Raw::open(&server, made["token"].as_str().expect("a token"));
    raw.is_answered();
    let path = format!("/api/admin/tokens/{}", made["id"].as_str().expect("an id"));
    assert_eq!(server.call("DELETE", &path, None).0, 200);
    let payload = raw.hear(CLOSE);
    assert_eq!(u16::from_be_bytes([payload[0], payload[1]]), 4401);
    raw.say(&close(4401, b""));
    assert_eq!(raw.stream.read(&mut [0; 16]).expect("an end"), 0);
}

#[test]
fn a_body_that_comes_byte_by_byte_is_refused_while_others_are_answered() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let address = server.http.trim_start_matches("http://");
    let mut slow = TcpStream::connect(address).expect("connected");
    let head = format!("POST /api/session HTTP/1.1\r\nhost: {address}\r\ncontent-length: 100000\r\n\r\n");
    slow.write_all(head.as_bytes()).expect("written");
    let mut answer = String::new();
    slow.set_read_timeout(Some(NEVER)).expect("set");
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "at once: {answer}");

    let mut slow = TcpStream::connect(address).expect("connected");
    slow.write_all(head.replace("100000", "1000").as_bytes()).expect("written");
    slow.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let mut answer = Vec::new();
    // The pace is that of the read's time-out.
    for _ in 0..60 {
        let mut bytes = [0; 4_096];
        match slow.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&bytes[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                assert_eq!(server.status("/api/now", &[]), 200);
                slow.write_all(b" ").expect("taken until it is refused");
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("slow_body"), "{answer}");
}
