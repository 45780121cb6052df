//! Which facts are notices, and which end the cause of one.
//!
//! What lasts (a source or destination that is away) has one open notice by its key and is resolved by the
//! fact that ends it, or, once it came and went, when it has stayed for a while. Losses (copies given up, files that cannot be taken in) are folded into one by place,
//! and are resolved when none is left.

use kilat_core::{
    ArrivalFailure, ArrivalId, BackupFact, DestinationId, Event, Fact, Millis, Notice, NoticeChange, PhotoId, Priority,
    Recorded, Said, SourceId,
};
use kilat_journal::{Journal, JournalError};

use crate::{backups, cameras};

/// Key of the notice about files that could not be taken in.
pub(crate) const FILES: &str = "files";
/// Begins the keys of notices about copies that were given up.
pub(crate) const COPIES: &str = "copies:";
/// Begins the keys of notices about copies that were found gone or damaged.
pub(crate) const FOUND: &str = "found:";
/// Key of the notice that copying is paused.
const COPYING: &str = "copying";

/// What follows from a fact for the ledger.
pub(crate) async fn about(recorded: &Recorded, journal: &Journal) -> Result<Vec<Fact>, JournalError> {
    let Recorded { offset, at, fact } = recorded;
    let notice = match fact {
        Fact::SourceOffline { source, reason } => {
            Notice::new(format!("source-{source}-{}", offset.0), Said::SourceOffline, Priority::Critical, *at)
                .about(format!("source:{source}"))
                .with("source", source.as_str())
                .with("place", folder(journal, source).await?)
                .with("reason", reason)
        }
        Fact::SourceOnline { source } => return Ok(vec![well(format!("source:{source}"), Said::SourceOffline)]),
        Fact::SourceRemoved { source } => {
            return Ok(vec![Fact::notice_resolved(format!("source:{source}"))]);
        }
        Fact::DestinationDown { destination, reason } => Notice::new(
            format!("destination-{destination}-{}", offset.0),
            Said::DestinationDown,
            Priority::Critical,
            *at,
        )
        .about(format!("destination:{destination}"))
        .with("destination", destination.as_str())
        .with("place", place(journal, destination).await?)
        .with("reason", reason),
        Fact::DestinationUp { destination } => {
            // Low room there is kilat-host's to resolve.
            return Ok(vec![well(format!("destination:{destination}"), Said::DestinationDown)]);
        }
        Fact::DestinationRemoved { destination } => return backups::removed(destination, journal).await,
        Fact::CopyFailed { photo, destination, message, retry_at: None } => {
            Notice::new(format!("copy-{destination}-{}", offset.0), Said::CopiesFailed, Priority::High, *at)
                .about(format!("{COPIES}{destination}"))
                .of_loss(photo_name(journal, photo).await?)
                .with("destination", destination.as_str())
                .with("place", place(journal, destination).await?)
                .with("photo", photo.as_str())
                .with("reason", message)
        }
        Fact::ArrivalFailed { arrival, failure, message } => {
            let said = match failure {
                ArrivalFailure::Incomplete => Said::FilesIncomplete,
                ArrivalFailure::Unreadable => Said::FilesUnreadable,
                ArrivalFailure::Vanished => Said::FilesVanished,
                ArrivalFailure::TooLarge => Said::FilesTooLarge,
            };
            Notice::new(format!("arrival-{arrival}"), said, Priority::High, *at)
                .about(FILES)
                .of_loss(file_name(journal, arrival).await?)
                .with("arrival", arrival.as_str())
                .with("reason", message)
        }
        Fact::UploadsPaused => {
            Notice::new(format!("paused-{}", offset.0), Said::CopyingPaused, Priority::Medium, *at).about(COPYING)
        }
        Fact::UploadsResumed => return Ok(vec![Fact::notice_resolved(COPYING)]),
        Fact::Backup(fact) => return backups::about(fact, (*offset, *at), journal).await,
        Fact::Camera(fact) => return cameras::about(fact, (*offset, *at), journal).await,
        Fact::Restore(_)
        | Fact::EventCreated { .. }
        | Fact::EventUsed { .. }
        | Fact::EventClosed { .. }
        | Fact::SourceAdded { .. }
        | Fact::DestinationAdded { .. }
        | Fact::DestinationMarked { .. }
        | Fact::ArrivalSeen { .. }
        | Fact::ArrivalForgotten { .. }
        | Fact::PhotoFiled { .. }
        | Fact::PhotoSeenAgain { .. }
        | Fact::CopyStored { .. }
        | Fact::CopyFailed { retry_at: Some(_), .. }
        | Fact::RetryAsked { .. }
        | Fact::SettingsChanged { .. }
        | Fact::NoticeRaised { .. }
        | Fact::Notice { .. }
        | Fact::Published { .. }
        | Fact::TokenCreated { .. }
        | Fact::TokenRenewed { .. }
        | Fact::TokenRevoked { .. }
        | Fact::UserAdded { .. }
        | Fact::PasswordSet { .. }
        | Fact::UserRemoved { .. } => return Ok(Vec::new()),
    };
    let event = journal.active_event().await?.map(|event| event.id);
    Ok(vec![Fact::NoticeRaised { notice: Notice { event, ..notice } }])
}

/// What a notice of this key said is not so now, if it says this.
pub(crate) fn well(key: String, said: Said) -> Fact {
    Fact::Notice { change: NoticeChange::Well { key, said }, standing: None }
}

/// What a notice of this key said is over, if it says one of these.
pub(crate) fn ends(key: String, only: Vec<Said>) -> Fact {
    Fact::Notice { change: NoticeChange::Resolved { key, only }, standing: None }
}

/// Whether a fact may have ended the last loss of some kind.
pub(crate) fn may_mend(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Backup(BackupFact::Copied { .. } | BackupFact::Forgotten { .. })
            | Fact::CopyStored { .. }
            | Fact::DestinationRemoved { .. }
            | Fact::RetryAsked { .. }
            | Fact::ArrivalSeen { .. }
            | Fact::ArrivalForgotten { .. }
            | Fact::PhotoFiled { .. }
            | Fact::PhotoSeenAgain { .. }
    )
}

/// A round number of photos is safe.
pub(crate) fn milestone(event: &Event, photos: u64, at: Millis) -> Notice {
    let notice = Notice::new(format!("milestone-{}-{photos}", event.id), Said::Milestone, Priority::Low, at)
        .with("photos", photos.to_string())
        .with("eventName", &event.name);
    Notice { event: Some(event.id.clone()), ..notice }
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

pub(crate) async fn photo_name(journal: &Journal, photo: &PhotoId) -> Result<String, JournalError> {
    Ok(journal.photo(photo).await?.map_or_else(|| photo.to_string(), |photo| photo.name))
}

async fn file_name(journal: &Journal, arrival: &ArrivalId) -> Result<String, JournalError> {
    let Some(arrival) = journal.arrival(arrival).await? else { return Ok(arrival.to_string()) };
    Ok(arrival.path.file_name().unwrap_or(arrival.path.as_os_str()).to_string_lossy().into_owned())
}
