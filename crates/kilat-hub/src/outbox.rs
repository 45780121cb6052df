//! What waits to be sent to one viewer: an ordered queue, one slot per state key, and the gate of a replay.
//!
//! Memory is bounded by the constants below; frames are shared between viewers. A viewer that falls
//! behind on state skips to the latest value. A viewer that falls behind on the log loses its queue as
//! a whole, is marked, and is brought up to date from the journal: it never gets a hole in silence.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use kilat_wire::{Channel, Channels};

use crate::frame::{Frame, StateKey, What};

/// Entries of the log that may wait for one viewer: ten minutes of one photo a second, two messages each.
pub const MAX_QUEUE: usize = 1_200;
/// Bytes that may wait in its queue: what a phone on a bad network takes within the write deadline.
const MAX_QUEUE_BYTES: usize = 1 << 20;
/// Entries held back while a replay runs: more, and the replay goes on to where the log stands then. Fewer than
/// the queue takes, so that opening the gate never overflows it.
pub const MAX_GATE: usize = 1_000;
/// State keys that may wait for one viewer: the fixed ones, 256 sources, 200 copies in flight, and other programs'.
pub const MAX_SLOTS: usize = 512;
/// Bytes that are joined for one write: as many as a kernel takes at once without copying twice.
const MAX_JOIN_BYTES: usize = 64 * 1024;
/// Frames that are joined for one write.
pub(crate) const MAX_JOIN: usize = 64;

/// Entries that came while a replay runs.
#[derive(Debug, Default)]
struct Gate {
    held: VecDeque<Arc<Frame>>,
    is_overflown: bool,
}

#[derive(Debug)]
struct Slot {
    key: StateKey,
    version: u64,
    frame: Arc<Frame>,
}

/// What waits for one viewer, and how far it was told.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    channels: Channels,
    /// By channel: entries up to here are not for it, because a replay or the subscription covers them.
    floors: [u64; Channel::ALL.len()],
    highest_floor: u64,
    gate: Option<Box<Gate>>,
    queue: VecDeque<Arc<Frame>>,
    queued_entries: usize,
    queued_bytes: usize,
    slots: Vec<Slot>,
    /// Own states: the version that was queued or sent last.
    versions: [u64; StateKey::OWN],
    /// The rest of a frame that the kernel took in part.
    partial: Bytes,
    is_lagged: bool,
    is_closing: bool,
    /// The last entry that was handed to the transport.
    pub(crate) told: u64,
    /// Since when the transport takes nothing.
    pub(crate) blocked_since: Option<Duration>,
    pub(crate) sent_frames: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) skipped_states: u64,
    pub(crate) resyncs: u64,
}

impl Outbox {
    /// The channels subscribed to.
    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    /// Frames that wait.
    pub(crate) fn depth(&self) -> usize {
        self.queue.len() + self.slots.len() + self.gate.as_ref().map_or(0, |gate| gate.held.len())
    }

    /// Whether a frame whose entries start at `first` may be written past the queue.
    pub(crate) fn is_clear(&self, first: u64) -> bool {
        self.partial.is_empty()
            && self.queue.is_empty()
            && self.slots.is_empty()
            && self.gate.is_none()
            && !self.is_lagged
            && !self.is_closing
            && first > self.highest_floor
    }

    /// Whether this own state is newer than the last one; notes it if so.
    pub(crate) fn is_news(&mut self, key: &StateKey, version: u64) -> bool {
        let Some(own) = key.own() else { return true };
        let is_news = version >= self.versions[own];
        if is_news {
            self.versions[own] = version;
        }
        is_news
    }

    /// Subscribes: entries up to `from` are covered otherwise, the answer and the states come first.
    pub(crate) fn subscribe(&mut self, channels: Channels, from: u64, first: impl IntoIterator<Item = Arc<Frame>>) {
        let new = channels.without(self.channels);
        self.channels = self.channels.and(channels);
        for channel in new.iter() {
            self.set_floor(channel, from);
        }
        self.told = self.told.max(if new == self.channels { from } else { 0 });
        first.into_iter().for_each(|frame| self.enqueue(frame));
    }

