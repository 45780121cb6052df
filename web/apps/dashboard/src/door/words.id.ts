import type { Same } from "../words/words.js";
import type { en } from "./words.en.js";

export const id: Same<typeof en> = {
  title: "Masuk",
  link: "Pindai kode yang ditampilkan Kilat saat mulai (atau: kilat link), atau pakai akun Anda.",
  name: "Nama",
  password: "Kata sandi",
  enter: "Masuk",
  asked: "Diminta …",
  badCode: "Tautan ini tidak berlaku lagi. Minta yang baru: kilat link.",
  badPassword: "Nama atau kata sandi salah.",
  slow: "Terlalu banyak percobaan. Tunggu setengah menit, lalu coba lagi.",
  noLink: "Terputus dari Kilat; tidak ada yang diminta.",
  refused: "Ditolak: {why}",
  language: "English",
};
