//! The repository's folder: files that are whole and durable under their names, or not there.
//!
//! Invariants: a name that stands in the repository stands for the whole file, also after a power cut;
//! packs never take the last room, so that indexes and snapshots can always be written and things removed.
//! What went wrong first is kept, so that the answer names the disk and not the library.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use kilat_core::OsFault;
use kilat_objects::{rename_new, sync_folder};
use rustic_core::{BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend};
use rustix::fs::Advice;
use rustix::io::Errno;

use super::moved::Moved;
use super::toll::Toll;
use crate::lines::{FaultKind, FaultLine};

/// Temporaries, beside those of the disk destinations.
pub(crate) const PARTS: &str = ".kilat-parts";
/// Room that packs leave: for indexes and snapshots of what is stored already, the journal and other programs.
pub(crate) const RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// Index files kept in memory while a repository is opened: of some 200,000 pieces. Others are read twice.
const MAX_KEPT_BYTES: usize = 16 * 1024 * 1024;

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    moved: Arc<Moved>,
    toll: Arc<Toll>,
    parts: AtomicU64,
    /// Index files that were written and not learned from yet.
    written_indexes: Mutex<Vec<Id>>,
    /// Index files that were read, while the repository is opened: it is looked through twice then.
    read_indexes: Mutex<Option<ReadIndexes>>,
    trouble: Mutex<Option<FaultLine>>,
}

/// Index files in memory.
#[derive(Debug, Default)]
struct ReadIndexes {
    files: HashMap<Id, Bytes>,
    bytes: usize,
}

impl Place {
    pub(crate) fn new(root: PathBuf, moved: Arc<Moved>, toll: Arc<Toll>) -> Self {
        Self(Arc::new(Inner {
            root,
            moved,
            toll,
            parts: AtomicU64::new(0),
            written_indexes: Mutex::default(),
            read_indexes: Mutex::new(Some(ReadIndexes::default())),
            trouble: Mutex::default(),
        }))
    }

