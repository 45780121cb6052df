//! A file that came whole gets its name, and becomes a photo.
//!
//! Order of things: bytes durable, name durable, journal. A process that dies before the journal leaves a named file
//! that the next start takes up; one that dies before the name leaves a part that nobody was answered for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use kilat_core::{
    Arrival, ArrivalFailure, ArrivalStatus, CameraId, Fact, FileStamp, PhotoKind, Via, Way, safe_segment, today,
};
use kilat_journal::{Filed, JournalError};
use kilat_media::metadata;
use kilat_media::structure::{Completeness, completeness};
use kilat_objects::{rename_new, stamp_of_open, sync_folder};
use rustix::io::Errno;

use super::cut::{self, Cut, begins_with};
use super::intake::{Inner, Intake, Offer, Outcome};
use super::part::{IntakeError, Receiving};
use crate::hot_folder::{Found, stamp_of};
use crate::intake::{Content, Reading, filing, folders};
use crate::noise::kind_of;
use crate::stats::count;

/// The folder of what is no photo, beside the days.
const OTHER: &str = "other";
/// Names tried before one that is free by construction.
const MAX_NUMBERS_TRIED: u32 = 1_000;

/// What became of a part on the disk.
pub(super) enum Landed {
    Photo(Box<LandedPhoto>),
    Cut(Box<LandedCut>),
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
    path: PathBuf,
    stamp: FileStamp,
}

/// A durable file that is no photo of the journal yet.
pub(super) struct LandedPhoto {
    offer: Offer,
    /// Below the root.
    path: PathBuf,
    stamp: FileStamp,
    kind: PhotoKind,
    content: Content,
    /// What it is the whole of.
    cuts: Vec<Cut>,
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
    if let Some(written) = part.offer.written {
        part.file.set_modified(written).map_err(|error| failed(&part, error))?;
    }
    part.file.sync_all().map_err(|error| failed(&part, error))?;
    let Some(kind) = kind_of(Path::new(&name)) else {
        count(&part.inner.stats.noise);
        name_it(part, OTHER, &name)?;
        return Ok(Landed::Aside);
    };
    let shape = completeness(&part.file, part.size_bytes(), kind, Path::new(&name));
    match shape.map_err(|error| failed(&part, error))? {
        Completeness::Whole | Completeness::Unknown => {}
        Completeness::CutOff(lacks) => return keep_cut(part, lacks),
    }
    let hashed = part.hashed();
    let meta = part.file.metadata().map_err(|error| failed(&part, error))?;
    let about = metadata::read(&part.file, meta.len());
    let folder = folders(&about, &meta);
    let (inner, offer) = (std::sync::Arc::clone(&part.inner), part.offer.clone());
    let day = today(inner.now()).to_string();
    let (path, stamp) = name_it(part, &day, &name)?;
    let whole = inner.root.join(&path);
    let is_part = |cut: &Cut| begins_with(&whole, &inner.root.join(&cut.path)).unwrap_or(false);
    let cuts = inner.cuts.named(&offer.name).into_iter().filter(is_part).collect();
    let content = Content { hashed, about, folder };
    Ok(Landed::Photo(Box::new(LandedPhoto { offer, path, stamp, kind, content, cuts })))
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

/// Keeps what came of a file: the longest of one beginning, and all of those that differ.
fn keep_cut(mut part: Receiving, lacks: &'static str) -> Result<Landed, IntakeError> {
    let inner = std::sync::Arc::clone(&part.inner);
    let offer = part.offer.clone();
    let size_bytes = part.size_bytes();
    let place = cut::place_of(&offer.via, &offer.name);
    let folder = place.parent().unwrap_or(Path::new(""));
    make_folder(&inner, folder)?;
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
            return Ok(Landed::Cut(Box::new(LandedCut { offer, lacks, size_bytes, path, stamp })));
        }
        path = folder.join(numbered(&safe_segment(&offer.name), &number.to_string()));
        number += 1;
        if number > MAX_NUMBERS_TRIED {
            path = folder.join(numbered(&safe_segment(&offer.name), inner.ids.arrival().as_str()));
        }
    }
    let (path, stamp) = named(&mut part, &inner, path)?;
    inner.cuts.add(Cut { path: path.clone(), size_bytes });
    Ok(Landed::Cut(Box::new(LandedCut { offer, lacks, size_bytes, path, stamp })))
}

