import { useWords } from "../../live/choices.js";
import { Empty } from "../../parts/index.js";
import { words } from "./words.js";

export function Page() {
  const say = useWords(words);
  return <Empty icon="calendar" title={say("title")} />;
}
