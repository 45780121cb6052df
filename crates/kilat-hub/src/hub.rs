//! The hub: one task that tails the journal and the board, and a handle for the server.
//!
//! The task owns the order of events. States are stamped with the journal's offset, so that a state
//! read for one new viewer never replaces a later one that was published meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{BoardReader, Clock, DestinationId, EventId, Fact, Millis, PhotoId, PhotoKind, Stop, Transfer};
use kilat_journal::{Journal, JournalError, Tail};
use kilat_wire::{Channel, CopyView, DslrStatus, Now, PhotoDetail, PhotoList, ServerMessage, SystemStatus};
use tokio::time::{Instant, MissedTickBehavior};

use crate::events::{Events, Publication, in_flight};
use crate::frame::{Channels, Frame, StateKey, encode};
use crate::view::{About, Board, Speed, View, photo_view};
use crate::viewers::{Viewer, Viewers};

/// States are published at most this often.
const STATE_INTERVAL: Duration = Duration::from_millis(100);
/// States are published at least this often while someone looks, so that their age stays honest.
const STATE_AT_LEAST: Duration = Duration::from_secs(10);
/// Photos in one page of a list.
pub(crate) const MAX_PAGE: usize = 200;

/// What the hub is told at the start.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Kinds of files that are copied anywhere.
    pub due_kinds: Vec<PhotoKind>,
    /// What does not change while the server runs.
    pub about: About,
}

struct Shared {
    viewers: Arc<Viewers>,
    view: View,
    speed: Mutex<Speed>,
    board: BoardReader,
}

/// Handle for the server: cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

impl Hub {
    /// A hub and the task that drives it.
    pub fn new(
        journal: Journal,
        board: (BoardReader, BoardReader),
        clock: Arc<dyn Clock>,
        config: HubConfig,
    ) -> (Self, HubTask) {
        let (shared_board, task_board) = board;
        let view = View { journal, clock, about: config.about };
        let viewers = Arc::new(Viewers::default());
        let hub = Self(Arc::new(Shared { viewers, view, speed: Mutex::default(), board: shared_board }));
        let task = HubTask { hub: hub.clone(), board: task_board, due_kinds: config.due_kinds };
        (hub, task)
    }

    /// A new viewer; none when there are too many.
    #[must_use]
    pub fn connect(&self) -> Option<Viewer> {
        self.0.viewers.connect()
    }

    /// Subscribes a viewer and puts the channel's state into its outbox.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn subscribe(&self, viewer: &Viewer, channel: Channel) -> Result<(), JournalError> {
        // Registered first: what happens while the state is read is already on its way.
        viewer.register(channel);
        self.send_state(viewer, channel).await
    }

    /// Puts the channel's state into a viewer's outbox.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn send_state(&self, viewer: &Viewer, channel: Channel) -> Result<(), JournalError> {
        for frame in self.state_of(channel).await? {
            viewer.outbox().put(frame);
        }
        Ok(())
    }

    /// What the page shows.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn now(&self) -> Result<Now, JournalError> {
        Ok(self.states().await?.now)
    }

    /// State of ingest as existing pages know it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn dslr(&self) -> Result<DslrStatus, JournalError> {
        Ok(self.states().await?.dslr)
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
        let transfers = self.0.board.transfers();
        let journal = &self.0.view.journal;
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
        let journal = &self.0.view.journal;
        let Some(photo) = journal.photo(id).await? else { return Ok(None) };
        let copies = journal.copies_of(id).await?;
        Ok(Some(PhotoDetail {
            photo: photo_view(&photo, &copies, &self.0.board.transfers()),
            hash: photo.hash.to_string(),
            camera: photo.camera.clone(),
            source: photo.source.to_string(),
            source_path: photo.path.to_string_lossy().into_owned(),
            copies: copies.into_iter().map(|(destination, state)| copy_view(&destination, state)).collect(),
        }))
    }

    /// Viewers and subscriptions.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        self.0.viewers.count()
    }

    /// Ends every viewer after what it was already given.
    pub fn close_all(&self) {
        self.0.viewers.close_all();
    }

    async fn state_of(&self, channel: Channel) -> Result<Vec<Frame>, JournalError> {
        let at = self.0.view.clock.now();
        match channel {
            Channel::Dslr | Channel::Camera => {
                let states = self.states().await?;
                let dslr = state(StateKey::Dslr, states.version, ServerMessage::DslrStatus(states.dslr), channel, at);
                let now = state(StateKey::Now, states.version, ServerMessage::Now(Box::new(states.now)), channel, at);
                Ok(if channel == Channel::Dslr { vec![dslr, now] } else { vec![dslr] })
            }
            Channel::Backup => {
                Ok(vec![state(StateKey::Backups, 0, ServerMessage::BackupStatus(Vec::new()), channel, at)])
            }
            Channel::Upload => {
                let version = self.0.view.journal.head().0;
                let transfers = self.0.board.transfers();
                Ok(transfers.iter().map(|((p, d), transfer)| in_flight(p, d, transfer, version, at).1).collect())
            }
            Channel::System => {
                let (clients, subscriptions) = self.count();
                let data = BTreeMap::from([
                    ("clients".to_owned(), clients.into()),
                    ("subscriptions".to_owned(), subscriptions.into()),
                    ("startedAt".to_owned(), self.0.view.about.started_at.to_rfc3339().into()),
                    ("version".to_owned(), self.0.view.about.version.clone().into()),
                ]);
                let status = SystemStatus { status: "ok".to_owned(), message: "Kilat is running".to_owned(), data };
                Ok(vec![state(StateKey::System, 0, ServerMessage::SystemStatus(status), channel, at)])
            }
        }
    }

    async fn states(&self) -> Result<crate::view::States, JournalError> {
        let board = Board { transfers: self.0.board.transfers(), spaces: self.0.board.spaces() };
        let speeds = {
            let mut speed = self.0.speed.lock().unwrap_or_else(PoisonError::into_inner);
            speed.by_destination(self.0.view.clock.monotonic())
        };
        self.0.view.states(&board, &speeds).await
    }

    fn publish(&self, (channels, frame): &Publication) {
        self.0.viewers.publish(*channels, frame);
    }
}

