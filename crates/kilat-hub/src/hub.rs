//! The handle that the server holds: connect, subscribe, publish, look inside. Cheap to clone.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kilat_auth::Who;
use kilat_core::{BoardReader, Clock, EventId, Fact, PhotoId, PhotoKind};
use kilat_journal::{Journal, JournalError};
use kilat_wire::{
    Channels, Cursor, DslrStatus, Kind, Now, PhotoDetail, PhotoList, PhotoReceipt, Publish, Published, PublishedKind,
    ServerMessage,
};
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::value::RawValue;
use tokio::net::TcpStream;

use crate::fan_out::FanOut;
use crate::frame::{Frame, answer, published_state};
use crate::replay::{Order, Replay, Replays, Verdict};
use crate::shot::Shot;
use crate::states::{Current, States};
use crate::task::HubTask;
use crate::view::{About, MAX_AGE_MS, View, copy_view, photo_view};
use crate::viewer::{Full, Viewer};
use crate::viewers::{Peer, Viewers, pinged, silence};

/// Photos in one page of a list.
pub(crate) const MAX_PAGE: usize = 200;
/// A client that was not heard for so long is pinged.
const PING_AFTER: u32 = 25;
/// A client that was not heard for so long is gone: two pings and their answers.
const SILENCE: u32 = 60;
/// A transport that takes nothing for so long means that nobody reads.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// The shortest time after which a client comes back after a drain.
const RETURN_AFTER_MS: u64 = 250;
/// Clients a second that come back after a drain.
const RETURNS_PER_SECOND: u64 = 1_000;

/// Close codes, and whether the client comes back by itself: docs/protocol.md has the table.
pub mod code {
    /// The server restarts: come back.
    pub const RESTART: u16 = kilat_wire::close::RESTART;
    /// The right to look is gone: sign in again.
    pub const SIGNED_OUT: u16 = kilat_wire::close::NOT_SIGNED_IN;
    /// Nothing was heard for a minute: come back.
    pub const SILENT: u16 = kilat_wire::close::SILENT;
}

/// What the hub is told at the start.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Kinds of files that are copied anywhere.
    pub due_kinds: Vec<PhotoKind>,
    /// What does not change while the server runs.
    pub about: About,
}

pub(crate) struct Shared {
    pub(crate) order: Order,
    pub(crate) viewers: Arc<Viewers>,
    pub(crate) states: States,
    pub(crate) fan_out: FanOut,
    pub(crate) replays: Replays,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) journal: Journal,
}

/// Handle for the server.
#[derive(Clone)]
pub struct Hub(pub(crate) Arc<Shared>);

impl Hub {
    /// A hub and the task that drives it.
    pub fn new(
        journal: Journal,
        board: (BoardReader, BoardReader),
        clock: Arc<dyn Clock>,
        config: HubConfig,
    ) -> (Self, HubTask) {
        Self::with(journal, board, clock, (config, Order::RegisterFirst))
    }

    /// A hub with a bug that the simulation must find, or it proves nothing: a subscription reads before it registers.
    #[doc(hidden)]
    pub fn with_planted_bug(
        journal: Journal,
        board: (BoardReader, BoardReader),
        clock: Arc<dyn Clock>,
        config: HubConfig,
    ) -> (Self, HubTask) {
        Self::with(journal, board, clock, (config, Order::ReadFirst))
    }

    fn with(
        journal: Journal,
        board: (BoardReader, BoardReader),
        clock: Arc<dyn Clock>,
        (config, order): (HubConfig, Order),
    ) -> (Self, HubTask) {
        let (shared_board, task_board) = board;
        let view =
            View { journal: journal.clone(), clock: Arc::clone(&clock), about: config.about, shot: Shot::default() };
        let replays = Replays::new(journal.clone(), Arc::clone(&clock), config.due_kinds.clone());
        let hub = Self(Arc::new(Shared {
            order,
            viewers: Arc::default(),
            states: States::new(view, shared_board),
            fan_out: FanOut::new(journal.head().0),
            replays,
            clock,
            journal,
        }));
        let task = HubTask::new(hub.clone(), task_board, config.due_kinds);
        (hub, task)
    }

    /// A new viewer, who owns its socket where there is a plain one. `reserved` places stay free for others.
    ///
    /// # Errors
    /// When there are too many; the socket comes back.
    pub fn connect(&self, peer: Peer, socket: Option<TcpStream>, reserved: usize) -> Result<Viewer, Full> {
        self.0.viewers.connect(peer, socket, self.0.clock.monotonic(), reserved)
    }

