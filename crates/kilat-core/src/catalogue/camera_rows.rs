//! The words about cameras and cards.

use super::rows::{Both, KEEPS_GOING, Row};

const CAMERA_BACK: (Both, Both) = (
    ["Camera connected", "Kamera tersambung kembali"],
    [
        "{place} is there again; what it shot meanwhile is fetched now.",
        "{place} tersambung lagi; yang dipotret sementara itu sedang diambil.",
    ],
);
const CLOCK_RIGHT: (Both, Both) = (
    ["A camera's clock is right", "Jam kamera sudah benar"],
    ["The clock of {place} is right.", "Jam {place} sudah benar."],
);

pub(super) const CAMERA_GONE: Row = Row {
    title: ["{name} is not connected any more", "{name} tidak terhubung lagi"],
    message: [
        "{place}: {reason}. What it shoots stays on its card until it is back.",
        "{place}: {reason}. Hasil jepretannya tetap di kartunya sampai terhubung kembali.",
    ],
    many: Some(KEEPS_GOING),
    over: Some((
        ["{name} is connected again", "{name} terhubung kembali"],
        ["{place} is back.", "{place} sudah kembali."],
    )),
};

pub(super) const CAMERA_HELD: Row = Row {
    title: ["Another program has {name}", "Program lain memakai {name}"],
    message: [
        "{reason}. Until then no photo comes from it.",
        "{reason}. Sampai saat itu tidak ada foto yang masuk darinya.",
    ],
    many: None,
    over: Some((
        ["{name} is free again", "{name} bebas kembali"],
        ["No other program has it.", "Tidak ada program lain yang memakainya."],
    )),
};

pub(super) const CAMERA_WEDGED: Row = Row {
    title: ["{name} answers no more", "{name} tidak menjawab lagi"],
    message: [
        "{reason}. Switch it off and on; if that does not help, take its battery out.",
        "{reason}. Matikan lalu hidupkan; jika tidak membantu, lepas baterainya.",
    ],
    many: None,
    over: Some((
        ["{name} answers again", "{name} menjawab kembali"],
        ["It can be pulled from.", "Fotonya bisa diambil lagi."],
    )),
};

pub(super) const CARD_OFFER: Row = Row {
    title: ["{name}: {frames} new frames on the card", "{name}: {frames} foto baru di kartu"],
    message: [
        "{size} are not held yet. Import them: kilat camera import {camera}",
        "{size} belum tersimpan. Ambil dengan: kilat camera import {camera}",
    ],
    many: None,
    over: Some((
        ["{name}: nothing is offered", "{name}: tidak ada yang ditawarkan"],
        ["It is being imported, or it was taken out.", "Sedang diambil, atau kartunya dicabut."],
    )),
};

pub(super) const CARD_DONE: Row = Row {
    title: ["{name}: every frame is held", "{name}: semua foto tersimpan"],
    message: ["{tally}.", "Kartu sudah dibaca: {tally}."],
    many: None,
    over: None,
};

pub(super) const CARD_INCOMPLETE: Row = Row {
    title: ["{name}: not every frame is held", "{name}: belum semua foto tersimpan"],
    message: ["{reason}: {tally}.", "{reason}: {tally}."],
    many: None,
    over: Some((
        ["{name}: every frame is held", "{name}: semua foto tersimpan"],
        ["The card was read to its end.", "Kartu sudah dibaca sampai selesai."],
    )),
};

pub(super) const CAMERA_GONE_WITH_PHOTOS: Row = Row {
    title: ["Camera not connected: photos remain on it", "Kamera terputus: masih ada foto di dalamnya"],
    message: [
        "{place}: {reason}. {photos} photos remain on it until it is seen again; do not format its card.",
        "{place}: {reason}. {photos} foto tetap di kamera sampai tersambung lagi; jangan format kartunya.",
    ],
    many: Some(KEEPS_GOING),
    over: Some(CAMERA_BACK),
};

pub(super) const FRAMES_LOST: Row = Row {
    title: ["Photos were deleted before Kilat had them", "Foto terhapus sebelum sampai di Kilat"],
    message: [
        "{photos} went from the card of {place} and were never here: {names}. Do not use that card; a rescue program may still find them.",
        "{photos} hilang dari kartu {place} dan tidak pernah sampai: {names}. Jangan pakai kartu itu; program penyelamat mungkin masih bisa menemukannya.",
    ],
    many: Some((
        [
            "Photos were deleted before Kilat had them: {count} times",
            "Foto terhapus sebelum sampai di Kilat: {count} kali",
        ],
        [
            "From the card of {place}; the last: {names}. Do not use that card; a rescue program may still find them.",
            "Dari kartu {place}; terakhir: {names}. Jangan pakai kartu itu; program penyelamat mungkin masih bisa menemukannya.",
        ],
    )),
    over: None,
};

pub(super) const CLOCK_BEHIND: Row = Row {
    title: ["A camera's clock is behind", "Jam kamera terlambat"],
    message: [
        "The clock of {place} is {span} behind. Set it; its photos are sorted as if it were right.",
        "Jam {place} terlambat {span}. Setel jamnya; fotonya diurutkan seolah jamnya benar.",
    ],
    many: None,
    over: Some(CLOCK_RIGHT),
};

pub(super) const CLOCK_AHEAD: Row = Row {
    title: ["A camera's clock is ahead", "Jam kamera terlalu cepat"],
    message: [
        "The clock of {place} is {span} ahead. Set it; its photos are sorted as if it were right.",
        "Jam {place} lebih cepat {span}. Setel jamnya; fotonya diurutkan seolah jamnya benar.",
    ],
    many: None,
    over: Some(CLOCK_RIGHT),
};