    /// Holds entries back from now on: a replay of these channels up to `from` comes first.
    pub(crate) fn close_gate(&mut self, channels: Channels, from: u64) {
        self.channels = self.channels.and(channels);
        for channel in channels.iter() {
            self.set_floor(channel, from);
        }
        self.is_lagged = false;
        self.gate = Some(Box::default());
    }

    /// The viewer itself said, or was told, that it needs nothing up to here.
    pub(crate) fn stands_at(&mut self, seq: u64) {
        self.told = self.told.max(seq);
    }

    /// Lets go what was held back, if all of it was; otherwise false, and the replay must go on to `from`.
    pub(crate) fn open_gate(&mut self, channels: Channels, from: u64) -> bool {
        let Some(gate) = self.gate.take() else { return true };
        if gate.is_overflown {
            self.close_gate(channels, from);
            return false;
        }
        for frame in gate.held {
            self.enqueue(frame);
        }
        true
    }

    pub(crate) fn unsubscribe(&mut self, channels: Channels) {
        self.channels = self.channels.without(channels);
    }

    /// Adds a published frame. Never waits.
    pub(crate) fn put(&mut self, frame: &Arc<Frame>) {
        if self.is_closing || !frame.channels.meets(self.channels) {
            return;
        }
        match &frame.what {
            What::State { key, version } => {
                if self.is_news(key, *version) {
                    self.put_state(key, *version, frame);
                }
            }
            What::Log { seq, ends } => {
                if !self.is_wanted(frame.channels, *seq) || self.is_lagged {
                    return;
                }
                // An outcome ends the progress that it is the outcome of.
                if let Some(ended) = ends {
                    self.slots.retain(|slot| slot.key != *ended);
                }
                self.put_entry(frame);
            }
            What::Answer | What::Ping | What::Close => self.enqueue(Arc::clone(frame)),
        }
    }

    /// Adds what is for this viewer only, in its place in the order.
    pub(crate) fn enqueue(&mut self, frame: Arc<Frame>) {
        if self.is_closing {
            return;
        }
        if frame.what == What::Close {
            self.is_closing = true;
            self.slots.clear();
        }
        self.queued_entries += usize::from(frame.seq().is_some());
        self.queued_bytes += frame.wire().len();
        self.queue.push_back(frame);
    }

    /// Whether the queue was lost and nothing but the rest of a frame waits: time to be brought up to date.
    pub(crate) fn wants_resync(&self) -> bool {
        self.is_lagged && self.partial.is_empty() && self.queue.is_empty() && !self.is_closing
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.queue.is_empty() && self.slots.is_empty()
    }

    /// Whether the last frame went out.
    pub(crate) fn is_over(&self) -> bool {
        self.is_closing && self.is_empty()
    }

    /// The next bytes to write, joined: the rest of a frame first, the queue, then the states.
    pub(crate) fn join(&self) -> Vec<Bytes> {
        let waiting = self.queue.iter().chain(self.slots.iter().map(|slot| &slot.frame));
        let mut joined: Vec<Bytes> = (!self.partial.is_empty()).then(|| self.partial.clone()).into_iter().collect();
        let mut bytes = self.partial.len();
        for frame in waiting {
            if joined.len() >= MAX_JOIN || bytes + frame.wire().len() > MAX_JOIN_BYTES && !joined.is_empty() {
                break;
            }
            bytes += frame.wire().len();
            joined.push(frame.wire().clone());
        }
        joined
    }

    /// The transport took so many of the joined bytes. Answers whether the last frame went out.
    pub(crate) fn took(&mut self, mut bytes: usize) -> bool {
        self.sent_bytes += bytes as u64;
        let rest = bytes.min(self.partial.len());
        self.partial.advance(rest);
        bytes -= rest;
        while bytes > 0
            && let Some(frame) = self.next()
        {
            let length = frame.wire().len();
            self.handed(&frame);
            self.partial = frame.wire().slice(length.min(bytes)..);
            bytes -= length.min(bytes);
        }
        self.is_over()
    }

