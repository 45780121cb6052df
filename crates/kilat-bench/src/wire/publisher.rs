//! The one connection that messages are published on: lines over plain TCP for peers, `publish` for Kilat.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::dialect::{Answer, Dialect, MAX_ANSWER_BYTES, answer, holds};
use super::frame::{self, Head, PING, PONG, TEXT};
use super::mark::{Kind, Mark, message, publish};
use super::viewer::is_for_later;
use crate::Outcome;

/// A server that does not answer an upgrade in this time does not work.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) socket: TcpStream,
    dialect: Dialect,
    /// Bytes that the server has not taken yet.
    waiting: Vec<u8>,
    /// Bytes of answers that are not whole yet.
    heard: Vec<u8>,
    published: u32,
    /// Publications that Kilat acknowledged.
    accepted: u32,
}

impl Publisher {
    pub(crate) fn connect(to: SocketAddr, dialect: Dialect) -> Outcome<Self> {
        let socket = TcpStream::connect(to)?;
        socket.set_nodelay(true)?;
        let mut publisher = Self { socket, dialect, waiting: Vec::new(), heard: Vec::new(), published: 0, accepted: 0 };
        if publisher.is_kilat() {
            publisher.upgrade(&to.to_string())?;
        }
        publisher.socket.set_nonblocking(true)?;
        Ok(publisher)
    }

    fn upgrade(&mut self, host: &str) -> Outcome<()> {
        self.socket.set_read_timeout(Some(PATIENCE))?;
        self.socket.write_all(self.dialect.request(host).unwrap_or_default().as_bytes())?;
        let mut bytes = [0; MAX_ANSWER_BYTES];
        loop {
            match answer(&self.heard) {
                Answer::More => {}
                Answer::Yes(length) => {
                    self.heard.drain(..length);
                    return Ok(());
                }
                Answer::No(status) => return Err(format!("the publisher was refused: {status}").into()),
            }
            match self.socket.read(&mut bytes)? {
                0 => return Err("the server hung up on the publisher".into()),
                read => self.heard.extend(&bytes[..read]),
            }
        }
    }

    pub(crate) fn published(&self) -> u32 {
        self.published
    }

    /// Publications without an answer; a peer gives none.
    pub(crate) fn unanswered(&self) -> u32 {
        if self.is_kilat() { self.published - self.accepted } else { 0 }
    }

    /// Publishes the next message now.
    pub(crate) fn publish(&mut self, kind: Kind, begun: Instant) {
        self.published += 1;
        let mark = Mark { number: self.published, at_ns: begun.elapsed().as_nanos() as u64 };
        if self.is_kilat() {
            self.waiting.extend(frame::masked(TEXT, publish(kind, mark).as_bytes()));
        } else {
            self.waiting.extend(message(kind, mark).as_bytes());
            self.waiting.push(b'\n');
        }
    }

    /// Writes what the server takes.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            match self.socket.write(&self.waiting) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if is_for_later(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads answers once.
    pub(crate) fn hear(&mut self, buffer: &mut [u8]) -> Outcome<()> {
        let read = match self.socket.read(buffer) {
            Ok(0) => return Err("the server hung up on the publisher".into()),
            Ok(read) => read,
            Err(error) if is_for_later(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.heard.extend(&buffer[..read]);
        let mut at = 0;
        while let Some(head) = Head::read(&self.heard[at..]).filter(|head| head.end() <= self.heard.len() - at) {
            let payload = &self.heard[at + head.before..at + head.end()];
            at += head.end();
            if head.opcode == PING {
                self.waiting.extend(frame::masked(PONG, payload));
            } else if holds(payload, br#""type":"published""#) {
                self.accepted += 1;
            } else if head.opcode != TEXT || holds(payload, br#""type":"error""#) {
                return Err(format!("a publication was refused: {}", String::from_utf8_lossy(payload)).into());
            }
        }
        self.heard.drain(..at);
        Ok(())
    }

    fn is_kilat(&self) -> bool {
        matches!(self.dialect, Dialect::Kilat { .. })
    }
}
