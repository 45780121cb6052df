//! Where a folder that lists itself stands: on a bare path, or in a destination through the port.
//!
//! Nothing is ever written here, no link is followed, and no path leads out of the folder.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kilat_core::{ObjectKey, ReadBack};
use kilat_objects::{DeviceReader, ObjectStore, StoreError};
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use crate::hash::Hashers;
use crate::{FileHash, RelPath};

/// Why a place cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Nothing has that name.
    #[error("it is not there")]
    Missing,
    /// A link, a folder or a device has that name.
    #[error("it is no plain file")]
    NotAFile,
    /// No storage can hold that name.
    #[error("no destination can hold that name")]
    Unnamable,
    /// The system's.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The destination's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PlaceError {
    /// Whether the whole place is away, and not one file of it.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Missing | Self::NotAFile | Self::Unnamable => false,
            // A device that was pulled out.
            Self::Io(error) => matches!(error.raw_os_error(), Some(6 | 19 | 107 | 112 | 116)),
            Self::Store(error) => matches!(
                error,
                StoreError::Gone { .. }
                    | StoreError::Unreachable { .. }
                    | StoreError::Credentials { .. }
                    | StoreError::ClockSkew { .. }
                    | StoreError::HostKey { .. }
                    | StoreError::Unusable { .. }
            ),
        }
    }
}

/// How a file differs from what is listed.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// Of another length.
    #[error("it has {found} bytes instead of {listed}")]
    Size {
        /// As it is.
        found: u64,
        /// As it should be.
        listed: u64,
    },
    /// Other bytes of the same length.
    #[error("its bytes are not those that were listed")]
    Bytes,
    /// It cannot be read.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// What stands in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(RelPath, u64),
    /// What no manifest can list: a link, a device, a name that is no text.
    Odd(String),
}

/// A folder that lists itself. All calls block.
pub trait Place: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> String;

    /// Opens a file.
    ///
    /// # Errors
    /// [`PlaceError::Missing`] when there is none.
    fn open(&self, path: &RelPath) -> Result<Box<dyn Read + Send>, PlaceError>;

    /// Reads a file as its device has it, and compares.
    ///
    /// # Errors
    /// How it differs.
    fn check(&self, path: &RelPath, size_bytes: Option<u64>, hash: &FileHash) -> Result<ReadBack, CheckFault>;

    /// Tells `each` of everything below a folder, in no order, or below the place itself; `each` answers
    /// whether to go on. A folder that is not there has nothing in it.
    ///
    /// # Errors
    /// When it cannot be listed.
    fn list(&self, below: Option<&RelPath>, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), PlaceError>;
}

/// A folder on a bare path: a backup disk, or a copy of one. It needs no mark.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    root: File,
    /// Kept for the next file; more than one at once make their own.
    reader: Mutex<Option<DeviceReader>>,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
// Without waiting for whoever writes into a pipe of that name.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Folder {
    /// # Errors
    /// When it is no folder that may be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let root = File::open(path)?;
        if !root.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: path.to_owned(), root, reader: Mutex::new(None) })
    }

    /// The folder that holds a path, and the path's last name.
    fn around<'a>(&self, path: &'a RelPath) -> Result<(File, &'a str), PlaceError> {
        let mut folder = self.root.try_clone()?;
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                return Ok((folder, segment));
            }
            folder = openat(&folder, segment, FOLDER, Mode::empty()).map_err(missing)?.into();
        }
        Err(PlaceError::Missing)
    }

    fn file(&self, path: &RelPath) -> Result<File, PlaceError> {
        let (folder, name) = self.around(path)?;
        let file = openat(&folder, name, FILE, Mode::empty()).map_err(missing)?;
        if !FileType::from_raw_mode(fstat(&file).map_err(io::Error::from)?.st_mode).is_file() {
            return Err(PlaceError::NotAFile);
        }
        Ok(file.into())
    }

    fn folder(&self, path: Option<&RelPath>) -> Result<File, PlaceError> {
        let Some(path) = path else {
            return Ok(openat(&self.root, ".", FOLDER, Mode::empty()).map_err(missing)?.into());
        };
        let (folder, name) = self.around(path)?;
        Ok(openat(&folder, name, FOLDER, Mode::empty()).map_err(missing)?.into())
    }
}

fn missing(error: Errno) -> PlaceError {
    match error {
        Errno::NOENT => PlaceError::Missing,
        Errno::NOTDIR | Errno::LOOP | Errno::NXIO => PlaceError::NotAFile,
        error => PlaceError::Io(error.into()),
    }
}

impl Place for Folder {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn open(&self, path: &RelPath) -> Result<Box<dyn Read + Send>, PlaceError> {
        Ok(Box::new(self.file(path)?))
    }

