//! The handle of one connected viewer, which its session holds; dropping it disconnects.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kilat_auth::Who;
use kilat_wire::Channels;
use tokio::net::TcpStream;

use crate::frame::Frame;
use crate::outbox::Outbox;
use crate::viewers::{Flush, Seat, Viewers};

/// No place is free; the socket comes back, to say so.
#[derive(Debug)]
pub struct Full(pub Option<TcpStream>);

/// One connected viewer; dropping it disconnects.
#[derive(Debug)]
pub struct Viewer {
    pub(crate) seat: Arc<Seat>,
    pub(crate) place: usize,
    pub(crate) viewers: Arc<Viewers>,
}

impl Viewer {
    /// Unique in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.seat.id
    }

    /// By whose right it looks.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.seat.peer.who
    }

    /// The plain socket, to read from.
    #[must_use]
    pub fn socket(&self) -> Option<&TcpStream> {
        self.seat.socket()
    }

    /// The channels subscribed to.
    #[must_use]
    pub fn channels(&self) -> Channels {
        self.seat.outbox().channels()
    }

    /// No further publication of these channels reaches the viewer.
    pub fn unsubscribe(&self, channels: Channels) {
        self.change(|outbox| outbox.unsubscribe(channels));
    }

    /// Changes what waits under the lock, and with it perhaps the subscriptions.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Outbox) -> T) -> T {
        let mut outbox = self.seat.outbox();
        let before = outbox.channels();
        let changed = change(&mut outbox);
        self.viewers.recount(before, outbox.channels());
        changed
    }

    /// Puts a frame for this viewer into its place in the order; the session sends it with [`Viewer::flush`].
    pub fn say(&self, frame: Frame) {
        self.note(|| format!("> {}", String::from_utf8_lossy(&frame.message())));
        self.seat.outbox().enqueue(Arc::new(frame));
        self.seat.wake();
    }

    /// Writes what waits to the plain socket.
    #[must_use]
    pub fn flush(&self, now: Duration) -> Flush {
        self.seat.flush(&mut self.seat.outbox(), now)
    }

    /// What waits, for a transport that writes by itself; none at the end.
    #[must_use]
    pub fn take(&self) -> (Vec<Arc<Frame>>, Flush) {
        let mut outbox = self.seat.outbox();
        if self.seat.is_gone() {
            return (Vec::new(), Flush::Gone);
        }
        let taken = outbox.take();
        let flush = match taken.is_empty() {
            true if outbox.is_over() => Flush::Ended,
            true if outbox.wants_resync() => Flush::Lagged,
            true | false => Flush::Done,
        };
        (taken, flush)
    }

    /// A transport that writes by itself began to write, or is done.
    pub fn writing(&self, since: Option<Duration>) {
        self.seat.outbox().blocked_since = since;
    }

    /// Frames that wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.seat.outbox().depth()
    }

    /// Waits until there is something to do for the session. Cancel-safe.
    pub async fn woken(&self) {
        self.seat.woken().await;
    }

    /// Something was heard.
    pub fn heard(&self, now: Duration) {
        self.seat.heard(now);
    }

    /// Notes a line for whoever traces this connection; costs nothing otherwise.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if self.seat.is_traced.load(Ordering::Relaxed) {
            self.seat.trace.note(line());
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.unsubscribe(self.channels());
        self.viewers.leave(&self.seat, self.place);
    }
}
