//! Reading photos back: to nothing, or into files.
//!
//! Invariants: one piece of one photo is in memory at a time; a restored file stands under its name only
//! when it is whole, compared and durable, and never in the place of another.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kilat_core::ObjectKey;
use kilat_objects::{Hashed, Hashing, hash_file, rename_new, sync_folder};
use rustic_core::repofile::Node;
use rustic_core::{DataId, FileType};
use rustix::io::Errno;

use super::held::{Photos, Snapshots, content_of, is_photo, path_of, proof_of};
use super::indexed::Indexed;
use super::place::{Place, fault};
use super::repository::judge;
use crate::lines::{AnswerLine, DoneLine, FaultKind, FaultLine, From, PhotoLine, PhotoOutcome};
use crate::worker::Told;

/// Reads a photo back and compares it with what the journal knows.
pub(crate) fn prove(place: &Place, repository: &Indexed, node: &Node, photo: &PhotoLine) -> Result<(), FaultLine> {
    let hashed = read(place, repository, node, &mut io::sink(), Path::new("nothing"))?;
    let is_same = hashed.size_bytes == photo.size_bytes && hashed.proof == photo.proof;
    if is_same { Ok(()) } else { Err(corrupt(photo.key.as_str())) }
}

/// The file that a piece of a photo is in, for the remedy.
fn broken(place: &Place, repository: &Indexed, node: &Node, id: &DataId) -> FaultLine {
    let pack = repository.pack_of(id).map(|pack| place.path(FileType::Pack, &pack));
    let name = node.name();
    match pack {
        Some(pack) => FaultLine::new(FaultKind::Corrupt, format!("{name:?} is damaged in {pack:?}")),
        None => FaultLine::new(FaultKind::Corrupt, format!("a piece of {name:?} is in no file of the repository")),
    }
}

fn corrupt(key: &str) -> FaultLine {
    FaultLine::new(FaultKind::Corrupt, format!("the repository gave back other bytes of {key:?} than were stored"))
}

fn read(
    place: &Place,
    repository: &Indexed,
    node: &Node,
    out: &mut dyn Write,
    path: &Path,
) -> Result<Hashed, FaultLine> {
    let mut hashing = Hashing::default();
    for id in node.content.iter().flatten() {
        let bytes = repository.piece(place, id).map_err(|fault| {
            // The seal of a pack is broken, or no index names it.
            if fault.what == FaultKind::Damaged { broken(place, repository, node, id) } else { fault }
        })?;
        hashing.update(&bytes);
        out.write_all(&bytes).map_err(|error| fault("write", path, &error))?;
    }
    Ok(hashing.hashed())
}

/// Reads the event's photos back, one answer each.
pub(crate) fn verify(
    place: &Place,
    repository: &Indexed,
    folder: &str,
    photos: &[PhotoLine],
    told: &Told,
) -> Result<DoneLine, FaultLine> {
    let held = Snapshots::of_folder(place, repository, folder)?.photos(place, repository)?;
    verify_in(place, repository, &held, photos, told)?;
    Ok(DoneLine::default())
}

/// The same of photos that are known.
pub(crate) fn verify_in(
    place: &Place,
    repository: &Indexed,
    held: &Photos,
    photos: &[PhotoLine],
    told: &Told,
) -> Result<(), FaultLine> {
    for photo in photos {
        let key = photo.key.as_str();
        let outcome = match held.get(&path_of(key)) {
            None => Err(FaultLine::new(FaultKind::Missing, format!("no snapshot of the event holds {key:?}"))),
            Some(node) if !is_photo(node, photo) => Err(corrupt(key)),
            Some(node) => prove(place, repository, node, photo),
        };
        let outcome = match outcome {
            Ok(()) => PhotoOutcome::Proven,
            Err(fault) if is_of_the_place(fault.what) => return Err(fault),
            Err(fault) => PhotoOutcome::Failed(fault),
        };
        told.tell(&AnswerLine::Photo { key: key.to_owned(), outcome })?;
    }
    Ok(())
}

fn is_of_the_place(what: FaultKind) -> bool {
    matches!(what, FaultKind::Full | FaultKind::ReadOnly | FaultKind::Denied)
}