    fn check(&self, path: &RelPath, size_bytes: Option<u64>, hash: &FileHash) -> Result<ReadBack, CheckFault> {
        let file = self.file(path)?;
        let found = file.metadata().map_err(PlaceError::Io)?.len();
        if let Some(listed) = size_bytes
            && listed != found
        {
            return Err(CheckFault::Size { found, listed });
        }
        let kept = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut reader = match kept {
            Some(reader) => reader,
            None => DeviceReader::new().map_err(PlaceError::Io)?,
        };
        let mut hashers = Hashers::new(&[hash.format()]);
        let read_back = reader.read(&file, &mut |block| hashers.update(block)).map_err(PlaceError::Io)?;
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
        if hashers.finish().contains(hash) { Ok(read_back) } else { Err(CheckFault::Bytes) }
    }

    fn list(&self, below: Option<&RelPath>, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), PlaceError> {
        let mut folders = vec![below.cloned()];
        while let Some(path) = folders.pop() {
            let folder = match self.folder(path.as_ref()) {
                Err(PlaceError::Missing) => continue,
                folder => folder?,
            };
            for entry in Dir::read_from(&folder).map_err(io::Error::from)? {
                let entry = entry.map_err(io::Error::from)?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let within =
                    |name: &str| path.as_ref().map_or_else(|| name.to_owned(), |path| format!("{path}/{name}"));
                let full = name.to_str().ok().and_then(|name| within(name).parse::<RelPath>().ok());
                let stat = rustix::fs::statat(&folder, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(io::Error::from)?;
                let kind = FileType::from_raw_mode(stat.st_mode);
                let found = match full {
                    Some(full) if kind.is_dir() => {
                        folders.push(Some(full));
                        continue;
                    }
                    Some(full) if kind.is_file() => Found::File(full, u64::try_from(stat.st_size).unwrap_or(0)),
                    Some(_) | None => Found::Odd(within(&name.to_string_lossy())),
                };
                if each(found).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A folder at a destination, through the port.
pub struct Stored {
    store: Arc<dyn ObjectStore>,
    folder: ObjectKey,
    name: String,
}

impl Stored {
    /// The event's folder at a destination that people call `name`.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, folder: ObjectKey, name: String) -> Self {
        Self { store, folder, name }
    }

    fn key(&self, path: &RelPath) -> Result<ObjectKey, PlaceError> {
        path.key_below(&self.folder).ok_or(PlaceError::Unnamable)
    }

    /// Tells an object that is not there from a place that is not.
    fn look(&self, key: &ObjectKey) -> Result<u64, PlaceError> {
        self.store.look(key)?.ok_or(PlaceError::Missing)
    }
}

impl Place for Stored {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn open(&self, path: &RelPath) -> Result<Box<dyn Read + Send>, PlaceError> {
        let key = self.key(path)?;
        match self.store.open(&key) {
            Ok(file) => Ok(file),
            Err(_why) => {
                self.look(&key)?;
                // It is there: written since it was asked for, or not readable, which is told now.
                Ok(self.store.open(&key)?)
            }
        }
    }

    fn check(&self, path: &RelPath, size_bytes: Option<u64>, hash: &FileHash) -> Result<ReadBack, CheckFault> {
        let key = self.key(path)?;
        let found = self.look(&key)?;
        if let Some(listed) = size_bytes
            && listed != found
        {
            return Err(CheckFault::Size { found, listed });
        }
        if let FileHash::Xxh128(proof) = hash {
            return match self.store.verify(&key, found, *proof) {
                Ok(read_back) => Ok(read_back),
                Err(StoreError::Corrupt { .. }) => Err(CheckFault::Bytes),
                Err(error) => Err(PlaceError::Store(error).into()),
            };
        }
        let mut file = self.store.open(&key).map_err(PlaceError::Store)?;
        let mut hashers = Hashers::new(&[hash.format()]);
        crate::hash::read_all(&mut file, &mut |block| {
            hashers.update(block);
            Ok(())
        })
        .map_err(PlaceError::Io)?;
        if hashers.finish().contains(hash) { Ok(ReadBack::Download) } else { Err(CheckFault::Bytes) }
    }

    fn list(&self, below: Option<&RelPath>, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), PlaceError> {
        let folder = below.map_or_else(|| Ok(self.folder.clone()), |path| self.key(path))?;
        self.store.list(&folder, &mut |entry| match RelPath::of_key(&self.folder, &entry.key) {
            Some(path) => each(Found::File(path, entry.size_bytes)),
            None => each(Found::Odd(entry.key.to_string())),
        })?;
        Ok(())
    }
}
