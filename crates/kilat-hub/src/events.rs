//! Facts as the events that viewers are told: each once, in the journal's order.
//!
//! Names of photos and arrivals in flight are remembered in a bounded table; what fell out of it is
//! read from the journal.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use kilat_core::{
    Arrival, ArrivalId, DestinationId, Fact, Millis, Notice, NoticeKind, Photo, PhotoId, PhotoKind, Priority, Recorded,
    Source, SourceId,
};
use kilat_journal::{Journal, JournalError};
use kilat_wire::{CameraStatus, Channel, Notification, ServerMessage, UploadProgress, UploadStatus};

use crate::frame::{Channels, Frame, StateKey, encode};

/// Names remembered of arrivals, and as many of photos: more than are in flight at once.
const MAX_NAMES: usize = 10_000;

/// A frame and who gets it.
pub(crate) type Publication = (Channels, Frame);

/// Turns facts into events.
pub(crate) struct Events {
    journal: Journal,
    due_kinds: Vec<PhotoKind>,
    arrivals: Remembered<ArrivalId, Named>,
    photos: Remembered<PhotoId, Named>,
    sources: HashMap<SourceId, Source>,
    announces: bool,
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    size_bytes: u64,
}

impl Events {
    /// `due_kinds` are the kinds of files that are copied anywhere: only their way is told.
    pub(crate) fn new(journal: Journal, due_kinds: Vec<PhotoKind>, sources: Vec<Source>, announces: bool) -> Self {
        let sources = sources.into_iter().map(|source| (source.id.clone(), source)).collect();
        Self { journal, due_kinds, arrivals: Remembered::new(), photos: Remembered::new(), sources, announces }
    }

    /// The event that viewers are told of a fact, if any.
    pub(crate) async fn of(&mut self, recorded: &Recorded) -> Result<Option<Publication>, JournalError> {
        let at = recorded.at;
        Ok(match &recorded.fact {
            Fact::ArrivalSeen { arrival } => self.arrived(arrival, at),
            Fact::ArrivalFailed { arrival, message, .. } => {
                let named = self.arrivals.take(arrival).unwrap_or_else(|| Named::unknown(arrival.as_str()));
                let error = Some(message.clone());
                Some(upload(UploadProgress { error, ..named.progress(UploadStatus::Failed, at) }, at))
            }
            Fact::PhotoFiled { photo, arrival, .. } => {
                self.arrivals.take(arrival);
                self.photos.put(photo.id.clone(), Named::of(photo));
                None
            }
            Fact::PhotoSeenAgain { photo, arrival } => {
                let named = self.arrivals.take(arrival).unwrap_or_else(|| Named::unknown(photo.as_str()));
                let is_stored = self.journal.copies_of(photo).await?.iter().any(|(_, state)| is_stored(state));
                is_stored.then(|| {
                    let progress = named.progress(UploadStatus::Completed, at).of_photo(photo);
                    upload(UploadProgress { progress: Some(100.0), ..progress }, at)
                })
            }
            Fact::CopyStored { photo, destination, .. } => {
                let progress = self.named(photo).await?.progress(UploadStatus::Completed, at).of_photo(photo);
                let destination_name = Some(destination.to_string());
                let progress = UploadProgress { progress: Some(100.0), destination: destination_name, ..progress };
                Some(outcome(progress, photo, destination, at))
            }
            Fact::CopyFailed { photo, destination, message, retry_at: None } => {
                let progress = self.named(photo).await?.progress(UploadStatus::Failed, at).of_photo(photo);
                let error = Some(message.clone());
                let progress = UploadProgress { error, destination: Some(destination.to_string()), ..progress };
                Some(outcome(progress, photo, destination, at))
            }
            Fact::SourceAdded { source } => {
                self.sources.insert(source.id.clone(), source.clone());
                None
            }
            Fact::SourceOnline { source } => Some(self.camera(source, "connected", "can be read".to_owned(), at)),
            Fact::SourceOffline { source, reason } => Some(self.camera(source, "disconnected", reason.clone(), at)),
            Fact::NoticeRaised { notice } => self.announces.then(|| notification(notice, at)),
            Fact::SettingsChanged { settings } => {
                self.announces = settings.notifications_enabled;
                None
            }
            Fact::EventCreated { .. }
            | Fact::EventUsed { .. }
            | Fact::EventClosed { .. }
            | Fact::SourceRemoved { .. }
            | Fact::DestinationAdded { .. }
            | Fact::DestinationRemoved { .. }
            | Fact::DestinationMarked { .. }
            | Fact::DestinationUp { .. }
            | Fact::DestinationDown { .. }
            | Fact::CopyFailed { retry_at: Some(_), .. }
            | Fact::RetryAsked { .. }
            | Fact::UploadsPaused
            | Fact::UploadsResumed
            | Fact::TokenCreated { .. }
            | Fact::TokenRenewed { .. }
            | Fact::TokenRevoked { .. }
            | Fact::UserAdded { .. }
            | Fact::PasswordSet { .. }
            | Fact::UserRemoved { .. } => None,
        })
    }

