//! An intake in a folder of its own, that can be opened again as after the process's end.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use kilat_core::{
    Arrival, Clock, ContentHash, Event, EventStatus, Fact, IdSource, Offset, Photo, PhotoKind, Source, SourceHealth,
    SourceId, SourceKind, Stop, SystemClock, Via, Way,
};
use kilat_demo::{Body, Darkroom, Frame, jpeg, raw, xmp};
use kilat_ingest::{IngestConfig, IngestError, IngestStats, Intake, IntakeConfig, Offer, Outcome, run};
use kilat_journal::{Journal, Tail};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What takes longer than this will never happen: a limit for failing tests, not a wait.
const NEVER: Duration = Duration::from_secs(60);

/// Drawn once: that takes longer than all the rest.
static DARKROOM: LazyLock<Darkroom> = LazyLock::new(|| Darkroom::with(1, 1).expect("pictures"));

pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) journal: Journal,
    pub(crate) intake: Intake,
    pub(crate) config: IntakeConfig,
    pub(crate) stats: Arc<IngestStats>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    tail: Tail,
    seen: Vec<Fact>,
    running: Option<(Stop, JoinHandle<Result<(), IngestError>>)>,
}

pub(crate) fn source() -> SourceId {
    "intake".parse().expect("an id")
}