    /// Subscribes a viewer: the answer and the channels' states go into its queue. What was missed since the
    /// cursor is told by the replay, if there is one: see [`Hub::step`].
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn subscribe(
        &self,
        viewer: &Viewer,
        channels: Channels,
        since: Option<&Cursor>,
    ) -> Result<Option<Replay>, JournalError> {
        let shared = &self.0;
        let current = shared.states.recent().await?;
        let Some(since) = since else {
            viewer.change(|outbox| {
                // Looked at under the lock: a pass that begins later finds the subscription.
                let from = shared.fan_out.published();
                outbox.subscribe(channels, from, [shared.replays.answer(channels, from, Verdict::fresh())]);
                self.states_into(outbox, &current, channels);
                shared.states.want_newer(&current, from);
            });
            viewer.seat.wake();
            return Ok(None);
        };
        self.replay(viewer, channels, since, &current).await
    }

    /// Brings a viewer up to date whose queue was lost.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn resync(&self, viewer: &Viewer) -> Result<Option<Replay>, JournalError> {
        let current = self.0.states.recent().await?;
        let (channels, seq) = {
            let outbox = viewer.seat.outbox();
            (outbox.channels(), outbox.told)
        };
        let since = Cursor { epoch: self.0.journal.epoch().to_owned(), seq };
        self.replay(viewer, channels, &since, &current).await
    }

    async fn replay(
        &self,
        viewer: &Viewer,
        channels: Channels,
        since: &Cursor,
        current: &Current,
    ) -> Result<Option<Replay>, JournalError> {
        let shared = &self.0;
        let early = shared.order.reads_early(&shared.fan_out).await;
        let up_to = viewer.change(|outbox| {
            // Looked at under the lock: a pass that begins later finds the gate.
            let up_to = early.unwrap_or_else(|| shared.fan_out.published());
            outbox.close_gate(channels, up_to);
            up_to
        });
        let found = shared.replays.find(&shared.fan_out, channels, since, up_to).await;
        let (verdict, replay) = found?;
        shared.fan_out.tally.replays.fetch_add(1, Ordering::Relaxed);
        let stands_at = match &verdict.skipped {
            Some(skipped) => skipped.up_to,
            None => since.seq,
        };
        let mut outbox = viewer.seat.outbox();
        outbox.stands_at(stands_at);
        outbox.enqueue(shared.replays.answer(channels, up_to, verdict));
        self.states_into(&mut outbox, current, channels);
        let replay = match replay {
            Some(replay) => Some(replay),
            // Nothing to tell: live at once, unless too much came meanwhile.
            None if outbox.open_gate(channels, shared.fan_out.published()) => None,
            None => Some(Replay::empty(channels, up_to)),
        };
        drop(outbox);
        shared.states.want_newer(current, up_to);
        viewer.seat.wake();
        Ok(replay)
    }

    /// Goes on with a replay, once what the viewer was given is with the kernel. True when it is live.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn step(&self, viewer: &Viewer, replay: &mut Replay) -> Result<bool, JournalError> {
        replay.step(&self.0.replays, &self.0.fan_out, viewer).await
    }

    /// Puts the channels' states into a viewer's queue.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn send_state(&self, viewer: &Viewer, channels: Channels) -> Result<(), JournalError> {
        let current = self.0.states.exact().await?;
        self.states_into(&mut viewer.seat.outbox(), &current, channels);
        viewer.seat.wake();
        Ok(())
    }

    fn states_into(&self, outbox: &mut crate::outbox::Outbox, current: &Current, channels: Channels) {
        for frame in self.0.states.frames(current, channels, self.0.viewers.len()) {
            // A newer one may have been told since this one was built.
            if let crate::frame::What::State { key, version } = &frame.what
                && !outbox.is_news(key, *version)
            {
                continue;
            }
            outbox.enqueue(frame);
        }
    }

    /// Publishes for another program; answers once a state was handed on, or an entry is on the disk.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn publish(&self, publish: Publish, r#ref: Option<String>) -> Result<Frame, JournalError> {
        let Publish { channel, r#type, kind, payload } = publish;
        let shared = &self.0;
        let epoch = shared.journal.epoch();
        let mut told =
            Published { r#ref, channel, kind: PublishedKind::State, epoch: Some(epoch.to_owned()), seq: None };
        match kind {
            Kind::State { key } => {
                let version = shared.journal.head().0;
                // It was read as JSON when it came: this is the same text.
                if let Ok(payload) = RawValue::from_string(payload) {
                    let stamp = (epoch, shared.clock.now(), MAX_AGE_MS);
                    let frame = published_state((&key, version), (&r#type, &payload), channel, stamp);
                    shared.fan_out.publish(frame).await;
                }
            }
            Kind::Log => {
                let fact = Fact::Published { channel: channel.to_string(), kind: r#type, payload };
                let recorded = shared.journal.append(vec![fact]).await?;
                told.kind = PublishedKind::Log;
                told.seq = recorded.first().map(|recorded| recorded.offset.0);
            }
        }
        Ok(answer(ServerMessage::Published(told), shared.clock.now()))
    }

    /// What the page shows.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn now(&self) -> Result<Now, JournalError> {
        Ok(self.0.states.exact().await?.now.clone())
    }

    /// State of ingest as existing pages know it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn dslr(&self) -> Result<DslrStatus, JournalError> {
        Ok(self.0.states.exact().await?.dslr.clone())
    }

    /// A page of an event's photos, newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn photos(
        &self,
        event: &EventId,
        before: Option<&PhotoId>,
        limit: usize,
    ) -> Result<PhotoList, JournalError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let transfers = self.0.states.transfers();
        let journal = &self.0.journal;
        let page = journal.photos(event, before, limit).await?;
        let next = (page.len() == limit).then(|| page.last().map(|photo| photo.id.to_string())).flatten();
        let mut photos = Vec::with_capacity(page.len());
        for photo in page {
            let copies = journal.copies_of(&photo.id).await?;
            photos.push(photo_view(&photo, &copies, &transfers));
        }
        Ok(PhotoList { photos, next })
    }

    /// A photo with its receipts; none when there is no such photo.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn photo(&self, id: &PhotoId) -> Result<Option<PhotoDetail>, JournalError> {
        let journal = &self.0.journal;
        let Some(photo) = journal.photo(id).await? else { return Ok(None) };
        let copies = journal.copies_of(id).await?;
        let receipt = |one: kilat_journal::Receipt| PhotoReceipt {
            way: one.way,
            camera_id: one.camera.map(|id| id.to_string()),
            camera_name: one.camera_name,
            source: one.source.to_string(),
            path: one.path.to_string_lossy().into_owned(),
            at: one.at.to_rfc3339(),
        };
        let receipts = journal.receipts(id).await?.into_iter().map(receipt).collect();
        Ok(Some(PhotoDetail {
            photo: photo_view(&photo, &copies, &self.0.states.transfers()),
            hash: photo.hash.to_string(),
            camera: photo.camera.clone(),
            source: photo.source.to_string(),
            source_path: photo.path.to_string_lossy().into_owned(),
            copies: copies.into_iter().map(|(destination, state)| copy_view(&destination, state)).collect(),
            receipts,
        }))
    }

    /// Viewers and subscriptions.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.0.viewers.len(), self.0.viewers.subscriptions())
    }

    /// Looks after every connection: pings the quiet ones, ends the silent and the stuck, and those
    /// whose right `holds` no more. Call it every second.
    pub fn sweep(&self, holds: impl Fn(&Who) -> bool) {
        let now = self.0.clock.monotonic();
        let tally = &self.0.fan_out.tally;
        self.0.viewers.all(|seat| {
            let mut outbox = seat.outbox();
            if !holds(&seat.peer.who) {
                outbox.enqueue(Arc::new(Frame::close(code::SIGNED_OUT, "signed out; sign in again")));
                let _waiting = seat.flush(&mut outbox, now);
                return seat.wake();
            }
            if outbox.blocked_since.is_some_and(|since| now.saturating_sub(since) > WRITE_DEADLINE) {
                tally.cut_slow.fetch_add(1, Ordering::Relaxed);
                return seat.cut();
            }
            let (quiet, pinged_ago) = silence(seat, now);
            if quiet > SILENCE {
                tally.cut_silent.fetch_add(1, Ordering::Relaxed);
                outbox.enqueue(Arc::new(Frame::close(code::SILENT, "nothing heard for a minute; connect again")));
                let _waiting = seat.flush(&mut outbox, now);
                return seat.cut();
            }
            if quiet.min(pinged_ago) >= PING_AFTER {
                pinged(seat, now);
                outbox.enqueue(Arc::new(Frame::ping()));
                let _waiting = seat.flush(&mut outbox, now);
            }
        });
    }

    /// Tells every viewer that it is over and when to come back, each another time, so that they do not all at once.
    pub(crate) fn drain(&self, rng: &mut SmallRng) {
        let now = self.0.clock.monotonic();
        let at = self.0.clock.now();
        let spread = (self.0.viewers.len() as u64 * 1_000 / RETURNS_PER_SECOND).max(1_000);
        self.0.viewers.all(|seat| {
            let reconnect_after_ms = RETURN_AFTER_MS + rng.random_range(0..spread);
            let mut outbox = seat.outbox();
            let draining = kilat_wire::Draining { reconnect_after_ms };
            outbox.enqueue(Arc::new(answer(ServerMessage::Draining(draining), at)));
            outbox.enqueue(Arc::new(Frame::close(code::RESTART, "the server is stopping; connect again")));
            let _waiting = seat.flush(&mut outbox, now);
            seat.wake();
        });
    }

    /// The machine's clocks.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
}
