//! Facts as the entries that viewers are told: each once, in the journal's order.
//!
//! The same fact gives the same entry whenever it is read, now or in a replay after a restart: it
//! depends on the fact and on what does not change any more, never on the moment. Names of photos and
//! arrivals in flight are remembered in a bounded table; what fell out of it is read from the journal.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use kilat_core::{
    Arrival, ArrivalId, CameraFact, CameraState, CopyState, DestinationId, Fact, Lang, Millis, NoticeChange,
    NoticeKind, NoticeStanding, NoticeState, NoticeText, Photo, PhotoId, PhotoKind, Priority, Recorded, Said, Source,
    SourceId, Transfer,
};
use kilat_journal::{Journal, JournalError};
use kilat_wire::{CameraStatus, Channel, Notification, ServerMessage, UploadProgress, UploadStatus};

use crate::frame::{Content, Entry, Frame, StateKey, state};
use crate::view::MAX_AGE_MS;

/// The channels that carry `camera_status`.
pub(crate) const CAMERA: [Channel; 2] = [Channel::Camera, Channel::Dslr];

/// Names remembered of arrivals, and as many of photos: more than are in flight at once.
const MAX_NAMES: usize = 10_000;

/// Turns facts into entries.
pub(crate) struct Projector {
    journal: Journal,
    due_kinds: Vec<PhotoKind>,
    arrivals: Remembered<ArrivalId, Named>,
    photos: Remembered<PhotoId, Named>,
    sources: HashMap<SourceId, Source>,
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    size_bytes: u64,
}

impl Projector {
    /// `due_kinds` are the kinds of files that are copied anywhere: only their way is told.
    pub(crate) fn new(journal: Journal, due_kinds: Vec<PhotoKind>, sources: Vec<Source>) -> Self {
        let sources = sources.into_iter().map(|source| (source.id.clone(), source)).collect();
        Self { journal, due_kinds, arrivals: Remembered::new(), photos: Remembered::new(), sources }
    }

    /// The entry that viewers are told of a fact, if any.
    pub(crate) async fn of(&mut self, recorded: &Recorded) -> Result<Option<Entry>, JournalError> {
        let at = recorded.at;
        let place = (recorded.offset.0, at);
        Ok(match &recorded.fact {
            Fact::ArrivalSeen { arrival } => self.arrived(arrival, place),
            Fact::ArrivalFailed { arrival, message, .. } => {
                let named = self.arrived_as(arrival).await?;
                let error = Some(message.clone());
                Some(upload(UploadProgress { error, ..named.progress(UploadStatus::Failed, at) }, place))
            }
            Fact::PhotoFiled { photo, .. } => {
                self.photos.put(photo.id.clone(), Named::of(photo));
                None
            }
            Fact::PhotoSeenAgain { photo, arrival } => {
                let copies = self.journal.copies_of(photo).await?;
                let named = self.arrived_as(arrival).await?;
                copies.iter().any(|(_, state)| was_stored(state, at)).then(|| {
                    let progress = named.progress(UploadStatus::Completed, at).of_photo(photo);
                    upload(UploadProgress { progress: Some(100.0), ..progress }, place)
                })
            }
            Fact::CopyStored { photo, destination, .. } => {
                let progress = self.named(photo).await?.progress(UploadStatus::Completed, at).of_photo(photo);
                let destination_name = Some(destination.to_string());
                let progress = UploadProgress { progress: Some(100.0), destination: destination_name, ..progress };
                Some(outcome(progress, photo, destination, place))
            }
            Fact::CopyFailed { photo, destination, message, retry_at: None } => {
                let progress = self.named(photo).await?.progress(UploadStatus::Failed, at).of_photo(photo);
                let error = Some(message.clone());
                let progress = UploadProgress { error, destination: Some(destination.to_string()), ..progress };
                Some(outcome(progress, photo, destination, place))
            }
            Fact::SourceAdded { source } => {
                self.sources.insert(source.id.clone(), source.clone());
                None
            }
            Fact::SourceOnline { source } => Some(self.camera(source, None, place)),
            Fact::SourceOffline { source, reason } => Some(self.camera(source, Some(reason), place)),
            Fact::NoticeRaised { notice } => {
                (!notice.silent).then(|| notification(&NoticeStanding::new(notice.clone()), true, place))
            }
            Fact::Notice { change, standing } => {
                standing.as_deref().and_then(|standing| changed(change, standing, place))
            }
            Fact::Camera(CameraFact::Changed { camera, state, message }) => {
                let known = self.journal.known_camera(camera).await?;
                let name = known.map_or_else(|| camera.to_string(), |known| known.camera.name);
                let status = known_camera_status(&name, state, message.as_deref());
                Some(entry(ServerMessage::CameraStatus(status), CAMERA, place))
            }
            Fact::Published { channel, kind, payload } => published(channel, kind, payload, place),
            Fact::EventCreated { .. }
            | Fact::EventUsed { .. }
            | Fact::EventClosed { .. }
            | Fact::ArrivalForgotten { .. }
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
            | Fact::SettingsChanged { .. }
            | Fact::TokenCreated { .. }
            | Fact::TokenRenewed { .. }
            | Fact::TokenRevoked { .. }
            | Fact::UserAdded { .. }
            | Fact::PasswordSet { .. }
            | Fact::UserRemoved { .. }
            | Fact::Backup(_)
            | Fact::Restore(_)
            | Fact::Camera(
                CameraFact::Added { .. }
                | CameraFact::Removed { .. }
                | CameraFact::Listed { .. }
                | CameraFact::Unlisted { .. }
                | CameraFact::Offered { .. }
                | CameraFact::ImportAsked { .. }
                | CameraFact::ImportBegan { .. }
                | CameraFact::ImportEnded { .. },
            ) => None,
        })
    }

