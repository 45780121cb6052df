//! The catalogue: what each notice says, in every language. The only place with these texts.
//!
//! `{…}` stands for a part of the notice's data, `{count}` for how often. A part that a notice does not
//! have reads as `–`, never as a hole. Reasons that another program gave are quoted as they came.

mod camera_rows;
mod rows;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use self::rows::Both;
use crate::NoticeKind;

/// A language that the catalogue speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Indonesian.
    Id,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Id];

    /// Its code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Id => "id",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no language of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a language here: use en or id")]
pub struct ParseLangError(String);

impl FromStr for Lang {
    type Err = ParseLangError;
    fn from_str(word: &str) -> Result<Self, ParseLangError> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == word).ok_or_else(|| ParseLangError(word.to_owned()))
    }
}

/// A notice's words in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticeText {
    /// Short.
    pub title: String,
    /// What happened, to what, what to do.
    pub message: String,
}

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// A hot folder cannot be read: `place`, `reason`.
    SourceOffline,
    /// A destination takes no copies: `place`, `reason`.
    DestinationDown,
    /// A destination is filling up: `place`, `left`.
    SpaceLow,
    /// A destination is nearly full: `place`, `left`.
    SpaceCritical,
    /// Another folder that Kilat needs is filling up: `place`, `left`.
    FolderLow,
    /// Another folder that Kilat needs is nearly full: `place`, `left`.
    FolderCritical,
    /// Copies were given up: `place`, `name`, `reason`.
    CopiesFailed,
    /// Files are cut off: `name`, `reason`.
    FilesIncomplete,
    /// Files cannot be read: `name`, `reason`.
    FilesUnreadable,
    /// Files were gone before they were read: `name`, `reason`.
    FilesVanished,
    /// Files are too large: `name`, `reason`.
    FilesTooLarge,
    /// Copying was stopped by an operator.
    CopyingPaused,
    /// A round number of photos is safe: `photos`, `eventName`.
    Milestone,
    /// A backup has brought everything: `eventName`, `place`, `photos`, `stored`, `size`.
    BackupCompleted,
    /// A backup has read everything back: `eventName`, `place`, `photos`.
    BackupVerified,
    /// A backup failed: `eventName`, `place`, `reason`, `remedy`.
    BackupFailed,
    /// A backup cannot go on by itself: `eventName`, `place`, `reason`.
    BackupWaits,
    /// Copies were found gone: `place`, `reason`.
    CopiesMissing,
    /// Copies were found damaged: `place`, `reason`.
    CopiesDamaged,
    /// Lists of copies were found damaged: `place`, `reason`.
    ListsDamaged,
    /// A target beyond the browser hears nothing: `target`, `reason`, `remedy`.
    TargetFails,
    /// The processors are used up: `value`, `limit`.
    CpuHigh,
    /// Memory is used up: `value`, `limit`.
    MemoryHigh,
    /// A disk is used up: `place`, `value`, `limit`.
    DiskHigh,
    /// A disk will be full soon: `place`, `minutes`.
    DiskFilling,
    /// A camera went away: `place`, `reason`.
    CameraGone,
    /// The same, and its card has files that are not held: `place`, `reason`, `photos`.
    CameraGoneWithPhotos,
    /// Another program has a camera: `place`, `reason`.
    CameraHeld,
    /// A camera answers no more: `place`, `reason`.
    CameraWedged,
    /// Files went from a card and were never held: `place`, `names`, `photos`.
    FramesLost,
    /// A camera's clock is behind: `place`, `span`.
    ClockBehind,
    /// A camera's clock is ahead: `place`, `span`.
    ClockAhead,
    /// Somebody tries whether notices arrive: `target`.
    Trial,
    /// A card has what is not held: `name`, `frames`, `size`, `camera`.
    CardOffer,
    /// Every frame of a card is held: `name`, `tally`.
    CardDone,
    /// A card was not read to its end: `name`, `reason`, `tally`.
    CardIncomplete,
}

impl Said {
    /// All that can be said.
    pub const ALL: [Self; 36] = [
        Self::SourceOffline,
        Self::DestinationDown,
        Self::SpaceLow,
        Self::SpaceCritical,
        Self::FolderLow,
        Self::FolderCritical,
        Self::CopiesFailed,
        Self::FilesIncomplete,
        Self::FilesUnreadable,
        Self::FilesVanished,
        Self::FilesTooLarge,
        Self::CopyingPaused,
        Self::Milestone,
        Self::BackupCompleted,
        Self::BackupVerified,
        Self::BackupFailed,
        Self::BackupWaits,
        Self::CopiesMissing,
        Self::CopiesDamaged,
        Self::ListsDamaged,
        Self::TargetFails,
        Self::CpuHigh,
        Self::MemoryHigh,
        Self::DiskHigh,
        Self::DiskFilling,
        Self::CameraGone,
        Self::CameraGoneWithPhotos,
        Self::CameraHeld,
        Self::CameraWedged,
        Self::FramesLost,
        Self::ClockBehind,
        Self::ClockAhead,
        Self::Trial,
        Self::CardOffer,
        Self::CardDone,
        Self::CardIncomplete,
    ];

