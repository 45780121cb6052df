//! Opening, making and mending the repository; what its errors mean.
//!
//! Invariant: a repository is made only where the caller says that it may be, and only in a folder that
//! holds nothing of one.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use rustic_core::repofile::{IndexFile, KeyId, PackId};
use rustic_core::{
    ConfigOptions, Credentials, ErrorKind, FileType, KeyOptions, OpenStatus, ReadBackend, RepairIndexOptions,
    Repository, RepositoryBackends, RepositoryOptions, RusticError, WriteBackend,
};

use super::lock::{Lock, Strength};
use super::place::{Place, fault};
use crate::lines::{FaultKind, FaultLine};

pub(crate) type Opened = Repository<OpenStatus>;

/// Photos do not get smaller; what describes them does. The fastest level finds that out soonest.
const COMPRESSION: i32 = 1;

/// A repository that was opened or made.
pub(crate) struct Door {
    pub(crate) repository: Opened,
    pub(crate) was_made: bool,
}

pub(crate) fn open(place: &Place, password: &str, may_make: bool) -> Result<Door, FaultLine> {
    let credentials = Credentials::password(password);
    let repository = new(place)?;
    if place.root().join("config").exists() {
        let opened = repository.open(&credentials).map_err(|error| judge_opening(place, &error))?;
        place.make_parts();
        return Ok(Door { repository: opened, was_made: false });
    }
    let is_begun = !place.list(FileType::Pack).map_err(|error| judge(place, &error))?.is_empty();
    if is_begun || !may_make {
        let text = format!("{:?} holds no restic repository (its file `config` is missing)", place.root());
        return Err(FaultLine::new(FaultKind::NoRepository, text));
    }
    forget_keys(place)?;
    let config = ConfigOptions::default().set_compression(COMPRESSION).set_extra_verify(true);
    let keys =
        KeyOptions::default().hostname(super::place::host_name()).username("kilat".to_owned()).with_created(true);
    let made = repository.init(&credentials, &keys, &config).map_err(|error| judge(place, &error))?;
    Ok(Door { repository: made, was_made: true })
}

fn new(place: &Place) -> Result<Repository<()>, FaultLine> {
    let backends = RepositoryBackends::new(Arc::new(place.clone()), None);
    let options = RepositoryOptions::default().no_cache(true);
    Repository::new(&options, &backends).map_err(|error| judge(place, &error))
}

/// Keys of an attempt that died before it wrote `config` open nothing, and one of them might be tried first.
fn forget_keys(place: &Place) -> Result<(), FaultLine> {
    for key in place.list(FileType::Key).map_err(|error| judge(place, &error))? {
        let path = place.path(FileType::Key, &KeyId::from(key));
        fs::remove_file(&path).map_err(|error| fault("remove", &path, &error))?;
    }
    Ok(())
}

/// What an index does not say or says wrongly: packs that a kill left without one, whose pieces are found
/// then and not stored again; and packs that are gone, whose pieces are stored again. Answers how many.
pub(crate) fn mend(place: &Place, repository: &Opened) -> Result<Option<Mended>, FaultLine> {
    let listed = place.list(FileType::Pack).map_err(|error| judge(place, &error))?;
    let mut unnamed: BTreeSet<PackId> = listed.into_iter().map(PackId::from).collect();
    let mut missing = BTreeSet::new();
    let mut named = BTreeSet::new();
    for index in repository.stream_files::<IndexFile>().map_err(|error| judge(place, &error))? {
        let (_, index) = index.map_err(|error| judge(place, &error))?;
        for pack in index.packs.iter().chain(&index.packs_to_delete) {
            // An index may name a pack that another names too.
            if named.insert(pack.id) && !unnamed.remove(&pack.id) {
                missing.insert(pack.id);
            }
        }
    }
    if unnamed.is_empty() && missing.is_empty() {
        return Ok(None);
    }
    // Nobody else may write meanwhile: a pack of theirs that has no index yet is none that was left.
    let Ok(lock) = Lock::take(place, &repository.key(), Strength::Exclusive) else { return Ok(None) };
    let mended = repository.repair_index(&RepairIndexOptions::default(), false);
    drop(lock);
    mended.map_err(|error| judge(place, &error))?;
    Ok(Some(Mended { unnamed: unnamed.len(), missing: missing.len() }))
}

/// What was mended.
pub(crate) struct Mended {
    /// Packs that no index named.
    pub(crate) unnamed: usize,
    /// Packs that are gone.
    pub(crate) missing: usize,
}

/// What an error means: the disk's if the disk was at fault, else the repository's.
pub(crate) fn judge(place: &Place, error: &RusticError) -> FaultLine {
    if let Some(trouble) = place.take_trouble() {
        return trouble;
    }
    FaultLine::new(FaultKind::Damaged, error.display_log())
}

fn judge_opening(place: &Place, error: &RusticError) -> FaultLine {
    if error.is_incorrect_password() {
        let text = format!("the password does not open the repository in {:?}", place.root());
        return FaultLine::new(FaultKind::WrongPassword, text);
    }
    judge(place, error)
}

/// An error of our own for the library.
pub(crate) fn own_error(text: impl Into<String>) -> Box<RusticError> {
    RusticError::new(ErrorKind::Other, text.into())
}

/// Makes what other programs expect of a repository, where a disk lost empty folders.
pub(crate) fn complete(place: &Place) -> Result<(), FaultLine> {
    place.create().map_err(|error| judge(place, &error))
}