    fn arrived(&mut self, arrival: &Arrival, at: Millis) -> Option<Publication> {
        let name = arrival.path.file_name().unwrap_or(arrival.path.as_os_str()).to_string_lossy().into_owned();
        let named = Named { name, size_bytes: arrival.stamp.size_bytes };
        self.arrivals.put(arrival.id.clone(), named.clone());
        let is_due = PhotoKind::of_path(&arrival.path).is_some_and(|kind| self.due_kinds.contains(&kind));
        is_due.then(|| upload(named.progress(UploadStatus::Starting, at), at))
    }

    fn camera(&self, source: &SourceId, status: &str, message: String, at: Millis) -> Publication {
        let name = self.sources.get(source).map_or_else(|| source.to_string(), |s| s.root.display().to_string());
        let status = CameraStatus { status: status.to_owned(), camera_model: name, message };
        let text = encode(ServerMessage::CameraStatus(status), Some(Channel::Camera), at.to_rfc3339(), None);
        (Channels::of(&[Channel::Camera, Channel::Dslr]), Frame::event(text))
    }

    /// Length of a photo; 0 when nobody knows it.
    pub(crate) async fn size_of(&mut self, photo: &PhotoId) -> Result<u64, JournalError> {
        Ok(self.named(photo).await?.size_bytes)
    }

    async fn named(&mut self, photo: &PhotoId) -> Result<Named, JournalError> {
        if let Some(named) = self.photos.get(photo) {
            return Ok(named.clone());
        }
        Ok(self.journal.photo(photo).await?.map_or_else(|| Named::unknown(photo.as_str()), |photo| Named::of(&photo)))
    }
}

impl Named {
    fn of(photo: &Photo) -> Self {
        Self { name: photo.name.clone(), size_bytes: photo.size_bytes }
    }

    fn unknown(id: &str) -> Self {
        Self { name: id.to_owned(), size_bytes: 0 }
    }

    fn progress(&self, status: UploadStatus, at: Millis) -> UploadProgress {
        let size = (self.size_bytes > 0).then_some(self.size_bytes);
        UploadProgress {
            status,
            file_name: self.name.clone(),
            timestamp: at.to_rfc3339(),
            file_size: size,
            progress: (status == UploadStatus::Starting).then_some(0.0),
            total: size,
            photo_url: None,
            error: None,
            photo_id: None,
            destination: None,
        }
    }
}

/// The same progress, now that the file is a photo.
trait OfPhoto {
    fn of_photo(self, photo: &PhotoId) -> Self;
}

impl OfPhoto for UploadProgress {
    fn of_photo(self, photo: &PhotoId) -> Self {
        Self { photo_url: Some(photo_url(photo)), photo_id: Some(photo.to_string()), ..self }
    }
}

/// Where a photo's preview is.
pub(crate) fn photo_url(photo: &PhotoId) -> String {
    format!("/api/photos/{photo}/preview")
}

