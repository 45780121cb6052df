//! The states that viewers see, built from the journal's tables and the board; nothing is remembered here
//! but the speed of the last seconds, so a screen can never drift from what is stored.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    BackupId, Clock, CopyState, DestinationHealth, DestinationId, DestinationKind, Event, EventStatus, Millis, Photo,
    PhotoId, RestoreProgress, RunProgress, SourceHealth, SourceKind, Space, TakenAt, Transfer, size_text,
};
use kilat_journal::{CameraStanding, Journal, JournalError, Snapshot};
use kilat_wire::{
    BackupRun, CameraView, CopyView, Counts, DestinationView, DslrStatus, EventView, Now, PhotoState, PhotoView,
    Problem, ProblemKind, RestoreRun, SourceView,
};

use crate::backups;
use crate::links::{camera_link, links};
use crate::project::photo_url;
use crate::restores;
use crate::shot::{Shot, model_in_touch};

/// Photos in the page's strip.
const NEWEST: usize = 24;
/// Speeds are means over this time.
const SPEED_WINDOW: Duration = Duration::from_secs(10);
/// Copies remembered for the speed: 10 s of the most that was measured, 1,000 a second.
const MAX_SAMPLES: usize = 10_000;
/// Below this much room a destination is a problem; the alarm itself is `kilat-host`'s.
const LOW_BYTES: u64 = 5_000_000_000;
/// A viewer that hears nothing for this long must not show the values as live: three heartbeats of the state.
pub(crate) const MAX_AGE_MS: u64 = 35_000;

/// What a state is built from beside the journal.
pub(crate) struct Board {
    pub(crate) transfers: BTreeMap<(PhotoId, DestinationId), Transfer>,
    pub(crate) spaces: BTreeMap<DestinationId, Space>,
    pub(crate) runs: BTreeMap<BackupId, RunProgress>,
    pub(crate) restore: Option<RestoreProgress>,
}

/// What does not change while the server runs.
#[derive(Debug, Clone)]
pub struct About {
    /// The server's version.
    pub version: String,
    /// When it started.
    pub started_at: Millis,
    /// Whether this is a demo.
    pub is_demo: bool,
}

/// Bytes stored in the last seconds, by destination.
#[derive(Debug, Default)]
pub(crate) struct Speed {
    samples: VecDeque<(Duration, DestinationId, u64)>,
}

impl Speed {
    /// Notes a stored copy.
    pub(crate) fn note(&mut self, now: Duration, destination: DestinationId, bytes: u64) {
        self.samples.push_back((now, destination, bytes));
        if self.samples.len() > MAX_SAMPLES {
            self.samples.pop_front();
        }
    }

    /// Bytes a second by destination; a destination without a copy in the window is absent.
    pub(crate) fn by_destination(&mut self, now: Duration) -> BTreeMap<DestinationId, f64> {
        while self.samples.front().is_some_and(|(at, _, _)| now.saturating_sub(*at) > SPEED_WINDOW) {
            self.samples.pop_front();
        }
        let mut bytes: BTreeMap<DestinationId, u64> = BTreeMap::new();
        for (_, destination, size) in &self.samples {
            *bytes.entry(destination.clone()).or_default() += size;
        }
        bytes.into_iter().map(|(destination, bytes)| (destination, bytes as f64 / SPEED_WINDOW.as_secs_f64())).collect()
    }
}

/// Builds the states.
pub(crate) struct View {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) about: About,
    pub(crate) shot: Shot,
}

/// All states, of one moment.
pub(crate) struct States {
    pub(crate) now: Now,
    pub(crate) dslr: DslrStatus,
    pub(crate) backups: Vec<BackupRun>,
    pub(crate) restore: Option<RestoreRun>,
    /// Cameras, senders and cards.
    pub(crate) known: Vec<CameraStanding>,
    /// The journal's offset that they show: the higher one is newer.
    pub(crate) version: u64,
}

