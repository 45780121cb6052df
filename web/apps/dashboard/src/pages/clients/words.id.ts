import type { Same } from "../../words/words.js";
import type { en } from "./words.en.js";

export const id: Same<typeof en> = {
  title: "Belum ada apa-apa",
};
