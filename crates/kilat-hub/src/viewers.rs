//! Who is connected: one entry per viewer, in a table whose places never move.
//!
//! An entry owns the viewer's socket where there is a plain one, so that publishing can write to it
//! without waking anybody. All writing happens under the outbox's lock, never waits, and stops at the
//! first byte that the kernel does not take.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use kilat_auth::{Credential, Who};
use kilat_wire::{Channel, Channels};
use rustix::io::Errno;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::outbox::Outbox;
use crate::trace::Trace;
use crate::viewer::{Full, Viewer};

/// Viewers connected at once; the next one is refused with a reason.
pub const MAX_VIEWERS: usize = 20_000;
/// Viewers by one right: a venue's guests may share a link, and no right takes all places.
pub(crate) const MAX_PER_RIGHT: usize = 12_000;
/// Longest text that is kept of a client's name for itself.
const MAX_AGENT_CHARS: usize = 80;

/// Who a viewer is, for people who look inside.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it came from.
    pub address: SocketAddr,
    /// By whose right it looks.
    pub who: Who,
    /// `websocket`, `sse` or `poll`.
    pub transport: &'static str,
    /// What the client calls itself.
    pub agent: Option<Box<str>>,
}

impl Peer {
    /// Cuts what the client calls itself to what is worth keeping.
    #[must_use]
    pub fn agent(text: &str) -> Box<str> {
        text.chars().filter(|c| !c.is_control()).take(MAX_AGENT_CHARS).collect::<String>().into()
    }
}

/// One viewer's place.
pub(crate) struct Seat {
    outbox: Mutex<Outbox>,
    /// Seconds of the monotonic clock when anything was heard.
    heard: AtomicU32,
    pinged: AtomicU32,
    is_gone: AtomicBool,
    pub(crate) is_traced: AtomicBool,
    socket: Option<TcpStream>,
    woken: Notify,
    pub(crate) trace: Trace,
    pub(crate) id: u64,
    pub(crate) peer: Peer,
    pub(crate) since: Duration,
}

/// What became of a look at what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Everything is with the kernel.
    Done,
    /// The kernel takes no more now.
    Blocked,
    /// The queue was lost: bring the viewer up to date.
    Lagged,
    /// The last frame went out.
    Ended,
    /// The other side is gone.
    Gone,
}

impl Seat {
    pub(crate) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn socket(&self) -> Option<&TcpStream> {
        self.socket.as_ref()
    }

    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Something was heard.
    pub(crate) fn heard(&self, now: Duration) {
        self.heard.store(seconds(now), Ordering::Relaxed);
    }

    /// Ends the viewer whatever waits for it.
    pub(crate) fn cut(&self) {
        self.is_gone.store(true, Ordering::Release);
        if let Some(socket) = &self.socket
            && let Err(error) = rustix::net::shutdown(socket.as_fd(), rustix::net::Shutdown::Both)
            && error != Errno::NOTCONN
        {
            tracing::debug!(client = self.id, %error, "cannot shut a connection down");
        }
        self.wake();
    }

    /// Writes what waits, as far as the kernel takes it.
    pub(crate) fn flush(&self, outbox: &mut Outbox, now: Duration) -> Flush {
        if self.is_gone.load(Ordering::Acquire) {
            return Flush::Gone;
        }
        let Some(socket) = &self.socket else {
            self.wake();
            return Flush::Blocked;
        };
        while !outbox.is_empty() {
            let joined = outbox.join();
            match write(socket, &joined) {
                Ok(taken) => {
                    // It takes again: somebody is there.
                    if outbox.blocked_since.take().is_some() {
                        self.heard.store(seconds(now), Ordering::Relaxed);
                    }
                    if outbox.took(taken) {
                        return Flush::Ended;
                    }
                }
                Err(Errno::AGAIN) => {
                    outbox.blocked_since.get_or_insert(now);
                    return Flush::Blocked;
                }
                Err(Errno::INTR) => {}
                Err(_) => {
                    self.is_gone.store(true, Ordering::Release);
                    return Flush::Gone;
                }
            }
        }
        outbox.blocked_since = None;
        if outbox.is_over() {
            Flush::Ended
        } else if outbox.wants_resync() {
            Flush::Lagged
        } else {
            Flush::Done
        }
    }
}