impl View {
    /// Reads the journal once and builds both states.
    pub(crate) async fn states(
        &self,
        board: &Board,
        speeds: &BTreeMap<DestinationId, f64>,
    ) -> Result<States, JournalError> {
        let mut snapshot = self.journal.snapshot().await?;
        // Kilat's own folder is no link between anybody: whoever hands photos in is told of by itself.
        snapshot.sources.retain(|source| source.kind == SourceKind::HotFolder);
        let event = snapshot.events.iter().find(|event| event.status == EventStatus::Active);
        let newest = match event {
            Some(event) => self.newest(&event.id, board).await?,
            None => Vec::new(),
        };
        let known = self.journal.known_cameras().await?;
        let mut now = self.now(&snapshot, event, newest, board, speeds);
        now.links.camera = camera_link(&snapshot.sources, &known);
        now.counts.shot = match event {
            Some(event) if !known.is_empty() => self.shot.count(&self.journal, event, &now.counts, &self.clock).await?,
            Some(_) | None => None,
        };
        let mut dslr = self.dslr(&snapshot, event, &now, board, speeds);
        if dslr.camera_model.is_empty() {
            dslr.camera_model = model_in_touch(&known);
        }
        let backups = backups::views(&self.journal, snapshot.backups, &board.runs, self.clock.now()).await?;
        let restore = snapshot.restore.as_ref();
        let restore = restore.map(|state| restores::told(state, board.restore.as_ref(), self.clock.now()));
        Ok(States { now, dslr, backups, restore, known, version: snapshot.offset.0 })
    }

    async fn newest(&self, event: &kilat_core::EventId, board: &Board) -> Result<Vec<PhotoView>, JournalError> {
        let mut views = Vec::with_capacity(NEWEST);
        for photo in self.journal.photos(event, None, NEWEST).await? {
            let copies = self.journal.copies_of(&photo.id).await?;
            views.push(photo_view(&photo, &copies, &board.transfers));
        }
        Ok(views)
    }

    fn now(
        &self,
        snapshot: &Snapshot,
        event: Option<&Event>,
        newest: Vec<PhotoView>,
        board: &Board,
        speeds: &BTreeMap<DestinationId, f64>,
    ) -> Now {
        let at = self.clock.now();
        let tally = event.and_then(|event| snapshot.counts.get(&event.id)).cloned().unwrap_or_default();
        let pending = tally.destinations.values().map(|counts| counts.pending).sum();
        let cameras = event.and_then(|event| snapshot.cameras.get(&event.id));
        let sources = snapshot.sources.iter().map(|source| {
            let (online, since, reason) = match &source.health {
                SourceHealth::Online { since } => (true, since, None),
                SourceHealth::Offline { since, reason } => (false, since, Some(reason.clone())),
            };
            SourceView {
                id: source.id.to_string(),
                kind: "hot_folder".to_owned(),
                path: source.root.display().to_string(),
                online,
                since: since.to_rfc3339(),
                reason,
                last_arrival_at: snapshot
                    .last_photo
                    .as_ref()
                    .filter(|p| p.source == source.id)
                    .map(|p| p.filed_at.to_rfc3339()),
                // Counted by event, not by source: with several, or with cameras beside it, nobody knows.
                held: (snapshot.sources.len() == 1 && snapshot.known_cameras.is_empty()).then_some(tally.held),
            }
        });
        let destinations = snapshot.destinations.iter().map(|destination| {
            let (up, since, reason) = match &destination.health {
                DestinationHealth::Up { since } => (true, since, None),
                DestinationHealth::Down { since, reason } => (false, since, Some(reason.clone())),
            };
            let counts = tally.destinations.get(&destination.id).copied().unwrap_or_default();
            let space = board.spaces.get(&destination.id);
            DestinationView {
                id: destination.id.to_string(),
                path: destination.root.display().to_string(),
                kind: destination.kind,
                up,
                since: since.to_rfc3339(),
                reason,
                stored: counts.stored,
                waiting: counts.pending,
                free_bytes: space.map(|space| space.free_bytes),
                total_bytes: space.map(|space| space.total_bytes),
                speed_bytes_per_second: speeds.get(&destination.id).copied(),
            }
        });
        Now {
            server_time: at.to_rfc3339(),
            started_at: self.about.started_at.to_rfc3339(),
            version: self.about.version.clone(),
            demo: self.about.is_demo,
            event: event.map(event_view),
            counts: Counts {
                shot: None,
                held: tally.held,
                stored: tally.stored,
                safe: tally.safe,
                waiting: pending,
                failed: tally.failed,
                incomplete: tally.unfiled,
            },
            last_photo_at: snapshot.last_photo.as_ref().map(|photo| photo.filed_at.to_rfc3339()),
            paused: snapshot.is_paused,
            ceremony_until: snapshot.settings.ceremony(at).map(Millis::to_rfc3339),
            sources: sources.collect(),
            cameras: cameras.into_iter().flatten().map(camera_view).collect(),
            destinations: destinations.collect(),
            newest,
            links: links(snapshot),
            problems: problems(snapshot, board),
            as_of: at.to_rfc3339(),
            max_age_ms: MAX_AGE_MS,
        }
    }

