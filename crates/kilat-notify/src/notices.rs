//! The words of each notice: what happened, to what, what to do next.
//!
//! Losses that come in floods (a full disk fails every copy) are told once per place and
//! [`FLOOD_MS`]; the list of problems names each.

use std::collections::BTreeMap;

use kilat_core::{
    ArrivalFailure, DestinationId, Event, Fact, Millis, Notice, NoticeKind, Priority, Recorded, SourceId,
};
use kilat_journal::{Journal, JournalError};

use crate::backups;

/// One notice per place in this time.
pub(crate) const FLOOD_MS: i64 = 10 * 60 * 1_000;

/// The notice about a fact, if it deserves one.
pub(crate) async fn about(recorded: &Recorded, journal: &Journal) -> Result<Option<Notice>, JournalError> {
    let Recorded { offset, at, fact } = recorded;
    let notice = match fact {
        Fact::SourceOffline { source, reason } => say(
            format!("source-{source}-{}", offset.0),
            NoticeKind::CameraDisconnected,
            Priority::Critical,
            ("Hot folder not available", format!("{}: {reason}", folder(journal, source).await?)),
            &[("source", source.as_str())],
            *at,
        ),
        Fact::SourceOnline { source } => say(
            format!("source-{source}-{}", offset.0),
            NoticeKind::CameraConnected,
            Priority::Low,
            (
                "Hot folder available",
                format!("{} can be read; what was written meanwhile is taken in now.", folder(journal, source).await?),
            ),
            &[("source", source.as_str())],
            *at,
        ),
        Fact::DestinationDown { destination, reason } => say(
            format!("destination-{destination}-{}", offset.0),
            NoticeKind::StorageWarning,
            Priority::Critical,
            ("Storage takes no copies", reason.clone()),
            &[("destination", destination.as_str())],
            *at,
        ),
        Fact::DestinationUp { destination } => say(
            format!("destination-{destination}-{}", offset.0),
            NoticeKind::StorageWarning,
            Priority::Low,
            (
                "Storage takes copies again",
                format!("{} is back; waiting photos are copied now.", place(journal, destination).await?),
            ),
            &[("destination", destination.as_str())],
            *at,
        ),
        Fact::CopyFailed { photo, destination, message, retry_at: None } => say(
            format!("copy-{destination}-{}", at.0 / FLOOD_MS),
            NoticeKind::UploadFailed,
            Priority::High,
            ("A photo could not be copied", message.clone()),
            &[("destination", destination.as_str()), ("photo", photo.as_str())],
            *at,
        ),
        Fact::ArrivalFailed { arrival, failure, message } => {
            let name = match failure {
                ArrivalFailure::Incomplete => "A file is cut off",
                ArrivalFailure::Unreadable => "A file cannot be read",
                ArrivalFailure::Vanished => "A file is gone before it was read",
                ArrivalFailure::TooLarge => "A file is too large",
            };
            say(
                format!("arrival-{}", at.0 / FLOOD_MS),
                NoticeKind::UploadFailed,
                Priority::High,
                (name, message.clone()),
                &[("arrival", arrival.as_str())],
                *at,
            )
        }
        Fact::Backup(fact) => return backups::about(fact, (*offset, *at), journal).await,
        Fact::EventCreated { .. }
        | Fact::EventUsed { .. }
        | Fact::EventClosed { .. }
        | Fact::SourceAdded { .. }
        | Fact::SourceRemoved { .. }
        | Fact::DestinationAdded { .. }
        | Fact::DestinationRemoved { .. }
        | Fact::DestinationMarked { .. }
        | Fact::ArrivalSeen { .. }
        | Fact::ArrivalForgotten { .. }
        | Fact::PhotoFiled { .. }
        | Fact::PhotoSeenAgain { .. }
        | Fact::CopyStored { .. }
        | Fact::CopyFailed { retry_at: Some(_), .. }
        | Fact::RetryAsked { .. }
        | Fact::UploadsPaused
        | Fact::UploadsResumed
        | Fact::SettingsChanged { .. }
        | Fact::NoticeRaised { .. }
        | Fact::Published { .. }
        | Fact::TokenCreated { .. }
        | Fact::TokenRenewed { .. }
        | Fact::TokenRevoked { .. }
        | Fact::UserAdded { .. }
        | Fact::PasswordSet { .. }
        | Fact::UserRemoved { .. } => return Ok(None),
    };
    let event = journal.active_event().await?.map(|event| event.id);
    Ok(Some(Notice { event, ..notice }))
}

/// What people call a source: its folder.
async fn folder(journal: &Journal, source: &SourceId) -> Result<String, JournalError> {
    let sources = journal.sources().await?;
    let known = sources.iter().find(|known| known.id == *source);
    Ok(known.map_or_else(|| source.to_string(), |known| known.root.display().to_string()))
}

/// What people call a destination: its folder.
pub(crate) async fn place(journal: &Journal, destination: &DestinationId) -> Result<String, JournalError> {
    let destinations = journal.destinations().await?;
    let known = destinations.iter().find(|known| known.id == *destination);
    Ok(known.map_or_else(|| destination.to_string(), |known| known.root.display().to_string()))
}

/// A round number of photos is safe.
pub(crate) fn milestone(event: &Event, photos: u64, at: Millis) -> Notice {
    let notice = say(
        format!("milestone-{}-{photos}", event.id),
        NoticeKind::EventMilestone,
        Priority::Low,
        ("Milestone", format!("{photos} photos of {} are safe.", event.name)),
        &[("photos", &photos.to_string()), ("eventName", &event.name)],
        at,
    );
    Notice { event: Some(event.id.clone()), ..notice }
}

pub(crate) fn say(
    id: String,
    kind: NoticeKind,
    priority: Priority,
    (title, message): (&str, String),
    data: &[(&str, &str)],
    at: Millis,
) -> Notice {
    let data: BTreeMap<String, String> =
        data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Notice { id, kind, title: title.to_owned(), message, priority, data, event: None, at, silent: false }
}
