//! Who is connected, and handing each publication to those who subscribed.
//!
//! Publishing never waits for a viewer: it fills outboxes, whose memory is bounded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use kilat_wire::Channel;

use crate::frame::{Channels, Frame};
use crate::outbox::Outbox;

/// Viewers connected at once; the next one is refused with a reason.
pub const MAX_VIEWERS: usize = 20_000;

#[derive(Debug)]
struct Entry {
    outbox: Outbox,
    channels: AtomicU8,
}

/// Everyone who is connected.
#[derive(Debug, Default)]
pub(crate) struct Viewers {
    entries: RwLock<HashMap<u64, Arc<Entry>>>,
    next: AtomicU64,
}

/// One connected viewer; dropping it disconnects.
#[derive(Debug)]
pub struct Viewer {
    id: u64,
    entry: Arc<Entry>,
    viewers: Arc<Viewers>,
}

impl Viewers {
    /// A new viewer without subscriptions; none when there are too many.
    pub(crate) fn connect(self: &Arc<Self>) -> Option<Viewer> {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let entry = Arc::new(Entry { outbox: Outbox::default(), channels: AtomicU8::new(0) });
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_VIEWERS {
            return None;
        }
        entries.insert(id, Arc::clone(&entry));
        Some(Viewer { id, entry, viewers: Arc::clone(self) })
    }

    /// Gives a frame to everyone subscribed to one of these channels, once each.
    pub(crate) fn publish(&self, to: Channels, frame: &Frame) {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        for entry in entries.values() {
            if Channels::from_bits(entry.channels.load(Ordering::Acquire)).meets(to) {
                entry.outbox.put(frame.clone());
            }
        }
    }

    /// Whether anyone is subscribed to one of these channels.
    pub(crate) fn any(&self, to: Channels) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.values().any(|entry| Channels::from_bits(entry.channels.load(Ordering::Acquire)).meets(to))
    }

    /// Viewers and subscriptions.
    pub(crate) fn count(&self) -> (usize, usize) {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let subscriptions =
            entries.values().map(|entry| Channels::from_bits(entry.channels.load(Ordering::Relaxed)).count() as usize);
        (entries.len(), subscriptions.sum())
    }

    /// Tells everyone that it is over.
    pub(crate) fn close_all(&self) {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.values().for_each(|entry| entry.outbox.close());
    }
}

impl Viewer {
    /// Unique in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What waits to be sent.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.entry.outbox
    }

    /// The channels subscribed to.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        let bits = Channels::from_bits(self.entry.channels.load(Ordering::Acquire));
        Channel::ALL.into_iter().filter(|channel| bits.meets(Channels::of(&[*channel]))).collect()
    }

    /// From now on every publication of the channel reaches the outbox.
    pub(crate) fn register(&self, channel: Channel) {
        self.entry.channels.fetch_or(Channels::of(&[channel]).bits(), Ordering::AcqRel);
    }

    /// No further publication of the channel reaches the outbox.
    pub fn unsubscribe(&self, channel: Channel) {
        self.entry.channels.fetch_and(!Channels::of(&[channel]).bits(), Ordering::AcqRel);
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.viewers.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
