//! What each server wants to hear from a viewer before it sends, and how its first words are told from messages.

use super::frame::{self, TEXT};

/// The sample of RFC 6455, section 1.3: what a server must answer to it is known.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Longer heads of answers are nobody's here.
pub(crate) const MAX_ANSWER_BYTES: usize = 16 * 1_024;

/// How a server is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Frames over plain TCP; the first one says that the viewer is known.
    Floor,
    /// The same behind an upgrade.
    WebSocket,
    /// Socket.IO 4 over WebSocket.
    SocketIo,
    /// Kilat's own.
    Kilat { token: String, subscribe: Subscribe },
}

/// What a viewer of Kilat waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subscribe {
    /// The channel that is published to, and `subscribed`.
    Upload,
    /// A channel that always has a state, `subscribed` and that state.
    Status,
}

/// What a frame of a server asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    Nothing,
    /// The viewer is subscribed.
    Ready,
    Say(Vec<u8>),
}

/// What stands at the beginning of an upgraded connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Not whole yet.
    More,
    /// Upgraded; frames begin behind so many bytes.
    Yes(usize),
    /// Refused, with this status line.
    No(String),
}

impl Dialect {
    /// What to send first: a request to upgrade, or nothing.
    pub(crate) fn request(&self, host: &str) -> Option<String> {
        let path = match self {
            Self::Floor => return None,
            Self::WebSocket => "/",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
            Self::Kilat { .. } => "/ws",
        };
        let bearer = match self {
            Self::Kilat { token, .. } => format!("Authorization: Bearer {token}\r\n"),
            Self::Floor | Self::WebSocket | Self::SocketIo => String::new(),
        };
        Some(format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{bearer}\r\n"
        ))
    }

    /// What to send once upgraded.
    pub(crate) fn hello(&self) -> Option<Vec<u8>> {
        match self {
            Self::Floor | Self::WebSocket | Self::SocketIo => None,
            Self::Kilat { subscribe: Subscribe::Upload, .. } => Some(subscription("upload")),
            Self::Kilat { subscribe: Subscribe::Status, .. } => Some(subscription("dslr")),
        }
    }

    /// What a frame means before the viewer is ready; `seen` remembers what it waited for.
    pub(crate) fn greet(&self, text: &[u8], seen: &mut Seen) -> Reaction {
        match self {
            Self::Floor | Self::WebSocket => Reaction::Ready,
            Self::SocketIo => match text {
                [b'0', b'{', ..] => Reaction::Say(frame::masked(TEXT, b"40")),
                [b'4', b'0', ..] => Reaction::Ready,
                _ => Reaction::Nothing,
            },
            Self::Kilat { subscribe, .. } => {
                seen.is_subscribed |= holds(text, br#""type":"subscribed""#);
                seen.is_current |= holds(text, br#""asOf""#);
                let is_ready = match subscribe {
                    Subscribe::Upload => seen.is_subscribed,
                    Subscribe::Status => seen.is_subscribed && seen.is_current,
                };
                if is_ready { Reaction::Ready } else { Reaction::Nothing }
            }
        }
    }

    /// What a frame without a mark asks for, later on.
    pub(crate) fn reply(&self, text: &[u8]) -> Option<Vec<u8>> {
        // Engine.IO's own ping and pong.
        (*self == Self::SocketIo && text == b"2").then(|| frame::masked(TEXT, b"3"))
    }
}

/// What a viewer was told so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    is_subscribed: bool,
    is_current: bool,
}

/// Whether these bytes begin with a finished upgrade.
pub(crate) fn answer(bytes: &[u8]) -> Answer {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() > MAX_ANSWER_BYTES { Answer::No("a head without end".to_owned()) } else { Answer::More };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head.lines().next().unwrap_or_default();
    if status.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT) {
        Answer::Yes(end + 4)
    } else {
        Answer::No(status.to_owned())
    }
}

pub(crate) fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn subscription(channel: &str) -> Vec<u8> {
    frame::masked(TEXT, format!(r#"{{"type":"subscribe","payload":{{"channel":"{channel}"}}}}"#).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_counts_only_with_the_right_answer_to_our_key() {
        let yes = format!("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\nframes");
        assert_eq!(answer(yes.as_bytes()), Answer::Yes(yes.len() - 6));
        assert_eq!(answer(b"HTTP/1.1 101 Switching Protocols\r\n"), Answer::More);
        let no = "HTTP/1.1 503 Service Unavailable".to_owned();
        assert_eq!(answer(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n"), Answer::No(no));
    }

    #[test]
    fn a_viewer_of_socket_io_connects_to_the_namespace_and_answers_pings() {
        let mut seen = Seen::default();
        let say = Dialect::SocketIo.greet(b"0{\"sid\":\"a\"}", &mut seen);
        assert_eq!(say, Reaction::Say(frame::masked(TEXT, b"40")));
        assert_eq!(Dialect::SocketIo.greet(b"40{\"sid\":\"b\"}", &mut seen), Reaction::Ready);
        assert!(Dialect::SocketIo.reply(b"2").is_some() && Dialect::SocketIo.reply(b"42[]").is_none());
    }

    #[test]
    fn a_viewer_in_a_storm_is_ready_when_subscribed_and_told_the_state() {
        let dialect = Dialect::Kilat { token: "t".to_owned(), subscribe: Subscribe::Status };
        let mut seen = Seen::default();
        let mut greet = |text: &[u8]| dialect.greet(text, &mut seen);
        assert_eq!(greet(br#"{"type":"connected"}"#), Reaction::Nothing);
        assert_eq!(greet(br#"{"type":"subscribed"}"#), Reaction::Nothing);
        assert_eq!(greet(br#"{"type":"dslr_status","asOf":"2026"}"#), Reaction::Ready);
    }
}
