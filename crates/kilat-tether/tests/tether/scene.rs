//! A camera, its card, whoever takes its photos, and a supervisor between them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kilat_core::{Backoff, CameraId, CameraState, Frame, Stop};
use kilat_demo::{CameraOptions, VirtualCamera};
use kilat_tether::{Desk, Download, HelperProgram, News, Patience, Reins, Taken, TetherConfig, Tethered, supervise};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What happened at a desk, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Kept(Frame, Instant),
    News(News, Instant),
}

/// Keeps photos in a folder, by their paths on the card.
#[derive(Debug)]
pub(crate) struct TestDesk {
    folder: tempfile::TempDir,
    parts: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
    /// How often it answers that it cannot keep a photo now.
    pub(crate) refusals: AtomicUsize,
    changed: Notify,
}

impl TestDesk {
    pub(crate) fn open() -> Arc<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("parts")).expect("a folder");
        Arc::new(Self {
            folder,
            parts: AtomicUsize::new(0),
            seen: Mutex::default(),
            refusals: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    fn held(&self) -> PathBuf {
        self.folder.path().join("held")
    }

    /// As if it had been taken before.
    pub(crate) fn hold(&self, card: &Path, path: &Path) {
        let to = self.held().join(path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
        fs::write(to, fs::read(card.join(path)).expect("on the card")).expect("held");
    }

    fn saw(&self, seen: Seen) {
        self.seen.lock().expect("no panic").push(seen);
        self.changed.notify_waiters();
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }

    pub(crate) fn kept(&self) -> Vec<(String, Instant)> {
        let kept = |seen: Seen| match seen {
            Seen::Kept(frame, at) => Some((frame.path, at)),
            Seen::News(..) => None,
        };
        self.seen().into_iter().filter_map(kept).collect()
    }

    pub(crate) fn states(&self) -> Vec<CameraState> {
        let state = |seen: Seen| match seen {
            Seen::News(News::State(state, _), _) => Some(state),
            Seen::News(..) | Seen::Kept(..) => None,
        };
        self.seen().into_iter().filter_map(state).collect()
    }

    /// Waits until something holds of what was seen.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if holds(self) {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("{what} did not come; seen: {:#?}", self.seen());
        }
    }

    pub(crate) async fn until_kept(&self, files: usize) {
        self.until(&format!("photo {files}"), |desk| desk.kept().len() >= files).await;
    }

    pub(crate) async fn until_state(&self, state: CameraState) {
        self.until(&format!("{state:?}"), |desk| desk.states().last() == Some(&state)).await;
    }

    /// What it holds is the card, byte for byte, and nothing is half.
    fn holds_all_of(&self, card: &Path) {
        let (held, on_card) = (files_below(&self.held()), files_below(card));
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&held), names(&on_card));
        for (name, bytes) in &on_card {
            assert!(held[name] == *bytes, "{} differs", name.display());
        }
        assert_eq!(self.parts_left(), Vec::<PathBuf>::new());
    }

    pub(crate) fn parts_left(&self) -> Vec<PathBuf> {
        files_below(&self.folder.path().join("parts")).into_keys().collect()
    }
}

impl Desk for TestDesk {
    fn part(&self) -> PathBuf {
        self.folder.path().join("parts").join(self.parts.fetch_add(1, Ordering::Relaxed).to_string())
    }

    async fn missing(&self, frames: Vec<Frame>) -> Vec<Frame> {
        let is_held = |frame: &Frame| {
            fs::metadata(self.held().join(&frame.path)).is_ok_and(|found| found.len() == frame.size_bytes)
        };
        frames.into_iter().filter(|frame| !is_held(frame)).collect()
    }

    async fn take(&self, download: Download) -> Taken {
        if self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            fs::remove_file(&download.path).expect("ours");
            return Taken::Later;
        }
        let to = self.held().join(&download.frame.path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
        assert!(!to.exists(), "{} came twice", download.frame.path);
        fs::rename(&download.path, to).expect("one file system");
        self.saw(Seen::Kept(download.frame, Instant::now()));
        Taken::Kept
    }

    async fn told(&self, news: News) {
        self.saw(Seen::News(news, Instant::now()));
    }
}

fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).expect("below").to_owned();
                files.insert(below, fs::read(path).expect("readable"));
            }
        }
    }
    files
}

/// A camera that is pulled from.
pub(crate) struct Scene {
    pub(crate) card: tempfile::TempDir,
    pub(crate) camera: VirtualCamera,
    pub(crate) desk: Arc<TestDesk>,
    home: tempfile::TempDir,
    stop: Stop,
    supervisor: Option<JoinHandle<()>>,
}

impl Scene {
    /// With an empty card; nobody pulls yet. What the supervisor logs is shown by a test that fails.
    pub(crate) fn new(options: CameraOptions) -> Self {
        let log =
            tracing_subscriber::fmt().with_test_writer().with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG);
        // The first test of a process begins it.
        match log.try_init() {
            Ok(()) | Err(_) => {}
        }
        let card = tempfile::tempdir().expect("a folder");
        let camera = VirtualCamera::open(card.path(), options).expect("a camera");
        let home = tempfile::tempdir().expect("a folder");
        Self { card, camera, desk: TestDesk::open(), home, stop: Stop::new(), supervisor: None }
    }

    pub(crate) fn pull(&mut self) {
        self.pull_with(real_helper(), |_| {});
    }

    pub(crate) fn pull_with(&mut self, program: HelperProgram, change: impl FnOnce(&mut TetherConfig)) {
        let mut config = TetherConfig::new(program, self.home.path().to_owned());
        let quick = Backoff { first: Duration::from_millis(50), most: Duration::from_millis(200) };
        (config.again, config.look, config.probe) = (quick, quick, Duration::from_millis(200));
        config.patience = Patience { get: Duration::from_secs(20), ..config.patience };
        change(&mut config);
        let tethered = Tethered { id: self.id(), name: "Z 9".to_owned(), port: self.camera.port() };
        let desk = Arc::clone(&self.desk);
        self.supervisor = Some(tokio::spawn(supervise(tethered, desk, config, Reins::of(self.stop.clone()))));
    }

    fn id(&self) -> CameraId {
        format!("z-9-{}", self.camera.address().port()).parse().expect("an id")
    }

    pub(crate) fn card(&self) -> &Path {
        self.card.path()
    }

    /// Kills the helper that pulls here, as the system would.
    pub(crate) fn kill_helper(&self) {
        let home = self.home.path().join(self.id().as_str());
        let wanted = format!("HOME={}", home.display());
        let pids = fs::read_dir("/proc").expect("processes").flatten().filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            environment.split(|byte| *byte == 0).any(|line| line == wanted.as_bytes()).then_some(pid)
        });
        let pids: Vec<i32> = pids.collect();
        assert_eq!(pids.len(), 1, "one helper");
        let killed = std::process::Command::new("kill").args(["-9", &pids[0].to_string()]).status().expect("kill");
        assert!(killed.success());
    }

    /// Ends it; what is held is the whole card.
    pub(crate) async fn end(mut self) {
        self.stop.ask();
        if let Some(supervisor) = self.supervisor.take() {
            tokio::time::timeout(PATIENCE, supervisor).await.expect("it ends").expect("no panic");
        }
        self.desk.holds_all_of(self.card());
    }
}

/// This crate's example, which is built with its tests.
pub(crate) fn real_helper() -> HelperProgram {
    let test = std::env::current_exe().expect("a path");
    let built = test.parent().and_then(Path::parent).expect("target/debug");
    HelperProgram { exe: built.join("examples").join("tether_helper"), args: Vec::new(), env: Vec::new() }
}
