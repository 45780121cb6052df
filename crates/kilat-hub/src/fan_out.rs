//! Hands each publication to everyone who subscribed: what has gathered is joined and written in one call each.
//!
//! One task owns the order. A pass takes all that waits, joins it once for every set of channels, and
//! walks along the viewers; while it walks, the next batch gathers by itself. So below saturation a
//! message leaves at once and alone, and the busier the core, the more messages share a system call.
//! Nobody is waited for: a socket that takes less than all keeps the rest in its outbox.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kilat_core::{Clock, Stop};
use kilat_wire::{Channel, Channels};
use rustix::io::Errno;
use tokio::sync::{Notify, Semaphore, watch};

use crate::frame::{Frame, What};
use crate::recent::Recent;
use crate::viewers::{Flush, Seat, Viewers};

/// Frames that may wait for the next pass; publishers wait then, which holds the journal's tail back.
const MAX_WAITING: usize = 4_096;
/// Frames of one pass.
const MAX_PASS: usize = 256;
/// Bytes of one pass: what a healthy socket takes at once.
const MAX_PASS_BYTES: usize = 64 * 1024;
/// Viewers served between two looks at other tasks: about a millisecond.
const STRIDE: usize = 256;

/// What waits for the next pass, and what was counted.
#[derive(Debug)]
pub(crate) struct FanOut {
    waiting: Mutex<Vec<Arc<Frame>>>,
    room: Semaphore,
    news: Notify,
    /// The last entry whose pass has begun.
    published: AtomicU64,
    /// Moves with every pass that had entries, and whenever the states were built anew.
    moved: watch::Sender<u64>,
    pub(crate) recent: Mutex<Recent>,
    pub(crate) tally: Tally,
}

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passes: AtomicU64,
    pub(crate) frames: AtomicU64,
    pub(crate) deliveries: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) blocked: AtomicU64,
    pub(crate) replays: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) cut_slow: AtomicU64,
    pub(crate) cut_silent: AtomicU64,
}

impl FanOut {
    /// Nothing waits; entries up to `head` were told by an earlier process.
    pub(crate) fn new(head: u64) -> Self {
        Self {
            waiting: Mutex::default(),
            room: Semaphore::new(MAX_WAITING),
            news: Notify::new(),
            published: AtomicU64::new(head),
            moved: watch::Sender::new(0),
            recent: Mutex::new(Recent::new(head)),
            tally: Tally::default(),
        }
    }

    /// Fills the recent entries with those after `start` that an earlier process told.
    pub(crate) fn warm(&self, start: u64, frames: &[Arc<Frame>]) {
        let mut recent = Recent::new(start);
        recent.extend(frames);
        *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = recent;
    }

    /// Hands a frame over; waits while too many wait.
    pub(crate) async fn publish(&self, frame: Frame) {
        self.publish_shared(Arc::new(frame)).await;
    }

    /// The same for a frame that others hold too.
    pub(crate) async fn publish_shared(&self, frame: Arc<Frame>) {
        // The semaphore is never closed.
        if let Ok(permit) = self.room.acquire().await {
            permit.forget();
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
        self.news.notify_one();
    }

    /// The last entry whose pass has begun: with those up to here a replay is complete.
    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Wakes those who wait for news without a connection of their own.
    pub(crate) fn moved(&self) {
        self.moved.send_modify(|moved| *moved += 1);
    }

    /// Tells of later news.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Serves until it is asked to stop and nothing waits.
    pub(crate) async fn run(&self, viewers: &Viewers, clock: &dyn Clock, stop: &Stop) {
        loop {
            let batch = self.next();
            if batch.is_empty() {
                tokio::select! {
                    () = self.news.notified() => {}
                    () = stop.asked() => return,
                }
                continue;
            }
            self.room.add_permits(batch.len());
            self.pass(batch, viewers, clock).await;
        }
    }

    fn next(&self) -> Vec<Arc<Frame>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        let fits = waiting.iter().take(MAX_PASS).take_while(|frame| {
            bytes += frame.wire().len();
            bytes <= MAX_PASS_BYTES
        });
        // One that is larger than a pass goes alone.
        let taken = fits.count().max(1).min(waiting.len());
        waiting.drain(..taken).collect()
    }

