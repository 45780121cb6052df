//! Every backup leaves a list of its copies beside them, in a form that other people's tools verify.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use kilat_backup::{SealError, Sealer};
use kilat_core::{Event, Millis, ObjectKey};
use kilat_journal::{JournalError, ProvenCopy};
use kilat_mhl::{About, Action, Draft, FileEntry, History, HistoryError, PlaceError, Process, RelPath, Stored};
use kilat_objects::ObjectStore;

/// Writes ASC MHL manifests.
#[derive(Debug)]
pub(super) struct Manifests {
    /// Where they are drafted.
    pub(super) scratch: PathBuf,
    /// This machine's name.
    pub(super) hostname: String,
}

impl Sealer for Manifests {
    fn seal(
        &self,
        event: &Event,
        at: Millis,
        copies: &mut dyn Iterator<Item = Result<ProvenCopy, JournalError>>,
        store: &Arc<dyn ObjectStore>,
    ) -> Result<(), SealError> {
        std::fs::create_dir_all(&self.scratch)
            .map_err(|error| SealError::Other(format!("cannot make {}: {error}", self.scratch.display())))?;
        // One folder, unless the event was called something else when it began.
        let mut drafts: BTreeMap<ObjectKey, Draft> = BTreeMap::new();
        for copy in copies {
            let copy = copy?;
            let (folder, path) = split(&copy.photo.key)?;
            let draft = match drafts.remove(&folder) {
                Some(draft) => draft,
                None => self.draft(event, at, drafts.len())?,
            };
            let mut draft = draft;
            draft
                .add(&FileEntry {
                    path,
                    size_bytes: copy.photo.size_bytes,
                    modified_at: None,
                    hash: copy.photo.proof,
                    action: if copy.is_sealed { Action::Verified } else { Action::Original },
                    hashed_at: copy.proven_at,
                })
                .map_err(told)?;
            drafts.insert(folder, draft);
        }
        for (folder, draft) in drafts {
            let sealed = draft.seal(store, &folder).map_err(told)?;
            if let Some(mended) = sealed.mended {
                tracing::warn!(event = %event.id, mended, "the list of an event's copies was damaged and is mended");
            }
        }
        Ok(())
    }

    fn check(&self, folder: &ObjectKey, store: &Arc<dyn ObjectStore>) -> Result<Vec<String>, SealError> {
        let place = Stored::new(Arc::clone(store), folder.clone(), folder.to_string());
        match History::read(&place) {
            Ok(history) => Ok(history.flaws().iter().map(|flaw| format!("{folder}: {flaw}")).collect()),
            Err(error @ (HistoryError::NoHistory | HistoryError::TooMuch(_))) => Ok(vec![format!("{folder}: {error}")]),
            Err(HistoryError::Place(PlaceError::Store(error))) => Err(SealError::Store(error)),
            Err(HistoryError::Place(error)) => Err(SealError::Other(error.to_string())),
        }
    }
}

impl Manifests {
    fn draft(&self, event: &Event, at: Millis, number: usize) -> Result<Draft, SealError> {
        let about = About {
            created_at: at,
            hostname: self.hostname.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: Process::Transfer,
            comment: Some(event.name.clone()),
        };
        Draft::begin(&self.scratch, &format!("manifest-{}-{}-{number}", event.id, at.0), about).map_err(told)
    }
}

/// The event's folder, and what stands below it.
fn split(key: &ObjectKey) -> Result<(ObjectKey, RelPath), SealError> {
    let cannot = || SealError::Other(format!("{key} stands in no folder"));
    let (folder, path) = key.as_str().split_once('/').ok_or_else(cannot)?;
    let folder = ObjectKey::try_from(folder.to_owned()).map_err(|_why| cannot())?;
    Ok((folder, path.parse().map_err(|_why| cannot())?))
}

fn told(error: kilat_mhl::SealError) -> SealError {
    match error {
        kilat_mhl::SealError::Store(error) => SealError::Store(error),
        other @ (kilat_mhl::SealError::Write(_)
        | kilat_mhl::SealError::Scratch { .. }
        | kilat_mhl::SealError::History(_)
        | kilat_mhl::SealError::TooLong(_)
        | kilat_mhl::SealError::Busy(_)) => SealError::Other(other.to_string()),
    }
}
