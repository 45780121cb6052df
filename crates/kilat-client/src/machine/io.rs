//! What goes into the machine, and what comes out for the driver to do.

use super::polling::Polled;

/// How a connection ended, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The network's word.
    Failed(String),
    /// The server's goodbye.
    Closed(Option<u16>, String),
    /// The server refused the handshake.
    Status(u16),
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// The handshake is through.
    Opened(u32),
    /// Any sign of life.
    Heard(u32),
    /// A message.
    Text(u32, String),
    /// The connection, or the attempt, ended.
    Closed(u32, End),
    /// An answer to a poll.
    Polled(u32, Polled),
    /// Time went by.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open a connection; whatever was open before is dropped.
    Connect(u32),
    /// Send a text.
    Send(String),
    /// Send a ping.
    Ping,
    /// Drop the connection.
    Drop,
    /// Ask for a page, with the name of the states that are known.
    Poll { generation: u32, query: String, tag: Option<String> },
    /// Forget the question under way.
    StopPolling,
}