    fn arrived(&mut self, arrival: &Arrival, place: Place) -> Option<Entry> {
        let named = Named::arrived(arrival);
        self.arrivals.put(arrival.id.clone(), named.clone());
        let is_due = PhotoKind::of_path(&arrival.path).is_some_and(|kind| self.due_kinds.contains(&kind));
        is_due.then(|| upload(named.progress(UploadStatus::Starting, place.1), place))
    }

    fn camera(&self, source: &SourceId, away: Option<&str>, place: Place) -> Entry {
        let name = self.sources.get(source).map_or_else(|| source.to_string(), |s| s.root.display().to_string());
        entry(ServerMessage::CameraStatus(camera_status(name, away)), CAMERA, place)
    }

    /// Length of a photo; 0 when nobody knows it.
    pub(crate) async fn size_of(&mut self, photo: &PhotoId) -> Result<u64, JournalError> {
        Ok(self.named(photo).await?.size_bytes)
    }

    async fn named(&mut self, photo: &PhotoId) -> Result<Named, JournalError> {
        if let Some(named) = self.photos.get(photo) {
            return Ok(named.clone());
        }
        let known = self.journal.photo(photo).await?;
        let named = known.map_or_else(|| Named::unknown(photo.as_str()), |photo| Named::of(&photo));
        self.photos.put(photo.clone(), named.clone());
        Ok(named)
    }

    async fn arrived_as(&mut self, arrival: &ArrivalId) -> Result<Named, JournalError> {
        if let Some(named) = self.arrivals.get(arrival) {
            return Ok(named.clone());
        }
        let known = self.journal.arrival(arrival).await?;
        Ok(known.map_or_else(|| Named::unknown(arrival.as_str()), |arrival| Named::arrived(&arrival)))
    }
}

/// An entry's offset and time.
type Place = (u64, Millis);

impl Named {
    fn of(photo: &Photo) -> Self {
        Self { name: photo.name.clone(), size_bytes: photo.size_bytes }
    }

