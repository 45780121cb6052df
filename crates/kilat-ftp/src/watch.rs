//! Looks after one connection: libunftp lets nobody end one from outside, and waits for ever.

use std::io;
use std::net::{IpAddr, Shutdown};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::Stop;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::ahead::{Ahead, Traffic, traffic};
use crate::door::Slot;
use crate::server::Shared;
use crate::session::Session;

/// Within this somebody has signed in.
const SIGN_IN: Duration = Duration::from_secs(20);
/// How often a connection is looked at without a word of it, before it signed in and after.
const LOOK: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(2)];

/// One connection, seen from beside.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    line: TcpStream,
    from: IpAddr,
    slot: Slot,
    since: Instant,
    ahead: Ahead,
    seen: Traffic,
    /// It will send no more, and the system would tell that for ever.
    is_silent: bool,
    is_ended: bool,
}

impl Watch {
    pub(crate) fn new(shared: &Arc<Shared>, line: TcpStream, from: IpAddr, slot: Slot) -> Self {
        Self {
            shared: Arc::clone(shared),
            line,
            from,
            slot,
            since: Instant::now(),
            ahead: Ahead::new(),
            seen: Traffic::default(),
            is_silent: false,
            is_ended: false,
        }
    }

    /// Waits until something came or may be wrong, and ends the connection if it is.
    pub(crate) async fn look(&mut self, session: &Session, stop: &Stop) {
        if self.is_ended {
            return std::future::pending().await;
        }
        let sender = self.slot.get();
        tokio::select! {
            () = tokio::time::sleep(LOOK[usize::from(sender.is_some())]) => {}
            // Each arrival wakes this beside libunftp's own reading, which yields after some of them.
            came = self.line.ready(Interest::READABLE), if !self.is_silent => {
                self.is_silent = match came {
                    Ok(came) => came.is_read_closed(),
                    Err(_ended) => true,
                };
                // What came is libunftp's to read: here it was seen, and the next arrival is waited for.
                let seen = self.line.try_io(Interest::READABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
                drop(seen);
            }
            () = stop.asked() => {
                session.rested().await;
                // Its last answer is written by now or never.
                return self.end("the server stops");
            }
        }
        let now = traffic(&self.line).unwrap_or(self.seen);
        if let Some(sender) = sender
            && (now.received != self.seen.received || session.is_receiving())
        {
            self.shared.door.heard(&sender.camera);
        }
        self.seen = now;
        if self.ahead.is_too_far(now) {
            return self.end_talker();
        }
        if sender.is_none() && self.since.elapsed() > SIGN_IN {
            self.end("nobody signed in");
        }
    }

    /// It sends without waiting for answers, as a line without an end does.
    fn end_talker(&mut self) {
        let name = self.slot.get().map_or("somebody who did not sign in", |sender| &sender.name);
        tracing::warn!(
            from = %self.from,
            "FTP: {name} sent {} of commands without waiting for an answer, as no camera does: the connection is ended",
            kilat_core::size_text(self.seen.received)
        );
        // Whoever floods may not read it; inside TLS it is as good an end as any.
        drop(self.line.try_write(b"500 The line is too long\r\n"));
        self.end("a line has no end");
    }

    fn end(&mut self, why: &'static str) {
        self.is_ended = true;
        tracing::debug!(why, "FTP: a connection is ended");
        // One that is closed already needs no end.
        drop(SockRef::from(&self.line).shutdown(Shutdown::Both));
    }
}
