import { en } from "./words.en.js";
import { id } from "./words.id.js";

export const words = { en, id };
