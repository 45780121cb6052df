//! One viewer: a plain socket from the connect over the upgrade to frames, and nothing per viewer but a few bytes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};

use socket2::{Domain, Socket, Type};

use super::dialect::{Answer, Dialect, Reaction, Seen, answer};
use super::frame::{self, CLOSE, Head, PING, PONG, TEXT};

/// Viewers that share a source address: ports suffice, and no server takes them for one abuser.
const PER_ADDRESS: usize = 40;
/// Addresses in the last part of 127.0.x.y.
const ADDRESSES: usize = 250;
/// A phone's: so that a viewer that reads nothing stalls after a few messages, not after megabytes of loopback.
const STALLED_RECEIVE_BYTES: usize = 4_096;
const STALLED_SEGMENT_BYTES: u32 = 1_448;

/// Whether a viewer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    Reads,
    /// Until it is subscribed, then never again.
    Stalls,
}

/// How far a viewer is.
#[derive(Debug, Clone, Copy)]
enum Step {
    Connecting,
    Upgrading,
    Greeting(Seen),
    Live,
}

/// What reading brought beside messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    Nothing,
    /// From now on every message is owed to it.
    Ready,
}

#[derive(Debug)]
pub(crate) struct Viewer {
    pub(crate) socket: TcpStream,
    step: Step,
    /// The beginning of a frame whose end has not come yet.
    carry: Vec<u8>,
    /// Its newest message.
    pub(crate) last: u32,
}

impl Viewer {
    /// Begins to connect, the `index`th of all.
    pub(crate) fn open(to: SocketAddr, index: usize, habit: Habit) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking().cloexec(), None)?;
        if habit == Habit::Stalls {
            socket.set_recv_buffer_size(STALLED_RECEIVE_BYTES)?;
            socket.set_tcp_mss(STALLED_SEGMENT_BYTES)?;
        }
        let group = index / PER_ADDRESS;
        let address = Ipv4Addr::new(127, 0, (group / ADDRESSES) as u8, 2 + (group % ADDRESSES) as u8);
        socket.bind(&SocketAddrV4::new(address, 0).into())?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => Err(error),
            Ok(()) | Err(_) => Ok(Self { socket: socket.into(), step: Step::Connecting, carry: Vec::new(), last: 0 }),
        }
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.step, Step::Connecting)
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.step, Step::Live)
    }

    /// The connection stands, or failed: says the first words.
    pub(crate) fn connected(&mut self, dialect: &Dialect, host: &str) -> io::Result<()> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        self.socket.set_nodelay(true)?;
        self.step = match dialect.request(host) {
            Some(request) => {
                self.say(request.as_bytes())?;
                Step::Upgrading
            }
            None => Step::Greeting(Seen::default()),
        };
        Ok(())
    }

    /// Reads once what is there; `message` gets each text frame and says what to answer.
    pub(crate) fn hear(
        &mut self,
        dialect: &Dialect,
        buffer: &mut [u8],
        mut message: impl FnMut(&[u8], &mut u32) -> Option<Vec<u8>>,
    ) -> io::Result<News> {
        let carried = self.carry.len();
        buffer[..carried].copy_from_slice(&self.carry);
        let read = match self.socket.read(&mut buffer[carried..]) {
            Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up")),
            Ok(read) => read,
            Err(error) if is_for_later(&error) => return Ok(News::Nothing),
            Err(error) => return Err(error),
        };
        self.carry.clear();
        let mut rest = &buffer[..carried + read];
        let mut news = News::Nothing;
        if matches!(self.step, Step::Upgrading) {
            match answer(rest) {
                Answer::More => {}
                Answer::Yes(length) => {
                    rest = &rest[length..];
                    self.step = Step::Greeting(Seen::default());
                    if let Some(hello) = dialect.hello() {
                        self.say(&hello)?;
                    }
                }
                Answer::No(status) => return Err(io::Error::other(format!("the upgrade was refused: {status}"))),
            }
        }
        while !matches!(self.step, Step::Upgrading)
            && let Some(head) = Head::read(rest).filter(|head| head.end() <= rest.len())
        {
            let payload = &rest[head.before..head.end()];
            rest = &rest[head.end()..];
            match (head.opcode, &mut self.step) {
                (PING, _) => self.say(&frame::masked(PONG, payload))?,
                (CLOSE, _) => return Err(closed(payload)),
                (TEXT, Step::Greeting(seen)) => match dialect.greet(payload, seen) {
                    Reaction::Nothing => {}
                    Reaction::Say(words) => self.say(&words)?,
                    Reaction::Ready => {
                        self.step = Step::Live;
                        news = News::Ready;
                    }
                },
                (TEXT, _) => {
                    if let Some(words) = message(payload, &mut self.last) {
                        self.say(&words)?;
                    }
                }
                _ => {}
            }
        }
        if !rest.is_empty() {
            self.carry.extend(rest);
        }
        Ok(news)
    }

    /// Writes a few bytes; a server that leaves no room for them does not listen.
    fn say(&mut self, words: &[u8]) -> io::Result<()> {
        self.socket.write_all(words)
    }
}

pub(crate) fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn closed(payload: &[u8]) -> io::Error {
    let code = payload.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
    let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
    io::Error::new(io::ErrorKind::ConnectionAborted, format!("the server closed with {code} {reason}"))
}
