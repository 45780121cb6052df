import type { Same } from "../../words/words.js";
import type { en } from "./words.en.js";

export const id: Same<typeof en> = {
  title: "Siapa yang melihat",
  what: "siapa yang terhubung",
  none: "Tidak ada yang terhubung",
  noneWhy: "Halaman yang bertanya sesekali, karena tidak bisa tersambung langsung, tidak ada di daftar ini.",
  summary: { one: "{n} penonton", many: "{n} penonton" },
  slow: { one: "{n} lambat", many: "{n} lambat" },
  fine: "Semua sudah terkini",
  since: "sejak {time}",
  heard: "terdengar {time} lalu",
  "state.behind": { one: "tertinggal {n} pesan", many: "tertinggal {n} pesan" },
  "state.blocked": "tidak menerima apa pun selama {time}",
  "state.current": "terkini",
  "by.websocket": "langsung",
  "by.sse": "aliran peristiwa",
  trace: "Apa yang dikatakan",
  traceOf: "{who}, {address}",
  traceWhy: "Baris terakhir, sejak ini dibuka: < dari penonton, > kepada penonton.",
  traceNone: "Belum ada. Baris muncul begitu dikatakan.",
  channels: "Mengikuti {channels}",
  sent: "{size} dalam {n} pesan",
  skipped: { one: "{n} keadaan dilompati ke yang lebih baru", many: "{n} keadaan dilompati ke yang lebih baru" },
  resyncs: { one: "diperbarui sekali", many: "diperbarui {n} kali" },
};