    /// Index files that were written since the last time.
    pub(crate) fn take_written_indexes(&self) -> Vec<Id> {
        std::mem::take(&mut *self.0.written_indexes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives back the memory that index files were kept in; from now on they are read from the device.
    pub(crate) fn forget_indexes(&self) {
        self.0.read_indexes.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn kept_index(&self, id: &Id) -> Option<Bytes> {
        let kept = self.0.read_indexes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()?.files.get(id).cloned()
    }

    fn keep_index(&self, id: &Id, bytes: &Bytes) {
        if let Some(kept) = &mut *self.0.read_indexes.lock().unwrap_or_else(PoisonError::into_inner)
            && kept.bytes + bytes.len() <= MAX_KEPT_BYTES
        {
            kept.bytes += bytes.len();
            kept.files.insert(*id, bytes.clone());
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0.root
    }

    pub(crate) fn moved(&self) -> &Arc<Moved> {
        &self.0.moved
    }

    /// What went wrong first, forgotten by asking.
    pub(crate) fn take_trouble(&self) -> Option<FaultLine> {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Bytes that packs may still take.
    pub(crate) fn room(&self) -> Result<u64, FaultLine> {
        let stat = rustix::fs::statvfs(&self.0.root).map_err(|error| fault("ask", &self.0.root, &error.into()))?;
        Ok((stat.f_bavail * stat.f_frsize).saturating_sub(RESERVE_BYTES))
    }

    /// The last word on a fault of the folder: it becomes the library's error and is kept as it was.
    fn trouble(&self, what: &'static str, path: &Path, error: io::Error) -> Box<RusticError> {
        let line = fault(what, path, &error);
        let text = line.detail.clone();
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(line);
        RusticError::with_source(ErrorKind::Backend, text, error)
    }

    fn folder(&self, tpe: FileType, id: &Id) -> PathBuf {
        match tpe {
            FileType::Config => self.0.root.clone(),
            FileType::Pack => self.0.root.join("data").join(&id.to_hex()[..2]),
            FileType::Index | FileType::Key | FileType::Snapshot => self.0.root.join(tpe.dirname()),
        }
    }

    pub(crate) fn path(&self, tpe: FileType, id: &Id) -> PathBuf {
        match tpe {
            FileType::Config => self.0.root.join("config"),
            FileType::Pack | FileType::Index | FileType::Key | FileType::Snapshot => {
                self.folder(tpe, id).join(&*id.to_hex())
            }
        }
    }

    /// Writes a file whole and durably under its name, or not at all. A file of that name is the same one:
    /// names are hashes.
    pub(crate) fn put(&self, folder: &Path, name: &str, content: &[Bytes]) -> io::Result<()> {
        let inner = &self.0;
        let number = inner.parts.fetch_add(1, Ordering::Relaxed);
        let part = inner.root.join(PARTS).join(part_name(std::process::id(), number));
        let written = write_part(&part, content, inner).and_then(|()| {
            self.make_folder(folder)?;
            match rename_new(&part, &folder.join(name)) {
                Err(Errno::EXIST) => fs::rename(&part, folder.join(name)),
                result => result.map_err(io::Error::from),
            }?;
            sync_folder(folder)
        });
        if written.is_err() {
            match fs::remove_file(&part) {
                // Left for the next sweep at worst.
                Ok(()) | Err(_) => {}
            }
        }
        written
    }

    /// Makes the folder for temporaries, in a place that was just seen to be a repository: later it may be
    /// an empty mount point. One that cannot be written is still read.
    pub(crate) fn make_parts(&self) {
        match self.make_folder(&self.0.root.join(PARTS)) {
            Ok(()) | Err(_) => {}
        }
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        match fs::create_dir(folder) {
            Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes temporaries of processes that are gone.
    pub(crate) fn sweep(&self) -> io::Result<u64> {
        let folder = self.0.root.join(PARTS);
        let mut swept = 0;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let is_left = entry.file_name().to_str().and_then(part_owner).is_some_and(|pid| !is_alive(pid));
            if is_left {
                fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// `vault-HOST-PID-NUMBER`: whose it is shows in its name.
fn part_name(pid: u32, number: u64) -> String {
    format!("vault-{}-{pid}-{number}", host_digits())
}

fn part_owner(name: &str) -> Option<i32> {
    let rest = name.strip_prefix("vault-")?.strip_prefix(&host_digits())?.strip_prefix('-')?;
    rest.split_once('-')?.0.parse().ok()
}

fn host_digits() -> String {
    kilat_objects::short_hash(host_name().as_bytes(), 8)
}

pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

pub(crate) fn is_alive(pid: i32) -> bool {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else { return false };
    rustix::process::test_kill_process(pid) != Err(Errno::SRCH)
}

fn write_part(part: &Path, content: &[Bytes], inner: &Inner) -> io::Result<()> {
    /// Asked for and written at once: two seconds at a slow ceremony's 1 Mbit/s.
    const PIECE: usize = 256 * 1024;
    let mut file = File::create(part)?;
    for piece in content.iter().flat_map(|bytes| bytes.chunks(PIECE)) {
        inner.toll.pay(piece.len() as u64)?;
        file.write_all(piece)?;
        inner.moved.written.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }
    file.sync_all()?;
    // What is read back comes from the device; a file system that cannot is read through its cache.
    match rustix::fs::fadvise(&file, 0, None, Advice::DontNeed) {
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What an error of the system means.
pub(crate) fn fault(what: &str, path: &Path, error: &io::Error) -> FaultLine {
    let kind = match OsFault::of(error) {
        OsFault::Full => FaultKind::Full,
        OsFault::ReadOnly => FaultKind::ReadOnly,
        OsFault::Denied => FaultKind::Denied,
        OsFault::Gone => FaultKind::Gone,
        OsFault::Other => FaultKind::Io,
    };
    FaultLine::new(kind, format!("{what} {path:?}: {error}"))
}

impl ReadBackend for Place {
    fn location(&self) -> String {
        self.0.root.display().to_string()
    }

    fn list_with_size(&self, tpe: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let config = self.0.root.join("config");
        let list = |folder: &Path, found: &mut Vec<(Id, u32)>| -> io::Result<()> {
            let entries = match fs::read_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
                let size = u32::try_from(entry.metadata()?.len()).map_err(io::Error::other)?;
                found.push((id, size));
            }
            Ok(())
        };
        let mut found = Vec::new();
        let listed = match tpe {
            FileType::Config => match fs::metadata(&config) {
                Ok(meta) => {
                    found.push((Id::default(), u32::try_from(meta.len()).unwrap_or(u32::MAX)));
                    Ok(())
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            },
            FileType::Pack => (0..=u8::MAX)
                .try_for_each(|byte| list(&self.0.root.join("data").join(format!("{byte:02x}")), &mut found)),
            FileType::Index | FileType::Key | FileType::Snapshot => list(&self.0.root.join(tpe.dirname()), &mut found),
        };
        listed.map_err(|error| self.trouble("list", &self.0.root.join(tpe.dirname()), error))?;
        Ok(found)
    }

    fn read_full(&self, tpe: FileType, id: &Id) -> RusticResult<Bytes> {
        if let Some(kept) = Some(tpe).filter(|tpe| *tpe == FileType::Index).and_then(|_| self.kept_index(id)) {
            return Ok(kept);
        }
        let path = self.path(tpe, id);
        let read = fs::metadata(&path).and_then(|meta| self.0.toll.pay(meta.len())).and_then(|()| fs::read(&path));
        let bytes = Bytes::from(read.map_err(|error| self.trouble("read", &path, error))?);
        self.0.moved.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if tpe == FileType::Index {
            self.keep_index(id, &bytes);
        }
        Ok(bytes)
    }

    fn read_partial(&self, tpe: FileType, id: &Id, _cacheable: bool, offset: u32, length: u32) -> RusticResult<Bytes> {
        let path = self.path(tpe, id);
        let read = self.0.toll.pay(length.into()).and_then(|()| File::open(&path)).and_then(|file| {
            let mut bytes = vec![0; length as usize];
            file.read_exact_at(&mut bytes, offset.into())?;
            // Read ahead and kept by the system, it would be no second look at the device.
            match rustix::fs::fadvise(&file, 0, None, Advice::DontNeed) {
                Ok(()) | Err(_) => Ok(bytes),
            }
        });
        let bytes = read.map_err(|error| self.trouble("read", &path, error))?;
        self.0.moved.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.into())
    }

    fn warmup_path(&self, tpe: FileType, id: &Id) -> String {
        self.path(tpe, id).display().to_string()
    }
}

impl WriteBackend for Place {
    fn create(&self) -> RusticResult<()> {
        for folder in [PARTS, "data", "index", "keys", "locks", "snapshots"] {
            let path = self.0.root.join(folder);
            self.make_folder(&path).map_err(|error| self.trouble("make", &path, error))?;
        }
        // All of them now: another program that reads the repository expects them.
        for byte in 0..=u8::MAX {
            let path = self.0.root.join("data").join(format!("{byte:02x}"));
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.trouble("make", &path, error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        let data = self.0.root.join("data");
        sync_folder(&data).map_err(|error| self.trouble("sync", &data, error))
    }

    fn write_bytes(&self, tpe: FileType, id: &Id, _cacheable: bool, content: BytesList) -> RusticResult<()> {
        let path = self.path(tpe, id);
        let size = content.size() as u64;
        if tpe == FileType::Pack && self.room().is_ok_and(|room| room < size) {
            return Err(self.trouble("write", &path, io::ErrorKind::StorageFull.into()));
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("config").to_owned();
        let written = self.put(&self.folder(tpe, id), &name, content.slice());
        written.map_err(|error| self.trouble("write", &path, error))?;
        if tpe == FileType::Index {
            self.0.written_indexes.lock().unwrap_or_else(PoisonError::into_inner).push(*id);
        }
        Ok(())
    }

    fn remove(&self, tpe: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let path = self.path(tpe, id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.trouble("remove", &path, error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
