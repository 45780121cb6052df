//! A small studio to test with: one event, one source, two destinations, two cameras.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kilat_core::{
    Arrival, ArrivalId, Camera, Clock, ContentHash, Destination, DestinationHealth, DestinationId, Event, EventId,
    EventStatus, Fact, FileStamp, IdSource, ManualClock, Millis, Notice, NoticeKind, ObjectKey, Offset, Photo, PhotoId,
    PhotoKind, Priority, ProofHash, ReadBack, Recorded, Source, SourceHealth, SourceId, SourceKind, TakenAt,
};
use kilat_journal::{Due, Filed, Filing, Journal, Lease};

/// Opens the same journal again and again; each backend has one.
pub(crate) trait Backend {
    fn open(&self, clock: Arc<ManualClock>) -> impl Future<Output = Journal>;
}

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) struct Scene {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<IdSource>,
    hashes: AtomicU64,
}

pub(crate) fn event_id(id: &str) -> EventId {
    id.parse().unwrap()
}

pub(crate) fn disk() -> DestinationId {
    "disk".parse().unwrap()
}

pub(crate) fn cloud() -> DestinationId {
    "cloud".parse().unwrap()
}

pub(crate) fn folder() -> SourceId {
    "folder".parse().unwrap()
}

pub(crate) fn nikon() -> Camera {
    Camera { make: "NIKON CORPORATION".into(), model: "NIKON Z 9".into(), serial: Some("3001234".into()) }
}

pub(crate) fn second_nikon() -> Camera {
    Camera { serial: Some("3009999".into()), ..nikon() }
}

pub(crate) fn taken(civil: &str) -> TakenAt {
    TakenAt { civil: civil.parse().unwrap(), offset_minutes: Some(420) }
}

pub(crate) fn event(id: &str, status: EventStatus, created_at: Millis) -> Event {
    Event { id: event_id(id), name: id.to_owned(), date: "2026-11-21".parse().unwrap(), status, created_at }
}

pub(crate) fn source(at: Millis) -> Source {
    let health = SourceHealth::Offline { since: at, reason: "not looked at yet".into() };
    Source { id: folder(), kind: SourceKind::HotFolder, root: "/photos".into(), health }
}

pub(crate) fn destination(id: DestinationId, at: Millis) -> Destination {
    let root = PathBuf::from(format!("/copies/{id}"));
    Destination::new(id, root, DestinationHealth::Up { since: at })
}

pub(crate) fn notice(id: &str) -> Notice {
    Notice {
        id: id.to_owned(),
        key: None,
        said: None,
        sample: None,
        kind: NoticeKind::System,
        title: "hello".into(),
        message: "hello".into(),
        priority: Priority::Low,
        data: [].into(),
        event: None,
        at: Millis(1),
        silent: false,
    }
}

impl Scene {
    /// The studio in a fresh journal, with the event `wedding` active.
    pub(crate) async fn new(backend: &impl Backend) -> Self {
        let scene = Self::empty(backend).await;
        let at = scene.clock.now();
        scene
            .append(vec![
                Fact::EventCreated { event: event("wedding", EventStatus::Active, at) },
                Fact::SourceAdded { source: source(at) },
                Fact::DestinationAdded { destination: destination(disk(), at) },
                Fact::DestinationAdded { destination: destination(cloud(), at) },
            ])
            .await;
        scene
    }

    pub(crate) async fn empty(backend: &impl Backend) -> Self {
        let clock = Arc::new(ManualClock::at_ms(1_795_000_000_000));
        let journal = backend.open(Arc::clone(&clock)).await;
        let ids = Arc::new(IdSource::new(clock.clone()));
        Self { journal, clock, ids, hashes: AtomicU64::new(1) }
    }

    pub(crate) async fn append(&self, facts: Vec<Fact>) -> Vec<Recorded> {
        self.journal.append(facts).await.unwrap()
    }

    pub(crate) fn arrival(&self, path: impl AsRef<Path>) -> Arrival {
        Arrival {
            id: self.ids.arrival(),
            source: folder(),
            path: path.as_ref().to_owned(),
            stamp: FileStamp { size_bytes: 1_000, mtime_ns: 5, ino: u64::MAX },
            event: event_id("wedding"),
            at: self.clock.now(),
            via: None,
        }
    }

    pub(crate) async fn arrive(&self, path: impl AsRef<Path>) -> ArrivalId {
        let arrival = self.arrival(path);
        let id = arrival.id.clone();
        self.append(vec![Fact::ArrivalSeen { arrival }]).await;
        id
    }

    /// A filing of new content at `path`, without metadata, due at the disk.
    pub(crate) async fn filing(&self, path: impl AsRef<Path>) -> Filing {
        let path = path.as_ref();
        let n = self.hashes.fetch_add(1, Ordering::SeqCst);
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_le_bytes());
        Filing {
            arrival: self.arrive(path).await,
            event: event_id("wedding"),
            hash: ContentHash(hash),
            proof: ProofHash([7; 16]),
            size_bytes: 1_000,
            kind: PhotoKind::of_path(path).unwrap(),
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            camera: None,
            taken: None,
            orientation: 1,
            pixels: Some((6_000, 4_000)),
            source: folder(),
            path: path.to_owned(),
            event_folder: "Wedding".into(),
            folder: vec![],
            due: Due::At(vec![disk()]),
        }
    }

    pub(crate) async fn shot(&self, path: impl AsRef<Path>, camera: Camera, civil: &str) -> Filing {
        Filing { camera: Some(camera), taken: Some(taken(civil)), ..self.filing(path).await }
    }

    /// Files what must be new.
    pub(crate) async fn file(&self, filing: Filing) -> Photo {
        match self.journal.file(filing).await.unwrap() {
            Filed::New(photo) => photo,
            Filed::Again(photo) => panic!("{photo} holds this content already"),
        }
    }

    pub(crate) async fn lease(&self, limit: usize) -> Vec<Lease> {
        self.journal.lease_copies(&disk(), limit, HOUR).await.unwrap()
    }
}

pub(crate) fn stored(photo: &Photo, destination: DestinationId) -> Fact {
    Fact::CopyStored { photo: photo.id.clone(), destination, key: photo.key.clone(), read_back: ReadBack::Device }
}

pub(crate) fn failed(photo: &Photo, destination: DestinationId, retry_at: Option<Millis>) -> Fact {
    Fact::CopyFailed { photo: photo.id.clone(), destination, message: "unplugged; plug it in".into(), retry_at }
}

pub(crate) fn ids_of(leases: &[Lease]) -> Vec<PhotoId> {
    leases.iter().map(|lease| lease.photo.id.clone()).collect()
}

pub(crate) fn offsets(records: &[Recorded]) -> Vec<u64> {
    records.iter().map(|record| record.offset.0).collect()
}

pub(crate) fn key_of(photo: &Photo) -> &str {
    ObjectKey::as_str(&photo.key)
}

/// Every record of the log.
pub(crate) async fn whole_log(journal: &Journal) -> Vec<Recorded> {
    let mut tail = journal.tail(Offset(0));
    let mut records = Vec::new();
    while tail.position() < journal.head() {
        records.extend(tail.next().await.unwrap().iter().cloned());
    }
    records
}
