//! A journal with photos that were filed, two backup disks whose stores can be made to fail, and the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kilat_backup::{BackupConfig, ScrubConfig, SealError, Sealer};
use kilat_core::{
    Arrival, AskedBy, BackupFact, BackupId, BackupRun, Board, Clock, Destination, DestinationHealth, DestinationId,
    DestinationKind, Event, EventId, EventStatus, Fact, IdSource, MarkId, Millis, ObjectKey, Offset, Photo, PhotoKind,
    ProofHash, ReadBack, RunKind, RunOutcome, Source, SourceHealth, SourceId, SourceKind, Stop, SystemClock,
};
use kilat_journal::{BackupState, Filed, Filing, Journal, JournalError, ProvenCopy, Tail};
use kilat_objects::{
    DiskStore, Entry, Item, Known, ObjectStore, Receipt, Space, StoreError, Watch, hash_file, stamp_of,
};
use kilat_testkit::Oracle;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What takes longer than this will never happen.
const NEVER: Duration = Duration::from_secs(90);

/// What a store does beside its work.
#[derive(Debug, Default)]
struct Script {
    is_gone: bool,
    is_held: bool,
    /// Copies that may begin although it is held.
    let_go: usize,
    free_bytes: Option<u64>,
    /// The next copies fail like this.
    fails: Vec<Fail>,
    puts: usize,
    lists: usize,
    /// Of the process; threads of an older one are dead.
    life: usize,
    verified: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    Io,
    Full,
    Panic,
}

/// A disk whose store follows a script.
#[derive(Debug)]
pub(crate) struct Shelf {
    disk: DiskStore,
    pub(crate) root: PathBuf,
    script: Mutex<Script>,
    changed: Condvar,
}

impl Shelf {
    fn new(root: PathBuf, mark: &str) -> Self {
        let disk = DiskStore::new(root.clone(), Known::Nothing { fresh: mark.parse().unwrap() });
        Self { disk, root, script: Mutex::default(), changed: Condvar::new() }
    }

    fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
        self.changed.notify_all();
    }

    pub(crate) fn set_gone(&self, is_gone: bool) {
        self.change(|script| script.is_gone = is_gone);
    }

    /// Copies do not begin until they are let go.
    pub(crate) fn hold(&self, is_held: bool) {
        self.change(|script| script.is_held = is_held);
    }

    /// So many copies are made, the others wait.
    pub(crate) fn let_go(&self, copies: usize) {
        self.change(|script| {
            script.is_held = true;
            script.let_go = copies;
        });
    }

    pub(crate) fn set_free(&self, free_bytes: Option<u64>) {
        self.change(|script| script.free_bytes = free_bytes);
    }

    pub(crate) fn fail_next(&self, fails: &[Fail]) {
        self.change(|script| script.fails = fails.iter().rev().copied().collect());
    }

    /// Copies that were begun.
    pub(crate) fn puts(&self) -> usize {
        self.script.lock().unwrap().puts
    }

    /// Copies that were read back on their own.
    pub(crate) fn verified(&self) -> usize {
        self.script.lock().unwrap().verified
    }

    fn check(&self) -> Result<(), StoreError> {
        let is_gone = self.script.lock().unwrap().is_gone;
        if is_gone { Err(StoreError::Gone { place: self.root.clone(), why: "unplugged" }) } else { Ok(()) }
    }
}

impl ObjectStore for Shelf {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.check()?;
        self.disk.attach()
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.check()?;
        let space = self.disk.probe()?;
        let free = self.script.lock().unwrap().free_bytes;
        Ok(space.map(|space| Space { free_bytes: free.unwrap_or(space.free_bytes), ..space }))
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.check()?;
        let fail = {
            let mut script = self.script.lock().unwrap();
            script.puts += 1;
            self.changed.notify_all();
            let life = script.life;
            while script.is_held && script.let_go == 0 {
                if watch.is_cancelled() || script.life != life {
                    return Err(StoreError::Cancelled);
                }
                script = self.changed.wait_timeout(script, Duration::from_millis(10)).unwrap().0;
            }
            script.let_go = script.let_go.saturating_sub(1);
            script.fails.pop()
        };
        match fail {
            None => self.disk.put(item, watch),
            Some(Fail::Io) => {
                let source = std::io::Error::other("the cable is loose");
                Err(StoreError::Io { what: "write", path: item.file.to_owned(), source })
            }
            Some(Fail::Full) => Err(StoreError::Full { place: self.root.clone() }),
            Some(Fail::Panic) => panic!("a planted bug"),
        }
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        self.check()?;
        self.change(|script| script.verified += 1);
        self.disk.verify(key, size_bytes, proof)
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        self.check()?;
        self.disk.look(key)
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.check()?;
        self.change(|script| script.lists += 1);
        self.disk.list(folder, each)
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        self.check()?;
        self.disk.replace(key, bytes)
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        self.check()?;
        self.disk.open(key)
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.disk.sweep()
    }
}

