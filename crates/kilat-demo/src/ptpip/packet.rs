//! Packets of PTP/IP, and the data sets that they carry: little endian, strings in UTF-16 with their length before.

use std::io::{self, Read};

/// A command with its parameters is a few dozen bytes; the longest that comes is a host's name.
const MAX_PACKET_BYTES: u32 = 4_096;

/// What a packet is.
pub(super) mod kind {
    pub(crate) const INIT_COMMAND: u32 = 1;
    pub(crate) const INIT_COMMAND_ACK: u32 = 2;
    pub(crate) const INIT_EVENT: u32 = 3;
    pub(crate) const INIT_EVENT_ACK: u32 = 4;
    pub(crate) const REQUEST: u32 = 6;
    pub(crate) const RESPONSE: u32 = 7;
    pub(crate) const EVENT: u32 = 8;
    pub(crate) const START_DATA: u32 = 9;
    pub(crate) const DATA: u32 = 10;
    pub(crate) const END_DATA: u32 = 12;
    pub(crate) const PING: u32 = 13;
    pub(crate) const PONG: u32 = 14;
}

/// A packet as it came.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) kind: u32,
    pub(super) body: Vec<u8>,
}

impl Packet {
    /// The next packet; `None` when the other side ended.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; 8];
        match from.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (length, kind) = (u32_at(&head, 0), u32_at(&head, 4));
        if !(8..=MAX_PACKET_BYTES).contains(&length) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a packet of {length} bytes")));
        }
        let mut body = vec![0; length as usize - 8];
        from.read_exact(&mut body)?;
        Ok(Some(Self { kind, body }))
    }
}

/// What a host asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) operation: u16,
    pub(super) transaction: u32,
    pub(super) params: [u32; 3],
}

impl Request {
    /// Of a packet of [`kind::REQUEST`]. Parameters that did not come are 0.
    pub(super) fn of(body: &[u8]) -> Self {
        let param = |index: usize| u32_at(body, 10 + 4 * index);
        Self { operation: u16_at(body, 4), transaction: u32_at(body, 6), params: [param(0), param(1), param(2)] }
    }
}

/// Little endian at a place; 0 beyond the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes)
}

/// A data set or a packet's body, written field by field.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// A list with its length before.
    pub(super) fn codes(mut self, codes: &[u16]) -> Self {
        self = self.u32(codes.len() as u32);
        codes.iter().fold(self, |fields, code| fields.u16(*code))
    }

    /// A list with its length before.
    pub(super) fn handles(mut self, handles: &[u32]) -> Self {
        self = self.u32(handles.len() as u32);
        handles.iter().fold(self, |fields, handle| fields.u32(*handle))
    }

    /// Text: its length in UTF-16 units with the end mark, then those; at most 254 of them.
    pub(super) fn text(mut self, text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().take(254).chain([0]).collect();
        if units.len() == 1 {
            return self.u8(0);
        }
        self = self.u8(units.len() as u8);
        units.into_iter().fold(self, Self::u16)
    }

    /// Text as the greeting has it: its end is marked, its length is not told.
    pub(super) fn marked_text(self, text: &str) -> Self {
        text.encode_utf16().chain([0]).fold(self, Self::u16)
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    /// As a whole packet.
    pub(super) fn packet(self, kind: u32) -> Vec<u8> {
        Fields::default().u32(self.0.len() as u32 + 8).u32(kind).bytes(&self.0).done()
    }
}
