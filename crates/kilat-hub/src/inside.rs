//! A look inside: who is connected and how far behind, what was counted, and a trace of one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kilat_wire::Channels;

use crate::hub::Hub;
use crate::viewers::{Peer, Seat, silence};

/// One connected viewer.
#[derive(Debug, Clone)]
pub struct ViewerInfo {
    /// Unique in this process.
    pub id: u64,
    /// Who it is.
    pub peer: Peer,
    /// What it is subscribed to.
    pub channels: Channels,
    /// Seconds since it connected.
    pub connected_s: u64,
    /// Seconds since it was heard.
    pub quiet_s: u32,
    /// Entries between the newest and the last that it was told.
    pub behind: u64,
    /// Frames that wait for it.
    pub queued: usize,
    /// Seconds since its transport took nothing; none while it takes.
    pub blocked_s: Option<u64>,
    /// Frames and bytes sent.
    pub sent: (u64, u64),
    /// States that it skipped to a later one.
    pub skipped_states: u64,
    /// How often its queue was lost and it was brought up to date.
    pub resyncs: u64,
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inside {
    /// Viewers now.
    pub viewers: u64,
    /// Subscriptions now.
    pub subscriptions: u64,
    /// The last entry whose pass has begun.
    pub published: u64,
    /// Walks along the viewers.
    pub passes: u64,
    /// Frames published.
    pub frames: u64,
    /// Frames handed to viewers.
    pub deliveries: u64,
    /// System calls that wrote them past the queues.
    pub writes: u64,
    /// Bytes that those took.
    pub bytes: u64,
    /// Writes that the kernel did not take whole.
    pub blocked: u64,
    /// Replays begun.
    pub replays: u64,
    /// Entries replayed.
    pub replayed: u64,
    /// Viewers ended because they took nothing.
    pub cut_slow: u64,
    /// Viewers ended because nothing was heard.
    pub cut_silent: u64,
}

impl Hub {
    pub(crate) fn seats(&self, look: impl FnMut(&Arc<Seat>)) {
        self.0.viewers.all(look);
    }

    /// Looks for one connection.
    pub(crate) fn seat(&self, id: u64) -> Option<Arc<Seat>> {
        let mut found = None;
        self.seats(|seat| {
            if seat.id == id {
                found = Some(Arc::clone(seat));
            }
        });
        found
    }

    /// Everyone who is connected, by the order of their coming; at most `most`.
    #[must_use]
    pub fn clients(&self, most: usize) -> Vec<ViewerInfo> {
        let now = self.clock().monotonic();
        let published = self.0.fan_out.published();
        let mut clients = Vec::new();
        self.seats(|seat| {
            let outbox = seat.outbox();
            clients.push(ViewerInfo {
                id: seat.id,
                peer: seat.peer.clone(),
                channels: outbox.channels(),
                connected_s: now.saturating_sub(seat.since).as_secs(),
                quiet_s: silence(seat, now).0,
                behind: if outbox.depth() == 0 { 0 } else { published.saturating_sub(outbox.told) },
                queued: outbox.depth(),
                blocked_s: outbox.blocked_since.map(|since| now.saturating_sub(since).as_secs()),
                sent: (outbox.sent_frames, outbox.sent_bytes),
                skipped_states: outbox.skipped_states,
                resyncs: outbox.resyncs,
            });
        });
        clients.sort_by_key(|client| client.id);
        clients.truncate(most);
        clients
    }

    /// The last lines of one connection; noting them begins with the first look. None when it is gone.
    #[must_use]
    pub fn trace(&self, id: u64) -> Option<Vec<String>> {
        let seat = self.seat(id)?;
        seat.is_traced.store(true, Ordering::Relaxed);
        Some(seat.trace.lines())
    }

    /// What was counted.
    #[must_use]
    pub fn inside(&self) -> Inside {
        let (viewers, subscriptions) = self.count();
        let tally = &self.0.fan_out.tally;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Inside {
            viewers: viewers as u64,
            subscriptions: subscriptions as u64,
            published: self.0.fan_out.published(),
            passes: of(&tally.passes),
            frames: of(&tally.frames),
            deliveries: of(&tally.deliveries),
            writes: of(&tally.writes),
            bytes: of(&tally.bytes),
            blocked: of(&tally.blocked),
            replays: of(&tally.replays),
            replayed: of(&tally.replayed),
            cut_slow: of(&tally.cut_slow),
            cut_silent: of(&tally.cut_silent),
        }
    }
}
