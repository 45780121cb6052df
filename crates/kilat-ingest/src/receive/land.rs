//! A file that came whole gets its name, and becomes a photo.
//!
//! Order of things: bytes durable, name durable, journal. A process that dies before the journal leaves a named file
//! that the next start takes up; one that dies before the name leaves a part that nobody was answered for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use kilat_core::{FileStamp, PhotoKind, safe_segment, today};
use kilat_media::metadata;
use kilat_media::structure::{Completeness, completeness};
use kilat_objects::{rename_new, stamp_of_open, sync_folder};
use rustix::io::Errno;

use super::cut::{self, Cut, begins_with};
use super::error::IntakeError;
use super::intake::{Inner, Offer};
use super::part::Receiving;
use crate::intake::{Content, beside, folders};
use crate::noise::kind_of;
use crate::stats::count;

/// The folder of what is no photo, beside the days.
pub(super) const OTHER: &str = "other";
/// Names tried before one that is free by construction.
const MAX_NUMBERS_TRIED: u32 = 1_000;

/// What became of a part on the disk.
pub(super) enum Landed {
    Photo(Box<LandedPhoto>),
    Cut(Box<LandedCut>),
    /// The beginning of what is here whole: its connection was slower to end than its re-send to come.
    Late {
        lacks: &'static str,
        size_bytes: u64,
    },
    Aside,
    Empty,
}

/// What is kept of a file that was cut off.
pub(super) struct LandedCut {
    pub(super) offer: Offer,
    pub(super) lacks: &'static str,
    /// How much came this time.
    pub(super) size_bytes: u64,
    /// Below the root.
    pub(super) path: PathBuf,
    pub(super) stamp: FileStamp,
    pub(super) kind: PhotoKind,
}

/// A durable file that is no photo of the journal yet.
pub(super) struct LandedPhoto {
    pub(super) offer: Offer,
    /// Below the root.
    pub(super) path: PathBuf,
    pub(super) stamp: FileStamp,
    pub(super) kind: PhotoKind,
    pub(super) content: Content,
    /// What it is the whole of.
    pub(super) cuts: Vec<Cut>,
}

/// Judges a part and names it. Blocks on the disk.
pub(super) fn land(part: Receiving) -> Result<Landed, IntakeError> {
    if part.size_bytes() == 0 {
        count(&part.inner.stats.empty);
        return Ok(Landed::Empty);
    }
    if !part.is_as_announced() {
        return Err(IntakeError::Differs);
    }
    let name = safe_segment(&part.offer.name);
    let failed = |part: &Receiving, error| IntakeError::io(&part.path, error, &part.inner);
    if let Some(written) = part.offer.written
        && let Err(error) = part.file.set_modified(written)
    {
        // A time that no file has is its sender's mistake, not the photo's.
        tracing::debug!(%error, "when a file was written could not be kept");
    }
    part.file.sync_all().map_err(|error| failed(&part, error))?;
    let Some(kind) = kind_of(Path::new(&name)).filter(|_| !is_noise(&part.offer.name)) else {
        count(&part.inner.stats.noise);
        if part.is_unbroken() {
            name_it(part, OTHER, &name)?;
        }
        return Ok(Landed::Aside);
    };
    let shape = completeness(&part.file, part.size_bytes(), kind, Path::new(&name));
    match shape.map_err(|error| failed(&part, error))? {
        Completeness::Whole if part.is_through() => {}
        Completeness::Unknown if part.is_unbroken() => {}
        Completeness::Whole | Completeness::Unknown => {
            return keep_cut(part, "the end that its sender announced", kind);
        }
        Completeness::CutOff(lacks) => return keep_cut(part, lacks, kind),
    }
    let hashed = part.hashed();
    let meta = part.file.metadata().map_err(|error| failed(&part, error))?;
    let about = metadata::read(&part.file, meta.len());
    let (inner, offer) = (std::sync::Arc::clone(&part.inner), part.offer.clone());
    let day = today(inner.now()).to_string();
    let (path, stamp) = name_it(part, &day, &name)?;
    let whole = inner.root.join(&path);
    let about = beside(&whole, kind, about);
    let folder = folders(&about, &meta);
    let is_part = |cut: &Cut| begins_with(&whole, &inner.root.join(&cut.path)).unwrap_or(false);
    let cuts = inner.cuts.named(&offer.name).into_iter().filter(is_part).collect();
    let content = Content { hashed, about, folder };
    Ok(Landed::Photo(Box::new(LandedPhoto { offer, path, stamp, kind, content, cuts })))
}

/// Hidden and temporary names, which a safe name does not tell any more.
fn is_noise(name: &str) -> bool {
    name.rsplit(['/', '\\']).next().unwrap_or(name).starts_with(['.', '~'])
}