fn state(key: StateKey, version: u64, message: ServerMessage, channel: Channel, at: Millis) -> Frame {
    Frame::state(key, version, encode(message, Some(channel), at.to_rfc3339(), None))
}

fn copy_view(destination: &DestinationId, state: kilat_core::CopyState) -> CopyView {
    let view = |state: &str| CopyView {
        destination: destination.to_string(),
        state: state.to_owned(),
        key: None,
        at: None,
        read_back: None,
        message: None,
    };
    match state {
        kilat_core::CopyState::Pending { message, .. } => CopyView { message, ..view("pending") },
        kilat_core::CopyState::Failed { message, .. } => CopyView { message: Some(message), ..view("failed") },
        kilat_core::CopyState::Stored { key, at, read_back } => CopyView {
            key: Some(key.to_string()),
            at: Some(at.to_rfc3339()),
            read_back: Some(read_back),
            ..view("stored")
        },
    }
}

/// Drives a [`Hub`].
pub struct HubTask {
    hub: Hub,
    board: BoardReader,
    due_kinds: Vec<PhotoKind>,
}

impl HubTask {
    /// Publishes until it is asked to stop.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let Self { hub, mut board, due_kinds } = self;
        let journal = hub.0.view.journal.clone();
        let snapshot = journal.snapshot().await?;
        let mut tail = journal.tail(snapshot.offset);
        let announces = snapshot.settings.notifications_enabled;
        let mut events = Events::new(journal, due_kinds, snapshot.sources, announces);
        let mut pace = tokio::time::interval(STATE_INTERVAL);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut state = Pending { is_dirty: true, board_moved: false, published: Instant::now() };
        loop {
            tokio::select! {
                biased;
                () = stop.asked() => return hub.last_words(&mut tail, &mut events).await,
                batch = tail.next() => {
                    hub.tell(&batch?, &mut events).await?;
                    state.is_dirty = true;
                }
                alive = board.changed(), if !state.board_moved => {
                    if !alive { return Ok(()) }
                    state.board_moved = true;
                }
                // Only ticks while there is something to tell: an idle server sleeps.
                _ = pace.tick(), if state.is_dirty || state.board_moved => hub.refresh(&board, &mut state).await?,
                () = tokio::time::sleep_until(state.published + STATE_AT_LEAST) => state.is_dirty = true,
            }
        }
    }
}

/// What has changed since the states were last published.
struct Pending {
    is_dirty: bool,
    board_moved: bool,
    published: Instant,
}

impl Hub {
    async fn tell(&self, batch: &[kilat_core::Recorded], events: &mut Events) -> Result<(), JournalError> {
        for recorded in batch {
            if let Some(publication) = events.of(recorded).await? {
                self.publish(&publication);
            }
            if let Fact::CopyStored { photo, destination, .. } = &recorded.fact {
                let size = events.size_of(photo).await?;
                let mut speed = self.0.speed.lock().unwrap_or_else(PoisonError::into_inner);
                speed.note(self.0.view.clock.monotonic(), destination.clone(), size);
            }
        }
        Ok(())
    }

    /// Publishes copies in flight and, where someone looks, the states.
    async fn refresh(&self, board: &BoardReader, pending: &mut Pending) -> Result<(), JournalError> {
        let at = self.0.view.clock.now();
        if pending.board_moved {
            let version = self.0.view.journal.head().0;
            let transfers: BTreeMap<(PhotoId, DestinationId), Transfer> = board.transfers();
            for ((photo, destination), transfer) in &transfers {
                self.publish(&in_flight(photo, destination, transfer, version, at));
            }
        }
        *pending = Pending { is_dirty: false, board_moved: false, published: Instant::now() };
        let watched = Channels::of(&[Channel::Dslr, Channel::Camera]);
        if !self.0.viewers.any(watched) {
            return Ok(());
        }
        let states = self.states().await?;
        let dslr = ServerMessage::DslrStatus(states.dslr);
        self.publish(&(watched, state(StateKey::Dslr, states.version, dslr, Channel::Dslr, at)));
        let now = ServerMessage::Now(Box::new(states.now));
        let only_dslr = Channels::of(&[Channel::Dslr]);
        self.publish(&(only_dslr, state(StateKey::Now, states.version, now, Channel::Dslr, at)));
        Ok(())
    }

    /// Tells what the engines recorded on their way out; they ended before the hub was asked to.
    async fn last_words(&self, tail: &mut Tail, events: &mut Events) -> Result<(), JournalError> {
        let head = self.0.view.journal.head();
        while tail.position() < head {
            let batch = tail.next().await?;
            self.tell(&batch, events).await?;
        }
        Ok(())
    }
}