impl Inner {
    /// Records what landed. Where the journal or an event is missing, it waits with the files of hot folders.
    pub(super) async fn file(&self, landed: LandedPhoto) -> Outcome {
        let LandedPhoto { offer, path, stamp, kind, content, cuts } = landed;
        let hash = content.hashed.content;
        let found = Found {
            source: self.config.source.clone(),
            root: std::sync::Arc::clone(&self.root),
            path,
            stamp,
            kind,
            lacks: None,
            via: Some(offer.via.clone()),
        };
        let event = match self.journal.active_event().await {
            Ok(Some(event)) => event,
            Ok(None) => return self.wait(found, hash),
            Err(error) => {
                tracing::warn!(%error, "a file that was received waits for the journal");
                return self.wait(found, hash);
            }
        };
        let arrival = self.arrival(&found, event.id.clone());
        if let Err(error) = self.journal.append(vec![Fact::ArrivalSeen { arrival: arrival.clone() }]).await {
            tracing::warn!(%error, "a file that was received waits for the journal");
            return self.wait(found, hash);
        }
        count(&self.stats.announced);
        let reading = Reading { arrival, root: found.root, kind };
        let filing = filing(&reading, content, &offer.name, &event, &self.config.due_kinds);
        let (photo, is_new) = match self.journal.file(filing).await {
            Ok(Filed::New(photo)) => (photo.id, true),
            Ok(Filed::Again(photo)) => (photo, false),
            Err(error) => {
                tracing::warn!(%error, "a file that was received waits for the journal");
                if self.to_read.push(reading).is_err() {
                    tracing::warn!("the reading queue is full; a file is read after the next start");
                }
                return Outcome::Held { hash };
            }
        };
        count(if is_new { &self.stats.filed } else { &self.stats.again });
        for cut in cuts {
            self.forget_cut(&cut).await;
        }
        Outcome::Filed { photo, is_new, hash }
    }

    fn wait(&self, found: Found, hash: kilat_core::ContentHash) -> Outcome {
        if self.found.push(found).is_err() {
            tracing::warn!("the queue of files is full; a file that was received is filed after the next start");
        }
        Outcome::Held { hash }
    }

    fn arrival(&self, found: &Found, event: kilat_core::EventId) -> Arrival {
        Arrival {
            id: self.ids.arrival(),
            source: found.source.clone(),
            path: found.path.clone(),
            stamp: found.stamp,
            event,
            at: self.now(),
            via: found.via.clone(),
        }
    }

    /// Records that a file was cut off.
    pub(super) async fn tell_cut(&self, cut: LandedCut) {
        let LandedCut { offer, lacks, path, stamp, .. } = cut;
        count(&self.stats.failed);
        let event = match self.journal.active_event().await {
            Ok(Some(event)) => event,
            Ok(None) => {
                return tracing::warn!(sender = offer.sender, lacks, "a file was cut off, and no event is active");
            }
            Err(error) => return tracing::warn!(%error, "that a file was cut off could not be recorded"),
        };
        let arrival = Arrival {
            id: self.ids.arrival(),
            source: self.config.source.clone(),
            path,
            stamp,
            event: event.id,
            at: self.now(),
            via: Some(offer.via.clone()),
        };
        let message = format!(
            "{} of {} is cut off: it lacks {lacks}; what came is kept, and the whole takes its place when it is sent again",
            safe_segment(&offer.name),
            offer.sender
        );
        let failed = Fact::ArrivalFailed { arrival: arrival.id.clone(), failure: ArrivalFailure::Incomplete, message };
        if let Err(error) = self.journal.append(vec![Fact::ArrivalSeen { arrival }, failed]).await {
            tracing::warn!(%error, "that a file was cut off could not be recorded");
        }
    }

