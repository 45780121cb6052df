//! What a client is told at the start, and how patient it is.

use std::fmt;
use std::time::Duration;

use kilat_core::Backoff;
use kilat_wire::{Channels, Cursor};

/// Where a server answers; asked anew before each attempt, because a restarted one may answer elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// For example `ws://127.0.0.1:3001/ws`.
    pub ws: String,
    /// For example `http://127.0.0.1:3000`; none when there is nothing to fall back to.
    pub http: Option<String>,
    /// A bearer token to present.
    pub token: Option<String>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the token.
        f.debug_struct("Endpoint").field("ws", &self.ws).field("http", &self.http).finish_non_exhaustive()
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first packet to the end of the handshake.
    pub connect: Duration,
    /// From `subscribe` to `subscribed`: a server that counts what was missed reads up to an hour of its journal.
    pub answer: Duration,
    /// A server that says nothing for so long is pinged.
    pub quiet: Duration,
    /// A server that says nothing for so long after that is gone.
    pub pong: Duration,
    /// How often to say that we are there: half of what the server allows.
    pub heartbeat: Duration,
    /// Between attempts.
    pub backoff: Backoff,
    /// The least wait after a server said that it is full.
    pub full: Duration,
    /// Attempts that fail in a row before polling begins beside them.
    pub fall_back_after: u32,
    /// How long a poll waits at the server for news.
    pub poll_wait: Duration,
    /// The least time between two polls without news.
    pub poll_pace: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(8),
            answer: Duration::from_secs(30),
            quiet: Duration::from_secs(15),
            pong: Duration::from_secs(20),
            heartbeat: Duration::from_secs(30),
            backoff: Backoff { first: Duration::from_millis(500), most: Duration::from_secs(20) },
            full: Duration::from_secs(5),
            fall_back_after: 3,
            poll_wait: Duration::from_secs(25),
            poll_pace: Duration::from_millis(250),
        }
    }
}

/// What a client watches.
#[derive(Debug, Clone)]
pub struct Config {
    /// The channels, all in one subscription.
    pub channels: Channels,
    /// Where an earlier client stood; none to begin now.
    pub since: Option<Cursor>,
    /// How long things may take.
    pub patience: Patience,
}
