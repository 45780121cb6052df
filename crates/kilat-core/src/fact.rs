//! The journal's entries: everything that happened and must outlive the process.
//!
//! A fact is never changed after it was recorded. New fields need a serde default, so that old
//! journals stay readable.

use serde::{Deserialize, Serialize};

use crate::{
    Arrival, ArrivalFailure, ArrivalId, BackupFact, CameraFact, Destination, DestinationId, Event, EventId, MarkId,
    Millis, Notice, NoticeChange, NoticeStanding, ObjectKey, PasswordHash, Photo, PhotoId, ReadBack, RestoreFact,
    Settings, Source, SourceId, Token, TokenId, User, UserName,
};

/// Place of a fact in the journal: 1 is the first, without holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(pub u64);

/// A fact with its place and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub offset: Offset,
    /// When it was recorded, by the wall clock.
    pub at: Millis,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fact {
    /// An event was made.
    EventCreated {
        /// As it was made.
        event: Event,
    },
    /// New photos belong to this event from now on; another active one becomes open.
    EventUsed {
        /// Which.
        event: EventId,
    },
    /// The event takes no new photos any more.
    EventClosed {
        /// Which.
        event: EventId,
    },
    /// A source was named in the settings.
    SourceAdded {
        /// As it was added.
        source: Source,
    },
    /// A source is not named in the settings any more.
    SourceRemoved {
        /// Which.
        source: SourceId,
    },
    /// A source can be read.
    SourceOnline {
        /// Which.
        source: SourceId,
    },
    /// A source cannot be read.
    SourceOffline {
        /// Which.
        source: SourceId,
        /// Why, in words for a person.
        reason: String,
    },
    /// A destination was named in the settings: the photos of the active event are due there from now on.
    DestinationAdded {
        /// As it was added.
        destination: Destination,
    },
    /// A destination is not named in the settings any more: what was due there is due no more, until it is
    /// added again.
    DestinationRemoved {
        /// Which.
        destination: DestinationId,
    },
    /// A destination was there for the first time: from now on only this one is it.
    DestinationMarked {
        /// Which.
        destination: DestinationId,
        /// What it says of itself.
        mark: MarkId,
    },
    /// A destination takes copies again.
    DestinationUp {
        /// Which.
        destination: DestinationId,
    },
    /// A destination takes no copies; they wait.
    DestinationDown {
        /// Which.
        destination: DestinationId,
        /// What happened and what to do, in words for a person.
        reason: String,
    },
    /// A source finished writing a file.
    ArrivalSeen {
        /// Which file.
        arrival: Arrival,
    },
    /// An arrival could not be filed. A later state of the same file is a new arrival.
    ArrivalFailed {
        /// Which.
        arrival: ArrivalId,
        /// Why.
        failure: ArrivalFailure,
        /// What happened and what to do, in words for a person.
        message: String,
    },
    /// The file of an arrival that failed is gone from its source, which can be read: nothing is left to be done.
    ArrivalForgotten {
        /// Which.
        arrival: ArrivalId,
    },
    /// An arrival became a photo, due at these destinations.
    PhotoFiled {
        /// As it was filed.
        photo: Photo,
        /// The arrival that it was.
        arrival: ArrivalId,
        /// Where it must be copied to.
        due: Vec<DestinationId>,
    },
    /// An arrival's content was held already.
    PhotoSeenAgain {
        /// The photo that holds it.
        photo: PhotoId,
        /// The arrival that brought it again.
        arrival: ArrivalId,
    },
    /// A copy is durable at its destination and was read back.
    CopyStored {
        /// Of which photo.
        photo: PhotoId,
        /// Where.
        destination: DestinationId,
        /// Under which key there.
        key: ObjectKey,
        /// How it was proven.
        read_back: ReadBack,
    },
    /// An attempt to copy failed.
    CopyFailed {
        /// Of which photo.
        photo: PhotoId,
        /// Where to.
        destination: DestinationId,
        /// What happened and what to do, in words for a person.
        message: String,
        /// When the next attempt may be made; none when Kilat gave up.
        retry_at: Option<Millis>,
    },
    /// An operator asked for another attempt at every copy that was given up.
    RetryAsked {
        /// Only there; everywhere when none.
        destination: Option<DestinationId>,
    },
    /// An operator stopped copying.
    UploadsPaused,
    /// An operator let copying go on.
    UploadsResumed,
    /// An operator changed settings.
    SettingsChanged {
        /// All of them, as they are now.
        settings: Settings,
    },
    /// Something that a person must see.
    NoticeRaised {
        /// What.
        notice: Notice,
    },
    /// A program told the viewers of a channel something that none of them may miss.
    Published {
        /// The channel's name on the wire.
        channel: String,
        /// The message's type.
        kind: String,
        /// JSON, as it was published.
        payload: String,
    },
    /// Something opens the door from now on.
    TokenCreated {
        /// What.
        token: Token,
    },
    /// A session that was used goes on.
    TokenRenewed {
        /// Which.
        token: TokenId,
        /// When it ends now.
        expires_at: Millis,
    },
    /// It opens the door no more, and is forgotten.
    TokenRevoked {
        /// Which.
        token: TokenId,
    },
    /// An account was made.
    UserAdded {
        /// As it was made.
        user: User,
    },
    /// An account has another password; whoever was signed in with the old one is signed out.
    PasswordSet {
        /// Whose.
        user: UserName,
        /// Proves the new one.
        password: PasswordHash,
    },
    /// An account is gone, and whoever was signed in with it is signed out.
    UserRemoved {
        /// Which.
        user: UserName,
    },
    /// Something about event backups or the scrub of copies.
    Backup(BackupFact),
    /// A notice is not any more what it was when it was raised.
    Notice {
        /// What changed.
        change: NoticeChange,
        /// As it is now: the journal fills it in when it records the change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        standing: Option<Box<NoticeStanding>>,
    },
    /// Something about a restore that the server does.
    Restore(RestoreFact),
    /// Something about a camera, a card, or what else hands photos to Kilat itself.
    Camera(CameraFact),
}

impl Fact {
    /// The cause of a notice ended; nothing is recorded where none stands open.
    #[must_use]
    pub fn notice_resolved(key: impl Into<String>) -> Self {
        Self::Notice { change: NoticeChange::Resolved { key: key.into(), only: Vec::new() }, standing: None }
    }
}