    fn dslr(
        &self,
        snapshot: &Snapshot,
        event: Option<&Event>,
        now: &Now,
        board: &Board,
        speeds: &BTreeMap<DestinationId, f64>,
    ) -> DslrStatus {
        let tally = event.and_then(|event| snapshot.counts.get(&event.id));
        let last =
            tally.into_iter().flat_map(|t| t.destinations.values()).filter_map(|counts| counts.last_stored_at).max();
        // Of the last photo that names one: sidecars and some formats do not.
        let model = now.cameras.first().map(|seen| seen.camera.model.clone());
        DslrStatus {
            is_connected: !now.sources.is_empty() && now.sources.iter().all(|source| source.online),
            is_processing: !board.transfers.is_empty(),
            total_uploaded: now.counts.stored,
            failed_uploads: now.counts.failed,
            last_upload: last.map(Millis::to_rfc3339),
            watch_folder: now.sources.first().map(|source| source.path.clone()).unwrap_or_default(),
            event_id: now.event.as_ref().map(|event| event.id.clone()).unwrap_or_default(),
            uploader_name: snapshot.settings.uploader_name.clone(),
            queue_size: now.counts.waiting,
            upload_speed: megabytes(speeds.values()),
            service_running: !snapshot.is_paused,
            last_heartbeat: now.server_time.clone(),
            camera_model: model.unwrap_or_default(),
            auto_detect: true,
            backup_enabled: snapshot.destinations.iter().any(|place| place.kind == DestinationKind::Backup),
            notifications_enabled: snapshot.settings.notifications_enabled,
            watermark_enabled: false,
        }
    }
}

/// A photo in a list.
pub(crate) fn photo_view(
    photo: &Photo,
    copies: &[(DestinationId, CopyState)],
    transfers: &BTreeMap<(PhotoId, DestinationId), Transfer>,
) -> PhotoView {
    let in_flight =
        copies.iter().filter_map(|(destination, _)| transfers.get(&(photo.id.clone(), destination.clone())));
    let progress = in_flight.map(|t| t.sent_bytes as f64 * 100.0 / t.total_bytes.max(1) as f64).reduce(f64::min);
    let has = |test: fn(&CopyState) -> bool| copies.iter().any(|(_, state)| test(state));
    let state = if has(|state| matches!(state, CopyState::Failed { .. })) {
        PhotoState::Failed
    } else if progress.is_some() {
        PhotoState::Copying
    } else if copies.is_empty() || has(|state| matches!(state, CopyState::Pending { .. })) {
        PhotoState::Waiting
    } else {
        PhotoState::Stored
    };
    PhotoView {
        id: photo.id.to_string(),
        name: photo.name.clone(),
        kind: photo.kind,
        size_bytes: photo.size_bytes,
        taken_at: photo.taken.map(taken_at),
        filed_at: photo.filed_at.to_rfc3339(),
        photo_url: photo_url(&photo.id),
        state,
        progress: progress.filter(|_| state == PhotoState::Copying).map(|percent| percent.floor()),
    }
}