    /// The whole came: its beginning is not needed any more.
    async fn forget_cut(&self, cut: &Cut) {
        let told: Result<(), JournalError> = async {
            if let Some((arrival, ArrivalStatus::Failed(_))) =
                self.journal.arrival_at(&self.config.source, &cut.path).await?
            {
                self.journal.append(vec![Fact::ArrivalForgotten { arrival: arrival.id }]).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = told {
            return tracing::warn!(%error, "that a cut-off file came whole could not be recorded");
        }
        self.cuts.remove(&cut.path);
        if let Err(error) = std::fs::remove_file(self.root.join(&cut.path)) {
            tracing::warn!(path = %cut.path.display(), %error, "a cut-off file stays beside its whole");
        }
    }
}

impl Intake {
    /// Files that were named before this process began and that no journal knows. Blocks on the disk.
    pub(crate) fn take_up(&self) -> Result<(), JournalError> {
        let inner = &self.inner;
        for (path, kind) in photos_below(&inner.root) {
            let Ok(meta) = inner.root.join(&path).symlink_metadata() else { continue };
            let is_ours = meta.is_file() && changed(&meta) < inner.opened_at;
            if !is_ours || inner.journal.arrival_at_blocking(&inner.config.source, &path)?.is_some() {
                continue;
            }
            let found = Found {
                source: inner.config.source.clone(),
                root: std::sync::Arc::clone(&inner.root),
                via: via_of(&path),
                path,
                stamp: stamp_of(&meta),
                kind,
                lacks: None,
            };
            if inner.found.push(found).is_err() {
                tracing::warn!(
                    "more files were received than fit into the queue; the rest is filed after the next start"
                );
                break;
            }
        }
        Ok(())
    }
}

/// When a file's name or content last changed.
fn changed(meta: &std::fs::Metadata) -> std::time::SystemTime {
    use std::os::unix::fs::MetadataExt;
    let since = u64::try_from(meta.ctime()).unwrap_or(0);
    let nanos = u32::try_from(meta.ctime_nsec()).unwrap_or(0);
    std::time::UNIX_EPOCH + std::time::Duration::new(since, nanos)
}

/// `<camera>/<way>/…` says who handed a file in.
fn via_of(path: &Path) -> Option<Via> {
    let mut levels = path.iter().filter_map(|level| level.to_str());
    let camera: CameraId = levels.next()?.parse().ok()?;
    let way = levels.next()?;
    let way = [Way::Cable, Way::Ftp, Way::Http, Way::Card].into_iter().find(|known| known.as_str() == way)?;
    Some(Via { way, camera })
}

/// Photos at `<camera>/<way>/<day>/<name>`, below `root`. A folder that cannot be listed is passed over, with a word.
fn photos_below(root: &Path) -> Vec<(PathBuf, PhotoKind)> {
    let mut level = vec![PathBuf::new()];
    for _ in 0..3 {
        level = level.iter().flat_map(|folder| names(root, folder)).filter(|path| is_day(path)).collect();
    }
    let files = level.iter().flat_map(|folder| names(root, folder));
    files.filter_map(|path| kind_of(&path).map(|kind| (path, kind))).collect()
}

fn is_day(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name != cut::FOLDER && name != OTHER && !name.as_encoded_bytes().starts_with(b"."))
}

fn names(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let whole = root.join(folder);
    if !whole.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Vec::new();
    }
    match std::fs::read_dir(&whole) {
        Ok(entries) => entries.filter_map(Result::ok).map(|entry| folder.join(entry.file_name())).collect(),
        Err(error) => {
            tracing::warn!(folder = %whole.display(), %error, "a folder of the intake cannot be listed");
            Vec::new()
        }
    }
}
