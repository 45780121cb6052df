//! A journal with photos that are due, and a store that follows a script.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kilat_core::{
    Arrival, Board, Clock, Destination, DestinationHealth, DestinationId, Event, EventStatus, Fact, IdSource, MarkId,
    ObjectKey, Offset, Photo, PhotoKind, ProofHash, ReadBack, Source, SourceHealth, SourceId, SourceKind, Stop,
    SystemClock,
};
use kilat_deliver::{DeliverError, Place, UploadConfig, run};
use kilat_journal::{Due, Filed, Filing, Journal, Tail};
use kilat_objects::{Entry, Item, Known, ObjectStore, Receipt, Space, StoreError, Watch, hash_file, stamp_of};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What takes longer than this will never happen.
const NEVER: Duration = Duration::from_secs(60);

/// What the store does with the next copies; then it stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Store,
    Fail,
    Full,
    SourceChanged,
    /// Waits until it is cancelled.
    Hang,
    /// Reads the source for real, which may be gone.
    Read,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Act>,
    always: Option<Act>,
    asked: Vec<String>,
    is_gone: bool,
    is_held: bool,
    swept: u32,
}

/// A store that follows a script.
#[derive(Debug, Default)]
pub(crate) struct Script {
    state: Mutex<State>,
    changed: Condvar,
}

impl Script {
    pub(crate) fn then(&self, acts: &[Act]) {
        self.state.lock().unwrap().script.extend(acts);
    }

    pub(crate) fn always(&self, act: Option<Act>) {
        self.state.lock().unwrap().always = act;
        self.changed.notify_all();
    }

    pub(crate) fn set_gone(&self, is_gone: bool) {
        self.state.lock().unwrap().is_gone = is_gone;
    }

    /// Copies do not begin until they are let go.
    pub(crate) fn hold(&self, is_held: bool) {
        self.state.lock().unwrap().is_held = is_held;
        self.changed.notify_all();
    }

    /// Keys in the order in which copies were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn swept(&self) -> u32 {
        self.state.lock().unwrap().swept
    }

    /// Waits until this holds.
    fn wait(&self, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            let state = self.state.lock().unwrap();
            // Woken by every call of the store; the limit covers a call between the two lines above.
            drop(self.changed.wait_timeout(state, Duration::from_millis(10)).unwrap());
        }
    }

    fn gone(&self) -> Result<(), StoreError> {
        let is_gone = self.state.lock().unwrap().is_gone;
        if is_gone { Err(StoreError::Gone { place: "/copies".into(), why: "unplugged" }) } else { Ok(()) }
    }
}

/// Nothing is known of a place.
pub(crate) fn fresh() -> Known {
    Known::Nothing { fresh: "mark".parse().unwrap() }
}

impl ObjectStore for Script {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.gone().map(|()| "mark".parse().unwrap())
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.gone()?;
        let is_full = self.state.lock().unwrap().always == Some(Act::Full);
        Ok(Some(Space { free_bytes: if is_full { 0 } else { 1 << 40 }, total_bytes: 1 << 40 }))
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.gone()?;
        let mut state = self.state.lock().unwrap();
        state.asked.push(item.key.name().to_owned());
        self.changed.notify_all();
        while state.is_held && !watch.is_cancelled() {
            state = self.changed.wait_timeout(state, Duration::from_millis(10)).unwrap().0;
        }
        let act = state.script.pop_front().or(state.always).unwrap_or(Act::Store);
        drop(state);
        let file = item.file.to_owned();
        match act {
            Act::Store => {}
            Act::Fail => {
                let source = std::io::Error::other("the cable is loose");
                return Err(StoreError::Io { what: "write", path: file, source });
            }
            Act::Full => return Err(StoreError::Full { place: "/copies".into() }),
            Act::SourceChanged => return Err(StoreError::SourceChanged { file }),
            Act::Hang => {
                let mut state = self.state.lock().unwrap();
                while !watch.is_cancelled() {
                    state = self.changed.wait_timeout(state, Duration::from_millis(10)).unwrap().0;
                }
                return Err(StoreError::Cancelled);
            }
            Act::Read if !item.file.exists() => return Err(StoreError::SourceGone { file }),
            Act::Read => {}
        }
        watch.sent(item.stamp.size_bytes);
        Ok(Receipt { key: item.key.clone(), read_back: ReadBack::Device, was_there: false })
    }

    fn verify(&self, _key: &ObjectKey, _size_bytes: u64, _proof: ProofHash) -> Result<ReadBack, StoreError> {
        Ok(ReadBack::Device)
    }

    fn open(&self, _key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(std::io::empty()))
    }

    fn look(&self, _key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn list(&self, _folder: &ObjectKey, _each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        Ok(())
    }

    fn replace(&self, _key: &ObjectKey, _bytes: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.state.lock().unwrap().swept += 1;
        self.changed.notify_all();
        Ok(0)
    }
}

pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) journal: Journal,
    pub(crate) script: Arc<Script>,
    pub(crate) board: Board,
    pub(crate) config: UploadConfig,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    tail: Tail,
    seen: Vec<Fact>,
    running: Option<(Stop, JoinHandle<Result<(), DeliverError>>)>,
}

