//! What a client is handed, and why it may end.

use std::time::Duration;

use kilat_wire::Cursor;

/// How messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As they happen.
    WebSocket,
    /// By asking, while no WebSocket gets through.
    Polling,
}

/// What became of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Up to date from here on.
    Up(Transport),
    /// Something was left out before this entry, which no server should do; it is asked for again.
    Hole {
        /// The entry that showed it.
        before: u64,
    },
    /// No longer, or still not; another attempt follows by itself.
    Down {
        /// What happened.
        why: String,
        /// When the next attempt is.
        again_in: Duration,
    },
}

/// What a message is to the one who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// The next entry of the log: handed over once, in order.
    Entry {
        /// Its place.
        seq: u64,
    },
    /// The latest value of something; older ones may have been left out.
    State,
    /// What the connection says about itself.
    Other,
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The whole frame as it came.
    pub text: String,
    /// Its type; empty when it has none.
    pub r#type: String,
    /// What it is.
    pub nature: Nature,
}

/// Entries that the server cannot tell any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Where this client stood.
    pub since: Option<Cursor>,
    /// Where it goes on.
    pub up_to: Cursor,
    /// `other_epoch`, `ahead`, `too_far` or `too_slow`; `unknown` when the server gave no reason.
    pub why: String,
    /// The same in words, with what to do.
    pub message: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message came.
    Message(Message),
    /// Entries are missing here, and the states that follow are all there is of them.
    Missed(Missed),
    /// The link went up or down.
    Link(Link),
}

/// One thing that happened, and where the log stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub event: Event,
    /// Whoever has handled this and goes on from here repeats nothing and misses nothing.
    pub cursor: Option<Cursor>,
}

/// Why a client does not go on by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// No token, or one that is not valid any more.
    #[error("the server does not know who is asking ({0}): sign in, or give a valid token")]
    NotSignedIn(String),
    /// Signed in, and not allowed.
    #[error("the server does not allow this ({0})")]
    NotAllowed(String),
    /// The server ended the connection for something that another attempt would only repeat.
    #[error("the server ended the connection with code {code}: {reason}")]
    Refused {
        /// The close code.
        code: u16,
        /// In words.
        reason: String,
    },
    /// The client's task is gone.
    #[error("the client was stopped")]
    Stopped,
}
