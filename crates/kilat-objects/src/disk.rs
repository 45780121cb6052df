//! A folder as a destination: temporary, fsync, read back, rename without overwriting, fsync of the folders.
//!
//! The source is read by our own loop: the system's copy calls reflink on some file systems, and that
//! is not a second copy. After a failed fsync the temporary is thrown away, never synced again.

mod copy;
mod folders;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use rustix::fs::{AtFlags, FileType, statat};
use rustix::io::Errno;

use crate::direct::{Aligned, sync_folder};
use crate::read_back::prove;
use crate::share::{Metered, Nobody, pay};
use crate::{Capability, Entry, Found, Item, ObjectStore, RateLimit, Receipt, Shares, Space, StoreError, Watch};
use crate::{DAMAGED_MARK, listing, mark};

/// Temporaries, on the same file system as the copies.
const PARTS: &str = ".kilat-parts";
/// Room left for the journal and other programs.
const MARGIN_BYTES: u64 = 16 * 1024 * 1024;
/// Written at once; with one such buffer per copy, four copies hold 8 MiB.
const BLOCK: usize = 2 * 1024 * 1024;
/// Buffers kept for the next copies: as many as usually run at once.
const KEEP_BUFFERS: usize = 4;
/// A temporary that nobody touched for so long is no copy under way, whoever began it.
const ABANDONED: Duration = Duration::from_secs(24 * 3_600);
/// Folders remembered as durable, about 100 bytes each; then all are forgotten and synced again.
const MAX_DURABLE: usize = 4_096;
/// Files of one name that may stand in one folder.
const MAX_NUMBERED: u32 = 999;

/// What is known of a place before it is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It was attached before, and said this of itself: nothing else is it.
    Place(MarkId),
    /// Nothing. Made where it is missing, and marked with this where it has no mark.
    Nothing {
        /// The mark.
        fresh: MarkId,
    },
}

/// A folder that holds copies.
#[derive(Debug)]
pub struct DiskStore {
    root: PathBuf,
    known: Mutex<Known>,
    buffers: Mutex<Vec<Aligned>>,
    /// Folders that a power cut cannot take away any more.
    durable: Mutex<HashSet<PathBuf>>,
    shares: Option<Shares>,
}

impl DiskStore {
    /// The folder at `root`.
    #[must_use]
    pub fn new(root: PathBuf, known: Known) -> Self {
        let (buffers, durable) = (Mutex::default(), Mutex::default());
        Self { root, known: Mutex::new(known), buffers, durable, shares: None }
    }

    /// Keeps to the network's limit where the folder is a share.
    #[must_use]
    pub fn limited(self, shares: Shares) -> Self {
        Self { shares: Some(shares), ..self }
    }

    fn limit(&self) -> Option<Arc<RateLimit>> {
        self.shares.as_ref()?.limit_of(&self.root)
    }

    fn fault(&self, what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let (place, path) = (self.root.clone(), path.to_owned());
        move |error| StoreError::at(&place, what, &path, error)
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn gone(&self, why: &'static str) -> StoreError {
        StoreError::Gone { place: self.root.clone(), why }
    }

    /// Takes hold of the folder and asks what it says of itself; refuses when it is not the one that we know.
    fn check(&self) -> Result<(File, MarkId), StoreError> {
        let root = match File::open(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.gone("its folder is missing")),
            opened => opened.map_err(self.fault("open", &self.root))?,
        };
        let path = self.root.join(DESTINATION_MARK);
        let found = match mark::read(&root) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.gone(
                    "its mark .kilat-destination.json is missing, as in an empty mount point or on a formatted disk",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.gone(DAMAGED_MARK));
            }
            Err(error) => return Err(self.fault("read", &path)(error)),
        };
        match self.known() {
            Known::Place(known) if known != found => Err(self.gone("another disk is mounted there")),
            Known::Place(_) | Known::Nothing { .. } => Ok((root, found)),
        }
    }

    /// Makes the folder and its mark, unless one is there.
    fn make(&self, fresh: &MarkId) -> Result<(), StoreError> {
        // Only its last part is made: a whole missing path is a disk that is not mounted.
        match fs::create_dir(&self.root) {
            Ok(()) => {
                let around = self.root.parent().unwrap_or(&self.root);
                sync_folder(around).map_err(self.fault("sync", around))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.gone("the folder around it is missing"));
            }
            Err(error) => return Err(self.fault("make", &self.root)(error)),
        }
        let path = self.root.join(DESTINATION_MARK);
        if path.exists() {
            return Ok(());
        }
        mark::write(&path, fresh).map_err(self.fault("write", &path))
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        key.segments().fold(self.root.clone(), |path, segment| path.join(segment))
    }
}