    async fn pass(&self, batch: Vec<Arc<Frame>>, viewers: &Viewers, clock: &dyn Clock) {
        let entries = batch.iter().filter_map(|frame| frame.seq());
        if let Some(last) = entries.max() {
            // In this order: whoever subscribes from here on finds the entries among the recent ones, and
            // whoever subscribed before is met by this pass.
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).extend(&batch);
            self.published.store(last, Ordering::Release);
            self.moved();
        }
        self.tally.passes.fetch_add(1, Ordering::Relaxed);
        self.tally.frames.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let mut pass = Pass::new(&batch);
        let mut start = Some(0);
        while let Some(from) = start {
            let now = clock.monotonic();
            start = viewers.some(from, STRIDE, |seat| pass.serve(seat, now));
            pass.count(&self.tally);
            if start.is_some() {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// What one set of channels gets of a batch.
#[derive(Debug, Default)]
struct Share {
    joined: Bytes,
    frames: Vec<Arc<Frame>>,
    first: u64,
    last: u64,
    has_own_state: bool,
}

/// One walk along the viewers.
struct Pass<'a> {
    batch: &'a [Arc<Frame>],
    shares: [Option<Share>; Channels::SETS],
    all: Channels,
    deliveries: u64,
    writes: u64,
    bytes: u64,
    blocked: u64,
}

impl<'a> Pass<'a> {
    fn new(batch: &'a [Arc<Frame>]) -> Self {
        let all = batch.iter().fold(Channels::default(), |all, frame| all.and(frame.channels));
        Self { batch, shares: Default::default(), all, deliveries: 0, writes: 0, bytes: 0, blocked: 0 }
    }

    fn count(&mut self, tally: &Tally) {
        let add = |counter: &AtomicU64, value: &mut u64| counter.fetch_add(std::mem::take(value), Ordering::Relaxed);
        add(&tally.deliveries, &mut self.deliveries);
        add(&tally.writes, &mut self.writes);
        add(&tally.bytes, &mut self.bytes);
        add(&tally.blocked, &mut self.blocked);
    }

    fn serve(&mut self, seat: &Arc<Seat>, now: Duration) {
        let mut outbox = seat.outbox();
        if !outbox.channels().meets(self.all) {
            return;
        }
        let batch = self.batch;
        let share = self.shares[outbox.channels().index()].get_or_insert_with(|| Share::of(batch, outbox.channels()));
        self.deliveries += share.frames.len() as u64;
        if seat.is_traced.load(Ordering::Relaxed) {
            for frame in &share.frames {
                seat.trace.note(format!("> {}", String::from_utf8_lossy(&frame.message())));
            }
        }
        let direct = seat.socket().filter(|_| outbox.is_clear(share.first) && share.is_news(&mut outbox));
        if let Some(socket) = direct {
            self.writes += 1;
            match rustix::io::write(socket.as_fd(), &share.joined) {
                Ok(taken) => {
                    self.bytes += taken as u64;
                    if taken == share.joined.len() {
                        outbox.took_whole(share.frames.len() as u64, taken as u64, share.last);
                        return;
                    }
                    outbox.took_past(&share.frames, taken);
                }
                Err(Errno::AGAIN | Errno::INTR) => outbox.took_past(&share.frames, 0),
                Err(_) => return seat.cut(),
            }
            self.blocked += 1;
            outbox.blocked_since.get_or_insert(now);
            return seat.wake();
        }
        for frame in &share.frames {
            outbox.put(frame);
        }
        // A socket that did not take all before is its session's to watch; one that did may take this.
        if outbox.blocked_since.is_some() {
            return;
        }
        match seat.flush(&mut outbox, now) {
            Flush::Done => {}
            Flush::Blocked | Flush::Lagged | Flush::Ended | Flush::Gone => seat.wake(),
        }
    }
}

impl Share {
    /// The batch's frames for these channels. Of several states of one key only the last is left.
    fn of(batch: &[Arc<Frame>], channels: Channels) -> Self {
        let mut share = Self { first: u64::MAX, ..Self::default() };
        for (at, frame) in batch.iter().enumerate().filter(|(_, frame)| frame.channels.meets(channels)) {
            match &frame.what {
                What::State { key, .. } => {
                    let is_over = batch[at + 1..].iter().any(|later| match &later.what {
                        What::State { key: newer, .. } => newer == key,
                        What::Log { ends, .. } => ends.as_ref() == Some(key),
                        What::Answer | What::Ping | What::Close => false,
                    });
                    if is_over {
                        continue;
                    }
                    share.has_own_state |= key.own().is_some();
                }
                What::Log { seq, .. } => {
                    share.first = share.first.min(*seq);
                    share.last = share.last.max(*seq);
                }
                What::Answer | What::Ping | What::Close => {}
            }
            share.frames.push(Arc::clone(frame));
        }
        share.joined = match share.frames.as_slice() {
            [one] => one.wire().clone(),
            many => {
                let mut joined = BytesMut::with_capacity(many.iter().map(|frame| frame.wire().len()).sum());
                many.iter().for_each(|frame| joined.extend_from_slice(frame.wire()));
                joined.freeze()
            }
        };
        share
    }

    /// Whether no own state in it is older than what the viewer has.
    fn is_news(&self, outbox: &mut crate::outbox::Outbox) -> bool {
        !self.has_own_state
            || self.frames.iter().all(|frame| match &frame.what {
                What::State { key, version } => outbox.is_news(key, *version),
                What::Log { .. } | What::Answer | What::Ping | What::Close => true,
            })
    }
}

/// Where each channel's log stands at the start.
pub(crate) fn places(head: u64) -> [u64; Channel::ALL.len()] {
    [head; Channel::ALL.len()]
}
