//! Reads what a WebSocket client sends (RFC 6455): frames unmasked, messages put together, bounds held.
//!
//! Holds memory only for what is incomplete. A message above the limit is counted and dropped, not kept,
//! so that it can be answered; one above the hard limit ends the connection, as every breach of the
//! protocol does. Writing is deliberately absent: `kilat-hub` frames each message once for everybody.

use std::str::Utf8Error;

use kilat_hub::Frame;
use kilat_wire::close;

/// Longest payload of a control frame.
const MAX_CONTROL: usize = 125;

/// How much a client may send at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// A longer message is reported and dropped.
    pub(crate) message: usize,
    /// A longer one ends the connection.
    pub(crate) hard: usize,
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A whole text.
    Text(String),
    /// A whole binary message.
    Binary(Vec<u8>),
    /// A message above the limit; it was dropped.
    TooLarge,
    /// To be answered with the same bytes.
    Ping(Vec<u8>),
    /// An answer to our ping.
    Pong,
    /// The client says goodbye, with its code if it gave one.
    Close(Option<u16>),
}

/// Why the connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breach {
    /// Against the protocol.
    Protocol(&'static str),
    /// A text that is no UTF-8.
    NotText,
    /// Above the hard limit.
    TooLarge,
}

impl Breach {
    /// The close code of RFC 6455.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => close::PROTOCOL,
            Self::NotText => close::NOT_TEXT,
            Self::TooLarge => close::TOO_LARGE,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::NotText => "a text message that is no UTF-8",
            Self::TooLarge => "the message is too large",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// A message in pieces.
#[derive(Debug)]
struct Message {
    kind: Kind,
    bytes: Vec<u8>,
    /// Of a text: so many bytes are known to be UTF-8.
    checked: usize,
    /// Above the limit: only its length is kept.
    dropped: Option<usize>,
}

/// The head of a frame and what is still to come of its payload.
#[derive(Debug, Clone, Copy)]
struct Head {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    length: usize,
    read: usize,
}

/// Reads one connection.
#[derive(Debug)]
pub(crate) struct Decoder {
    limits: Limits,
    /// Bytes of a head that is not whole yet: 14 at most.
    head_bytes: Vec<u8>,
    head: Option<Head>,
    control: Vec<u8>,
    message: Option<Box<Message>>,
}

impl Decoder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, head_bytes: Vec::new(), head: None, control: Vec::new(), message: None }
    }

    /// Reads on; answers the next message and moves `input` behind it. None when `input` is used up.
    ///
    /// # Errors
    /// A [`Breach`] after which nothing can be read any more.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, Breach> {
        loop {
            let mut head = match self.head {
                Some(head) => head,
                None => match self.read_head(input)? {
                    Some(head) => head,
                    None => return Ok(None),
                },
            };
            let take = (head.length - head.read).min(input.len());
            let (piece, rest) = input.split_at(take);
            *input = rest;
            self.read_payload(&head, piece)?;
            head.read += take;
            if head.read < head.length {
                self.head = Some(head);
                return Ok(None);
            }
            self.head = None;
            if let Some(incoming) = self.finish(&head)? {
                return Ok(Some(incoming));
            }
        }
    }

    fn read_head(&mut self, input: &mut &[u8]) -> Result<Option<Head>, Breach> {
        loop {
            let wanted = match self.head_bytes.get(1).map(|second| second & 0x7f) {
                None => 2,
                Some(126) => 8,
                Some(127) => 14,
                Some(_) => 6,
            };
            if self.head_bytes.len() >= wanted && wanted > 2 {
                let head = self.parse_head()?;
                // Given back: an idle connection holds nothing.
                self.head_bytes = Vec::new();
                return Ok(Some(head));
            }
            let Some((byte, rest)) = input.split_first() else { return Ok(None) };
            *input = rest;
            self.head_bytes.push(*byte);
            if self.head_bytes.len() == 2 {
                self.check_head()?;
            }
        }
    }

    /// What the first two bytes tell is refused at once: the rest may never come.
    fn check_head(&self) -> Result<(), Breach> {
        let (first, second) = (self.head_bytes[0], self.head_bytes[1]);
        let opcode = first & 0x0f;
        let is_control = opcode >= 8;
        let breach = |what| Err(Breach::Protocol(what));
        match opcode {
            0 if self.message.is_none() => return breach("a continuation of nothing"),
            1 | 2 if self.message.is_some() => return breach("a new message before the last one ended"),
            0..=2 | 8..=10 => {}
            _ => return breach("an unknown kind of frame"),
        }
        if first & 0x70 != 0 {
            return breach("a reserved bit is set");
        }
        if second & 0x80 == 0 {
            return breach("a frame that is not masked");
        }
        if is_control && (first & 0x80 == 0 || second & 0x7f > 125) {
            return breach("a control frame in pieces or above 125 bytes");
        }
        Ok(())
    }

    fn parse_head(&mut self) -> Result<Head, Breach> {
        let bytes = &self.head_bytes;
        let (length, mask_at) = match bytes[1] & 0x7f {
            126 => (u64::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => {
                let mut length = [0; 8];
                length.copy_from_slice(&bytes[2..10]);
                (u64::from_be_bytes(length), 10)
            }
            short => (u64::from(short), 2),
        };
        let mut mask = [0; 4];
        mask.copy_from_slice(&bytes[mask_at..mask_at + 4]);
        let length = usize::try_from(length).ok().filter(|length| *length <= self.limits.hard);
        let length = length.ok_or(Breach::TooLarge)?;
        let head = Head { is_final: bytes[0] & 0x80 != 0, opcode: bytes[0] & 0x0f, mask, length, read: 0 };
        if let 1 | 2 = head.opcode {
            let kind = if head.opcode == 1 { Kind::Text } else { Kind::Binary };
            self.message = Some(Box::new(Message { kind, bytes: Vec::new(), checked: 0, dropped: None }));
        }
        Ok(head)
    }

    fn read_payload(&mut self, head: &Head, piece: &[u8]) -> Result<(), Breach> {
        let unmasked = piece.iter().enumerate().map(|(at, byte)| byte ^ head.mask[(head.read + at) % 4]);
        if head.opcode >= 8 {
            debug_assert!(head.length <= MAX_CONTROL);
            self.control.extend(unmasked);
            return Ok(());
        }
        let Some(message) = &mut self.message else { return Ok(()) };
        let length = message.dropped.unwrap_or(message.bytes.len()) + piece.len();
        if length > self.limits.hard {
            return Err(Breach::TooLarge);
        }
        if length > self.limits.message {
            message.dropped = Some(length);
            message.bytes = Vec::new();
            return Ok(());
        }
        message.bytes.extend(unmasked);
        match message.kind {
            Kind::Text => message.check(),
            Kind::Binary => Ok(()),
        }
    }

    fn finish(&mut self, head: &Head) -> Result<Option<Incoming>, Breach> {
        match head.opcode {
            8 => Ok(Some(goodbye(&std::mem::take(&mut self.control))?)),
            9 => Ok(Some(Incoming::Ping(std::mem::take(&mut self.control)))),
            10 => {
                self.control = Vec::new();
                Ok(Some(Incoming::Pong))
            }
            _ if !head.is_final => Ok(None),
            _ => {
                let Some(message) = self.message.take() else { return Ok(None) };
                if message.dropped.is_some() {
                    return Ok(Some(Incoming::TooLarge));
                }
                match message.kind {
                    Kind::Binary => Ok(Some(Incoming::Binary(message.bytes))),
                    Kind::Text => {
                        let text = String::from_utf8(message.bytes).map_err(|_error| Breach::NotText)?;
                        Ok(Some(Incoming::Text(text)))
                    }
                }
            }
        }
    }
}

impl Message {
    /// A wrong byte is refused when it comes, a character that is cut by the piece's end is not.
    fn check(&mut self) -> Result<(), Breach> {
        match std::str::from_utf8(&self.bytes[self.checked..]) {
            Ok(_) => self.checked = self.bytes.len(),
            Err(error) if is_cut(&error) => self.checked += error.valid_up_to(),
            Err(_) => return Err(Breach::NotText),
        }
        Ok(())
    }
}

fn is_cut(error: &Utf8Error) -> bool {
    error.error_len().is_none()
}

/// What answers a goodbye: the same code, so that the client sees its own close confirmed.
pub(crate) fn farewell(code: Option<u16>) -> Frame {
    Frame::close(code.unwrap_or(1000), "")
}

fn goodbye(payload: &[u8]) -> Result<Incoming, Breach> {
    let (code, reason) = match payload {
        [] => return Ok(Incoming::Close(None)),
        [_] => return Err(Breach::Protocol("half a close code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Breach::Protocol("a close code that nobody may send"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Breach::NotText);
    }
    Ok(Incoming::Close(Some(code)))
}

#[cfg(test)]
mod tests;