impl ObjectStore for DiskStore {
    fn attach(&self) -> Result<MarkId, StoreError> {
        match self.known() {
            Known::Nothing { fresh } => self.make(&fresh)?,
            Known::Place(known) => {
                mark::mend(&self.root, &known).map_err(self.fault("mend the mark of", &self.root))?;
            }
        }
        let (root, mark) = self.check()?;
        self.make_folders(&root, &self.root.join(PARTS))?;
        // From here on an empty folder in its place is not it.
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Known::Place(mark.clone());
        // It may have been away, or be well again after a fault.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(mark)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        let probe = self.root.join(PARTS).join("probe");
        fs::write(&probe, b"kilat").map_err(self.fault("write", &probe))?;
        fs::remove_file(&probe).map_err(self.fault("remove", &probe))?;
        let stat = rustix::fs::statvfs(&self.root).map_err(|error| self.fault("ask", &self.root)(error.into()))?;
        let free_bytes = (stat.f_bavail * stat.f_frsize).saturating_sub(MARGIN_BYTES);
        Ok(Some(Space { free_bytes, total_bytes: stat.f_blocks * stat.f_frsize }))
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        let (root, _) = self.check()?;
        let stat = rustix::fs::statvfs(&self.root).map_err(|error| self.fault("ask", &self.root)(error.into()))?;
        if stat.f_bavail * stat.f_frsize < item.stamp.size_bytes.saturating_add(MARGIN_BYTES) {
            return Err(StoreError::Full { place: self.root.clone() });
        }
        let part = self.root.join(PARTS).join(item.part);
        let result = self.fill(&part, item, watch).and_then(|read_back| {
            let receipt = self.place(&root, &part, item)?;
            Ok(if receipt.was_there { receipt } else { Receipt { read_back, ..receipt } })
        });
        if result.is_err()
            && let Err(error) = fs::remove_file(&part)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(part = %part.display(), %error, "a temporary stays until the next sweep");
        }
        result
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let path = self.path(key);
        let meta = fs::metadata(&path).map_err(self.fault("look at", &path))?;
        pay(self.limit().as_deref(), meta.len(), &Nobody)?;
        let (found, read_back) =
            self.with_buffer(|buffer| prove(&path, meta.len(), buffer).map_err(self.fault("read back", &path)))?;
        let is_same = meta.len() == size_bytes && found == proof;
        if is_same { Ok(read_back) } else { Err(StoreError::Corrupt { place: self.root.clone() }) }
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let (root, _) = self.check()?;
        match statat(&root, key.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_file() => Ok(u64::try_from(stat.st_size).ok()),
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(self.fault("look at", &self.path(key))(error.into())),
        }
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.check()?;
        listing::list(folder, &|key| self.path(key), each).map_err(|(what, path, error)| self.fault(what, &path)(error))
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        let (root, _) = self.check()?;
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root);
        self.make_folders(&root, folder)?;
        let parts = self.root.join(PARTS);
        listing::write_in_place(&parts, key, &path, bytes).map_err(self.fault("write", &path))?;
        self.sync_folders(folder)
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let path = self.path(key);
        let inner = File::open(&path).map_err(self.fault("open", &path))?;
        Ok(match self.limit() {
            Some(limit) => Box::new(Metered { inner, limit }),
            None => Box::new(inner),
        })
    }

    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        let free_room = if self.probe()?.is_some() { Found::Yes } else { Found::No };
        Ok(vec![Capability { name: "free_room", found: free_room }])
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        let parts = self.root.join(PARTS);
        let mut swept = 0;
        for entry in fs::read_dir(&parts).map_err(self.fault("list", &parts))? {
            let entry = entry.map_err(self.fault("list", &parts))?;
            let path = entry.path();
            let age = entry.metadata().and_then(|meta| meta.modified()).map(|at| at.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age >= ABANDONED) {
                fs::remove_file(&path).map_err(self.fault("remove", &path))?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hash_file, stamp_of_open};

    #[test]
    fn a_place_that_is_unplugged_between_check_and_folder_leaves_its_mount_point_empty() {
        let parent = tempfile::tempdir().expect("a folder");
        let (root, unplugged) = (parent.path().join("out"), parent.path().join("unplugged"));
        let fresh = "0123456789abcdef0123456789abcdef".parse().expect("a mark");
        let store = DiskStore::new(root.clone(), Known::Nothing { fresh });
        store.attach().expect("made");
        let (held, _) = store.check().expect("it is the one");
        fs::rename(&root, &unplugged).expect("unplugged");
        fs::create_dir(&root).expect("its mount point");
        store.make_folders(&held, &root.join("Wedding/2026-11-21")).expect("made on the disk");
        assert_eq!(fs::read_dir(&root).expect("there").count(), 0, "nothing is made in a mount point");
        assert!(unplugged.join("Wedding/2026-11-21").is_dir());
    }

    /// Gives up as soon as something was written.
    #[derive(Default)]
    struct Hasty(std::sync::atomic::AtomicBool);

    impl Watch for Hasty {
        fn sent(&self, _bytes: u64) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }

        fn is_cancelled(&self) -> bool {
            self.0.load(std::sync::atomic::Ordering::SeqCst)
        }
    }

    #[test]
    fn a_copy_to_a_share_waits_for_its_turn_and_one_to_a_disk_does_not() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("DSC_0001.JPG");
        fs::write(&file, [7; 100_000]).expect("written");
        let key = ObjectKey::from_names(["Wedding", "DSC_0001.JPG"]);
        let opened = File::open(&file).expect("opens");
        let (stamp, proof) = (stamp_of_open(&opened).expect("there"), hash_file(&opened).expect("read").proof);
        let item = Item { file: &file, stamp, proof, key: &key, part: "part", resume: None };
        let put = |named: &Path| {
            // Nothing more goes through in this test's time.
            let limit = Arc::new(RateLimit::new(std::num::NonZeroU64::new(1)));
            let fresh = "0123456789abcdef0123456789abcdef".parse().expect("a mark");
            let store = DiskStore::new(home.path().join("place"), Known::Nothing { fresh });
            let store = store.limited(Shares { limit, named: [named.to_owned()].into() });
            store.attach().expect("made");
            store.put(&item, &Hasty::default())
        };
        // What was written waits to be read back over the network.
        assert!(matches!(put(home.path()), Err(StoreError::Cancelled)));
        put(Path::new("/no/such/share")).expect("copied at once");
    }
}