/// Writes photos into a folder: those that were asked for, or all.
pub(crate) fn restore(
    place: &Place,
    repository: &Indexed,
    from: &From,
    dest: &Path,
    photos: &[PhotoLine],
    told: &Told,
) -> Result<DoneLine, FaultLine> {
    let held = find(place, repository, from)?;
    let wanted: Vec<(ObjectKey, Option<&PhotoLine>, Option<&Node>)> = if photos.is_empty() {
        held.iter().map(|(path, node)| (key_of(path), None, Some(node))).collect()
    } else {
        photos.iter().map(|photo| (photo.key.clone(), Some(photo), held.get(&path_of(photo.key.as_str())))).collect()
    };
    let mut folders = BTreeSet::new();
    for (key, photo, node) in wanted {
        let restored = match node {
            None => Err(FaultLine::new(FaultKind::Missing, format!("no snapshot holds {key:?}"))),
            Some(node) => restore_one(place, repository, (&key, node, photo), dest, &mut folders),
        };
        let outcome = match restored {
            Ok(hashed) => {
                PhotoOutcome::Restored { size_bytes: hashed.size_bytes, proof: hashed.proof, content: hashed.content }
            }
            Err(fault) if is_of_the_place(fault.what) => return Err(fault),
            Err(fault) => PhotoOutcome::Failed(fault),
        };
        told.tell(&AnswerLine::Photo { key: key.as_str().to_owned(), outcome })?;
    }
    for folder in folders {
        sync_folder(&folder).map_err(|error| fault("sync", &folder, &error))?;
    }
    Ok(DoneLine::default())
}

fn find(place: &Place, repository: &Indexed, from: &From) -> Result<Photos, FaultLine> {
    match from {
        From::Folder(folder) => Snapshots::of_folder(place, repository, folder)?.photos(place, repository),
        From::Snapshot(id) => {
            let found = repository.library.get_snapshots(&[id]).map_err(|error| judge(place, &error))?;
            let Some(snapshot) = found.first() else {
                return Err(FaultLine::new(FaultKind::Missing, format!("there is no snapshot {id:?}")));
            };
            repository.files_of(place, snapshot)
        }
    }
}

/// A name that this place can hold: a repository may be anybody's.
fn key_of(path: &Path) -> ObjectKey {
    let names: Vec<_> = path.iter().skip(1).map(|name| name.to_string_lossy().into_owned()).collect();
    ObjectKey::from_names(names.iter().map(String::as_str))
}

fn restore_one(
    place: &Place,
    repository: &Indexed,
    (key, node, photo): (&ObjectKey, &Node, Option<&PhotoLine>),
    dest: &Path,
    folders: &mut BTreeSet<PathBuf>,
) -> Result<Hashed, FaultLine> {
    let out = key.segments().fold(dest.to_owned(), |path, segment| path.join(segment));
    let folder = out.parent().unwrap_or(dest);
    fs::create_dir_all(folder).map_err(|error| fault("make", folder, &error))?;
    folders.extend(folder.ancestors().take_while(|outer| outer.starts_with(dest)).map(Path::to_owned));
    let part = folder.join(format!(".kilat-{}.part", kilat_objects::short_hash(key.as_str().as_bytes(), 16)));
    let written = write(place, repository, node, &part).and_then(|hashed| {
        let expected =
            (photo.map(|photo| photo.proof).or_else(|| proof_of(node)), photo.and_then(|photo| photo.content));
        let is_same = expected.0.is_none_or(|proof| proof == hashed.proof)
            && expected.1.or_else(|| content_of(node)).is_none_or(|content| content == hashed.content)
            && hashed.size_bytes == node.meta.size;
        if !is_same {
            return Err(corrupt(key.as_str()));
        }
        match rename_new(&part, &out) {
            Ok(()) => Ok(hashed),
            Err(Errno::EXIST) => already_there(&out, hashed),
            Err(error) => Err(fault("name", &out, &error.into())),
        }
    });
    match fs::remove_file(&part) {
        // It has its name by now.
        Ok(()) | Err(_) => written,
    }
}

/// Writes one photo into a file that is the caller's alone.
pub(crate) fn fetch(place: &Place, repository: &Indexed, node: &Node, into: &Path) -> Result<Hashed, FaultLine> {
    let mut file = File::create(into).map_err(|error| fault("make", into, &error))?;
    let hashed = read(place, repository, node, &mut file, into)?;
    let is_same = hashed.size_bytes == node.meta.size && proof_of(node).is_none_or(|proof| proof == hashed.proof);
    if is_same { Ok(hashed) } else { Err(corrupt(&node.name().to_string_lossy())) }
}

fn already_there(out: &Path, hashed: Hashed) -> Result<Hashed, FaultLine> {
    let found = File::open(out).and_then(|file| hash_file(&file)).map_err(|error| fault("read", out, &error))?;
    if found == hashed {
        return Ok(hashed);
    }
    Err(FaultLine::new(FaultKind::Io, format!("another file stands at {out:?}: nothing is overwritten")))
}

fn write(place: &Place, repository: &Indexed, node: &Node, part: &Path) -> Result<Hashed, FaultLine> {
    let mut file = File::create(part).map_err(|error| fault("make", part, &error))?;
    let hashed = read(place, repository, node, &mut file, part)?;
    if let Some(at) = node.meta.mtime {
        file.set_modified(at.into()).map_err(|error| fault("date", part, &error))?;
    }
    file.sync_all().map_err(|error| fault("sync", part, &error))?;
    Ok(hashed)
}
