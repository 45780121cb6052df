//! The folder to restore to. Every step is taken below its open handle and follows no link.

use std::cell::RefCell;
use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kilat_core::{Millis, ObjectKey};
use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, RenameFlags, Timespec, Timestamps, flock, fstat, futimens, linkat,
    mkdirat, openat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::RestoreError;

/// Temporaries, on the same file system as the files.
const PARTS: &str = ".kilat-restore";
/// Restores to one folder at once.
const MAX_PARTS: u32 = 64;
/// Files of one name that may stand in one folder.
const MAX_NUMBERED: u32 = 999;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder to restore to.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    root: File,
    /// The folder that was made durable last; files of one folder come one after the other.
    synced: RefCell<Option<String>>,
}

/// Room in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of the files that do not stand there with their length.
    pub needed_bytes: u64,
    /// Bytes that may be written there.
    pub free_bytes: u64,
}

/// A file without its name; removed unless it gets one.
pub(super) struct Part {
    file: File,
    folder: File,
    name: String,
    path: PathBuf,
    is_placed: bool,
}

/// Where a file got its name.
pub(super) struct Placed {
    pub(super) to: ObjectKey,
}

impl Target {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> Result<Self, RestoreError> {
        let failed = |what| move |source| RestoreError::Target { what, path: path.to_owned(), source };
        DirBuilder::new().recursive(true).create(path).map_err(failed("make"))?;
        let root = File::open(path).map_err(failed("open"))?;
        if !root.metadata().map_err(failed("open"))?.is_dir() {
            return Err(failed("open")(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { path: path.to_owned(), root, synced: RefCell::new(None) })
    }

    fn fault(&self, what: &'static str, below: &str) -> impl Fn(io::Error) -> RestoreError + use<> {
        let path = self.path.join(below);
        move |source| RestoreError::Target { what, path: path.clone(), source }
    }

    /// Refuses what cannot fit: files of their length that stand there already are not counted.
    pub(super) fn has_room(&self, sizes: impl Iterator<Item = (ObjectKey, u64)>) -> Result<(), RestoreError> {
        let room = room_in(&self.root, sizes).map_err(|error| self.fault("ask", "")(error.into()))?;
        let Room { needed_bytes, free_bytes } = room;
        if needed_bytes > free_bytes {
            return Err(RestoreError::Full { path: self.path.clone(), free_bytes, needed_bytes });
        }
        Ok(())
    }

    /// The folder around a key; none where it is missing and shall not be made.
    fn around(&self, key: &ObjectKey, make: Make) -> Result<Option<File>, RestoreError> {
        let fault = |error: Errno| self.fault("open the folder of", key.as_str())(error.into());
        let mut folder = self.root.try_clone().map_err(self.fault("open", ""))?;
        let folders = key.segments().count() - 1;
        for segment in key.segments().take(folders) {
            if make == Make::Missing {
                match mkdirat(&folder, segment, Mode::from_raw_mode(0o777)) {
                    Ok(()) => folder.sync_all().map_err(self.fault("sync the folders of", key.as_str()))?,
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(fault(error)),
                }
            }
            folder = match openat(&folder, segment, FOLDER, Mode::empty()) {
                Ok(inner) => inner.into(),
                Err(Errno::NOENT) if make == Make::Nothing => return Ok(None),
                Err(error) => return Err(fault(error)),
            };
        }
        Ok(Some(folder))
    }

    /// The key, or a numbered one, under which `is_it` knows the file that stands there.
    pub(super) fn find(
        &self,
        key: &ObjectKey,
        is_it: &mut dyn FnMut(&mut File, u64) -> io::Result<bool>,
    ) -> Result<Option<ObjectKey>, RestoreError> {
        let Some(folder) = self.around(key, Make::Nothing)? else { return Ok(None) };
        for n in 1..=MAX_NUMBERED {
            let key = if n == 1 { key.clone() } else { key.numbered(n) };
            match self.judge(&folder, &key, is_it)? {
                Stands::Nothing => return Ok(None),
                Stands::Another => {}
                Stands::TheFile => {
                    // Whoever wrote it may have died before its name was durable.
                    self.sync(&folder, &key)?;
                    return Ok(Some(key));
                }
            }
        }
        Err(RestoreError::NamesTaken(key.clone()))
    }

    fn judge(
        &self,
        folder: &File,
        key: &ObjectKey,
        is_it: &mut dyn FnMut(&mut File, u64) -> io::Result<bool>,
    ) -> Result<Stands, RestoreError> {
        let mut file: File = match openat(folder, key.name(), FILE, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Ok(Stands::Nothing),
            Err(Errno::LOOP | Errno::NXIO | Errno::ACCESS) => return Ok(Stands::Another),
            Err(error) => return Err(self.fault("open", key.as_str())(error.into())),
        };
        let stat = fstat(&file).map_err(|error| self.fault("look at", key.as_str())(error.into()))?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Ok(Stands::Another);
        }
        let size_bytes = u64::try_from(stat.st_size).unwrap_or_default();
        // One that cannot be read is not the file.
        Ok(if is_it(&mut file, size_bytes).unwrap_or(false) { Stands::TheFile } else { Stands::Another })
    }

