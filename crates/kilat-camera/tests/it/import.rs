//! Cards through the real intake into a real journal.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use kilat_camera::cards::{Card, Places};
use kilat_camera::import::{Imported, Importer, list};
use kilat_core::{
    Arrival, Board, Event, EventId, EventStatus, Fact, FileStamp, IdSource, ImportEnd, Millis, PhotoKind, Source,
    SourceHealth, SourceKind, Stop, SystemClock, Via, Way,
};
use kilat_demo::{Body, Darkroom, Frame, jpeg};
use kilat_ingest::{IngestStats, Intake, IntakeConfig};
use kilat_journal::Journal;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use tempfile::TempDir;

use crate::alone::is_alone;

/// A card, an intake, a journal.
struct Scene {
    folder: TempDir,
    card: Card,
    importer: Importer,
}

fn photo(number: u64) -> Vec<u8> {
    static DARKROOM: LazyLock<Darkroom> = LazyLock::new(|| Darkroom::with(1, 1).expect("a picture"));
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
    jpeg(&DARKROOM, &Frame { body: Body::A, number, taken, orientation: 1, size_bytes: Some(20_000) })
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("card/DCIM/100NCZ_9")).expect("a card");
        let clock = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(clock.clone()));
        let journal = Journal::open(&at("journal"), clock.clone(), Arc::clone(&ids)).expect("a journal");
        let config = IntakeConfig {
            source: "intake".parse().expect("an id"),
            root: at("intake"),
            due_kinds: vec![PhotoKind::Jpeg],
            max_size_bytes: 1_000_000_000,
            floor_bytes: 0,
        };
        let health = SourceHealth::Online { since: Millis(1) };
        let source = Source { id: config.source.clone(), kind: SourceKind::Intake, root: config.root.clone(), health };
        journal.append(vec![Fact::SourceAdded { source }]).await.expect("recorded");
        let stats = Arc::new(IngestStats::default());
        let intake = Intake::open(config, journal.clone(), clock.clone(), Arc::clone(&ids), stats).expect("an intake");
        let places = Places { mounts: at("mountinfo"), sys: at("sys"), ..Places::real() };
        let card = Card {
            id: "card-1".parse().expect("an id"),
            name: "NIKON Z 9".to_owned(),
            root: at("card"),
            device: (0, 77),
        };
        let importer = Importer { intake, journal, board: Board::new(), places, clock, ids };
        let scene = Self { folder, card, importer };
        scene.use_event("ayu-bima").await;
        scene.know_card(&scene.card).await;
        scene.is_in(true);
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    async fn use_event(&self, name: &str) -> EventId {
        let id: EventId = name.parse().expect("an id");
        let event = Event {
            id: id.clone(),
            name: name.to_owned(),
            date: jiff::civil::date(2026, 11, 21),
            status: EventStatus::Open,
            created_at: Millis(1),
        };
        let facts = vec![Fact::EventCreated { event }, Fact::EventUsed { event: id.clone() }];
        self.importer.journal.append(facts).await.expect("recorded");
        id
    }

    async fn know_card(&self, card: &Card) {
        let camera = kilat_core::KnownCamera {
            id: card.id.clone(),
            name: card.name.clone(),
            kind: kilat_core::CameraKind::Card,
            body: None,
            place: None,
            login: None,
        };
        let added = Fact::Camera(kilat_core::CameraFact::Added { camera });
        self.importer.journal.append(vec![added]).await.expect("recorded");
    }

    /// What the system says of its mount.
    fn is_in(&self, is_in: bool) {
        let line = format!("1 2 0:77 / {} rw - exfat /dev/sdb1 rw\n", self.card.root.display());
        fs::write(self.path("mountinfo"), if is_in { line } else { String::new() }).expect("mounts");
    }

    fn shoot(&self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            fs::write(self.on_card(number), photo(number)).expect("written");
        }
    }

    fn on_card(&self, number: u64) -> PathBuf {
        self.card.root.join(format!("DCIM/100NCZ_9/DSC_{number:04}.JPG"))
    }

    async fn import(&self) -> Imported {
        self.import_of(&self.card, &Stop::new()).await
    }

    async fn import_of(&self, card: &Card, stop: &Stop) -> Imported {
        let plan = self.importer.plan(card).await.expect("a card");
        self.importer.run(card, plan, stop).await
    }

    async fn held(&self, event: &str) -> u64 {
        let counts = self.importer.journal.counts(Some(&event.parse().expect("an id"))).await.expect("counts");
        counts.held
    }

    fn parts(&self) -> usize {
        fs::read_dir(self.path("intake/.kilat-parts")).expect("parts").count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_comes_whole_once_and_is_not_touched() {
    let scene = Scene::new().await;
    scene.shoot(1..9);
    // Times that reading would renew.
    let old = |seconds| Timespec { tv_sec: seconds, tv_nsec: 0 };
    for number in 1..9 {
        let times = Timestamps {
            last_access: old(1_000),
            last_modification: old(2_000 + 2 * i64::try_from(number).expect("few")),
        };
        utimensat(CWD, scene.on_card(number), &times, AtFlags::empty()).expect("times");
    }
    let before = fs::metadata(scene.on_card(1)).expect("a file");
    let imported = scene.import().await;
    assert_eq!((imported.tally.imported, imported.tally.left, imported.end), (8, 0, ImportEnd::Done));
    assert_eq!(scene.held("ayu-bima").await, 8);
    let after = fs::metadata(scene.on_card(1)).expect("a file");
    assert_eq!((after.atime(), after.mtime(), after.ctime()), (before.atime(), before.mtime(), before.ctime()));
    let again = scene.import().await;
    assert_eq!((again.tally.held, again.tally.imported, again.tally.is_whole()), (8, 0, true));
    // What is deleted on the card is not on its list any more, and stays held.
    fs::remove_file(scene.on_card(8)).expect("deleted");
    scene.import().await;
    let event = "ayu-bima".parse().expect("an id");
    let listed = scene.importer.journal.listed_frames(&scene.card.id, &event).await.expect("a list");
    assert_eq!((listed.len(), scene.held("ayu-bima").await), (7, 8));
    assert_eq!(scene.parts(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_event_holds_is_not_filed_anew_and_not_read_again() {
    let scene = Scene::new().await;
    scene.shoot(1..4);
    scene.import().await;
    scene.use_event("citra-dewa").await;
    // Another card with one of the last wedding's photos, as by a reader that copies.
    let second = Card { id: "card-2".parse().expect("an id"), ..scene.card.clone() };
    scene.know_card(&second).await;
    scene.shoot(4..5);
    let imported = scene.import_of(&second, &Stop::new()).await;
    assert_eq!((imported.tally.held, imported.tally.imported, imported.end), (0, 4, ImportEnd::Done));
    assert_eq!((scene.held("ayu-bima").await, scene.held("citra-dewa").await), (3, 1));
    let again = scene.importer.plan(&second).await.expect("a card");
    assert_eq!((again.tally.held, again.tally.left), (4, 0));
    assert_eq!(scene.parts(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_stopped_or_has_no_event_goes_on_where_it_was() {
    let scene = Scene::new().await;
    scene.shoot(1..4);
    let stop = Stop::new();
    stop.ask();
    let stopped = scene.import_of(&scene.card, &stop).await;
    assert_eq!((stopped.tally.left, stopped.end), (3, ImportEnd::Stopped));
    let event = "ayu-bima".parse().expect("an id");
    scene.importer.journal.append(vec![Fact::EventClosed { event }]).await.expect("recorded");
    let refused = scene.import().await;
    assert!(matches!(&refused.end, ImportEnd::Refused { reason } if reason.starts_with("no event is active")));
    scene.use_event("citra-dewa").await;
    assert_eq!(scene.import().await.tally.imported, 3);
    assert_eq!(scene.parts(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_read_is_named_and_a_card_that_was_pulled_goes_on_when_it_is_back() {
    if !is_alone("import::a_file_that_cannot_be_read_is_named_and_a_card_that_was_pulled_goes_on_when_it_is_back") {
        return;
    }
    let scene = Scene::new().await;
    scene.shoot(1..6);
    // A file that answers every read with an error, as a card does that dies.
    let bad = scene.on_card(3).display().to_string();
    let bind = |arguments: &[&str]| {
        assert!(Command::new(arguments[0]).args(&arguments[1..]).status().expect("it runs").success());
    };
    bind(&["mount", "--bind", "/sys/class/net/lo/speed", &bad]);
    scene.is_in(false);
    let pulled = scene.import().await;
    assert_eq!(pulled.end, ImportEnd::Pulled);
    assert!(pulled.tally.left >= 1 && pulled.tally.imported < 5, "{:?}", pulled.tally);
    scene.is_in(true);
    let damaged = scene.import().await;
    assert_eq!((damaged.tally.unreadable, damaged.tally.left, damaged.end), (1, 0, ImportEnd::Done));
    assert_eq!(damaged.tally.names, ["DCIM/100NCZ_9/DSC_0003.JPG"]);
    assert!(!damaged.tally.is_whole());
    bind(&["umount", &bad]);
    let whole = scene.import().await;
    assert_eq!((whole.tally.held, whole.tally.imported, whole.tally.is_whole()), (4, 1, true));
    assert_eq!((scene.held("ayu-bima").await, scene.parts()), (5, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_of_3000_frames_that_is_held_is_known_in_seconds() {
    const FRAMES: u64 = 3_000;
    let scene = Scene::new().await;
    for number in 1..=FRAMES {
        fs::write(scene.on_card(number), number.to_string()).expect("written");
    }
    let listing = list(&scene.card.root).expect("a card");
    let seen = listing.files.iter().map(|file| {
        let arrival = Arrival {
            id: scene.importer.ids.arrival(),
            source: "intake".parse().expect("an id"),
            path: Path::new("card-1/card/2026-11-25").join(file.name()),
            stamp: FileStamp { size_bytes: file.size_bytes, mtime_ns: file.written_s() * 1_000_000_000, ino: 1 },
            event: "ayu-bima".parse().expect("an id"),
            at: Millis(1),
            via: Some(Via { way: Way::Card, camera: scene.card.id.clone() }),
        };
        Fact::ArrivalSeen { arrival }
    });
    scene.importer.journal.append(seen.collect()).await.expect("recorded");
    let began = Instant::now();
    let plan = scene.importer.plan(&scene.card).await.expect("a card");
    println!("a card of {FRAMES} frames, all held, is compared in {:.1?}", began.elapsed());
    assert_eq!((plan.tally.held, plan.tally.left), (FRAMES, 0));
    let imported = scene.importer.run(&scene.card, plan, &Stop::new()).await;
    println!("and listed in the journal after {:.1?}", began.elapsed());
    assert!(imported.tally.is_whole() && began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