/// Gives a part a free name in a folder of its sender; answers where it stands below the root.
fn name_it(mut part: Receiving, folder: &str, name: &str) -> Result<(PathBuf, FileStamp), IntakeError> {
    let via = &part.offer.via;
    let inner = std::sync::Arc::clone(&part.inner);
    let folder: PathBuf = [via.camera.as_str(), via.way.as_str(), folder].iter().collect();
    make_folder(&inner, &folder)?;
    let mut path = folder.join(name);
    for number in 2..MAX_NUMBERS_TRIED {
        match rename_new(&part.path, &inner.root.join(&path)) {
            Ok(()) => return named(&mut part, &inner, path),
            Err(Errno::EXIST) => path = folder.join(numbered(name, &number.to_string())),
            Err(error) => return Err(IntakeError::io(&inner.root.join(&path), error.into(), &inner)),
        }
    }
    // A thousand of one name in a day: an id is free by construction.
    path = folder.join(numbered(name, inner.ids.arrival().as_str()));
    rename_new(&part.path, &inner.root.join(&path)).map_err(|error| IntakeError::io(&path, error.into(), &inner))?;
    named(&mut part, &inner, path)
}

fn named(part: &mut Receiving, inner: &Inner, path: PathBuf) -> Result<(PathBuf, FileStamp), IntakeError> {
    part.landed();
    let whole = inner.root.join(&path);
    let durable = || -> io::Result<FileStamp> {
        sync_folder(whole.parent().unwrap_or(&inner.root))?;
        stamp_of_open(&part.file)
    };
    let stamp = durable().map_err(|error| IntakeError::io(&whole, error, inner))?;
    Ok((path, stamp))
}

/// `DSC_0001.JPG` as the 2nd is `DSC_0001 (2).JPG`.
fn numbered(name: &str, number: &str) -> String {
    match name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, ext)) => format!("{stem} ({number}).{ext}"),
        None => format!("{name} ({number})"),
    }
}

/// Makes a folder below the root, each level durable.
fn make_folder(inner: &Inner, folder: &Path) -> Result<(), IntakeError> {
    let mut path = inner.root.to_path_buf();
    for level in folder {
        let above = path.clone();
        path.push(level);
        match std::fs::create_dir(&path) {
            Ok(()) => sync_folder(&above).map_err(|error| IntakeError::io(&above, error, inner))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(IntakeError::io(&path, error, inner)),
        }
    }
    Ok(())
}

/// Whether a file that this sender sent today begins with all of `part`, under its name or that name with a number.
fn whole_stands(inner: &Inner, offer: &Offer, part: &Path) -> bool {
    let day = today(inner.now()).to_string();
    let folder: PathBuf = [offer.via.camera.as_str(), offer.via.way.as_str(), &day].iter().collect();
    let folder = inner.root.join(folder);
    let key = cut::key(Path::new(&safe_segment(&offer.name)));
    // A folder that is not there, or cannot be listed, tells of no whole: then what came is kept.
    let Ok(entries) = std::fs::read_dir(&folder) else { return false };
    let names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
    names
        .filter(|name| cut::key(Path::new(name)) == key)
        .any(|name| begins_with(&folder.join(name), part).unwrap_or(false))
}

/// Keeps what came of a file: the longest of one beginning, and all of those that differ.
fn keep_cut(mut part: Receiving, lacks: &'static str, kind: PhotoKind) -> Result<Landed, IntakeError> {
    let inner = std::sync::Arc::clone(&part.inner);
    let offer = part.offer.clone();
    let size_bytes = part.size_bytes();
    let place = cut::place_of(&offer.via, &offer.name);
    if whole_stands(&inner, &offer, &part.path) {
        return Ok(Landed::Late { lacks, size_bytes });
    }
    let folder = place.parent().unwrap_or(Path::new(""));
    make_folder(&inner, folder)?;
    // Two that are cut off at once could each take the other for the shorter one.
    let _one_at_a_time = inner.cuts.keeping();
    let failed = |path: &Path, error: io::Error| IntakeError::io(path, error, &inner);
    let mut path = place.clone();
    let mut number = 2;
    loop {
        let whole = inner.root.join(&path);
        match rename_new(&part.path, &whole) {
            Ok(()) => break,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(&whole, error.into())),
        }
        if begins_with(&part.path, &whole).map_err(|error| failed(&whole, error))? {
            std::fs::rename(&part.path, &whole).map_err(|error| failed(&whole, error))?;
            break;
        }
        if begins_with(&whole, &part.path).map_err(|error| failed(&whole, error))? {
            // More of it is here already.
            let stamp = File::open(&whole).and_then(|file| stamp_of_open(&file));
            let stamp = stamp.map_err(|error| failed(&whole, error))?;
            return Ok(Landed::Cut(Box::new(LandedCut { offer, lacks, size_bytes, path, stamp, kind })));
        }
        path = folder.join(numbered(&safe_segment(&offer.name), &number.to_string()));
        number += 1;
        if number > MAX_NUMBERS_TRIED {
            path = folder.join(numbered(&safe_segment(&offer.name), inner.ids.arrival().as_str()));
        }
    }
    let (path, stamp) = named(&mut part, &inner, path)?;
    let cut = Cut { path: path.clone(), size_bytes };
    inner.cuts.add(cut.clone());
    // Its whole may have come since the look above, and found nothing to take the place of. It looks after it is named,
    // and this after it is kept: one of both sees the other.
    let whole = inner.root.join(&path);
    if whole_stands(&inner, &offer, &whole) {
        inner.cuts.delete_held(&inner.root, &cut).map_err(|error| failed(&whole, error))?;
        return Ok(Landed::Late { lacks, size_bytes });
    }
    Ok(Landed::Cut(Box::new(LandedCut { offer, lacks, size_bytes, path, stamp, kind })))
}
