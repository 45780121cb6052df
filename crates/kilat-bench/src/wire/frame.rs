//! WebSocket frames as far as a load client needs them: heads are read, payloads are not looked at.
//!
//! Client frames are masked with zeros, which is legal and leaves the payload as it is.

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const MASKED: u8 = 0x80;

/// Where a frame's payload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) opcode: u8,
    /// Bytes before the payload.
    pub(crate) before: usize,
    pub(crate) length: usize,
}

impl Head {
    /// The head of the first frame of these bytes; none while more are needed.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let mask = if second & MASKED == 0 { 0 } else { 4 };
        let (before, length) = match second & !MASKED {
            126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        Some(Self { opcode: first & 0x0f, before: before + mask, length })
    }

    /// Bytes of the whole frame.
    pub(crate) fn end(self) -> usize {
        self.before.saturating_add(self.length)
    }
}

/// Appends a frame as a server sends it.
pub(crate) fn push_plain(opcode: u8, payload: &[u8], to: &mut Vec<u8>) {
    push(opcode, 0, payload, to);
}

/// A frame as a client sends it.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    push(opcode, MASKED, payload, &mut frame);
    frame
}

fn push(opcode: u8, mask: u8, payload: &[u8], to: &mut Vec<u8>) {
    to.push(0x80 | opcode);
    match payload.len() {
        length @ 0..126 => to.push(mask | length as u8),
        length @ 126..65_536 => {
            to.push(mask | 126);
            to.extend((length as u16).to_be_bytes());
        }
        length => {
            to.push(mask | 127);
            to.extend((length as u64).to_be_bytes());
        }
    }
    if mask != 0 {
        to.extend([0; 4]);
    }
    to.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_any_size_is_read_as_it_was_written() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![7; length];
            let mut plain = Vec::new();
            push_plain(TEXT, &payload, &mut plain);
            for frame in [plain, masked(TEXT, &payload)] {
                let head = Head::read(&frame).expect("whole");
                assert_eq!((head.opcode, head.length, head.end()), (TEXT, length, frame.len()));
                assert_eq!(frame[head.before..], payload);
            }
        }
    }

    #[test]
    fn half_a_head_is_none_yet() {
        assert_eq!(Head::read(&[0x81]), None);
        assert_eq!(Head::read(&[0x81, 126, 1]), None);
        assert_eq!(Head::read(&[0x81, 127, 0, 0, 0, 0, 0, 0, 1]), None);
    }
}
