// @ts-check
// Every word on the page, in every language that it speaks. Absent: what a camera or the server
// wrote (names, paths, reasons of the system); that is shown as it came.

/** @typedef {"en" | "id"} Language */
/** @typedef {Record<string, string | number>} Values */

/** @type {Record<string, { en: string, id: string }>} */
export const CATALOGUE = {
  // The verdict.
  "verdict.safe.one": { en: "1 photo is safe", id: "Aman: 1 foto tersimpan" },
  "verdict.safe.many": { en: "{n} photos are safe", id: "Aman: {n} foto tersimpan" },
  "verdict.ready": { en: "Ready for the first photo", id: "Siap untuk foto pertama" },
  "verdict.connecting": { en: "Looking for Kilat", id: "Mencari Kilat" },
  "verdict.stale": { en: "This device lost Kilat {age}", id: "Perangkat ini kehilangan Kilat {age}" },
  "verdict.noStorage": { en: "There is no storage yet", id: "Belum ada penyimpanan" },
  "verdict.noEvent": { en: "There is no event yet", id: "Belum ada acara" },
  "verdict.paused": { en: "Copying is paused", id: "Penyalinan dijeda" },
  "verdict.waiting.one": { en: "1 photo is on its way", id: "1 foto sedang disalin" },
  "verdict.waiting.many": { en: "{n} photos are on their way", id: "{n} foto sedang disalin" },
  "verdict.failed.one": { en: "1 photo could not be copied", id: "1 foto gagal disalin" },
  "verdict.failed.many": { en: "{n} photos could not be copied", id: "{n} foto gagal disalin" },
  "verdict.destinationDown": { en: "Storage {what} takes no copies", id: "Penyimpanan {what} tidak menerima salinan" },
  "verdict.sourceOffline": { en: "Folder {what} is gone {age}", id: "Folder {what} hilang {age}" },
  "verdict.diskLow": { en: "Storage {what} is almost full", id: "Penyimpanan {what} hampir penuh" },
  "verdict.fileTrouble.one": { en: "1 file needs you", id: "1 berkas perlu dilihat" },
  "verdict.fileTrouble.many": { en: "{n} files need you", id: "{n} berkas perlu dilihat" },
  // Under it.
  "detail.allSafe": {
    en: "Every photo that arrived has its checked copies.",
    id: "Semua foto yang masuk punya salinan yang diperiksa.",
  },
  "detail.more.one": { en: "1 more is on its way.", id: "1 lagi sedang disalin." },
  "detail.more.many": { en: "{n} more are on their way.", id: "{n} lagi sedang disalin." },
  "detail.hereOnly.one": { en: "1 is held here only.", id: "1 hanya ada di sini." },
  "detail.hereOnly.many": { en: "{n} are held here only.", id: "{n} hanya ada di sini." },
  "detail.last": { en: "Last photo {age}.", id: "Foto terakhir {age}." },
  "detail.safeStill.one": { en: "1 photo is safe.", id: "1 foto aman." },
  "detail.safeStill.many": { en: "{n} photos are safe.", id: "{n} foto aman." },
  "detail.wait.one": { en: "1 photo waits here until then.", id: "1 foto menunggu di sini." },
  "detail.wait.many": { en: "{n} photos wait here until then.", id: "{n} foto menunggu di sini." },
  "detail.nothingLost": { en: "Nothing that arrived is lost.", id: "Yang sudah masuk tidak hilang." },
  "detail.notYet": { en: "Do not format the cards yet.", id: "Jangan format kartu dulu." },
  "detail.connecting": {
    en: "Is it running, and is this device in its network?",
    id: "Apakah Kilat berjalan, dan perangkat ini di jaringannya?",
  },
  "detail.stale": {
    en: "It goes on without this page. What stands below is what was known then.",
    id: "Kilat tetap bekerja. Di bawah ini keadaan saat itu.",
  },
  "detail.ready": { en: "Copy a photo into {folder}, or shoot.", id: "Salin foto ke {folder}, atau mulai memotret." },
  "detail.noStorage": {
    en: "Start Kilat with --to and a folder for the copies.",
    id: "Jalankan Kilat dengan --to dan folder untuk salinan.",
  },
  "detail.noEvent": {
    en: 'Make one: kilat event create "Ayu & Bima". Photos wait for it.',
    id: 'Buat: kilat event create "Ayu & Bima". Foto akan menunggu.',
  },
  // The way.
  "way.cameras": { en: "Folders", id: "Folder" },
  "way.kilat": { en: "Kilat", id: "Kilat" },
  "way.storage": { en: "Storage", id: "Penyimpanan" },
  "way.of": { en: "{n} of {all}", id: "{n} dari {all}" },
  "way.up": { en: "up {time}", id: "aktif {time}" },
  "way.paused": { en: "paused", id: "dijeda" },
  "way.none": { en: "none yet", id: "belum ada" },
  "way.unknown": { en: "unknown", id: "tidak diketahui" },
  // The counts.
  "count.shot": { en: "Shot", id: "Dipotret" },
  "count.held": { en: "Held", id: "Diterima" },
  "count.stored": { en: "Stored", id: "Disimpan" },
  "count.safe": { en: "Safe", id: "Aman" },
  // The link of this device.
  "link.live": { en: "Live", id: "Langsung" },
  "link.polling": { en: "Polling 30 s", id: "Cek tiap 30 dtk" },
  "link.none": { en: "No link", id: "Terputus" },
  "link.connecting": { en: "Connecting", id: "Menyambung" },
  // Lists.
  "list.problems": { en: "Needs you", id: "Perlu Anda" },
  "list.more": { en: "{n} more", id: "{n} lagi" },
  "list.cameras": { en: "Cameras", id: "Kamera" },
  "list.storage": { en: "Storage", id: "Penyimpanan" },
  "list.newest": { en: "Newest", id: "Terbaru" },
  "list.empty": { en: "Photos appear here the moment they arrive.", id: "Foto muncul di sini begitu masuk." },
  "camera.photos": { en: "photos", id: "foto" },
  "storage.free": { en: "{free} free", id: "sisa {free}" },
  "storage.speed": { en: "{speed}/s", id: "{speed}/dtk" },
  "storage.checked": { en: "checked", id: "diperiksa" },
  "storage.backup": { en: "for backups", id: "untuk cadangan" },
  "storage.waiting": { en: "{n} waiting", id: "{n} menunggu" },
  // Problems, and the next step of each.
  "problem.copy_failed": { en: "{what} could not be copied", id: "{what} gagal disalin" },
  "problem.copy_failed.next": {
    en: "Look at the storage, then try again.",
    id: "Periksa penyimpanan, lalu coba lagi.",
  },
  "problem.incomplete": { en: "{what} is cut off", id: "{what} terpotong" },
  "problem.incomplete.next": {
    en: "Send it again; the whole file is taken by itself.",
    id: "Kirim lagi; berkas utuh diambil sendiri.",
  },
  "problem.unreadable": { en: "{what} cannot be read", id: "{what} tidak bisa dibaca" },
  "problem.unreadable.next": {
    en: "Give Kilat the right to read it, or copy it again.",
    id: "Beri Kilat izin baca, atau salin lagi.",
  },
  "problem.vanished": { en: "{what} was gone before it was read", id: "{what} hilang sebelum dibaca" },
  "problem.vanished.next": {
    en: "If nobody deleted it, copy it into the folder again.",
    id: "Kalau tidak dihapus, salin lagi ke folder.",
  },
  "problem.too_large": { en: "{what} is too large", id: "{what} terlalu besar" },
  "problem.too_large.next": {
    en: "Raise max_file_mb and start Kilat again.",
    id: "Naikkan max_file_mb dan jalankan ulang Kilat.",
  },
  "problem.source_offline": { en: "Folder {what} is gone", id: "Folder {what} hilang" },
  "problem.source_offline.next": {
    en: "Connect its disk again; Kilat goes on by itself.",
    id: "Sambungkan lagi disknya; Kilat lanjut sendiri.",
  },
  "problem.destination_down": { en: "{what} takes no copies", id: "{what} tidak menerima salinan" },
  "problem.destination_down.next": {
    en: "Connect it or free some space; Kilat goes on by itself.",
    id: "Sambungkan atau kosongkan ruang; Kilat lanjut sendiri.",
  },
  "problem.disk_low": { en: "{what} is almost full", id: "{what} hampir penuh" },
  "problem.disk_low.next": {
    en: "Free some space there, or name another storage.",
    id: "Kosongkan ruang, atau pakai penyimpanan lain.",
  },
  // Commands, and what became of them.
  "do.retry": { en: "Try again", id: "Coba lagi" },
  "do.pause": { en: "Pause copying", id: "Jeda penyalinan" },
  "do.resume": { en: "Copy again", id: "Lanjut menyalin" },
  "do.close": { en: "Close", id: "Tutup" },
  "did.asked": { en: "Asked …", id: "Diminta …" },
  "did.done": { en: "Done", id: "Selesai" },
  "did.refused": { en: "Refused: {why}", id: "Ditolak: {why}" },
  "did.noLink": { en: "No link to Kilat; nothing was asked.", id: "Terputus dari Kilat; tidak ada yang diminta." },
  // The way in.
  "door.title": { en: "Sign in", id: "Masuk" },
  "door.link": {
    en: "Scan the code that Kilat shows when it starts (or: kilat link), or use your account.",
    id: "Pindai kode yang ditampilkan Kilat saat mulai (atau: kilat link), atau pakai akun Anda.",
  },
  "door.name": { en: "Name", id: "Nama" },
  "door.password": { en: "Password", id: "Kata sandi" },
  "door.enter": { en: "Sign in", id: "Masuk" },
  "door.leave": { en: "Sign out {name}", id: "Keluar {name}" },
  "door.badCode": {
    en: "This link is not valid any more. Ask for a new one: kilat link.",
    id: "Tautan ini tidak berlaku lagi. Minta yang baru: kilat link.",
  },
  "door.badPassword": { en: "The name or the password is wrong.", id: "Nama atau kata sandi salah." },
  "door.slow": {
    en: "Too many attempts. Try again in {seconds} s.",
    id: "Terlalu banyak percobaan. Coba lagi dalam {seconds} dtk.",
  },
  // A photo.
  "photo.waiting": { en: "waiting", id: "menunggu" },
  "photo.copying": { en: "on its way", id: "sedang disalin" },
  "photo.stored": { en: "safe", id: "aman" },
  "photo.failed": { en: "failed", id: "gagal" },
  "photo.noPreview": { en: "No preview", id: "Tanpa pratinjau" },
  "photo.camera": { en: "Camera", id: "Kamera" },
  "photo.taken": { en: "Taken", id: "Diambil" },
  "photo.from": { en: "Came from", id: "Berasal dari" },
  "photo.size": { en: "Size", id: "Ukuran" },
  "photo.hash": { en: "Fingerprint (BLAKE3)", id: "Sidik (BLAKE3)" },
  "photo.copies": { en: "Copies", id: "Salinan" },
  "photo.noCopies": {
    en: "Due at no storage: it is held here only.",
    id: "Tidak disalin ke mana pun: hanya ada di sini.",
  },
  "copy.stored": { en: "checked {when}", id: "diperiksa {when}" },
  "copy.stored.device": { en: "read back from the disk itself", id: "dibaca ulang dari disk" },
  "copy.stored.cache": {
    en: "read back; this storage allows no direct reading",
    id: "dibaca ulang; penyimpanan ini tidak bisa dibaca langsung",
  },
  "copy.pending": { en: "waiting", id: "menunggu" },
  "copy.failed": { en: "failed", id: "gagal" },
  "photo.unknown": { en: "This photo cannot be shown: {why}", id: "Foto ini tidak bisa ditampilkan: {why}" },
  // Notices that pass by.
  "notice.event_milestone": { en: "{photos} photos are safe", id: "{photos} foto aman" },
  // More.
  "more.language": { en: "Bahasa Indonesia", id: "English" },
  "more.bright": { en: "Bright", id: "Terang" },
  "more.theme.system": { en: "Colours: system", id: "Warna: sistem" },
  "more.theme.light": { en: "Colours: light", id: "Warna: terang" },
  "more.theme.dark": { en: "Colours: dark", id: "Warna: gelap" },
  "more.version": { en: "Kilat {version}", id: "Kilat {version}" },
  demo: {
    en: "This is a demo: a virtual photographer shoots, no photo is real.",
    id: "Ini demo: fotografer virtual, tidak ada foto asli.",
  },
  // Times.
  "age.now": { en: "just now", id: "baru saja" },
  "age.seconds": { en: "{n} s ago", id: "{n} dtk lalu" },
  "age.minutes": { en: "{n} min ago", id: "{n} mnt lalu" },
  "age.clock": { en: "at {time}", id: "pukul {time}" },
  "time.minutes": { en: "{n} min", id: "{n} mnt" },
  "time.hours": { en: "{n} h", id: "{n} jam" },
  "time.days": { en: "{n} d", id: "{n} hari" },
};

/**
 * A sentence of the catalogue with its values; `n` decides between one and many.
 * @param {Language} language @param {string} key @param {Values} [values] @returns {string}
 */
export function say(language, key, values = {}) {
  const counted = `${key}.${values.n === 1 ? "one" : "many"}`;
  const entry = CATALOGUE[key] ?? CATALOGUE[counted];
  if (!entry) throw new Error(`no words for ${key}`);
  return entry[language].replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}

/** @param {string | undefined} wanted @returns {Language} */
export function language(wanted) {
  return wanted?.toLowerCase().startsWith("id") ? "id" : "en";
}