impl Scene {
    /// Everything made; no event is active, and nothing runs behind the intake.
    pub(crate) async fn without_event() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::in_folder(folder).await
    }

    /// The same; the journal's folder may be a disk of its own.
    pub(crate) async fn in_folder(folder: TempDir) -> Self {
        std::fs::create_dir_all(folder.path().join("journal")).expect("a folder");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal = Journal::open(&folder.path().join("journal/journal.db"), Arc::clone(&clock), Arc::clone(&ids))
            .expect("open");
        let (since, root) = (clock.now(), folder.path().join("intake"));
        let health = SourceHealth::Online { since };
        let event = Event {
            id: "wedding".parse().expect("an id"),
            name: "Wedding".to_owned(),
            date: "2026-11-21".parse().expect("a date"),
            status: EventStatus::Open,
            created_at: since,
        };
        let source = Source { id: source(), kind: SourceKind::Intake, root: root.clone(), health };
        let facts = vec![Fact::SourceAdded { source }, Fact::EventCreated { event }];
        journal.append(facts).await.expect("recorded");
        let config = IntakeConfig {
            source: self::source(),
            root,
            due_kinds: vec![PhotoKind::Jpeg],
            max_size_bytes: 50_000_000,
            floor_bytes: 0,
        };
        let stats = Arc::default();
        let intake = open(&config, (&journal, &clock, &ids), &stats);
        let tail = journal.tail(journal.head());
        let (seen, running) = (Vec::new(), None);
        Self { folder, journal, intake, config, stats, clock, ids, tail, seen, running }
    }

    /// The same with an active event.
    pub(crate) async fn new() -> Self {
        let scene = Self::without_event().await;
        scene.use_event().await;
        scene
    }

    pub(crate) async fn use_event(&self) {
        let event = "wedding".parse().expect("an id");
        self.journal.append(vec![Fact::EventUsed { event }]).await.expect("recorded");
    }

    /// As after the process's end: what it had in memory is gone.
    pub(crate) fn open_again(&mut self) {
        self.intake = open(&self.config, (&self.journal, &self.clock, &self.ids), &self.stats);
    }

    /// Starts what files that wait are filed by.
    pub(crate) fn start(&mut self) {
        let stop = Stop::new();
        let config = IngestConfig {
            intake: Some(self.intake.clone()),
            due_kinds: self.config.due_kinds.clone(),
            ..IngestConfig::default()
        };
        let (clock, ids, stats) = (Arc::clone(&self.clock), Arc::clone(&self.ids), Arc::clone(&self.stats));
        let task = tokio::spawn(run(config, self.journal.clone(), clock, ids, stats, stop.clone()));
        self.running = Some((stop, task));
    }

    pub(crate) async fn stop(&mut self) {
        let Some((stop, task)) = self.running.take() else { return };
        stop.ask();
        let ended = tokio::time::timeout(NEVER, task).await.expect("it ends when asked");
        ended.expect("no panic").expect("no error");
    }

    pub(crate) fn root(&self) -> &Path {
        &self.config.root
    }

    /// A whole JPEG that differs from that of every other number.
    pub(crate) fn jpeg(&self, number: u64) -> Vec<u8> {
        jpeg(&DARKROOM, &frame(number))
    }

    /// The same frame as a RAW file.
    pub(crate) fn raw(&self, number: u64) -> Vec<u8> {
        raw(&DARKROOM, &frame(number))
    }

    /// Words about the same frame.
    pub(crate) fn xmp(&self, number: u64) -> Vec<u8> {
        xmp(&frame(number))
    }

    pub(crate) async fn send(&self, way: Way, name: &str, bytes: &[u8]) -> Outcome {
        let mut part = self.intake.begin(offer(way, name)).expect("room");
        part.write(bytes).expect("written");
        self.intake.finish(part).await.expect("durable")
    }

    /// Sends a file that becomes a new photo.
    pub(crate) async fn photo(&self, way: Way, name: &str, bytes: &[u8]) -> Photo {
        match self.send(way, name, bytes).await {
            Outcome::Filed { photo, is_new: true, hash } => {
                assert_eq!(hash, content(bytes));
                self.journal.photo(&photo).await.expect("the journal answers").expect("it was filed")
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Waits for a fact, among those that came already too.
    pub(crate) async fn fact<T>(&mut self, mut find: impl FnMut(&Fact) -> Option<T>) -> T {
        let mut from = 0;
        loop {
            if let Some(found) = self.seen[from..].iter().find_map(&mut find) {
                return found;
            }
            from = self.seen.len();
            let next = tokio::time::timeout(NEVER, self.tail.next()).await;
            let next = next.unwrap_or_else(|_| panic!("it never came; these did: {:#?}", self.seen));
            self.seen.extend(next.expect("the journal answers").iter().map(|recorded| recorded.fact.clone()));
        }
    }

    /// Waits until this content is a photo.
    pub(crate) async fn filed(&mut self, bytes: &[u8]) -> Photo {
        let wanted = content(bytes);
        self.fact(|fact| match fact {
            Fact::PhotoFiled { photo, .. } if photo.hash == wanted => Some(photo.clone()),
            _ => None,
        })
        .await
    }

    /// Every fact from the beginning.
    pub(crate) async fn all(&self) -> Vec<Fact> {
        let mut tail = self.journal.tail(Offset::default());
        let mut all = Vec::new();
        while tail.position() < self.journal.head() {
            all.extend(tail.next().await.expect("the journal answers").iter().map(|recorded| recorded.fact.clone()));
        }
        all
    }

    /// Every receipt so far.
    pub(crate) async fn arrivals(&self) -> Vec<Arrival> {
        let seen = |fact: Fact| match fact {
            Fact::ArrivalSeen { arrival } => Some(arrival),
            _ => None,
        };
        self.all().await.into_iter().filter_map(seen).collect()
    }

    /// How many files count as cut off.
    pub(crate) async fn incomplete(&self) -> u64 {
        let event = "wedding".parse().expect("an id");
        self.journal.counts(Some(&event)).await.expect("the journal answers").incomplete
    }

    /// Every file below the root, with its bytes; parts too.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        below(self.root(), &mut files);
        files.sort();
        files
            .into_iter()
            .map(|(path, bytes)| (path.strip_prefix(self.root()).expect("below").to_owned(), bytes))
            .collect()
    }

    pub(crate) fn file_names(&self) -> Vec<String> {
        let name = |(path, _): (PathBuf, _)| path.file_name().expect("a name").to_string_lossy().into_owned();
        self.files().into_iter().map(name).collect()
    }

    /// A folder beside the intake's.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some((stop, _)) = &self.running {
            stop.ask();
        }
    }
}

fn open(config: &IntakeConfig, world: (&Journal, &Arc<dyn Clock>, &Arc<IdSource>), stats: &Arc<IngestStats>) -> Intake {
    let (journal, clock, ids) = (world.0.clone(), Arc::clone(world.1), Arc::clone(world.2));
    Intake::open(config.clone(), journal, clock, ids, Arc::clone(stats)).expect("a folder")
}

fn below(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            below(&path, files);
        } else {
            let bytes = std::fs::read(&path).expect("read");
            files.push((path, bytes));
        }
    }
}

fn frame(number: u64) -> Frame {
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
    Frame { body: Body::A, number, taken, orientation: 1, size_bytes: None }
}

pub(crate) fn offer(way: Way, name: &str) -> Offer {
    Offer {
        via: Via { way, camera: "z9-budi".parse().expect("an id") },
        sender: "Z9 of Budi".to_owned(),
        name: name.to_owned(),
        size_bytes: None,
        written: None,
        hash: None,
    }
}

/// What the journal must hold of these bytes.
pub(crate) fn content(bytes: &[u8]) -> ContentHash {
    ContentHash(*blake3::hash(bytes).as_bytes())
}
