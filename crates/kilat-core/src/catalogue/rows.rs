//! The words themselves.

use super::{Said, camera_rows};

/// English and Indonesian.
pub(super) type Both = [&'static str; 2];

/// One line of the catalogue.
pub(super) struct Row {
    pub(super) title: Both,
    pub(super) message: Both,
    /// When several were folded into it.
    pub(super) many: Option<(Both, Both)>,
    /// When its cause ended; none for a moment.
    pub(super) over: Option<(Both, Both)>,
}

const CAME_AGAIN: (Both, Both) = (
    ["Files are complete again", "Berkas lengkap kembali"],
    ["Nothing is left that could not be taken in.", "Tidak ada lagi berkas yang gagal diambil."],
);
const SPACE_AGAIN: (Both, Both) = (
    ["Storage has room again", "Penyimpanan longgar kembali"],
    ["{place} has enough room again.", "{place} sudah punya cukup ruang lagi."],
);

/// Of what lasts: it went away again and again.
pub(super) const KEEPS_GOING: (Both, Both) = (
    ["Keeps going away: {count} times", "Terus hilang: {count} kali"],
    [
        "{place}; the last: {reason}. Look at its cable, its hub or the network. This ends once it has stayed for 3 minutes.",
        "{place}; terakhir: {reason}. Periksa kabel, hub, atau jaringannya. Ini selesai setelah bertahan 3 menit.",
    ],
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
    pub(super) fn row(self) -> Row {
        match self {
            Self::SourceOffline => Row {
                title: ["Hot folder not available", "Folder kamera tidak tersedia"],
                message: ["{place}: {reason}", "{place}: {reason}"],
                many: Some(KEEPS_GOING),
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
                many: Some(KEEPS_GOING),
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
            Self::ListsDamaged => Row {
                title: ["A manifest is damaged", "Satu manifes rusak"],
                message: [
                    "{place}: {reason}. The photos were read back apart from it; the next backup writes another manifest.",
                    "{place}: {reason}. Fotonya sudah dibaca ulang tersendiri; pencadangan berikutnya menulis manifes lain.",
                ],
                many: None,
                over: Some((
                    ["Manifests sound again", "Manifes baik kembali"],
                    [
                        "All manifests at {place} were read and are sound.",
                        "Semua manifes di {place} sudah dibaca dan baik.",
                    ],
                )),
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
            Self::CameraGone => camera_rows::CAMERA_GONE,
            Self::CameraHeld => camera_rows::CAMERA_HELD,
            Self::CameraWedged => camera_rows::CAMERA_WEDGED,
            Self::CardOffer => camera_rows::CARD_OFFER,
            Self::CardDone => camera_rows::CARD_DONE,
            Self::CardIncomplete => camera_rows::CARD_INCOMPLETE,
            Self::CameraGoneWithPhotos => camera_rows::CAMERA_GONE_WITH_PHOTOS,
            Self::FramesLost => camera_rows::FRAMES_LOST,
            Self::ClockBehind => camera_rows::CLOCK_BEHIND,
            Self::ClockAhead => camera_rows::CLOCK_AHEAD,
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
