import type { Same } from "../../words/words.js";
import type { en } from "./words.en.js";

export const id: Same<typeof en> = {
  "sources.title": "Tempat foto masuk",
  "sources.none": "Belum ada folder yang dipantau",
  "sources.noneWhy": "Jalankan Kilat dengan --watch dan folder yang diisi program kamera Anda.",
  "source.hot_folder": "folder",
  "source.up": "dipantau, foto terakhir {age}",
  "source.upNone": "dipantau, belum ada foto",
  "source.gone": "hilang sejak {age}",
  "source.next":
    "Sambungkan lagi disknya, atau buat lagi foldernya; Kilat lanjut sendiri. Yang sudah masuk tidak hilang.",
  "source.photos": "foto",
  "cameras.title": "Kamera di acara ini",
  "cameras.none": "Belum ada kamera yang terlihat",
  "cameras.noneWhy": "Kamera muncul di sini dengan foto pertamanya. Namanya dibaca dari berkas.",
  "camera.photos": "foto",
  "camera.serial": "nomor seri {serial}",
  "camera.quiet": "foto terakhir {age}",
  "unknown.title": "Kamera tersambung atau tidak, tidak bisa diketahui dari sini",
  "unknown.why": "Folder tidak tahu kameranya. Lihat umur foto terakhir.",
  "link.down": "Kamera tidak tersambung",
  what: "tempat foto masuk dan kamera",
};
