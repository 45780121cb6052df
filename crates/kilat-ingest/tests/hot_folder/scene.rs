//! A folder, a journal, and an ingest that can be stopped and started again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Arrival, ArrivalFailure, Clock, Destination, DestinationHealth, Event, EventStatus, Fact, IdSource, NewEvent,
    Offset, Photo, Source, SourceHealth, SourceId, SourceKind, Stop, SystemClock,
};
use kilat_demo::{Body, Darkroom, Frame, jpeg, raw};
use kilat_ingest::{HotFolderConfig, IngestConfig, IngestError, IngestStats, Poll, run};
use kilat_journal::{Journal, Tail};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What takes longer than this will never happen: a limit for failing tests, not a wait.
const NEVER: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) journal: Journal,
    pub(crate) stats: Arc<IngestStats>,
    pub(crate) config: IngestConfig,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    tail: Tail,
    seen: Vec<Fact>,
    running: Option<(Stop, JoinHandle<Result<(), IngestError>>)>,
    darkroom: Darkroom,
}

pub(crate) fn source() -> SourceId {
    "hot".parse().expect("an id")
}

impl Scene {
    /// Everything made, nothing started; no event is active.
    pub(crate) async fn without_event() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("hot")).expect("a folder");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal =
            Journal::open(&folder.path().join("journal.db"), Arc::clone(&clock), Arc::clone(&ids)).expect("open");
        let (since, root) = (clock.now(), folder.path().join("hot"));
        let health = SourceHealth::Online { since };
        let source = Source { id: source(), kind: SourceKind::HotFolder, root, health };
        let health = DestinationHealth::Up { since };
        let destination = Destination::new("disk".parse().expect("an id"), folder.path().join("out"), health);
        let event = Event {
            id: "wedding".parse().expect("an id"),
            name: "Wedding".to_owned(),
            date: "2026-11-21".parse().expect("a date"),
            status: EventStatus::Open,
            created_at: since,
        };
        let facts = vec![
            Fact::SourceAdded { source },
            Fact::DestinationAdded { destination: destination.clone() },
            Fact::EventCreated { event },
        ];
        journal.append(facts).await.expect("recorded");
        let hot = HotFolderConfig { source: self::source(), root: folder.path().join("hot"), poll: Poll::Auto };
        let config = IngestConfig {
            sources: vec![hot],
            due_kinds: vec![kilat_core::PhotoKind::Jpeg],
            ..IngestConfig::default()
        };
        let tail = journal.tail(journal.head());
        Self {
            folder,
            tail,
            journal,
            stats: Arc::default(),
            config,
            clock,
            ids,
            seen: Vec::new(),
            running: None,
            darkroom: Darkroom::with(1, 1).expect("pictures"),
        }
    }

    /// Everything made and an event active; not started.
    pub(crate) async fn stopped() -> Self {
        let scene = Self::without_event().await;
        scene.use_event().await;
        scene
    }

    /// Everything made, started, and watching.
    pub(crate) async fn started() -> Self {
        let mut scene = Self::stopped().await;
        scene.start();
        scene.probe().await;
        scene
    }

    pub(crate) async fn use_event(&self) {
        let event = "wedding".parse().expect("an id");
        self.journal.append(vec![Fact::EventUsed { event }]).await.expect("recorded");
    }

    pub(crate) fn plan(&self, event: &NewEvent) -> Event {
        event.plan(&[], &self.ids, self.clock.now()).expect("an event")
    }

    pub(crate) fn start(&mut self) {
        let stop = Stop::new();
        let task = tokio::spawn(run(
            self.config.clone(),
            self.journal.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.ids),
            Arc::clone(&self.stats),
            stop.clone(),
        ));
        self.running = Some((stop, task));
    }

    pub(crate) async fn stop(&mut self) {
        let Some((stop, task)) = self.running.take() else { return };
        stop.ask();
        let ended = tokio::time::timeout(NEVER, task).await.expect("it ends when asked");
        ended.expect("no panic").expect("no error");
    }

    /// Puts a file in and waits for it: the folder is watched now, and what came before was seen.
    pub(crate) async fn probe(&mut self) -> Photo {
        let number = 1_000_000 + self.seen.len() as u64;
        let name = format!("probe-{number}.jpg");
        self.put(&name, &self.jpeg(number));
        self.photo(&name).await
    }

    pub(crate) fn hot(&self, path: impl AsRef<Path>) -> PathBuf {
        self.config.sources[0].root.join(path)
    }

    /// Writes a file and closes it.
    pub(crate) fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.hot(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    pub(crate) fn frame(&self, number: u64) -> Frame {
        let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
        Frame { body: Body::A, number, taken, orientation: 1, size_bytes: None }
    }

    /// A whole JPEG that differs from that of every other number.
    pub(crate) fn jpeg(&self, number: u64) -> Vec<u8> {
        jpeg(&self.darkroom, &self.frame(number))
    }

    /// The same frame as a RAW file.
    pub(crate) fn raw(&self, number: u64) -> Vec<u8> {
        raw(&self.darkroom, &self.frame(number))
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

    /// Waits until this path was filed.
    pub(crate) async fn photo(&mut self, path: impl AsRef<Path>) -> Photo {
        let path = path.as_ref().to_path_buf();
        self.fact(|fact| match fact {
            Fact::PhotoFiled { photo, .. } if photo.path == path => Some(photo.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the path failed.
    pub(crate) async fn failure(&mut self, path: impl AsRef<Path>) -> (ArrivalFailure, String) {
        let arrival = self.arrival(path).await;
        self.fact(|fact| match fact {
            Fact::ArrivalFailed { arrival: id, failure, message } if *id == arrival.id => {
                Some((*failure, message.clone()))
            }
            _ => None,
        })
        .await
    }

    /// Waits until the path was announced.
    pub(crate) async fn arrival(&mut self, path: impl AsRef<Path>) -> Arrival {
        let path = path.as_ref().to_path_buf();
        self.fact(|fact| match fact {
            Fact::ArrivalSeen { arrival } if arrival.path == path => Some(arrival.clone()),
            _ => None,
        })
        .await
    }

    /// How often this path was announced so far.
    pub(crate) async fn arrivals(&self, path: impl AsRef<Path>) -> usize {
        let path = path.as_ref();
        self.all()
            .await
            .iter()
            .filter(|fact| matches!(fact, Fact::ArrivalSeen { arrival } if arrival.path == path))
            .count()
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

    /// Every photo filed so far.
    pub(crate) async fn photos(&self) -> Vec<Photo> {
        let filed = |fact: Fact| match fact {
            Fact::PhotoFiled { photo, .. } => Some(photo),
            _ => None,
        };
        self.all().await.into_iter().filter_map(filed).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some((stop, _)) = &self.running {
            stop.ask();
        }
    }
}

/// What the journal must hold of these bytes.
pub(crate) fn content(bytes: &[u8]) -> kilat_core::ContentHash {
    kilat_core::ContentHash(*blake3::hash(bytes).as_bytes())
}
