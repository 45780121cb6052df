//! What a fact says about pausing; every fact is named, so that a new one must be decided about.

use kilat_core::Fact;

/// Whether copying is paused after this fact; none when it says nothing about it.
pub(crate) fn after(fact: &Fact) -> Option<bool> {
    match fact {
        Fact::UploadsPaused => Some(true),
        Fact::UploadsResumed => Some(false),
        Fact::EventCreated { .. }
        | Fact::EventUsed { .. }
        | Fact::EventClosed { .. }
        | Fact::SourceAdded { .. }
        | Fact::SourceOnline { .. }
        | Fact::SourceOffline { .. }
        | Fact::SourceRemoved { .. }
        | Fact::DestinationAdded { .. }
        | Fact::DestinationRemoved { .. }
        | Fact::DestinationMarked { .. }
        | Fact::DestinationUp { .. }
        | Fact::DestinationDown { .. }
        | Fact::ArrivalSeen { .. }
        | Fact::ArrivalFailed { .. }
        | Fact::ArrivalForgotten { .. }
        | Fact::PhotoFiled { .. }
        | Fact::PhotoSeenAgain { .. }
        | Fact::CopyStored { .. }
        | Fact::CopyFailed { .. }
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
        | Fact::UserRemoved { .. }
        | Fact::Backup(_)
        | Fact::Restore(_)
        | Fact::Camera(_) => None,
    }
}
