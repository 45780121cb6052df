//! Calls that must be refused, one after the other; a connection that the server ended is made again.

use std::io;

use super::line::Line;
use super::{Answers, Field};
use crate::Outcome;

/// Attackers' own address.
const THERE: u8 = 2;
/// Connections that may be ended under one run of calls.
const MOST_CONNECTIONS: usize = 1_000;

/// With a valid token, from a page that has no origin: half are calls, half ask for a WebSocket.
pub(super) fn null_origin(field: &Field) -> Outcome<Answers> {
    let Field { http, viewer, .. } = field;
    repeat(field, field.numbers.calls, |n| {
        let upgrade = if n % 2 == 0 {
            ""
        } else {
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nconnection: upgrade\r\n"
        };
        let path = if n % 2 == 0 { "/api/now" } else { "/ws" };
        format!(
            "GET {path} HTTP/1.1\r\nhost: {http}\r\norigin: null\r\n{upgrade}authorization: Bearer {viewer}\r\n\r\n"
        )
    })
}

/// With a valid token, under a name that somebody else controls.
pub(super) fn foreign_host(field: &Field) -> Outcome<Answers> {
    let viewer = &field.viewer;
    repeat(field, field.numbers.calls, |n| {
        format!("GET /api/now HTTP/1.1\r\nhost: evil{n}.example\r\nauthorization: Bearer {viewer}\r\n\r\n")
    })
}

/// Tokens of the right shape that nobody was given.
pub(super) fn wrong_tokens(field: &Field) -> Outcome<Answers> {
    let http = field.http;
    repeat(field, field.numbers.tokens, |n| {
        format!("GET /api/now HTTP/1.1\r\nhost: {http}\r\nauthorization: Bearer klt_{n:a>52}\r\n\r\n")
    })
}

fn repeat(field: &Field, times: usize, call: impl Fn(usize) -> String) -> Outcome<Answers> {
    let mut answers = Answers::new();
    let mut line = Line::open(field.http, THERE)?;
    let mut connections = 1;
    let mut n = 0;
    while n < times {
        let asked = line.say(call(n).as_bytes()).and_then(|()| line.answer());
        let is_open = match asked {
            Ok(answer) => {
                *answers.entry(answer.code()).or_default() += 1;
                n += 1;
                !answer.is_last
            }
            // A stranger's connection is ended after 10 s, in the middle of a call too.
            Err(error) if is_end(&error) => false,
            Err(error) => return Err(error.into()),
        };
        if !is_open {
            connections += 1;
            if connections > MOST_CONNECTIONS {
                return Err("connections are ended again and again".into());
            }
            line = Line::open(field.http, THERE)?;
        }
    }
    Ok(answers)
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | BrokenPipe | ConnectionReset | ConnectionAborted)
}