/// One call for all pieces.
fn write(socket: &TcpStream, pieces: &[Bytes]) -> Result<usize, Errno> {
    if let [one] = pieces {
        return rustix::io::write(socket.as_fd(), one);
    }
    let slices: Vec<std::io::IoSlice<'_>> = pieces.iter().map(|piece| std::io::IoSlice::new(piece)).collect();
    rustix::io::writev(socket.as_fd(), &slices)
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("id", &self.id).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Everyone who is connected.
#[derive(Debug, Default)]
pub(crate) struct Viewers {
    seats: RwLock<Seats>,
    taken: AtomicUsize,
    /// By channel: who follows it. Counted, because asking ten thousand takes a millisecond.
    followers: [AtomicUsize; Channel::ALL.len()],
}

#[derive(Debug, Default)]
pub(crate) struct Seats {
    /// A place that is free is taken again; none moves while publishing walks along.
    places: Vec<Option<Arc<Seat>>>,
    free: VecDeque<usize>,
    next: u64,
    by_right: HashMap<Credential, usize>,
}

impl Seats {
    /// Those from a place on, at most `most` places; and the place after them, none at the end.
    pub(crate) fn from(&self, start: usize, most: usize) -> (impl Iterator<Item = &Arc<Seat>>, Option<usize>) {
        let end = (start + most).min(self.places.len());
        let more = (end < self.places.len()).then_some(end);
        (self.places[start.min(end)..end].iter().flatten(), more)
    }
}

impl Viewers {
    /// A new viewer without subscriptions; none when there are too many. `reserved` places stay free.
    pub(crate) fn connect(
        self: &Arc<Self>,
        peer: Peer,
        socket: Option<TcpStream>,
        now: Duration,
        reserved: usize,
    ) -> Result<Viewer, Full> {
        let mut seats = self.seats.write().unwrap_or_else(PoisonError::into_inner);
        let of_right = seats.by_right.get(&peer.who.credential).copied().unwrap_or(0);
        if self.taken.load(Ordering::Relaxed) >= MAX_VIEWERS - reserved || of_right >= MAX_PER_RIGHT {
            return Err(Full(socket));
        }
        *seats.by_right.entry(peer.who.credential.clone()).or_default() += 1;
        seats.next += 1;
        let seat = Arc::new(Seat {
            outbox: Mutex::default(),
            heard: AtomicU32::new(seconds(now)),
            pinged: AtomicU32::new(seconds(now)),
            is_gone: AtomicBool::new(false),
            is_traced: AtomicBool::new(false),
            socket,
            woken: Notify::new(),
            trace: Trace::default(),
            id: seats.next,
            peer,
            since: now,
        });
        let place = match seats.free.pop_front() {
            Some(place) => place,
            None => {
                seats.places.push(None);
                seats.places.len() - 1
            }
        };
        seats.places[place] = Some(Arc::clone(&seat));
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(Viewer { seat, place, viewers: Arc::clone(self) })
    }

    /// The seat is free again.
    pub(crate) fn leave(&self, seat: &Seat, place: usize) {
        let mut seats = self.seats.write().unwrap_or_else(PoisonError::into_inner);
        seats.places[place] = None;
        seats.free.push_back(place);
        let right = &seat.peer.who.credential;
        if let Some(of_right) = seats.by_right.get_mut(right) {
            *of_right -= 1;
            if *of_right == 0 {
                seats.by_right.remove(right);
            }
        }
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }

    /// Looks at some of them under the table's lock: be quick.
    pub(crate) fn some<T>(&self, start: usize, most: usize, mut look: impl FnMut(&Arc<Seat>) -> T) -> Option<usize> {
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        let (some, more) = seats.from(start, most);
        for seat in some {
            look(seat);
        }
        more
    }

    /// Looks at all of them.
    pub(crate) fn all(&self, mut look: impl FnMut(&Arc<Seat>)) {
        const SOME: usize = 512;
        let mut start = Some(0);
        while let Some(from) = start {
            start = self.some(from, SOME, &mut look);
        }
    }

    /// Whether anyone is subscribed to one of these channels.
    pub(crate) fn any(&self, to: Channels) -> bool {
        to.iter().any(|channel| self.followers[channel.index()].load(Ordering::Relaxed) > 0)
    }

    pub(crate) fn recount(&self, before: Channels, after: Channels) {
        for channel in after.without(before).iter() {
            self.followers[channel.index()].fetch_add(1, Ordering::Relaxed);
        }
        for channel in before.without(after).iter() {
            self.followers[channel.index()].fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Subscriptions.
    pub(crate) fn subscriptions(&self) -> usize {
        self.followers.iter().map(|followers| followers.load(Ordering::Relaxed)).sum()
    }
}

/// How long nothing was heard, and how long ago the last ping was.
pub(crate) fn silence(seat: &Seat, now: Duration) -> (u32, u32) {
    let since = |at: &AtomicU32| seconds(now).saturating_sub(at.load(Ordering::Relaxed));
    (since(&seat.heard), since(&seat.pinged))
}

pub(crate) fn pinged(seat: &Seat, now: Duration) {
    seat.pinged.store(seconds(now), Ordering::Relaxed);
}

fn seconds(now: Duration) -> u32 {
    u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand of these wait at once.
    #[test]
    fn a_seat_is_small() {
        assert!(size_of::<Seat>() <= 640, "{} bytes", size_of::<Seat>());
    }
}