/// Remembers what it was asked to write.
#[derive(Debug, Default)]
pub(crate) struct Seals(pub(crate) Mutex<Vec<Vec<String>>>);

impl Sealer for Seals {
    fn seal(
        &self,
        _event: &Event,
        _at: Millis,
        copies: &mut dyn Iterator<Item = Result<ProvenCopy, JournalError>>,
        _store: &Arc<dyn ObjectStore>,
    ) -> Result<(), SealError> {
        let mut keys = Vec::new();
        for copy in copies {
            keys.push(copy?.photo.key.as_str().to_owned());
        }
        self.0.lock().unwrap().push(keys);
        Ok(())
    }

    fn check(&self, _folder: &ObjectKey, _store: &Arc<dyn ObjectStore>) -> Result<Vec<String>, SealError> {
        Ok(Vec::new())
    }
}

type Task = JoinHandle<Result<(), JournalError>>;

pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) board: Board,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) second: Arc<Shelf>,
    /// Its copies have no folder on this machine, as far as Kilat knows.
    pub(crate) cloud: Arc<Shelf>,
    pub(crate) seals: Arc<Seals>,
    pub(crate) oracle: Oracle,
    tail: Tail,
    seen: Vec<Fact>,
    running: Vec<(Stop, Task)>,
}

pub(crate) fn shelf() -> DestinationId {
    "shelf".parse().unwrap()
}

pub(crate) fn second() -> DestinationId {
    "second".parse().unwrap()
}

pub(crate) fn cloud() -> DestinationId {
    "cloud".parse().unwrap()
}

pub(crate) fn wedding() -> EventId {
    "wedding".parse().unwrap()
}

fn source() -> SourceId {
    "hot".parse().unwrap()
}

impl Scene {
    /// An event, a source folder, two backup destinations; no photo, nothing started.
    pub(crate) async fn new() -> Self {
        Self::with(Arc::new(SystemClock::new())).await
    }

