import { en } from "./common.en.js";
import { id } from "./common.id.js";

export const common = { en, id };