    /// A temporary that no other restore writes to. One that a killed restore left behind is used again.
    pub(super) fn part(&self) -> Result<Part, RestoreError> {
        let fault = |error: Errno| self.fault("make a temporary in", PARTS)(error.into());
        match mkdirat(&self.root, PARTS, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(fault(error)),
        }
        let folder: File = openat(&self.root, PARTS, FOLDER, Mode::empty()).map_err(fault)?.into();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for n in 1..=MAX_PARTS {
            let name = format!("part-{n}");
            let file: File = openat(&folder, &name, flags, Mode::from_raw_mode(0o666)).map_err(fault)?.into();
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => continue,
                Err(error) => return Err(fault(error)),
            }
            // Between opening and locking another may have given it its name.
            if !stands_as(&folder, &name, &file).map_err(fault)? {
                continue;
            }
            file.set_len(0).map_err(self.fault("write", PARTS))?;
            let path = self.path.join(PARTS).join(&name);
            return Ok(Part { file, folder, name, path, is_placed: false });
        }
        Err(fault(Errno::BUSY))
    }

    /// Makes a temporary durable and gives it its name, or the next that is free.
    pub(super) fn place(
        &self,
        mut part: Part,
        key: &ObjectKey,
        modified_at: Option<Millis>,
    ) -> Result<Placed, RestoreError> {
        if let Some(modified_at) = modified_at {
            let time = Timespec {
                tv_sec: modified_at.0.div_euclid(1_000),
                tv_nsec: modified_at.0.rem_euclid(1_000) * 1_000_000,
            };
            let times = Timestamps { last_access: time, last_modification: time };
            futimens(&part.file, &times).map_err(|error| part.failed("set the time of", error.into()))?;
        }
        part.file.sync_all().map_err(|error| part.failed("sync", error))?;
        let folder = self.around(key, Make::Missing)?.ok_or_else(|| RestoreError::NamesTaken(key.clone()))?;
        for n in 1..=MAX_NUMBERED {
            let to = if n == 1 { key.clone() } else { key.numbered(n) };
            match rename_new(&part.folder, &part.name, &folder, to.name()) {
                Ok(()) => {
                    part.is_placed = true;
                    *self.synced.borrow_mut() = None;
                    self.sync(&folder, &to)?;
                    return Ok(Placed { to });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(self.fault("name", to.as_str())(error.into())),
            }
        }
        Err(RestoreError::NamesTaken(key.clone()))
    }

    /// Makes the names in a key's folder durable, once for files that follow each other.
    fn sync(&self, folder: &File, key: &ObjectKey) -> Result<(), RestoreError> {
        let around = key.as_str().rsplit_once('/').map_or("", |(around, _)| around).to_owned();
        if self.synced.borrow().as_deref() != Some(&around) {
            folder.sync_all().map_err(self.fault("sync", &around))?;
            *self.synced.borrow_mut() = Some(around);
        }
        Ok(())
    }

    /// Takes the folder of temporaries away, with what a killed restore left in it; another restore's stay.
    pub(super) fn finish(&self) -> Result<(), RestoreError> {
        let fault = |error: Errno| self.fault("clear", PARTS)(error.into());
        let folder: File = match openat(&self.root, PARTS, FOLDER, Mode::empty()) {
            Ok(folder) => folder.into(),
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(fault(error)),
        };
        for n in 1..=MAX_PARTS {
            let name = format!("part-{n}");
            let file: File = match openat(&folder, &name, FILE, Mode::empty()) {
                Ok(file) => file.into(),
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(fault(error)),
            };
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // Locked under its name, it is nobody's; one that got its name meanwhile has left this to another.
                Ok(()) if stands_as(&folder, &name, &file).map_err(fault)? => {
                    unlinkat(&folder, &name, AtFlags::empty()).map_err(fault)?;
                }
                Ok(()) | Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(fault(error)),
            }
        }
        match unlinkat(&self.root, PARTS, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
            Err(error) => Err(self.fault("remove", PARTS)(error.into())),
        }
    }
}

