//! Many connections at once that say little or nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kilat_testkit::pause;

use super::line::socket;
use super::{Answers, Field};
use crate::Outcome;

/// How often each says another byte.
const BEAT: Duration = Duration::from_millis(500);
/// The server's patience is 10 s; whoever is still there now is held too long.
const LIMIT: Duration = Duration::from_secs(14);
/// The server takes 1,000 a second and has 10 s of patience for each; the kernel tries 6 times in 63 s for
/// those that found its queue full.
const FLOOD_LIMIT: Duration = Duration::from_secs(90);
/// Of the flood.
const ADDRESSES: [u8; 4] = [2, 3, 4, 5];

/// One of the crowd.
struct Member {
    stream: TcpStream,
    heard: Vec<u8>,
    is_over: bool,
}

/// The head of a request, a byte at a time.
pub(super) fn slow_heads(field: &Field) -> Outcome<Answers> {
    let head = format!("GET /api/now HTTP/1.1\r\nhost: {}\r\nx-slow: {}\r\n\r\n", field.http, "a".repeat(1_000));
    drip(field.http, field.numbers.slow, b"", head.as_bytes())
}

/// The body of a call that strangers may make, a byte at a time.
pub(super) fn slow_bodies(field: &Field) -> Outcome<Answers> {
    let head = format!(
        "POST /api/session HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
        field.http
    );
    drip(field.http, field.numbers.slow, head.as_bytes(), &[b' '; 1_000])
}

/// Connected, and not a word.
pub(super) fn silent(field: &Field) -> Outcome<Answers> {
    drip(field.http, field.numbers.silent, b"", b"")
}

/// Connected from few addresses; none says a word. Ends when all of them were ended, or stay too long.
pub(super) fn flood(field: &Field) -> Outcome<Answers> {
    let began = Instant::now();
    let mut members: Vec<Member> = Vec::new();
    let mut answers = Answers::new();
    let mut made = 0;
    while began.elapsed() < FLOOD_LIMIT && (made < field.numbers.flood || !members.is_empty()) {
        while made < field.numbers.flood && members.len() < field.numbers.open {
            let socket = socket(field.http, ADDRESSES[made % ADDRESSES.len()])?;
            socket.set_nonblocking(true)?;
            match socket.connect(&field.http.into()) {
                Ok(()) => {}
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
                Err(error) => return Err(error.into()),
            }
            made += 1;
            members.push(Member { stream: socket.into(), heard: Vec::new(), is_over: false });
        }
        pause(BEAT);
        // One whose handshake was dropped by a full queue looks connected from here; a byte finds it out.
        if began.elapsed() > FLOOD_LIMIT / 2 {
            members.iter_mut().for_each(Member::poke);
        }
        members.iter_mut().for_each(Member::listen);
        *answers.entry("ended".to_owned()).or_default() += members.extract_if(.., |member| member.is_over).count();
    }
    if !members.is_empty() {
        answers.insert("held too long".to_owned(), members.len());
    }
    Ok(answers)
}

/// Connects so many, says the first bytes at once and the others one by one, and hears how each ends.
fn drip(to: SocketAddr, count: usize, first: &[u8], then: &[u8]) -> Outcome<Answers> {
    let mut members = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = socket(to, ADDRESSES[0])?;
        socket.connect(&to.into())?;
        let mut stream = TcpStream::from(socket);
        stream.write_all(first)?;
        stream.set_nonblocking(true)?;
        members.push(Member { stream, heard: Vec::new(), is_over: false });
    }
    let began = Instant::now();
    let mut then = then.iter();
    while began.elapsed() < LIMIT && members.iter().any(|member| !member.is_over) {
        let byte = then.next();
        for member in members.iter_mut().filter(|member| !member.is_over) {
            if let Some(byte) = byte
                && member.stream.write(&[*byte]).is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
            {
                member.is_over = true;
            }
            member.listen();
        }
        pause(BEAT);
    }
    let mut answers = Answers::new();
    for member in &members {
        *answers.entry(member.answer()).or_default() += 1;
    }
    Ok(answers)
}

impl Member {
    fn poke(&mut self) {
        match self.stream.write(b"G") {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {}
            Err(_) => self.is_over = true,
        }
    }

    fn listen(&mut self) {
        let mut bytes = [0; 1_024];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.is_over = true,
            Ok(read) => self.heard.extend_from_slice(&bytes[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {}
            Err(_) => self.is_over = true,
        }
    }

    fn answer(&self) -> String {
        let text = String::from_utf8_lossy(&self.heard);
        match text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)) {
            Some(status) => status.to_owned(),
            None if self.is_over => "ended".to_owned(),
            None => "held too long".to_owned(),
        }
    }
}
