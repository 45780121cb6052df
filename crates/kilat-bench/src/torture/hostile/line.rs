//! One connection of a client that says what it likes: raw bytes out, answers and frames in.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// An answer that takes longer does not come.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A connection from 127.0.0.`from`.
pub(super) fn socket(to: SocketAddr, from: u8) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    if to.is_ipv4() {
        socket.bind(&SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)), 0).into())?;
    }
    Ok(socket)
}

/// An answer to a call.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// No further call is answered here.
    pub(super) is_last: bool,
}

impl Answer {
    /// The status and the code of the refusal.
    pub(super) fn code(&self) -> String {
        let code = self.body.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next());
        code.map_or_else(|| self.status.to_string(), |code| format!("{} {code}", self.status))
    }
}

/// A connection that is spoken to in turns.
#[derive(Debug)]
pub(super) struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    pub(super) fn open(to: SocketAddr, from: u8) -> io::Result<Self> {
        let socket = socket(to, from)?;
        socket.connect_timeout(&to.into(), PATIENCE)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Opens a WebSocket; an error is the refusal.
    pub(super) fn upgrade(to: SocketAddr, from: u8, token: &str) -> io::Result<Self> {
        let mut line = Self::open(to, from)?;
        line.say(
            format!(
                "GET /ws HTTP/1.1\r\nhost: {to}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                 sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 authorization: Bearer {token}\r\n\r\n"
            )
            .as_bytes(),
        )?;
        let answer = line.answer()?;
        if answer.status == 101 { Ok(line) } else { Err(io::Error::other(format!("refused: {}", answer.code()))) }
    }

    pub(super) fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Another end of the same connection, to write while this one reads.
    pub(super) fn writer(&self) -> io::Result<TcpStream> {
        self.stream.get_ref().try_clone()
    }

    pub(super) fn answer(&mut self) -> io::Result<Answer> {
        let (mut status, mut length, mut is_last) = (0, 0, false);
        loop {
            let mut text = String::new();
            if self.stream.read_line(&mut text)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let text = text.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0);
            }
            if let Some(rest) = text.strip_prefix("content-length:") {
                length = rest.trim().parse::<u64>().map_err(io::Error::other)?;
            }
            is_last |= text == "connection: close";
        }
        let mut body = Vec::new();
        if (&mut self.stream).take(length).read_to_end(&mut body)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), is_last })
    }

    /// The next frame: its first byte and its payload.
    pub(super) fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head)?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length)?;
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length)?;
                u64::from_be_bytes(length)
            }
            short => u64::from(short),
        };
        let mut payload = Vec::new();
        if (&mut self.stream).take(length).read_to_end(&mut payload)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok((head[0], payload))
    }

    /// Reads until the server says why it refuses: an error's code, or that of its close.
    pub(super) fn refusal(&mut self) -> io::Result<String> {
        loop {
            let (head, payload) = self.frame()?;
            match head {
                0x88 => {
                    let code = payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                    return Ok(code.to_string());
                }
                0x81 => {
                    let text = String::from_utf8_lossy(&payload);
                    if text.contains("\"type\":\"error\"")
                        && let Some(code) = text.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next())
                    {
                        return Ok(code.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
}

/// A client's text frame.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x81];
    match (payload.len(), u16::try_from(payload.len())) {
        (short @ 0..=125, _) => bytes.push(0x80 | short as u8),
        (_, Ok(middle)) => {
            bytes.push(0x80 | 126);
            bytes.extend(middle.to_be_bytes());
        }
        (long, Err(_)) => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    // A mask of nothing leaves the payload as it is.
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}
