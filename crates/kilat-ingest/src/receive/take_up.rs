//! Files that an earlier process named and did not file: taken up once, at the start.
//!
//! They are listed before anything can be received, so that what is received just now is never among them; no clock is
//! asked, because a computer without a battery for its clock starts in the past.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{CameraId, PhotoKind, Via, Way, fold_name, safe_segment};
use kilat_journal::JournalError;
use kilat_media::structure::{Completeness, completeness};
use tokio::runtime::Handle;

use super::cut::{self, Cut, begins_with};
use super::error::IntakeError;
use super::intake::{Inner, Intake, Outcome};
use super::land::OTHER;
use super::wait::Taken;
use crate::hot_folder::{Found, stamp_of};
use crate::noise::kind_of;

/// How long a name that tells nothing waits for a better one.
const MAX_WAIT_MS: i64 = 24 * 3_600_000;

/// A photo below the root.
pub(super) type Named = (PathBuf, PhotoKind);

impl Intake {
    /// Announces the files that stood here when this process began and that no journal knows; forgets cut-off files
    /// whose whole stands beside them. Blocks on the disk.
    pub(crate) fn take_up(&self, runtime: &Handle) -> Result<(), JournalError> {
        let inner = &self.inner;
        runtime.block_on(self.take_up_waiting());
        let named = inner.take_named();
        let cuts = inner.cuts.all();
        for (path, kind) in &named {
            if inner.journal.arrival_at_blocking(&inner.config.source, path)?.is_none()
                && !inner.announce(path, *kind, None)
            {
                return Ok(());
            }
        }
        for cut in cuts {
            if whole_of(inner, &cut, &named) {
                runtime.block_on(inner.forget_cut(&cut));
            } else if inner.journal.arrival_at_blocking(&inner.config.source, &cut.path)?.is_none()
                && let Some((kind, lacks)) = lacking(&inner.root.join(&cut.path))
                && !inner.announce(&cut.path, kind, Some(lacks))
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What waited for its name when an earlier process ended takes the name that it stands for. A name that stands for
    /// none waits a day for its rename, and is kept beside the photos then.
    async fn take_up_waiting(&self) {
        for (id, note) in self.inner.waits.earlier() {
            let is_old = self.inner.now().0.saturating_sub(note.at.0) > MAX_WAIT_MS;
            let name = match &note.stands_for {
                Some(name) => name.clone(),
                None if is_old => note.called.clone(),
                None => continue,
            };
            let ended: Result<Option<Outcome>, IntakeError> = async {
                let Taken::Waiting(mut part) = self.take_waiting(*id).await? else { return Ok(None) };
                part.nobody_renamed(note.stands_for.clone());
                self.finish(*part).await.map(Some)
            }
            .await;
            let file = safe_segment(&name);
            match ended {
                Ok(Some(Outcome::Filed { .. } | Outcome::Held { .. })) => {
                    tracing::info!(camera = %note.via.camera, "{file} waited for its name when Kilat ended, and is filed");
                }
                Ok(Some(Outcome::CutOff { lacks, .. })) => tracing::warn!(
                    camera = %note.via.camera,
                    "{file} waited for its name when Kilat ended, and lacks {lacks}: it waits for its re-send"
                ),
                Ok(Some(Outcome::Aside | Outcome::Empty)) => tracing::warn!(
                    camera = %note.via.camera,
                    "{file} waited a day for its name: it is kept in the folder {OTHER:?} beside its camera's photos"
                ),
                // Somebody renamed it first.
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(camera = %note.via.camera, %error, "{file} waits for its name until the next start");
                }
            }
        }
    }
}

impl Inner {
    /// False when the queue is full.
    fn announce(&self, path: &Path, kind: PhotoKind, lacks: Option<&'static str>) -> bool {
        let Ok(meta) = self.root.join(path).symlink_metadata() else { return true };
        if !meta.is_file() {
            return true;
        }
        let found = Found {
            source: self.config.source.clone(),
            root: Arc::clone(&self.root),
            via: via_of(path),
            path: path.to_owned(),
            stamp: stamp_of(&meta),
            kind,
            lacks,
        };
        let is_queued = self.found.push(found).is_ok();
        if !is_queued {
            tracing::warn!("more files were received than fit into the queue; the rest is filed after the next start");
        }
        is_queued
    }
}

/// Whether one of these begins with all that came of `cut`, under its name or that name with a number.
fn whole_of(inner: &Inner, cut: &Cut, named: &[Named]) -> bool {
    let name = |path: &Path| fold_name(&path.file_name().unwrap_or_default().to_string_lossy());
    let (whole, part) = (cut::key(&cut.path), inner.root.join(&cut.path));
    let of_its_name = named.iter().filter(|(path, _)| cut::unnumbered(&name(path)) == whole);
    of_its_name.into_iter().any(|(path, _)| begins_with(&inner.root.join(path), &part).unwrap_or(false))
}

/// What a file that was kept as cut off lacks; none when it is gone, or taken for whole by now.
fn lacking(path: &Path) -> Option<(PhotoKind, &'static str)> {
    let kind = kind_of(path)?;
    let file = File::open(path).ok()?;
    let size_bytes = file.metadata().ok()?.len();
    match completeness(&file, size_bytes, kind, path).ok()? {
        Completeness::CutOff(lacks) => Some((kind, lacks)),
        Completeness::Whole | Completeness::Unknown => None,
    }
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
pub(super) fn photos_below(root: &Path) -> Vec<Named> {
    let cameras = names(root, Path::new(""));
    let ways = cameras.iter().flat_map(|camera| names(root, camera));
    let days = ways.flat_map(|way| names(root, &way)).filter(|path| is_day(path)).collect::<Vec<_>>();
    let files = days.iter().flat_map(|day| names(root, day));
    files.filter_map(|path| kind_of(&path).map(|kind| (path, kind))).collect()
}

fn is_day(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name != cut::FOLDER && name != OTHER)
}

/// What stands in a folder and is not hidden.
fn names(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let whole = root.join(folder);
    if !whole.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Vec::new();
    }
    let is_shown = |name: &std::ffi::OsStr| !name.as_encoded_bytes().starts_with(b".");
    match std::fs::read_dir(&whole) {
        Ok(entries) => {
            let named = entries.filter_map(Result::ok).map(|entry| entry.file_name());
            named.filter(|name| is_shown(name)).map(|name| folder.join(name)).collect()
        }
        Err(error) => {
            tracing::warn!(folder = %whole.display(), %error, "a folder of the intake cannot be listed");
            Vec::new()
        }
    }
}
