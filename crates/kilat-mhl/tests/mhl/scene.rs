//! An event at a destination, with its manifests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{Millis, ObjectKey};
use kilat_mhl::{About, Action, Draft, FileEntry, Folder, History, Process, SealedGeneration};
use kilat_objects::{DiskStore, Known, ObjectStore, hash_file};
use tempfile::TempDir;

pub(crate) const EVENT: &str = "2026-11-21 Ayu & Bima";
/// 2026-11-21T14:04:05Z
const BEGAN_MS: i64 = 1_795_269_845_000;

pub(crate) struct Scene {
    pub(crate) home: TempDir,
    pub(crate) store: Arc<dyn ObjectStore>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(home.path().join("scratch")).expect("made");
        let fresh = "0123456789abcdef0123456789abcdef".parse().expect("a mark");
        let store = DiskStore::new(home.path().join("disk"), Known::Nothing { fresh });
        store.attach().expect("attached");
        Self { home, store: Arc::new(store) }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("disk").join(EVENT)
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.home.path().join("scratch")
    }

    pub(crate) fn manifests(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.folder().join("ascmhl"))
            .expect("there")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "mhl"))
            .collect();
        paths.sort();
        paths
    }

    pub(crate) fn chain(&self) -> PathBuf {
        self.folder().join("ascmhl/ascmhl_chain.xml")
    }

    /// Writes a photo where a backup would have put it, and answers its entry.
    pub(crate) fn photo(&self, path: &str, bytes: &[u8], action: Action) -> FileEntry {
        let full = self.folder().join(path);
        std::fs::create_dir_all(full.parent().expect("a folder")).expect("made");
        std::fs::write(&full, bytes).expect("written");
        entry_of(&full, path, action)
    }

    pub(crate) fn draft(&self, part: &str, minute: i64) -> Draft {
        Draft::begin(&self.scratch(), part, about(minute)).expect("begun")
    }

    pub(crate) fn seal(&self, minute: i64, entries: Vec<FileEntry>) -> SealedGeneration {
        let draft = self.draft(&format!("part-{minute}"), minute);
        kilat_mhl::seal(&self.store, &event(), entries, draft).expect("sealed")
    }

    pub(crate) fn history(&self) -> History {
        History::read(&Folder::open(&self.folder()).expect("a folder")).expect("a history")
    }

    /// Two generations: a photo, then the photo again and another.
    pub(crate) fn with_two_generations() -> Self {
        let scene = Self::new();
        let first = scene.photo("2026-11-21/NIKON Z 9/DSC_0001.JPG", b"first", Action::Original);
        scene.seal(0, vec![first.clone()]);
        let second = scene.photo("2026-11-21/NIKON Z 9/DSC_0002 <é> & \"b\".NEF", b"second", Action::Original);
        scene.seal(1, vec![FileEntry { action: Action::Verified, ..first }, second]);
        scene
    }
}

pub(crate) fn event() -> ObjectKey {
    ObjectKey::from_names([EVENT])
}

pub(crate) fn about(minute: i64) -> About {
    About {
        created_at: Millis(BEGAN_MS + minute * 60_000),
        hostname: "studio".to_owned(),
        version: "0.1.0".to_owned(),
        process: Process::Transfer,
        comment: Some("backup of <Ayu & Bima>".to_owned()),
    }
}

pub(crate) fn entry_of(full: &Path, path: &str, action: Action) -> FileEntry {
    let hashed = std::fs::File::open(full).and_then(|file| hash_file(&file)).expect("hashed");
    FileEntry {
        path: path.parse().expect("a path"),
        size_bytes: hashed.size_bytes,
        modified_at: Some(Millis(BEGAN_MS)),
        hash: hashed.proof,
        action,
        hashed_at: Millis(BEGAN_MS + 7),
    }
}

/// What a history expects, as text.
pub(crate) fn expected(history: &History) -> BTreeMap<String, String> {
    history.expected().map(|(path, listed)| (path.to_string(), listed.hash.to_string())).collect()
}

pub(crate) fn flaws(history: &History) -> Vec<String> {
    history.flaws().iter().map(ToString::to_string).collect()
}
