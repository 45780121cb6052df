// Before the first state: the page's shape, or that nobody answers.

import { useWords } from "../live/choices.js";
import { client } from "../live/client.js";
import { useStatus } from "../live/live.js";
import { common } from "../words/common.js";
import { Press } from "./button.js";
import { Empty, Skeleton } from "./states.js";

/** `what` is waited for, of so many rows. */
export function Waiting({ what, rows }: { what: string; rows: number }) {
  const say = useWords(common);
  const { link } = useStatus();
  if (link !== "none") return <Skeleton what={what} rows={rows} />;
  return (
    <Empty icon="clock" title={say("part.noAnswer")}>
      <Press onPress={() => client.reconnect()}>{say("do.tryNow")}</Press>
    </Empty>
  );
}
