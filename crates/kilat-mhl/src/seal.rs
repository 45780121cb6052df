//! Adding a generation to a folder at a destination: its manifest first, then the chain that names it.
//!
//! Manifests are never changed or replaced, only the chain is. Whoever dies between the two leaves a whole
//! manifest that the next one chains. Two at once end with both in the chain: each lists the folder again
//! after it wrote the chain, and is done only when the chain names everything that Kilat wrote there.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{Class, Classify, ObjectKey, OsFault};
use kilat_objects::{Item, ObjectStore, StoreError, Watch, hash_file, stamp_of_open};

use crate::chain::{self, CHAIN, EXTENSION, FOLDER, Link, manifest_name};
use crate::history::{self, HistoryError, ReadChain};
use crate::place::{Place, PlaceError, Stored};
use crate::writer::{TOOL, generation_name};
use crate::{About, C4Id, FileEntry, ManifestWriter, RelPath, WriteError, manifest};

/// Times that the chain is written before others are said to be in the way.
const MAX_ROUNDS: u32 = 32;

/// A generation that a chain names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedGeneration {
    /// Its manifest.
    pub key: ObjectKey,
    /// Its number.
    pub number: u32,
    /// Of its bytes: whoever keeps it elsewhere can tell later that the newest generation is still there.
    pub c4: C4Id,
    /// How many files it lists.
    pub files: u64,
    /// The chain was damaged or missing, and was made again from the manifests: why.
    pub mended: Option<String>,
}

/// Why a generation was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The list itself.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The scratch folder.
    #[error("write the manifest's draft {path:?}: {source}")]
    Scratch {
        /// The draft.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The destination.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The manifests that are there already.
    #[error("the manifests at the destination cannot be read: {0}")]
    History(HistoryError),
    /// The event's name and this key are longer than storage holds.
    #[error("{0} has too long a name for manifests below it")]
    TooLong(ObjectKey),
    /// Others write the chain all the time.
    #[error("other programs write the manifests of {0} at the same time")]
    Busy(ObjectKey),
}

impl Classify for SealError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Scratch { source, .. } | Self::Write(WriteError::Io(source)) => match OsFault::of(source) {
                OsFault::Full | OsFault::ReadOnly | OsFault::Denied | OsFault::Gone => Class::NeedsOperator,
                OsFault::Other => Class::Retry { after: None },
            },
            Self::History(HistoryError::Place(PlaceError::Store(error))) => error.class(),
            Self::History(_) | Self::Busy(_) => Class::Retry { after: None },
            Self::Write(WriteError::Twice(_)) | Self::TooLong(_) => Class::GiveUp,
        }
    }
}

/// A generation as it is put together, in a local file.
#[derive(Debug)]
pub struct Draft {
    writer: ManifestWriter<BufWriter<File>>,
    file: DraftFile,
    about: About,
    part: String,
}

/// Removed when it is done with.
#[derive(Debug)]
struct DraftFile(PathBuf);

impl Drop for DraftFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::debug!(file = %self.0.display(), %error, "a manifest's draft stays");
        }
    }
}

impl Draft {
    /// Begins a generation in `scratch`, a local folder; `part` is unique to it, as for [`Item::part`].
    ///
    /// # Errors
    /// [`SealError::Scratch`].
    pub fn begin(scratch: &Path, part: &str, about: About) -> Result<Self, SealError> {
        let path = scratch.join(format!("{part}.{EXTENSION}"));
        let failed = |source| SealError::Scratch { path: path.clone(), source };
        // Read again when it is sealed, through the same handle.
        let opened = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = DraftFile(path.clone());
        let writer = opened.and_then(|out| ManifestWriter::begin(BufWriter::new(out), &about)).map_err(failed)?;
        Ok(Self { writer, file, about, part: part.to_owned() })
    }

    /// Lists a file. One that no earlier generation lists must be [`crate::Action::Original`].
    ///
    /// # Errors
    /// When it is listed already, or the draft cannot be written.
    pub fn add(&mut self, entry: &FileEntry) -> Result<(), SealError> {
        Ok(self.writer.add(entry)?)
    }

    /// Files so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.writer.files()
    }

    /// Writes the manifest to the destination and names it in the chain. Doing it again after a failure
    /// takes a new draft, and is harmless.
    ///
    /// # Errors
    /// Older generations still stand as they stood.
    pub fn seal(self, store: &Arc<dyn ObjectStore>, folder: &ObjectKey) -> Result<SealedGeneration, SealError> {
        let files = self.writer.files();
        let failed = |source| SealError::Scratch { path: self.file.0.clone(), source };
        let (out, c4) = self.writer.finish().map_err(failed)?;
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        let (stamp, proof) = proof_of(file).map_err(failed)?;

        let place = Stored::new(Arc::clone(store), folder.clone(), folder.to_string());
        let survey = Survey::take(&place)?;
        let name = generation_name(survey.next_number(), folder.name(), self.about.created_at);
        let key = key(folder, &name)?;
        let item = Item { file: &self.file.0, stamp, proof, key: &key, part: &self.part, resume: None };
        let receipt = store.put(&item, &Unwatched)?;
        let name = receipt.key.name().to_owned();
        let number = manifest_name(&name).unwrap_or_default();
        let link = Link { number, name, c4 };
        let is_first = survey.names.is_empty() && survey.chain.links.is_empty();
        let found = chain_up(store.as_ref(), &place, folder, &link)?;
        // The chain of the first generation is not there yet: nothing is damaged.
        let mended = found.filter(|_| !is_first);
        Ok(SealedGeneration { key: receipt.key, number, c4, files, mended: mended.or(survey.damage) })
    }
}

