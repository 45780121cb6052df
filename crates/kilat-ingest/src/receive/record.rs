//! What became durable is told to the journal: filed, waiting, or cut off.
//!
//! Nothing here can lose a file: what the journal does not take now stands under its name, waits in the queues of hot
//! folders, and is taken up at the next start. A second file of the same content is deleted once the first is certain.

use std::io;
use std::path::Path;
use std::sync::Arc;

use kilat_core::{Arrival, ArrivalFailure, ArrivalStatus, CopyState, EventId, Fact, Photo, PhotoId, safe_segment};
use kilat_journal::{Filed, JournalError};

use super::cut::{Cut, begins_with};
use super::intake::{Inner, Outcome, blocking};
use super::land::{LandedCut, LandedPhoto};
use crate::hot_folder::Found;
use crate::intake::{Reading, filing};
use crate::stats::count;

impl Inner {
    /// Records what landed. Where the journal or an event is missing, it waits with the files of hot folders.
    pub(super) async fn file(&self, landed: LandedPhoto) -> Outcome {
        let LandedPhoto { offer, path, stamp, kind, content, cuts } = landed;
        let hash = content.hashed.content;
        // It stands here whole: whatever the journal says, its beginning is needed no more.
        for cut in cuts {
            self.forget_cut(&cut).await;
        }
        let found = Found {
            source: self.config.source.clone(),
            root: Arc::clone(&self.root),
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
        let path = found.path.clone();
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
        if !is_new {
            self.forget_twin(&path, &photo).await;
        }
        Outcome::Filed { photo, is_new, hash }
    }

    fn wait(&self, found: Found, hash: kilat_core::ContentHash) -> Outcome {
        self.queue(found);
        Outcome::Held { hash }
    }

    fn queue(&self, found: Found) {
        if self.found.push(found).is_err() {
            tracing::warn!("the queue of files is full; a file that was received is filed after the next start");
        }
    }

    fn arrival(&self, found: &Found, event: EventId) -> Arrival {
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
        let LandedCut { offer, lacks, path, stamp, kind, .. } = cut;
        let found = Found {
            source: self.config.source.clone(),
            root: Arc::clone(&self.root),
            path,
            stamp,
            kind,
            lacks: Some(lacks),
            via: Some(offer.via.clone()),
        };
        let event = match self.journal.active_event().await {
            Ok(Some(event)) => event,
            Ok(None) => return self.queue(found),
            Err(error) => {
                tracing::warn!(%error, "that a file was cut off waits for the journal");
                return self.queue(found);
            }
        };
        let arrival = self.arrival(&found, event.id);
        let message = format!(
            "{} of {} is cut off: it lacks {lacks}; what came is kept, and the whole takes its place when it is sent again",
            safe_segment(&offer.name),
            offer.sender
        );
        let id = arrival.id.clone();
        let failed = Fact::ArrivalFailed { arrival: id.clone(), failure: ArrivalFailure::Incomplete, message };
        if let Err(error) = self.journal.append(vec![Fact::ArrivalSeen { arrival }, failed]).await {
            tracing::warn!(%error, "that a file was cut off waits for the journal");
            return self.queue(found);
        }
        count(&self.stats.failed);
        // Its whole may have come before that was told: it asks once more after the file is gone, and this after it told.
        if !self.root.join(&found.path).exists()
            && let Err(error) = self.journal.append(vec![Fact::ArrivalForgotten { arrival: id }]).await
        {
            tracing::warn!(%error, "that a cut-off file came whole could not be recorded");
        }
    }

    /// The whole came: its beginning is not needed any more.
    pub(super) async fn forget_cut(&self, cut: &Cut) {
        // Once more when it is gone: it may be told of just now.
        for is_gone in [false, true] {
            if let Err(error) = self.forget_told(cut).await {
                return tracing::warn!(%error, "that a cut-off file came whole could not be recorded");
            }
            if !is_gone && let Err(error) = self.cuts.delete(&self.root, cut) {
                return tracing::warn!(path = %cut.path.display(), %error, "a cut-off file stays beside its whole");
            }
        }
    }

    async fn forget_told(&self, cut: &Cut) -> Result<(), JournalError> {
        if let Some((arrival, ArrivalStatus::Failed(_))) =
            self.journal.arrival_at(&self.config.source, &cut.path).await?
            && !self.grew(cut)
        {
            self.journal.append(vec![Fact::ArrivalForgotten { arrival: arrival.id }]).await?;
        }
        Ok(())
    }

    /// Whether more of it came since it was looked at: that is another cut-off file, and stays.
    fn grew(&self, cut: &Cut) -> bool {
        self.root.join(&cut.path).symlink_metadata().is_ok_and(|meta| meta.len() != cut.size_bytes)
    }

    /// The event holds this content already: the second file goes, where the first is certain.
    ///
    /// Certain is a copy that was stored and read back, or the photo's own file here with the same bytes. A first file
    /// that somebody else can delete, as in a hot folder, is not.
    async fn forget_twin(&self, path: &Path, photo: &PhotoId) {
        match self.is_certain(path, photo).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::warn!(path = %path.display(), %error, "a second file of a photo stays"),
        }
        if let Err(error) = std::fs::remove_file(self.root.join(path)) {
            tracing::warn!(path = %path.display(), %error, "a second file of a photo stays");
        }
    }

    async fn is_certain(&self, twin: &Path, photo: &PhotoId) -> Result<bool, JournalError> {
        let Some(Photo { source, path, .. }) = self.journal.photo(photo).await? else { return Ok(false) };
        if source == self.config.source && path == *twin {
            return Ok(false);
        }
        let copies = self.journal.copies_of(photo).await?;
        let is_stored = |state: &CopyState| match state {
            CopyState::Stored { .. } => true,
            CopyState::Pending { .. } | CopyState::Failed { .. } => false,
        };
        if copies.iter().any(|(_, state)| is_stored(state)) {
            return Ok(true);
        }
        if source != self.config.source {
            return Ok(false);
        }
        let (first, twin) = (self.root.join(path), self.root.join(twin));
        let compared = blocking(move || Ok(is_same(&first, &twin).unwrap_or(false))).await;
        Ok(compared.unwrap_or(false))
    }
}

/// Whether both have the same bytes.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(one.symlink_metadata()?.len() == other.symlink_metadata()?.len() && begins_with(one, other)?)
}