/// A copy in flight, as state: only the latest percentage matters.
pub(crate) fn in_flight(
    photo: &PhotoId,
    destination: &DestinationId,
    transfer: &kilat_core::Transfer,
    version: u64,
    at: Millis,
) -> Publication {
    let total = transfer.total_bytes.max(1);
    let percent = (transfer.sent_bytes.min(total) as f64 * 1_000.0 / total as f64).floor() / 10.0;
    let progress = UploadProgress {
        status: UploadStatus::Uploading,
        file_name: transfer.name.clone(),
        timestamp: at.to_rfc3339(),
        file_size: Some(transfer.total_bytes),
        progress: Some(percent),
        total: Some(transfer.total_bytes),
        photo_url: Some(photo_url(photo)),
        error: None,
        photo_id: Some(photo.to_string()),
        destination: Some(destination.to_string()),
    };
    let text = encode(ServerMessage::UploadProgress(progress), Some(Channel::Upload), at.to_rfc3339(), None);
    (Channels::of(&[Channel::Upload, Channel::Dslr]), Frame::state(copy_key(photo, destination), version, text))
}

/// A notice as the wire tells it.
#[must_use]
pub fn notification_of(notice: &Notice) -> Notification {
    Notification {
        id: notice.id.clone(),
        r#type: notice.kind,
        title: notice.title.clone(),
        message: notice.message.clone(),
        priority: notice.priority,
        data: notice.data.clone(),
        show_toast: notice.priority >= Priority::Medium,
        persistent: notice.priority >= Priority::High,
        timestamp: notice.at.to_rfc3339(),
    }
}

fn notification(notice: &Notice, at: Millis) -> Publication {
    let about = match notice.kind {
        NoticeKind::UploadSuccess | NoticeKind::UploadFailed | NoticeKind::EventMilestone => Channel::Upload,
        NoticeKind::CameraConnected | NoticeKind::CameraDisconnected => Channel::Camera,
        NoticeKind::BackupComplete | NoticeKind::BackupFailed => Channel::Backup,
        NoticeKind::StorageWarning | NoticeKind::System => Channel::System,
    };
    let message = ServerMessage::Notification(notification_of(notice));
    let text = encode(message, Some(Channel::System), at.to_rfc3339(), Some(notice.id.clone()));
    (Channels::of(&[Channel::System, about]), Frame::event(text))
}

fn upload(progress: UploadProgress, at: Millis) -> Publication {
    let text = encode(ServerMessage::UploadProgress(progress), Some(Channel::Upload), at.to_rfc3339(), None);
    (Channels::of(&[Channel::Upload, Channel::Dslr]), Frame::event(text))
}

fn outcome(progress: UploadProgress, photo: &PhotoId, destination: &DestinationId, at: Millis) -> Publication {
    let (channels, frame) = upload(progress, at);
    (channels, frame.ending(copy_key(photo, destination)))
}

fn copy_key(photo: &PhotoId, destination: &DestinationId) -> StateKey {
    StateKey::Copy(photo.as_str().into(), destination.as_str().into())
}

fn is_stored(state: &kilat_core::CopyState) -> bool {
    match state {
        kilat_core::CopyState::Stored { .. } => true,
        kilat_core::CopyState::Pending { .. } | kilat_core::CopyState::Failed { .. } => false,
    }
}

/// A table that forgets the oldest beyond [`MAX_NAMES`].
struct Remembered<K, V> {
    values: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Remembered<K, V> {
    fn new() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }

    fn put(&mut self, key: K, value: V) {
        if self.values.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MAX_NAMES {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    fn take(&mut self, key: &K) -> Option<V> {
        self.values.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgotten_oldest_first_and_never_more_than_the_bound_is_kept() {
        let mut names = Remembered::new();
        for i in 0..MAX_NAMES + 5 {
            names.put(i, i);
        }
        assert_eq!(names.get(&4), None);
        assert_eq!(names.get(&5), Some(&5));
        assert!(names.values.len() <= MAX_NAMES && names.order.len() <= MAX_NAMES);
    }
}
