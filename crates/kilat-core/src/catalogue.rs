//! The catalogue: what each notice says, in every language. The only place with these texts.
//!
//! `{…}` stands for a part of the notice's data, `{count}` for how often. A part that a notice does not
//! have reads as `–`, never as a hole. Reasons that another program gave are quoted as they came.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
    /// Somebody tries whether notices arrive: `target`.
    Trial,
}

/// English and Indonesian.
type Both = [&'static str; 2];

/// One line of the catalogue.
struct Row {
    title: Both,
    message: Both,
    /// When several were folded into it.
    many: Option<(Both, Both)>,
    /// When its cause ended; none for a moment.
    over: Option<(Both, Both)>,
}

const CAME_AGAIN: (Both, Both) = (
    ["Files are complete again", "Berkas lengkap kembali"],
    ["Nothing is left that could not be taken in.", "Tidak ada lagi berkas yang gagal diambil."],
);
const SPACE_AGAIN: (Both, Both) = (
    ["Storage has room again", "Penyimpanan longgar kembali"],
    ["{place} has enough room again.", "{place} sudah punya cukup ruang lagi."],
);

const COPIES_BAD: (Both, Both) = (
    ["{count} copies are gone or damaged", "{count} salinan hilang atau rusak"],
    [
        "At {place}; the last: {reason}. Good copies are made from other ones.",
        "Di {place}; terakhir: {reason}. Salinan baik dibuat dari salinan lain.",
    ],
);
const COPIES_GOOD: (Both, Both) = (
    ["Copies are whole again", "Salinan utuh kembali"],
    ["Every copy at {place} is good again.", "Semua salinan di {place} baik kembali."],
);

impl Said {
    /// All that can be said.
    pub const ALL: [Self; 25] = [
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
        Self::TargetFails,
        Self::CpuHigh,
        Self::MemoryHigh,
        Self::DiskHigh,
        Self::DiskFilling,
        Self::Trial,
    ];

    /// The kind that existing clients know it by.
    #[must_use]
    pub fn kind(self) -> NoticeKind {
        match self {
            Self::SourceOffline => NoticeKind::CameraDisconnected,
            Self::DestinationDown
            | Self::SpaceLow
            | Self::SpaceCritical
            | Self::FolderLow
            | Self::FolderCritical
            | Self::BackupWaits
            | Self::CopiesMissing
            | Self::CopiesDamaged
            | Self::DiskHigh
            | Self::DiskFilling => NoticeKind::StorageWarning,
            Self::BackupCompleted | Self::BackupVerified => NoticeKind::BackupComplete,
            Self::BackupFailed => NoticeKind::BackupFailed,
            Self::CopiesFailed
            | Self::FilesIncomplete
            | Self::FilesUnreadable
            | Self::FilesVanished
            | Self::FilesTooLarge => NoticeKind::UploadFailed,
            Self::Milestone => NoticeKind::EventMilestone,
            Self::CopyingPaused | Self::TargetFails | Self::CpuHigh | Self::MemoryHigh | Self::Trial => {
                NoticeKind::System
            }
        }
    }

    /// The same once its cause ended.
    #[must_use]
    pub fn kind_when_over(self) -> NoticeKind {
        if self == Self::SourceOffline { NoticeKind::CameraConnected } else { self.kind() }
    }

    /// Which of two about the same thing, equally loud, says more.
    #[must_use]
    pub fn weight(self) -> u8 {
        match self {
            Self::DestinationDown => 2,
            Self::SpaceCritical | Self::FolderCritical => 1,
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
            | Self::TargetFails
            | Self::CpuHigh
            | Self::MemoryHigh
            | Self::DiskHigh
            | Self::DiskFilling
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

    fn row(self) -> Row {
        match self {
            Self::SourceOffline => Row {
                title: ["Hot folder not available", "Folder kamera tidak tersedia"],
                message: ["{place}: {reason}", "{place}: {reason}"],
                many: None,
                over: Some((
                    ["Hot folder available", "Folder kamera tersedia kembali"],
                    [
                        "{place} can be read; what was written meanwhile is taken in now.",
                        "{place} bisa dibaca; yang ditulis sementara itu sedang diambil.",
                    ],
                )),
            },
            Self::DestinationDown => Row {
                title: ["Storage takes no copies", "Penyimpanan tidak menerima salinan"],
                message: ["{reason}", "{reason}"],
                many: None,
                over: Some((
                    ["Storage takes copies again", "Penyimpanan menerima salinan lagi"],
                    [
                        "{place} is back; waiting photos are copied now.",
                        "{place} sudah kembali; foto yang menunggu sedang disalin.",
                    ],
                )),
            },
            Self::SpaceLow => Row {
                title: ["Storage filling up", "Penyimpanan mulai penuh"],
                message: [
                    "{place} has {left} left. Free some room there or name another destination; photos are kept in the hot folder meanwhile.",
                    "{place} tersisa {left}. Kosongkan sebagian atau pakai tujuan lain; foto tetap disimpan di folder kamera.",
                ],
                many: None,
                over: Some(SPACE_AGAIN),
            },
            Self::SpaceCritical => Row {
                title: ["Storage nearly full", "Penyimpanan hampir penuh"],
                message: [
                    "{place} has {left} left. Free some room there or name another destination; photos are kept in the hot folder meanwhile.",
                    "{place} tersisa {left}. Kosongkan sebagian atau pakai tujuan lain; foto tetap disimpan di folder kamera.",
                ],
                many: None,
                over: Some(SPACE_AGAIN),
            },
            Self::FolderLow => Row {
                title: ["Storage filling up", "Penyimpanan mulai penuh"],
                message: [
                    "{place} has {left} left. Free some room there: when it is full, new photos and what Kilat knows find no place.",
                    "{place} tersisa {left}. Kosongkan sebagian: bila penuh, foto baru dan catatan Kilat tidak punya tempat.",
                ],
                many: None,
                over: Some(SPACE_AGAIN),
            },
            Self::FolderCritical => Row {
                title: ["Storage nearly full", "Penyimpanan hampir penuh"],
                message: [
                    "{place} has {left} left. Free some room there: when it is full, new photos and what Kilat knows find no place.",
                    "{place} tersisa {left}. Kosongkan sebagian: bila penuh, foto baru dan catatan Kilat tidak punya tempat.",
                ],
                many: None,
                over: Some(SPACE_AGAIN),
            },
            Self::CopiesFailed => Row {
                title: ["A photo could not be copied", "Satu foto gagal disalin"],
                message: ["{reason}", "{reason}"],
                many: Some((
                    ["{count} photos could not be copied", "{count} foto gagal disalin"],
                    ["To {place}; the last: {reason}", "Ke {place}; terakhir: {reason}"],
                )),
                over: Some((
                    ["No failed copies left", "Tidak ada lagi salinan gagal"],
                    [
                        "Every photo that failed at {place} is stored now.",
                        "Semua foto yang gagal di {place} kini tersimpan.",
                    ],
                )),
            },
            Self::FilesIncomplete => Row {
                title: ["A file is cut off", "Satu berkas terpotong"],
                message: ["{reason}", "{reason}"],
                many: Some((
                    ["{count} files could not be taken in", "{count} berkas gagal diambil"],
                    ["The last: {reason}", "Terakhir: {reason}"],
                )),
                over: Some(CAME_AGAIN),
            },
            Self::FilesUnreadable => Row {
                title: ["A file cannot be read", "Satu berkas tidak bisa dibaca"],
                message: ["{reason}", "{reason}"],
                many: Some((
                    ["{count} files could not be taken in", "{count} berkas gagal diambil"],
                    ["The last: {reason}", "Terakhir: {reason}"],
                )),
                over: Some(CAME_AGAIN),
            },
            Self::FilesVanished => Row {
                title: ["A file is gone before it was read", "Satu berkas hilang sebelum dibaca"],
                message: ["{reason}", "{reason}"],
                many: Some((
                    ["{count} files could not be taken in", "{count} berkas gagal diambil"],
                    ["The last: {reason}", "Terakhir: {reason}"],
                )),
                over: Some(CAME_AGAIN),
            },
            Self::FilesTooLarge => Row {
                title: ["A file is too large", "Satu berkas terlalu besar"],
                message: ["{reason}", "{reason}"],
                many: Some((
                    ["{count} files could not be taken in", "{count} berkas gagal diambil"],
                    ["The last: {reason}", "Terakhir: {reason}"],
                )),
                over: Some(CAME_AGAIN),
            },
            Self::CopyingPaused => Row {
                title: ["Copying is paused", "Penyalinan dijeda"],
                message: [
                    "An operator stopped copying. New photos wait in the hot folder until it goes on.",
                    "Operator menghentikan penyalinan. Foto baru menunggu di folder kamera sampai dilanjutkan.",
                ],
                many: None,
                over: Some((
                    ["Copying goes on", "Penyalinan berlanjut"],
                    ["Waiting photos are copied now.", "Foto yang menunggu sedang disalin."],
                )),
            },
            Self::Milestone => Row {
                title: ["Milestone", "Tonggak"],
                message: ["{photos} photos of {eventName} are safe.", "{photos} foto {eventName} sudah aman."],
                many: None,
                over: None,
            },
            Self::BackupCompleted => Row {
                title: ["Backup complete", "Cadangan lengkap"],
                message: [
                    "{eventName}: every photo is at {place}, read back. Photos: {photos}; new: {stored} ({size}).",
                    "{eventName}: semua foto ada di {place}, sudah dibaca ulang. Foto: {photos}; baru: {stored} ({size}).",
                ],
                many: None,
                over: None,
            },
            Self::BackupVerified => Row {
                title: ["Backup verified", "Cadangan terverifikasi"],
                message: [
                    "{eventName}: every copy at {place} was read back and is what it was. Photos: {photos}.",
                    "{eventName}: semua salinan di {place} sudah dibaca ulang dan tetap utuh. Foto: {photos}.",
                ],
                many: None,
                over: None,
            },
            Self::BackupFailed => Row {
                title: ["Backup failed", "Pencadangan gagal"],
                message: ["{eventName}: {reason}. {remedy}", "{eventName}: {reason}. {remedy}"],
                many: None,
                over: Some((
                    ["A newer backup follows the failed one", "Pencadangan yang gagal diulang"],
                    [
                        "{eventName} is brought to {place} anew; its end is told on its own.",
                        "{eventName} dicadangkan ulang ke {place}; hasilnya dikabarkan tersendiri.",
                    ],
                )),
            },
            Self::BackupWaits => Row {
                title: ["Backup waits", "Pencadangan menunggu"],
                message: ["{eventName}: {reason}", "{eventName}: {reason}"],
                many: None,
                over: Some((
                    ["Backup waits no longer", "Pencadangan tidak lagi menunggu"],
                    [
                        "What held up {eventName} at {place} is over.",
                        "Yang menghambat {eventName} di {place} sudah selesai.",
                    ],
                )),
            },
            Self::CopiesMissing => Row {
                title: ["A copy is gone", "Satu salinan hilang"],
                message: [
                    "{reason}. A good copy is made from another one.",
                    "{reason}. Salinan baik dibuat dari salinan lain.",
                ],
                many: Some(COPIES_BAD),
                over: Some(COPIES_GOOD),
            },
            Self::CopiesDamaged => Row {
                title: ["A copy is damaged", "Satu salinan rusak"],
                message: [
                    "{reason}. A good copy is made beside it from another one.",
                    "{reason}. Salinan baik dibuat di sebelahnya dari salinan lain.",
                ],
                many: Some(COPIES_BAD),
                over: Some(COPIES_GOOD),
            },
            Self::TargetFails => Row {
                title: ["Notifications do not reach {target}", "Pemberitahuan tidak sampai ke {target}"],
                message: ["{target}: {reason}; {remedy}.", "{target}: {reason}; {remedy}."],
                many: None,
                over: Some((
                    ["Notifications reach {target} again", "Pemberitahuan sampai lagi ke {target}"],
                    ["What it has missed is told to it now.", "Yang terlewat sedang dikabarkan kepadanya."],
                )),
            },
            Self::CpuHigh => Row {
                title: ["Processors nearly used up", "Prosesor hampir habis terpakai"],
                message: [
                    "{value} % in use for a minute, the limit is {limit} %. Close other programs; uploads may be slower.",
                    "{value} % terpakai selama satu menit, batasnya {limit} %. Tutup program lain; unggahan bisa melambat.",
                ],
                many: None,
                over: Some((
                    ["Processors well again", "Prosesor normal kembali"],
                    ["They are within the limit of {limit} % again.", "Pemakaian kembali di bawah batas {limit} %."],
                )),
            },
            Self::MemoryHigh => Row {
                title: ["Memory nearly used up", "Memori hampir habis"],
                message: [
                    "{value} % in use for a minute, the limit is {limit} %. Close other programs before the system ends one.",
                    "{value} % terpakai selama satu menit, batasnya {limit} %. Tutup program lain sebelum sistem menghentikannya.",
                ],
                many: None,
                over: Some((
                    ["Memory well again", "Memori normal kembali"],
                    ["It is within the limit of {limit} % again.", "Pemakaian kembali di bawah batas {limit} %."],
                )),
            },
            Self::DiskHigh => Row {
                title: ["Disk nearly used up", "Disk hampir habis terpakai"],
                message: [
                    "{place}: {value} % in use, the limit is {limit} %. Free some room there, or name another disk.",
                    "{place}: {value} % terpakai, batasnya {limit} %. Kosongkan sebagian, atau pakai disk lain.",
                ],
                many: None,
                over: Some((
                    ["Disk well again", "Disk normal kembali"],
                    ["{place} is within the limit of {limit} % again.", "{place} kembali di bawah batas {limit} %."],
                )),
            },
            Self::DiskFilling => Row {
                title: ["Disk full soon", "Disk segera penuh"],
                message: [
                    "{place} is full in {minutes} minutes at the rate of the last ten. Free some room there, or name another disk.",
                    "{place} penuh dalam {minutes} menit dengan laju sepuluh menit terakhir. Kosongkan sebagian, atau pakai disk lain.",
                ],
                many: None,
                over: Some((
                    ["Disk fills slower", "Disk tidak lagi cepat penuh"],
                    ["{place} does not fill so fast any more.", "{place} tidak lagi terisi secepat itu."],
                )),
            },
            Self::Trial => Row {
                title: ["A test from Kilat", "Uji coba dari Kilat"],
                message: [
                    "Notifications reach {target}. Nothing is wrong.",
                    "Pemberitahuan sampai ke {target}. Semua baik-baik saja.",
                ],
                many: None,
                over: None,
            },
        }
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
