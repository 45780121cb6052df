// What is on its way from a camera over a slow link, with its small picture; and what earlier shoots left on its card.

import type { CameraComing, CameraRow } from "@kilat/client";
import { useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Button, Progress } from "../../parts/index.js";
import { size } from "../../words/times.js";
import { words } from "./words.js";

export function Coming({ camera, coming }: { camera: string; coming: CameraComing }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { name, doneBytes, totalBytes, picture } = coming;
  const told = { name, done: size(language, doneBytes), all: size(language, totalBytes) };
  return (
    <div className="cameras-coming">
      {/* The next file's picture has the same address. */}
      {picture && (
        <img alt="" src={`/api/cameras/${encodeURIComponent(camera)}/coming?of=${encodeURIComponent(name)}`} />
      )}
      <div>
        <span>{say("coming", told)}</span>
        <Progress percent={totalBytes > 0 ? (100 * doneBytes) / totalBytes : 0} label={say("coming", told)} />
      </div>
    </div>
  );
}

/** They are no part of the event: nobody fetches them unasked. */
export function Older({ camera }: { camera: CameraRow }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const [isAsked, setIsAsked] = useState(false);
  if (camera.older === null) return null;
  return (
    <div className="cameras-offer">
      <p className="second">{say(isAsked ? "older.asked" : "older", { n: camera.older })}</p>
      {mayAct && !isAsked && (
        <Button
          look="plain"
          label={`${say("older.do")}: ${camera.name}`}
          onPress={async () => {
            await ask("POST /api/admin/cameras/{id}/import", { path: { id: camera.id }, query: { which: "all" } });
            setIsAsked(true);
            return say("older.asked", { n: camera.older ?? 0 });
          }}
        >
          {say("older.do")}
        </Button>
      )}
    </div>
  );
}
