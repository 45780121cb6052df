// Every word of the parts and monitors, English and Indonesian. Absent: what a camera, an operator or the server wrote.
//
// `|` parts one from many; Indonesian has one form. `{name}` stands for a value.

import type { Language } from "../context.js";

export type Values = Record<string, string | number>;
export type Catalogue = Record<string, readonly [en: string, id: string]>;

/** A stranger's text without what turns the text around it, or itself, the other way: `exe.JPG` is `GPJ.exe`. */
export const tame = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** Says an entry of a catalogue; `n` among the values chooses one or many. */
export function say(
  [en, id]: readonly [en: string, id: string],
  lang: Language,
  values: Values = {},
  write: (value: number) => string = String,
): string {
  const forms = (lang === "id" ? id : en).split("|");
  const form = values["n"] === 1 ? forms[0] : forms.at(-1);
  return (form ?? "").replace(/{(\w+)}/g, (whole, name) => {
    const value = values[name] ?? whole;
    return typeof value === "number" ? write(value) : tame(value);
  });
}

export const WORDS = {
  // This page's own link.
  live: ["Live", "Langsung"],
  polling: ["Polling {time}", "Cek tiap {time}"],
  noLink: ["No link", "Terputus"],
  connecting: ["Connecting", "Menyambung"],
  asleep: ["Resting", "Istirahat"],
  stopped: ["Signed out", "Belum masuk"],
  waits: [
    "Still waiting for Kilat. Is it running, and is this device in its network?",
    "Masih menunggu Kilat. Apakah berjalan, dan perangkat ini di jaringannya?",
  ],
  lost: [
    "This page lost Kilat {age}. What stands here was so then.",
    "Halaman ini kehilangan Kilat {age}. Di sini keadaan saat itu.",
  ],
  old: ["Too old to be sure.", "Terlalu lama, belum pasti."],
  signIn: ["Sign in to Kilat to see this.", "Masuk ke Kilat untuk melihat ini."],
  notAllowed: ["You may not see this. Ask for another link.", "Anda tidak boleh melihat ini. Minta tautan lain."],
  again: ["Try again", "Coba lagi"],
  // Ages and numbers.
  secondsAgo: ["{n} s ago", "{n} dtk lalu"],
  minutesAgo: ["{n} min ago", "{n} mnt lalu"],
  at: ["at {time}", "pukul {time}"],
  s: ["{n} s", "{n} dtk"],
  min: ["{n} min", "{n} mnt"],
  h: ["{n} h", "{n} jam"],
  perSecond: ["{size}/s", "{size}/dtk"],
  unknown: ["unknown", "tidak tahu"],
  // The three monitors.
  cameras: ["DSLR Monitor", "Monitor DSLR"],
  backups: ["Backup Status", "Status Cadangan"],
  machine: ["System", "Sistem"],
  measured: ["measured {age}", "diukur {age}"],
  realtime: ["Real-time updates", "Pembaruan langsung"],
  refresh: ["Refresh", "Muat ulang"],
  broken: ["{what} broke. The others go on.", "{what} rusak. Yang lain tetap jalan."],
  report: ["To report it: {id}", "Untuk lapor: {id}"],
  reload: ["Reload this part", "Muat ulang bagian ini"],
  loading: ["Loading", "Memuat"],
  // Commands.
  asked: ["Asked …", "Diminta …"],
  done: ["Done", "Selesai"],
  refused: ["Refused: {why}", "Ditolak: {why}"],
  refusedRight: [
    "Refused: you may only look. Ask for an operator’s link.",
    "Ditolak: Anda hanya boleh melihat. Minta tautan operator.",
  ],
  noAnswer: [
    "No answer from Kilat. Look before you ask again.",
    "Kilat tidak menjawab. Lihat dulu sebelum minta lagi.",
  ],
  close: ["Close", "Tutup"],
  save: ["Save", "Simpan"],
  keep: ["No, keep", "Tidak, biarkan"],
  // Notifications.
  clearAll: ["Clear", "Bersihkan"],
  clearOne: ["Clear: {what}", "Bersihkan: {what}"],
  cleared: ["{n} cleared", "{n} dibersihkan"],
  undo: ["Undo", "Urungkan"],
  more: ["{n} more", "{n} lagi"],
  ended: ["over", "selesai"],
  // Cameras and uploads.
  noCamera: ["No photo from a camera yet", "Belum ada foto dari kamera"],
  copyInto: ["Copy a photo into {folder}, or shoot.", "Salin foto ke {folder}, atau memotret."],
  watching: ["watching {folder}", "mengawasi {folder}"],
  connected: ["connected", "tersambung"],
  unplugged: ["not connected", "tidak tersambung"],
  sourceDown: ["Folder gone: {what}", "Folder hilang: {what}"],
  cameraDown: ["Camera not connected: {what}", "Kamera tidak tersambung: {what}"],
  storageDown: ["Storage takes no copies: {what}", "Penyimpanan menolak salinan: {what}"],
  uploading: ["on its way", "sedang disalin"],
  of: ["{done} of {all}", "{done} dari {all}"],
  failedCopy: ["not copied", "gagal disalin"],
  paused: ["Copying is paused. Photos wait here.", "Penyalinan dijeda. Foto menunggu di sini."],
  uploaded: ["uploaded", "terunggah"],
  waiting: ["waiting", "menunggu"],
  failed: ["failed", "gagal"],
  mbps: ["MB/s", "MB/dtk"],
  pause: ["Pause", "Jeda"],
  resume: ["Resume", "Lanjut"],
  settings: ["Settings", "Setelan"],
  uploader: ["Photographer’s name", "Nama fotografer"],
  notify: ["Announce notifications", "Siarkan pemberitahuan"],
  // Backups.
  toPlace: ["{event} → {place}", "{event} → {place}"],
  photosOf: ["{done} of {n} photo|{done} of {n} photos", "{done} dari {n} foto"],
  left: ["{time} left", "sisa {time}"],
  readBack: ["every copy is read back", "tiap salinan dibaca ulang"],
  queued: ["waits for its turn", "menunggu giliran"],
  listing: ["comparing", "membandingkan"],
  verifying: ["reading back", "membaca ulang"],
  sealing: ["writing the list", "menulis daftar"],
  pausedRun: ["paused", "dijeda"],
  waitingRun: ["waits for its storage", "menunggu penyimpanan"],
  cancelled: ["cancelled", "dibatalkan"],
  checked: ["{n} photo, checked|{n} photos, checked", "{n} foto, diperiksa"],
  notBrought: ["{n} photo not brought|{n} photos not brought", "{n} foto tidak terbawa"],
  noRuns: ["No backup yet", "Belum ada cadangan"],
  noRunsHow: ["Start one when the shoot is over.", "Mulai setelah pemotretan selesai."],
  runs: ["runs", "kali"],
  active: ["active", "berjalan"],
  completed: ["completed", "selesai"],
  start: ["Start a backup", "Mulai cadangan"],
  event: ["Event", "Acara"],
  places: ["Where to", "Ke mana"],
  noPlaces: [
    "No backup storage is named. Add one: kilat destination add",
    "Belum ada penyimpanan cadangan. Tambah: kilat destination add",
  ],
  clearOld: ["Clear old", "Hapus lama"],
  clearOldAsk: [
    "Forget runs that ended over 7 days ago? No file is touched.",
    "Lupakan yang selesai lebih dari 7 hari lalu? Tak ada berkas disentuh.",
  ],
  forget: ["Forget them", "Lupakan"],
  cancel: ["Cancel", "Batalkan"],
  cancelAsk: ["End this backup? Complete copies stay.", "Akhiri cadangan ini? Salinan utuh tetap ada."],
  end: ["End it", "Akhiri"],
  // The machine.
  cpu: ["CPU", "CPU"],
  memory: ["Memory", "Memori"],
  disk: ["Disk {name}", "Disk {name}"],
  fullest: ["Fullest disk", "Disk terpenuh"],
  temperature: ["Temperature", "Suhu"],
  fullIn: ["{what} is full in about {time} at this pace.", "{what} penuh sekitar {time} lagi."],
  fills: ["A disk is filling.", "Sebuah disk mulai penuh."],
  busyNow: ["{what} is almost used up.", "{what} hampir habis."],
} as const satisfies Catalogue;

export type Word = keyof typeof WORDS;
