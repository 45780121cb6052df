//! Bringing listed files back: each from the first place that has it as it was listed.
//!
//! A file is hashed while it is written, fsynced, and then gets its name; nothing is overwritten, nothing
//! stands outside the folder, and no source is written to. A second run skips what is there.

mod target;

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;

use kilat_core::ObjectKey;
use target::Placed;
pub use target::{Room, Target, room};

use crate::hash::{Hashers, read_all};
use crate::place::{Place, PlaceError};
use crate::{FileHash, HashFormat, Listed, RelPath};

/// A place and what it should hold.
pub struct Source {
    /// Where to read.
    pub place: Box<dyn Place>,
    /// The files, by path.
    pub files: BTreeMap<RelPath, Listed>,
}

/// What a source had instead of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The source's name.
    pub source: String,
    /// In words.
    pub why: String,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was written.
    Restored {
        /// Its name below the target.
        to: ObjectKey,
        /// Bytes written.
        size_bytes: u64,
        /// The source's name.
        from: String,
        /// Sources before it that had it damaged.
        damages: Vec<Damage>,
    },
    /// The same bytes stood there.
    WasThere {
        /// Its name below the target.
        to: ObjectKey,
    },
    /// No source has it as it was listed.
    Failed {
        /// What each had.
        damages: Vec<Damage>,
    },
}

/// Hears how a restore goes on, and may end it.
pub trait Progress {
    /// So many bytes more were read or written, perhaps none; answers whether to go on.
    fn bytes(&mut self, more: u64) -> ControlFlow<()>;
    /// A file is done with; answers whether to go on.
    fn file(&mut self, path: &RelPath, outcome: Outcome) -> ControlFlow<()>;
}

/// Why a restore cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder to restore to.
    #[error("{what} {path:?}: {source}")]
    Target {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// More bytes than there is room for.
    #[error("{path:?} has room for {free_bytes} bytes, and {needed_bytes} are to be restored")]
    Full {
        /// The folder.
        path: std::path::PathBuf,
        /// Room.
        free_bytes: u64,
        /// Bytes of the files that do not stand there.
        needed_bytes: u64,
    },
    /// Nobody is left to read from.
    #[error("{place} cannot be read any more: {why}")]
    Away {
        /// The last source that was left.
        place: String,
        /// How that shows.
        why: String,
    },
    /// A thousand files of one name, all others.
    #[error("{0} and its numbered names are all taken by other files")]
    NamesTaken(ObjectKey),
}

/// Restores the files at `paths` below `folder` of the target, in order. One that is ended in the middle of a file
/// leaves nothing of it.
///
/// # Errors
/// When the target fails. What no source has is told by [`Progress::file`].
pub fn restore(
    sources: &[Source],
    paths: &[RelPath],
    target: &Target,
    folder: &ObjectKey,
    progress: &mut dyn Progress,
) -> Result<(), RestoreError> {
    let sizes = paths.iter().map(|path| {
        let size = sources.iter().find_map(|source| source.files.get(path)?.size_bytes);
        (key_of(folder, path), size.unwrap_or_default())
    });
    target.has_room(sizes)?;
    // Asked no more: each question would take until it times out.
    let mut away = vec![false; sources.len()];
    let mut meter = Meter { progress, is_over: false };
    for path in paths {
        let outcome = one((sources, &mut away), path, target, &key_of(folder, path), &mut meter)?;
        let Some(outcome) = outcome else { break };
        if meter.progress.file(path, outcome).is_break() {
            break;
        }
    }
    target.finish()
}

/// A name that storage can hold: what a stranger's manifest lists otherwise is renamed, not left out.
fn key_of(folder: &ObjectKey, path: &RelPath) -> ObjectKey {
    ObjectKey::from_names(folder.segments().chain(path.segments()))
}

/// Tells of bytes, and remembers that no more are wanted.
struct Meter<'a> {
    progress: &'a mut dyn Progress,
    is_over: bool,
}

impl Meter<'_> {
    /// # Errors
    /// When no more are wanted: reading ends there.
    fn bytes(&mut self, more: u64) -> io::Result<()> {
        if self.progress.bytes(more).is_break() {
            self.is_over = true;
            return Err(io::Error::other("it was ended"));
        }
        Ok(())
    }
}