    /// A batch was written past the queue: all of it, or `taken` bytes.
    pub(crate) fn took_past(&mut self, frames: &[Arc<Frame>], mut taken: usize) {
        self.sent_bytes += taken as u64;
        for frame in frames {
            let length = frame.wire().len();
            if taken == 0 {
                self.put_again(frame);
            } else {
                self.handed(frame);
                self.partial = frame.wire().slice(length.min(taken)..);
                taken -= length.min(taken);
            }
        }
    }

    /// The same batch as a whole, without a look at each frame.
    pub(crate) fn took_whole(&mut self, frames: u64, bytes: u64, last: u64) {
        self.sent_frames += frames;
        self.sent_bytes += bytes;
        self.told = self.told.max(last);
    }

    /// Takes what waits, for a transport that writes by itself.
    pub(crate) fn take(&mut self) -> Vec<Arc<Frame>> {
        let mut taken = Vec::new();
        while taken.len() < MAX_JOIN
            && let Some(frame) = self.next()
        {
            self.sent_bytes += frame.wire().len() as u64;
            self.handed(&frame);
            taken.push(frame);
        }
        taken
    }

    fn next(&mut self) -> Option<Arc<Frame>> {
        if let Some(frame) = self.queue.pop_front() {
            self.queued_entries -= usize::from(frame.seq().is_some());
            self.queued_bytes -= frame.wire().len();
            return Some(frame);
        }
        (!self.slots.is_empty()).then(|| self.slots.remove(0).frame)
    }

    fn handed(&mut self, frame: &Frame) {
        self.sent_frames += 1;
        self.told = self.told.max(frame.seq().unwrap_or(0));
    }

    /// A frame that was checked already, and then did not fit.
    fn put_again(&mut self, frame: &Arc<Frame>) {
        match &frame.what {
            What::State { key, version } => self.put_state(key, *version, frame),
            What::Log { .. } => self.put_entry(frame),
            What::Answer | What::Ping | What::Close => self.enqueue(Arc::clone(frame)),
        }
    }

    fn put_entry(&mut self, frame: &Arc<Frame>) {
        if let Some(gate) = &mut self.gate {
            gate.is_overflown |= gate.held.len() >= MAX_GATE;
            if gate.is_overflown {
                gate.held.clear();
            } else {
                gate.held.push_back(Arc::clone(frame));
            }
            return;
        }
        if self.queued_entries >= MAX_QUEUE || self.queued_bytes >= MAX_QUEUE_BYTES {
            self.is_lagged = true;
            self.resyncs += 1;
            // What was handed over may be of another channel, and lie behind what is lost of a replay.
            let first = self.queue.iter().filter_map(|lost| lost.seq()).min();
            self.told = first.map_or(self.told, |first| self.told.min(first.saturating_sub(1)));
            // Answers stay: the client waits for them. Entries go, all of them, or it would see a hole.
            self.queue.retain(|waiting| waiting.seq().is_none());
            self.queued_entries = 0;
            self.queued_bytes = self.queue.iter().map(|waiting| waiting.wire().len()).sum();
            return;
        }
        self.enqueue(Arc::clone(frame));
    }

    /// Keeps the newest version of each key.
    fn put_state(&mut self, key: &StateKey, version: u64, frame: &Arc<Frame>) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == *key) {
            self.skipped_states += 1;
            if slot.version <= version {
                *slot = Slot { key: key.clone(), version, frame: Arc::clone(frame) };
            }
        } else if self.slots.len() < MAX_SLOTS {
            self.slots.push(Slot { key: key.clone(), version, frame: Arc::clone(frame) });
        } else {
            // Beyond the bound: more copies in flight than any viewer shows; their outcomes still come as entries.
            self.skipped_states += 1;
        }
    }

    /// Whether one of the viewer's channels carries this entry and does not have it from elsewhere.
    fn is_wanted(&self, channels: Channels, seq: u64) -> bool {
        seq > self.highest_floor
            || channels.iter().any(|channel| self.channels.has(channel) && seq > self.floors[channel.index()])
    }

    fn set_floor(&mut self, channel: Channel, floor: u64) {
        self.floors[channel.index()] = floor;
        self.highest_floor = self.highest_floor.max(floor);
    }
}

#[cfg(test)]
mod race;
#[cfg(test)]
mod tests;