    fn arrived(arrival: &Arrival) -> Self {
        let name = arrival.path.file_name().unwrap_or(arrival.path.as_os_str()).to_string_lossy().into_owned();
        Self { name, size_bytes: arrival.stamp.size_bytes }
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

/// A source as those pages know it that take it for a camera; `away` is why it cannot be read.
pub(crate) fn camera_status(name: String, away: Option<&str>) -> CameraStatus {
    let (status, message) = away.map_or(("connected", "can be read"), |reason| ("disconnected", reason));
    CameraStatus { status: status.to_owned(), camera_model: name, message: message.to_owned() }
}

/// A camera, sender or card. One that is there and cannot be pulled from is connected, and says why.
pub(crate) fn known_camera_status(name: &str, state: &CameraState, message: Option<&str>) -> CameraStatus {
    let (status, words) = match state {
        CameraState::Ready => ("connected", "it is ready"),
        CameraState::Asleep => ("connected", "it sleeps"),
        CameraState::Held { .. } => ("connected", "another program has it"),
        CameraState::Unsupported => ("connected", "it cannot be pulled from"),
        CameraState::Wedged => ("disconnected", "it answers no more"),
        CameraState::Gone => ("disconnected", "it is not there any more"),
        CameraState::Unseen => ("disconnected", "it was not heard of yet"),
    };
    let message = message.unwrap_or(words).to_owned();
    CameraStatus { status: status.to_owned(), camera_model: name.to_owned(), message }
}

/// Where a photo's preview is.
pub(crate) fn photo_url(photo: &PhotoId) -> String {
    format!("/api/photos/{photo}/preview")
}

/// A copy in flight, as state: only the latest percentage matters.
pub(crate) fn in_flight(
    (photo, destination): (&PhotoId, &DestinationId),
    transfer: &Transfer,
    (epoch, version, at): (&str, u64, Millis),
) -> Frame {
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
    let key = (copy_key(photo, destination), version);
    state(key, ServerMessage::UploadProgress(progress), &[Channel::Upload, Channel::Dslr], (epoch, at, MAX_AGE_MS))
}

/// A notice as the wire tells it, with `title` and `message` in `lang`.
///
/// Once its cause ended it is as quiet as can be: nobody must be woken by good news.
#[must_use]
pub fn notification_of(standing: &NoticeStanding, lang: Lang) -> Notification {
    let notice = &standing.notice;
    let state = standing.state();
    let (kind, priority) = match state {
        NoticeState::Resolved => (notice.said.map_or(notice.kind, Said::kind_when_over), Priority::Low),
        NoticeState::Open | NoticeState::Acknowledged | NoticeState::Told => (notice.kind, notice.priority),
    };
    let NoticeText { title, message } = standing.text(lang);
    let is_seen = standing.acknowledged.is_some();
    Notification {
        id: notice.id.clone(),
        r#type: kind,
        title,
        message,
        priority,
        data: notice.data.clone(),
        texts: Lang::ALL.map(|lang| (lang, standing.text(lang))).into(),
        about: notice.key.clone(),
        state,
        count: standing.count,
        samples: standing.samples.clone(),
        updated_at: standing.changed_at.to_rfc3339(),
        resolved_at: standing.resolved_at.map(Millis::to_rfc3339),
        acknowledged_at: standing.acknowledged.as_ref().map(|ack| ack.at.to_rfc3339()),
        acknowledged_by: standing.acknowledged.as_ref().map(|ack| ack.by.clone()),
        escalations: standing.escalations,
        show_toast: priority >= Priority::Medium && !is_seen,
        persistent: priority >= Priority::High && !is_seen,
        timestamp: notice.at.to_rfc3339(),
    }
}

/// How a notice stands now, after it was told of before: by the same id, and with a toast only when it is louder.
fn changed(change: &NoticeChange, standing: &NoticeStanding, place: Place) -> Option<Entry> {
    let is_louder = match change {
        // Told with others, by `Updated`.
        NoticeChange::Repeated { .. } | NoticeChange::Returned { is_louder: false, .. } => return None,
        NoticeChange::Updated { is_louder, .. } => *is_louder,
        NoticeChange::Returned { is_louder: true, .. } => true,
        NoticeChange::Escalated { .. } => true,
        NoticeChange::Well { .. } | NoticeChange::Resolved { .. } | NoticeChange::Acknowledged { .. } => false,
    };
    (!standing.notice.silent).then(|| notification(standing, is_louder, place))
}

fn notification(standing: &NoticeStanding, may_toast: bool, place: Place) -> Entry {
    let about = match standing.notice.kind {
        NoticeKind::UploadSuccess | NoticeKind::UploadFailed | NoticeKind::EventMilestone => Channel::Upload,
        NoticeKind::CameraConnected | NoticeKind::CameraDisconnected => Channel::Camera,
        NoticeKind::BackupComplete | NoticeKind::BackupFailed => Channel::Backup,
        NoticeKind::StorageWarning | NoticeKind::System => Channel::System,
    };
    let told = notification_of(standing, Lang::En);
    let told = Notification { show_toast: told.show_toast && may_toast, ..told };
    let message = ServerMessage::Notification(told);
    Entry { id: Some(standing.notice.id.clone()), ..entry(message, [Channel::System, about], place) }
}

/// What another program said; on a channel that this version does not know, nobody can be told.
fn published(channel: &str, kind: &str, payload: &str, (seq, at): Place) -> Option<Entry> {
    let channel = channel.parse::<Channel>().ok()?;
    let content = Content::Published { r#type: kind.to_owned(), payload: payload.to_owned() };
    Some(Entry { content, channels: [Some(channel), None], seq, at, id: None, ends: None })
}

fn upload(progress: UploadProgress, place: Place) -> Entry {
    entry(ServerMessage::UploadProgress(progress), [Channel::Upload, Channel::Dslr], place)
}

fn outcome(progress: UploadProgress, photo: &PhotoId, destination: &DestinationId, place: Place) -> Entry {
    Entry { ends: Some(copy_key(photo, destination)), ..upload(progress, place) }
}

fn entry(message: ServerMessage, channels: [Channel; 2], (seq, at): Place) -> Entry {
    Entry { content: Content::Own(Box::new(message)), channels: channels.map(Some), seq, at, id: None, ends: None }
}

fn copy_key(photo: &PhotoId, destination: &DestinationId) -> StateKey {
    StateKey::Copy(photo.as_str().into(), destination.as_str().into())
}

/// Whether the copy was proven by then: asked later, the answer is the same.
fn was_stored(state: &CopyState, then: Millis) -> bool {
    match state {
        CopyState::Stored { at, .. } => *at <= then,
        CopyState::Pending { .. } | CopyState::Failed { .. } => false,
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