/// What counts as the file.
struct Wanted {
    hashes: Vec<FileHash>,
    formats: Vec<HashFormat>,
    sizes: Vec<u64>,
}

impl Wanted {
    fn of(sources: &[Source], path: &RelPath) -> Self {
        let listed: Vec<&Listed> = sources.iter().filter_map(|source| source.files.get(path)).collect();
        let mut formats: Vec<HashFormat> = listed.iter().map(|listed| listed.hash.format()).collect();
        formats.sort();
        formats.dedup();
        let hashes = listed.iter().map(|listed| listed.hash.clone()).collect();
        let sizes = listed.iter().filter_map(|listed| listed.size_bytes).collect();
        Self { hashes, formats, sizes }
    }

    fn may_have(&self, size_bytes: u64) -> bool {
        self.sizes.is_empty() || self.sizes.contains(&size_bytes)
    }

    fn is(&self, hashes: &[FileHash]) -> bool {
        hashes.iter().any(|hash| self.hashes.contains(hash))
    }
}

/// What became of a file; none when it was ended before that was known.
fn one(
    (sources, away): (&[Source], &mut [bool]),
    path: &RelPath,
    target: &Target,
    key: &ObjectKey,
    meter: &mut Meter<'_>,
) -> Result<Option<Outcome>, RestoreError> {
    let wanted = Wanted::of(sources, path);
    let there = target.find(key, &mut |file, size_bytes| {
        if !wanted.may_have(size_bytes) {
            return Ok(false);
        }
        let mut hashers = Hashers::new(&wanted.formats);
        read_all(file, &mut |block| {
            hashers.update(block);
            meter.bytes(0)
        })?;
        let is_same = wanted.is(&hashers.finish());
        if is_same {
            meter.bytes(size_bytes)?;
        }
        Ok(is_same)
    })?;
    if meter.is_over {
        return Ok(None);
    }
    if let Some(to) = there {
        return Ok(Some(Outcome::WasThere { to }));
    }
    let mut damages = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let Some(listed) = source.files.get(path).filter(|_| !away[at]) else { continue };
        let copied = copy(source, path, &wanted, target, meter)?;
        if meter.is_over {
            return Ok(None);
        }
        let why = match copied {
            Ok((part, size_bytes)) => {
                let Placed { to } = target.place(part, key, listed.modified_at)?;
                return Ok(Some(Outcome::Restored { to, size_bytes, from: source.place.name(), damages }));
            }
            Err(why) => why,
        };
        if let Fault::Place(error) = &why
            && error.is_away()
        {
            away[at] = true;
            if away.iter().all(|is_away| *is_away) {
                return Err(RestoreError::Away { place: source.place.name(), why: why.to_string() });
            }
        }
        damages.push(Damage { source: source.place.name(), why: why.to_string() });
    }
    Ok(Some(Outcome::Failed { damages }))
}

/// Why a source does not have a file as it was listed.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("it has {found} bytes instead of {listed}")]
    Size { found: u64, listed: u64 },
    #[error("its bytes are not those that were listed")]
    Bytes,
}

/// A temporary with the file's bytes, or why this source has none.
fn copy(
    source: &Source,
    path: &RelPath,
    wanted: &Wanted,
    target: &Target,
    meter: &mut Meter<'_>,
) -> Result<Result<(target::Part, u64), Fault>, RestoreError> {
    let mut file = match source.place.open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error.into())),
    };
    let mut part = target.part()?;
    let mut hashers = Hashers::new(&wanted.formats);
    let mut failed = None;
    let read = read_all(file.as_mut(), &mut |block| {
        hashers.update(block);
        meter.bytes(block.len() as u64)?;
        part.write(block).map_err(|error| {
            let kind = error.kind();
            failed = Some(error);
            kind.into()
        })
    });
    if let Some(error) = failed {
        return Err(part.failed("write", error));
    }
    let size_bytes = match read {
        Ok(size_bytes) => size_bytes,
        Err(error) => return Ok(Err(PlaceError::Io(error).into())),
    };
    if !wanted.may_have(size_bytes) {
        let listed = wanted.sizes.first().copied().unwrap_or_default();
        return Ok(Err(Fault::Size { found: size_bytes, listed }));
    }
    if !wanted.is(&hashers.finish()) {
        return Ok(Err(Fault::Bytes));
    }
    Ok(Ok((part, size_bytes)))
}
