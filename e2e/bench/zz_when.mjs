import { closeSync, openSync, writeSync } from "node:fs";
import { WebSocket } from "ws";
import { endAll, jpeg, launch, startKilat } from "./stage.js";

const browser = await launch();
const pic = await jpeg(browser);
await browser.close();
const k = await startKilat({ origin: "http://x" });
const s = new WebSocket(`ws://127.0.0.1:${k.port}/ws`);
let t0 = 0;
s.on("open", () => s.send(JSON.stringify({ type: "subscribe", payload: { channels: ["dslr", "upload"] } })));
s.on("message", (d) => {
  const m = JSON.parse(d);
  if (t0)
    console.log(
      String(Date.now() - t0).padStart(5),
      m.type,
      m.payload.status ?? "",
      m.payload.fileName ?? "",
      m.payload.counts?.held ?? "",
      m.payload.newest?.[0]?.name ?? "",
      m.payload.newest?.[0]?.state ?? "",
    );
});
await new Promise((r) => setTimeout(r, 1500));
for (let i = 1; i <= 4; i++) {
  const f = openSync(`${k.hot}/D${i}.JPG`, "w");
  writeSync(f, pic);
  writeSync(f, String(i));
  t0 = Date.now();
  closeSync(f);
  console.log("--", i);
  await new Promise((r) => setTimeout(r, 400 + i * 37));
}
await endAll();
process.exit(0);