    /// The kind that existing clients know it by.
    #[must_use]
    pub fn kind(self) -> NoticeKind {
        match self {
            Self::SourceOffline
            | Self::CameraGone
            | Self::CameraGoneWithPhotos
            | Self::CameraHeld
            | Self::CameraWedged => NoticeKind::CameraDisconnected,
            Self::CardOffer | Self::CardDone => NoticeKind::CameraConnected,
            Self::DestinationDown
            | Self::SpaceLow
            | Self::SpaceCritical
            | Self::FolderLow
            | Self::FolderCritical
            | Self::BackupWaits
            | Self::CopiesMissing
            | Self::CopiesDamaged
            | Self::ListsDamaged
            | Self::DiskHigh
            | Self::DiskFilling => NoticeKind::StorageWarning,
            Self::BackupCompleted | Self::BackupVerified => NoticeKind::BackupComplete,
            Self::BackupFailed => NoticeKind::BackupFailed,
            Self::CopiesFailed
            | Self::FilesIncomplete
            | Self::FilesUnreadable
            | Self::FilesVanished
            | Self::FilesTooLarge
            | Self::FramesLost
            | Self::CardIncomplete => NoticeKind::UploadFailed,
            Self::Milestone => NoticeKind::EventMilestone,
            Self::CopyingPaused
            | Self::TargetFails
            | Self::CpuHigh
            | Self::MemoryHigh
            | Self::ClockBehind
            | Self::ClockAhead
            | Self::Trial => NoticeKind::System,
        }
    }

    /// The same once its cause ended.
    #[must_use]
    pub fn kind_when_over(self) -> NoticeKind {
        match self.kind() {
            NoticeKind::CameraDisconnected => NoticeKind::CameraConnected,
            kind @ (NoticeKind::UploadSuccess
            | NoticeKind::UploadFailed
            | NoticeKind::CameraConnected
            | NoticeKind::StorageWarning
            | NoticeKind::EventMilestone
            | NoticeKind::BackupComplete
            | NoticeKind::BackupFailed
            | NoticeKind::System) => kind,
        }
    }

    /// Whether what it tells of comes and goes: a plug that is loose, a hub without power, a network at its edge.
    #[must_use]
    pub fn flaps(self) -> bool {
        matches!(self, Self::SourceOffline | Self::DestinationDown | Self::CameraGone | Self::CameraGoneWithPhotos)
    }

    /// Which of two about the same thing, equally loud, says more.
    #[must_use]
    pub fn weight(self) -> u8 {
        match self {
            Self::DestinationDown => 2,
            Self::SpaceCritical | Self::FolderCritical | Self::CameraGoneWithPhotos => 1,
            Self::SourceOffline
            | Self::SpaceLow
            | Self::FolderLow
            | Self::CopiesFailed
            | Self::FilesIncomplete
            | Self::FilesUnreadable
            | Self::FilesVanished
            | Self::FilesTooLarge
            | Self::CopyingPaused
            | Self::Milestone
            | Self::BackupCompleted
            | Self::BackupVerified
            | Self::BackupFailed
            | Self::BackupWaits
            | Self::CopiesMissing
            | Self::CopiesDamaged
            | Self::ListsDamaged
            | Self::TargetFails
            | Self::CpuHigh
            | Self::MemoryHigh
            | Self::DiskHigh
            | Self::DiskFilling
            | Self::CameraGone
            | Self::CameraHeld
            | Self::CameraWedged
            | Self::FramesLost
            | Self::ClockBehind
            | Self::ClockAhead
            | Self::CardOffer
            | Self::CardDone
            | Self::CardIncomplete
            | Self::Trial => 0,
        }
    }

    /// The words, with `data` in their places.
    #[must_use]
    pub fn text(self, lang: Lang, data: &BTreeMap<String, String>, count: u64, is_over: bool) -> NoticeText {
        let row = self.row();
        let (title, message) = match (row.over, row.many) {
            (Some(over), _) if is_over => over,
            (_, Some(many)) if count > 1 => many,
            (_, _) => (row.title, row.message),
        };
        let fill = |both: Both| fill(both[lang as usize], data, count);
        NoticeText { title: fill(title), message: fill(message) }
    }
}

/// Puts the parts into their places; what comes in is never read for places again.
fn fill(template: &str, data: &BTreeMap<String, String>, count: u64) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        match (name, data.get(name)) {
            ("count", _) => text.push_str(&count.to_string()),
            (_, Some(value)) => text.push_str(value),
            (_, None) => text.push('–'),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn each_text_is_there_in_both_languages_with_the_same_places() {
        for said in Said::ALL {
            let row = said.row();
            let pairs = [Some((row.title, row.message)), row.many, row.over];
            for both in pairs.into_iter().flatten().flat_map(|(title, message)| [title, message]) {
                let [english, indonesian] = both;
                assert!(!english.trim().is_empty() && !indonesian.trim().is_empty(), "{said:?}");
                assert_eq!(places(english), places(indonesian), "{said:?}: {english} / {indonesian}");
            }
            assert!(row.title[0] != row.title[1], "{said:?} is not translated");
        }
    }

    #[test]
    fn every_word_of_the_catalogue_is_listed_once() {
        // What serde expects instead of an unknown word are all that there are.
        let error = serde_json::from_str::<Said>("\"?\"").unwrap_err().to_string();
        let known = error.split('`').skip(3).step_by(2).count();
        assert_eq!(known, Said::ALL.len(), "{error}");
    }

    #[test]
    fn parts_are_text_and_never_places() {
        let data = BTreeMap::from([("place".to_owned(), "{reason}".to_owned()), ("reason".to_owned(), "x".to_owned())]);
        let text = Said::SourceOffline.text(Lang::En, &data, 1, false);
        assert_eq!(text.message, "{reason}: x");
        let nothing = Said::CopiesFailed.text(Lang::Id, &BTreeMap::new(), 12, false);
        assert_eq!(nothing.title, "12 foto gagal disalin");
        assert_eq!(nothing.message, "Ke –; terakhir: –");
    }
}
