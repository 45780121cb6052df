import type { Same } from "../../words/words.js";
import type { en } from "./words.en.js";

export const id: Same<typeof en> = {
  "filter.label": "Foto yang mana",
  "filter.all": "Semua {n}",
  "filter.waiting": "Menunggu {n}",
  "filter.failed": "Gagal {n}",
  "way.title": "Perlu Anda, dan sedang disalin",
  "way.to": "ke {place}",
  "way.retry": "Coba lagi",
  "way.cutOff": "terpotong",
  "way.failed": "gagal disalin",
  "way.more": "{n} lagi",
  "none.all": "Belum ada foto",
  "none.allWhy": "Foto muncul di sini begitu masuk.",
  "none.waiting": "Tidak ada yang menunggu",
  "none.failed": "Tidak ada yang gagal",
  looked: "Sudah dilihat {n} dari {all}",
  "grid.label": "Foto, terbaru dulu",
  "pace.title": "Foto per menit",
  "pace.span": "{n} mnt terakhir",
  "pace.since": "sejak {time}, sejauh daftar sudah dibaca",
  "pace.sum": "{n} foto, paling banyak {most} per menit",
  "pace.table": "Sebagai tabel",
  "pace.minute": "Menit",
  "pace.photos": "Foto",
  what: "foto",
};