/// A copy's receipt.
pub(crate) fn copy_view(destination: &DestinationId, state: CopyState) -> CopyView {
    let view = |state: &str| CopyView {
        destination: destination.to_string(),
        state: state.to_owned(),
        key: None,
        at: None,
        read_back: None,
        message: None,
    };
    match state {
        CopyState::Pending { message, .. } => CopyView { message, ..view("pending") },
        CopyState::Failed { message, .. } => CopyView { message: Some(message), ..view("failed") },
        CopyState::Stored { key, at, read_back } => CopyView {
            key: Some(key.to_string()),
            at: Some(at.to_rfc3339()),
            read_back: Some(read_back),
            ..view("stored")
        },
    }
}

/// Bytes a second as megabytes a second with two digits. The sum of nothing is minus zero, which JSON shows.
fn megabytes<'a>(speeds: impl Iterator<Item = &'a f64>) -> f64 {
    speeds.fold(0.0, |sum, speed| sum + speed).div_euclid(1e4) / 100.0
}

/// The camera's clock as text, with its offset where the camera records it.
fn taken_at(taken: TakenAt) -> String {
    let offset = taken.offset_minutes.map(|minutes| {
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
    });
    format!("{}{}", taken.civil, offset.unwrap_or_default())
}

/// An event as the page shows it.
#[must_use]
pub fn event_view(event: &Event) -> EventView {
    EventView { id: event.id.to_string(), name: event.name.clone(), date: event.date.to_string(), status: event.status }
}

fn camera_view(tally: &kilat_journal::CameraTally) -> CameraView {
    CameraView { camera: tally.camera.clone(), held: tally.held, last_at: tally.last_filed_at.to_rfc3339() }
}

fn problems(snapshot: &Snapshot, board: &Board) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in &snapshot.sources {
        if let SourceHealth::Offline { since, reason } = &source.health {
            let what = source.root.display().to_string();
            problems.push(problem(
                format!("source-{}", source.id),
                ProblemKind::SourceOffline,
                what,
                reason,
                *since,
                false,
            ));
        }
    }
    for destination in &snapshot.destinations {
        let what = destination.root.display().to_string();
        if let DestinationHealth::Down { since, reason } = &destination.health {
            let id = format!("destination-{}", destination.id);
            problems.push(problem(id, ProblemKind::DestinationDown, what, reason, *since, false));
            continue;
        }
        if let Some(space) = board.spaces.get(&destination.id).filter(|space| space.free_bytes < LOW_BYTES) {
            let id = format!("space-{}", destination.id);
            let left = size_text(space.free_bytes);
            let left = format!("{left} left: free some room there or name another destination");
            problems.push(problem(id, ProblemKind::DiskLow, what, &left, space.at, false));
        }
    }
    problems.extend(snapshot.problems.iter().map(known_problem));
    problems
}

fn known_problem(known: &kilat_journal::Problem) -> Problem {
    match known {
        kilat_journal::Problem::Copy { photo, name, destination, message, at, .. } => {
            let id = format!("copy-{photo}-{destination}");
            problem(id, ProblemKind::CopyFailed, name.clone(), message, *at, true)
        }
        kilat_journal::Problem::Arrival { arrival, failure, message, at } => {
            let kind = match failure {
                kilat_core::ArrivalFailure::Incomplete => ProblemKind::Incomplete,
                kilat_core::ArrivalFailure::Unreadable => ProblemKind::Unreadable,
                kilat_core::ArrivalFailure::Vanished => ProblemKind::Vanished,
                kilat_core::ArrivalFailure::TooLarge => ProblemKind::TooLarge,
            };
            let name = arrival.path.to_string_lossy().into_owned();
            problem(format!("arrival-{}", arrival.id), kind, name, message, *at, false)
        }
    }
}

fn problem(id: String, kind: ProblemKind, what: String, message: &str, since: Millis, can_retry: bool) -> Problem {
    let action = can_retry.then(|| "retry".to_owned());
    Problem { id, kind, what, message: message.to_owned(), since: since.to_rfc3339(), action }
}