    pub(crate) async fn with(clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("hot")).unwrap();
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal = Journal::open(&folder.path().join("journal.db"), Arc::clone(&clock), Arc::clone(&ids)).unwrap();
        let since = clock.now();
        let event = Event {
            id: wedding(),
            name: "Wedding".into(),
            date: "2026-11-21".parse().unwrap(),
            status: EventStatus::Open,
            created_at: since,
        };
        let root = folder.path().join("hot");
        let health = SourceHealth::Online { since };
        let source = Source { id: source(), kind: SourceKind::HotFolder, root, health };
        let mut facts =
            vec![Fact::SourceAdded { source }, Fact::EventCreated { event }, Fact::EventUsed { event: wedding() }];
        for id in [shelf(), second()] {
            let root = folder.path().join(id.as_str());
            let health = DestinationHealth::Up { since };
            let destination = Destination { kind: DestinationKind::Backup, ..Destination::new(id, root, health) };
            facts.push(Fact::DestinationAdded { destination });
        }
        let health = DestinationHealth::Up { since };
        // Asked for by name only, so that other tests see two places.
        let destination = Destination::new(cloud(), "s3://bucket".into(), health);
        facts.push(Fact::DestinationAdded { destination });
        journal.append(facts).await.unwrap();
        let cloud = Arc::new(Shelf::new(folder.path().join("cloud"), "cloudmark"));
        let shelf = Arc::new(Shelf::new(folder.path().join("shelf"), "shelfmark"));
        let second = Arc::new(Shelf::new(folder.path().join("second"), "secondmark"));
        let tail = journal.tail(journal.head());
        let (board, seals, oracle) = (Board::new(), Arc::default(), Oracle::default());
        let (seen, running) = (Vec::new(), Vec::new());
        Self { folder, journal, clock, ids, board, shelf, second, cloud, seals, oracle, tail, seen, running }
    }

    pub(crate) fn hot(&self, name: &str) -> PathBuf {
        self.folder.path().join("hot").join(name)
    }

    /// Where fetched copies lie.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("fetched")
    }

    /// A photo that came and was filed.
    pub(crate) async fn photo(&mut self, name: &str, bytes: &[u8]) -> Photo {
        let path = self.hot(name);
        std::fs::write(&path, bytes).unwrap();
        self.oracle.closed(&path, bytes);
        let hashed = hash_file(&std::fs::File::open(&path).unwrap()).unwrap();
        self.file(name, &path, (hashed.content, hashed.proof, hashed.size_bytes)).await
    }

    /// The same with a hash that is believed.
    pub(crate) async fn file(
        &self,
        name: &str,
        path: &Path,
        (hash, proof, size_bytes): (kilat_core::ContentHash, ProofHash, u64),
    ) -> Photo {
        let arrival = Arrival {
            id: self.ids.arrival(),
            source: source(),
            path: name.into(),
            stamp: stamp_of(path).unwrap(),
            event: wedding(),
            at: self.clock.now(),
            via: None,
        };
        let id = arrival.id.clone();
        self.journal.append(vec![Fact::ArrivalSeen { arrival }]).await.unwrap();
        let filing = Filing {
            arrival: id,
            event: wedding(),
            hash,
            proof,
            size_bytes,
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
            due: kilat_journal::Due::Nowhere,
        };
        match self.journal.file(filing).await.unwrap() {
            Filed::New(photo) => photo,
            Filed::Again(photo) => panic!("{photo} holds this content already"),
        }
    }

    /// So many photos of different content.
    pub(crate) async fn photos(&mut self, count: usize) -> Vec<Photo> {
        let mut photos = Vec::with_capacity(count);
        for number in 0..count {
            let name = format!("DSC_{number:04}.JPG");
            photos.push(self.photo(&name, name.repeat(500 + number).as_bytes()).await);
        }
        photos
    }

    pub(crate) fn config(&self) -> BackupConfig {
        let stores: BTreeMap<DestinationId, Arc<dyn ObjectStore>> = BTreeMap::from([
            (cloud(), Arc::clone(&self.cloud) as Arc<dyn ObjectStore>),
            (shelf(), Arc::clone(&self.shelf) as Arc<dyn ObjectStore>),
            (second(), Arc::clone(&self.second) as Arc<dyn ObjectStore>),
        ]);
        BackupConfig {
            parallel: 2,
            roots: BTreeMap::from([(source(), self.folder.path().join("hot"))]),
            scratch: self.scratch(),
            stores: Arc::new(move |id| stores.get(id).cloned()),
            sealer: Some(Arc::clone(&self.seals) as Arc<dyn Sealer>),
            scrub: ScrubConfig { every: None, bytes_per_second: 1 << 40 },
        }
    }

    pub(crate) fn start(&mut self) {
        let config = self.config();
        self.start_with(config);
    }

    pub(crate) fn start_with(&mut self, config: BackupConfig) {
        let stop = Stop::new();
        let (journal, board, clock) = (self.journal.clone(), self.board.clone(), Arc::clone(&self.clock));
        let task = tokio::spawn(kilat_backup::run(config, journal, board, clock, stop.clone()));
        self.running.push((stop, task));
    }

    pub(crate) fn start_scrub(&mut self) {
        self.start_scrub_with(self.config().scrub);
    }

    pub(crate) fn start_scrub_with(&mut self, scrub: ScrubConfig) {
        let stop = Stop::new();
        let (journal, clock) = (self.journal.clone(), Arc::clone(&self.clock));
        let config = BackupConfig { scrub, ..self.config() };
        let task = tokio::spawn(kilat_backup::scrub(config, journal, clock, stop.clone()));
        self.running.push((stop, task));
    }

    /// Stops everything that was started.
    pub(crate) async fn stop(&mut self) {
        for (stop, task) in self.running.drain(..) {
            stop.ask();
            tokio::time::timeout(NEVER, task).await.expect("it ends").expect("no panic").expect("no error");
        }
    }

    /// Ends everything as a kill does: between any two lines.
    pub(crate) async fn kill(&mut self) {
        for (_, task) in self.running.drain(..) {
            task.abort();
            drop(task.await);
        }
        for shelf in [&self.shelf, &self.second] {
            shelf.change(|script| script.life += 1);
        }
    }

    pub(crate) fn run(&self, destination: DestinationId, kind: RunKind) -> BackupRun {
        BackupRun { id: self.ids.backup(), event: wedding(), destination, kind, asked_by: AskedBy::Operator }
    }

    /// Asks for a backup to the first shelf.
    pub(crate) async fn ask(&self) -> BackupId {
        self.ask_for(self.run(shelf(), RunKind::Copy)).await
    }

    pub(crate) async fn ask_for(&self, run: BackupRun) -> BackupId {
        let id = run.id.clone();
        self.append(BackupFact::Asked { run }).await;
        id
    }

    pub(crate) async fn append(&self, fact: BackupFact) {
        self.journal.append(vec![Fact::Backup(fact)]).await.unwrap();
    }

    /// Waits for a fact about backups, among those that came already too.
    pub(crate) async fn fact<T>(&mut self, mut find: impl FnMut(&BackupFact) -> Option<T>) -> T {
        let mut from = 0;
        loop {
            let backups = self.seen[from..]
                .iter()
                .filter_map(|fact| if let Fact::Backup(fact) = fact { Some(fact) } else { None });
            if let Some(found) = backups.filter_map(&mut find).next() {
                return found;
            }
            from = self.seen.len();
            let next = tokio::time::timeout(NEVER, self.tail.next()).await;
            let last = self.seen.len().saturating_sub(20);
            let next = next.unwrap_or_else(|_| panic!("it never came; these did: {:#?}", &self.seen[last..]));
            self.seen.extend(next.unwrap().iter().map(|recorded| recorded.fact.clone()));
        }
    }

    /// Waits until so many copies are recorded.
    pub(crate) async fn copied(&mut self, count: usize) {
        let mut found = BTreeSet::new();
        self.fact(|fact| {
            if let BackupFact::Copied { photo, .. } = fact {
                found.insert(photo.clone());
            }
            (found.len() >= count).then_some(())
        })
        .await;
    }

    /// Waits for the end of a run after everything that was seen so far.
    pub(crate) async fn ended(&mut self, id: &BackupId) -> RunOutcome {
        self.fact(|fact| {
            let BackupFact::Ended { run, outcome } = fact else { return None };
            (run == id).then(|| outcome.clone())
        })
        .await
    }

    /// Forgets the facts that were seen, so that only later ones are found.
    pub(crate) async fn forget_seen(&mut self) {
        while self.tail.position() < self.journal.head() {
            self.tail.next().await.unwrap();
        }
        self.seen.clear();
    }

    /// A whole backup to the first shelf.
    pub(crate) async fn backed_up(&mut self) -> BackupId {
        let id = self.ask().await;
        assert_eq!(self.ended(&id).await, RunOutcome::Completed);
        id
    }

    pub(crate) async fn state(&self, id: &BackupId) -> BackupState {
        self.journal.backup(id).await.unwrap().expect("it is known")
    }

    /// Waits until so many copies were begun at a shelf.
    pub(crate) async fn until_puts(&self, shelf: &Arc<Shelf>, count: usize) {
        let shelf = Arc::clone(shelf);
        let waiting = tokio::task::spawn_blocking(move || {
            let mut script = shelf.script.lock().unwrap();
            while script.puts < count {
                script = shelf.changed.wait_timeout(script, Duration::from_millis(10)).unwrap().0;
            }
        });
        tokio::time::timeout(NEVER, waiting).await.expect("copies are begun").unwrap();
    }

    pub(crate) fn is_good(&self, shelf: &Shelf) {
        let verdict = self.oracle.judge(&shelf.root).unwrap();
        assert!(verdict.is_good(), "{verdict:#?}");
    }

    /// How many facts of the whole journal are like this.
    pub(crate) async fn count(&self, mut is_one: impl FnMut(&Fact) -> bool) -> usize {
        let mut tail = self.journal.tail(Offset::default());
        let mut count = 0;
        while tail.position() < self.journal.head() {
            count += tail.next().await.unwrap().iter().filter(|recorded| is_one(&recorded.fact)).count();
        }
        count
    }
}

/// Changes one byte in the middle of a file.
pub(crate) fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
