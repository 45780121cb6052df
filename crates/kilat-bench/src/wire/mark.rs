//! The message that is fanned out, and what every viewer reads of it: its number and when it was published.
//!
//! Both have a fixed width behind a fixed word, so that a viewer finds them without parsing JSON.

/// Bytes of the whole message as a peer sends it: type, payload, time.
pub(crate) const MESSAGE_BYTES: usize = 400;

const WORD: &[u8] = b"#bench:";
const NUMBER: usize = 10;
const TIME: usize = 16;
/// The word, the number, a colon and the time.
const LENGTH: usize = WORD.len() + NUMBER + 1 + TIME;

/// File names that states are keyed by: below the states that one viewer may have waiting.
const FILES: u32 = 100;

/// How Kilat treats a message: the status decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The latest value of each file matters.
    State,
    /// Numbered, durable, never skipped.
    Log,
}

/// Number of a message and its time of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) number: u32,
    /// Nanoseconds of the load client's own clock.
    pub(crate) at_ns: u64,
}

impl Mark {
    /// The mark of a message; looked for at `hint` first, which then says where it was.
    pub(crate) fn find(message: &[u8], hint: &mut usize) -> Option<Self> {
        if !message.get(*hint..).is_some_and(|rest| rest.starts_with(WORD)) {
            *hint = message.windows(WORD.len()).position(|window| window == WORD)?;
        }
        let digits = message.get(*hint + WORD.len()..*hint + LENGTH)?;
        Some(Self { number: number(&digits[..NUMBER])? as u32, at_ns: number(&digits[NUMBER + 1..])? })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}

/// What stands in `payload` of every message, for every server.
fn payload(kind: Kind, mark: Mark) -> String {
    let status = match kind {
        Kind::State => "uploading",
        Kind::Log => "bench",
    };
    let (file, Mark { number, at_ns }) = (number_of_file(mark.number), mark);
    let bare = format!(
        r##"{{"status":"{status}","fileName":"DSC_{file:04}.JPG","timestamp":"2026-11-21T16:04:05.000Z","mark":"#bench:{number:010}:{at_ns:016}","pad":""}}"##
    );
    let pad = MESSAGE_BYTES - ENVELOPE.len() - bare.len();
    format!("{}{}\"}}", &bare[..bare.len() - 2], "x".repeat(pad))
}

fn number_of_file(number: u32) -> u32 {
    number % FILES
}

/// Around the payload, where a peer forwards what it is given.
const ENVELOPE: &str = r#"{"type":"upload_progress","payload":,"timestamp":"2026-11-21T16:04:05.000Z"}"#;

/// The message as a peer is fed with it, and as its viewers get it.
pub(crate) fn message(kind: Kind, mark: Mark) -> String {
    let payload = payload(kind, mark);
    format!(r#"{{"type":"upload_progress","payload":{payload},"timestamp":"2026-11-21T16:04:05.000Z"}}"#)
}

/// The request that makes Kilat send such a message.
pub(crate) fn publish(kind: Kind, mark: Mark) -> String {
    let (id, payload) = (mark.number, payload(kind, mark));
    format!(
        r#"{{"type":"publish","id":"{id}","payload":{{"channel":"upload","type":"upload_progress","payload":{payload}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { number: 417, at_ns: 1_234_567_890_123 };

    #[test]
    fn a_viewer_finds_what_was_published_wherever_it_stands() {
        for kind in [Kind::State, Kind::Log] {
            let mut hint = 0;
            for text in [message(kind, MARK), publish(kind, MARK), message(kind, MARK)] {
                assert_eq!(Mark::find(text.as_bytes(), &mut hint), Some(MARK), "{text}");
            }
        }
        assert_eq!(Mark::find(b"{}", &mut 5), None);
        assert_eq!(Mark::find(b"#bench:12", &mut 0), None);
    }

    #[test]
    fn a_message_has_the_size_that_the_table_says() {
        assert_eq!([Kind::State, Kind::Log].map(|kind| message(kind, MARK).len()), [MESSAGE_BYTES; 2]);
    }
}