/// What files of these lengths need in a folder, and what there is. A folder that is missing has the room of the one
/// that it would be made in.
///
/// # Errors
/// The system's.
pub fn room(path: &Path, sizes: impl Iterator<Item = (ObjectKey, u64)>) -> io::Result<Room> {
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match File::open(path) {
        Ok(root) => Ok(room_in(&root, sizes)?),
        Err(error) if is_missing(&error) => {
            let around = path.ancestors().skip(1).map(File::open);
            let around =
                around.into_iter().find(|opened| !opened.as_ref().is_err_and(is_missing)).unwrap_or(Err(error))?;
            let needed_bytes = sizes.map(|(_, size_bytes)| size_bytes).fold(0, u64::saturating_add);
            Ok(Room { needed_bytes, ..room_in(&around, std::iter::empty())? })
        }
        Err(error) => Err(error),
    }
}

fn room_in(root: &File, sizes: impl Iterator<Item = (ObjectKey, u64)>) -> Result<Room, Errno> {
    let mut needed_bytes = 0_u64;
    for (key, size_bytes) in sizes {
        let there = statat(root, key.as_str(), AtFlags::SYMLINK_NOFOLLOW);
        if there.is_ok_and(|stat| u64::try_from(stat.st_size) == Ok(size_bytes)) {
            continue;
        }
        needed_bytes = needed_bytes.saturating_add(size_bytes);
    }
    let stat = rustix::fs::fstatvfs(root)?;
    Ok(Room { needed_bytes, free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    Missing,
    Nothing,
}

enum Stands {
    Nothing,
    Another,
    TheFile,
}

impl Part {
    pub(super) fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.file.write_all(block)
    }

    pub(super) fn failed(&self, what: &'static str, source: io::Error) -> RestoreError {
        RestoreError::Target { what, path: self.path.clone(), source }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_placed
            && let Err(error) = unlinkat(&self.folder, &self.name, AtFlags::empty())
        {
            tracing::debug!(part = %self.path.display(), %error, "a temporary stays");
        }
    }
}

/// Whether a name is still this file's.
fn stands_as(folder: &File, name: &str, file: &File) -> Result<bool, Errno> {
    let (own, there) = (fstat(file)?, statat(folder, name, AtFlags::SYMLINK_NOFOLLOW));
    Ok(there.is_ok_and(|there| there.st_ino == own.st_ino && there.st_dev == own.st_dev))
}

fn rename_new(from: &File, name: &str, to: &File, new: &str) -> Result<(), Errno> {
    match renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        // File systems without the flag: a link refuses a name that is taken, too.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            linkat(from, name, to, new, AtFlags::empty())?;
            unlinkat(from, name, AtFlags::empty())
        }
        result => result,
    }
}