/// Writes one generation at once.
///
/// # Errors
/// As [`Draft::seal`].
pub fn seal(
    store: &Arc<dyn ObjectStore>,
    folder: &ObjectKey,
    entries: impl IntoIterator<Item = FileEntry>,
    mut draft: Draft,
) -> Result<SealedGeneration, SealError> {
    for entry in entries {
        draft.add(&entry)?;
    }
    draft.seal(store, folder)
}

fn proof_of(mut file: File) -> io::Result<(kilat_core::FileStamp, kilat_core::ProofHash)> {
    use std::io::Seek as _;
    file.flush()?;
    file.rewind()?;
    let hashed = hash_file(&file)?;
    Ok((stamp_of_open(&file)?, hashed.proof))
}

fn key(folder: &ObjectKey, name: &str) -> Result<ObjectKey, SealError> {
    let key = folder.below(FOLDER).and_then(|below| below.below(name));
    key.ok_or_else(|| SealError::TooLong(folder.clone()))
}

struct Unwatched;

impl Watch for Unwatched {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// What stands in the folder of the manifests.
struct Survey {
    chain: ReadChain,
    names: Vec<String>,
    damage: Option<String>,
}

impl Survey {
    fn take(place: &dyn Place) -> Result<Self, SealError> {
        let names = history::manifest_names(place).map_err(SealError::History)?;
        let read = history::read_chain(place).map_err(|error| SealError::History(error.into()))?;
        let (chain, damage) = match read {
            Some(Ok(chain)) => (chain, None),
            Some(Err(fault)) => (ReadChain::default(), Some(fault.to_string())),
            None if names.is_empty() => (ReadChain::default(), None),
            None => (ReadChain::default(), Some("it is missing".to_owned())),
        };
        Ok(Self { chain, names, damage })
    }

    fn next_number(&self) -> u32 {
        let chained = self.chain.links.iter().map(|link| link.number);
        let there = self.names.iter().filter_map(|name| manifest_name(name));
        chained.chain(there).max().unwrap_or(0).saturating_add(1)
    }
}

/// Writes the chain until it names `own` and everything else that is whole; answers why it had to be made again.
fn chain_up(
    store: &dyn ObjectStore,
    place: &dyn Place,
    folder: &ObjectKey,
    own: &Link,
) -> Result<Option<String>, SealError> {
    let key = key(folder, CHAIN)?;
    let mut mended = None;
    for _ in 0..MAX_ROUNDS {
        let survey = Survey::take(place)?;
        let mut links = survey.chain.links.clone();
        for name in &survey.names {
            if links.iter().any(|link| link.name == *name) {
                continue;
            }
            if *name == own.name {
                links.push(own.clone());
            } else if let Some(link) = left_behind(place, name)? {
                links.push(link);
            }
        }
        links.sort_by(|a, b| (a.number, &a.name).cmp(&(b.number, &b.name)));
        let is_done = links == survey.chain.links && survey.damage.is_none() && !survey.chain.is_altered;
        mended = mended.or(survey.damage);
        if is_done {
            return Ok(mended);
        }
        store.replace(&key, chain::write(&links).as_bytes())?;
    }
    Err(SealError::Busy(folder.clone()))
}

/// The link of a manifest that Kilat wrote and did not live to chain; none for anything else, which readers report.
fn left_behind(place: &dyn Place, name: &str) -> Result<Option<Link>, SealError> {
    let path: Result<RelPath, _> = format!("{FOLDER}/{name}").parse();
    let (Ok(path), Some(number)) = (path, manifest_name(name)) else { return Ok(None) };
    let file = match place.open(&path) {
        Ok(file) => file,
        Err(error) if error.is_away() => return Err(SealError::History(error.into())),
        Err(error) => {
            tracing::warn!(manifest = name, %error, "a manifest that is not in the chain cannot be read");
            return Ok(None);
        }
    };
    let manifest = manifest::read(file, &mut |_entry| {});
    let is_whole = manifest.fault.is_none() && manifest.header.tool == TOOL;
    Ok(manifest.c4.ok().filter(|_| is_whole).map(|c4| Link { number, name: name.to_owned(), c4 }))
}