pub(crate) fn disk() -> DestinationId {
    "disk".parse().unwrap()
}

pub(crate) fn source() -> SourceId {
    "hot".parse().unwrap()
}

impl Scene {
    /// An event, a source folder, a destination; nothing due, nothing started.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("hot")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal = Journal::open(&folder.path().join("journal.db"), Arc::clone(&clock), Arc::clone(&ids)).unwrap();
        let since = clock.now();
        let event = Event {
            id: "wedding".parse().unwrap(),
            name: "Wedding".into(),
            date: "2026-11-21".parse().unwrap(),
            status: EventStatus::Open,
            created_at: since,
        };
        let root = folder.path().join("hot");
        let source = Source {
            id: source(),
            kind: SourceKind::HotFolder,
            root: root.clone(),
            health: SourceHealth::Online { since },
        };
        let mut facts = vec![
            Fact::SourceAdded { source },
            Fact::EventCreated { event },
            Fact::EventUsed { event: "wedding".parse().unwrap() },
        ];
        for id in ["disk", "second"] {
            let (id, root) = (id.parse().unwrap(), folder.path().join(id));
            facts.push(Fact::DestinationAdded {
                destination: Destination::new(id, root, DestinationHealth::Up { since }),
            });
        }
        journal.append(facts).await.unwrap();
        let config = UploadConfig { parallel: 1, roots: BTreeMap::from([(self::source(), root)]) };
        let tail = journal.tail(journal.head());
        let (script, board) = (Arc::default(), Board::new());
        Self { folder, journal, script, board, config, clock, ids, tail, seen: Vec::new(), running: None }
    }

    pub(crate) fn hot(&self, name: &str) -> PathBuf {
        self.folder.path().join("hot").join(name)
    }

    /// A photo that came, was filed, and is due at the disk.
    pub(crate) async fn photo(&self, name: &str) -> Photo {
        let path = self.hot(name);
        std::fs::write(&path, name).unwrap();
        let hashed = hash_file(&std::fs::File::open(&path).unwrap()).unwrap();
        let arrival = Arrival {
            id: self.ids.arrival(),
            source: source(),
            path: name.into(),
            stamp: stamp_of(&path).unwrap(),
            event: "wedding".parse().unwrap(),
            at: self.clock.now(),
            via: None,
        };
        let id = arrival.id.clone();
        self.journal.append(vec![Fact::ArrivalSeen { arrival }]).await.unwrap();
        let filing = Filing {
            arrival: id,
            event: "wedding".parse().unwrap(),
            hash: hashed.content,
            proof: hashed.proof,
            size_bytes: hashed.size_bytes,
            kind: PhotoKind::Jpeg,
            name: name.into(),
            camera: None,
            taken: None,
            orientation: 1,
            pixels: None,
            source: source(),
            path: name.into(),
            event_folder: "Wedding".into(),
            folder: vec![],
            due: Due::At(vec![disk(), "second".parse().unwrap()]),
        };
        match self.journal.file(filing).await.unwrap() {
            Filed::New(photo) => photo,
            Filed::Again(photo) => panic!("{photo} holds this content already"),
        }
    }

    /// Starts the loop with the scripted store.
    pub(crate) fn start(&mut self) {
        self.start_with(Arc::clone(&self.script) as Arc<dyn ObjectStore>);
    }

    pub(crate) fn start_with(&mut self, store: Arc<dyn ObjectStore>) {
        let stop = Stop::new();
        let task = tokio::spawn(run(
            Place { id: disk(), store },
            self.config.clone(),
            self.journal.clone(),
            self.board.clone(),
            Arc::clone(&self.clock),
            stop.clone(),
        ));
        self.running = Some((stop, task));
    }

    pub(crate) async fn stop(&mut self) {
        let (stop, task) = self.running.take().expect("it runs");
        stop.ask();
        tokio::time::timeout(NEVER, task).await.expect("it ends").expect("no panic").expect("no error");
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
            self.seen.extend(next.unwrap().iter().map(|recorded| recorded.fact.clone()));
        }
    }

    /// Waits until the store was asked for something.
    pub(crate) async fn until(&self, holds: impl Fn(&Script) -> bool + Send + 'static) {
        let script = Arc::clone(&self.script);
        let waiting = tokio::task::spawn_blocking(move || script.wait(holds));
        tokio::time::timeout(NEVER, waiting).await.expect("the store is asked").unwrap();
    }

    pub(crate) async fn stored(&mut self, photo: &Photo) {
        let id = photo.id.clone();
        self.fact(|fact| matches!(fact, Fact::CopyStored { photo, .. } if *photo == id).then_some(())).await;
    }

    pub(crate) async fn down(&mut self) -> String {
        self.fact(|fact| match fact {
            Fact::DestinationDown { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// Every fact from the beginning.
    pub(crate) async fn all(&self) -> Vec<Fact> {
        let mut tail = self.journal.tail(Offset::default());
        let mut all = Vec::new();
        while tail.position() < self.journal.head() {
            all.extend(tail.next().await.unwrap().iter().map(|recorded| recorded.fact.clone()));
        }
        all
    }
}
