// contact sheet: node sheet.mjs out.png w h files...

import { readFileSync } from "node:fs";
import { launch } from "./browser/open.js";

const [out, cols, w, ...files] = process.argv.slice(2);
const b = await launch();
const p = await b.newPage({ viewport: { width: cols * w + 10, height: 800 } });
await p.setContent(
  `<body style="margin:0;background:#888;display:flex;flex-wrap:wrap;gap:2px">${files.map((f) => `<img style="width:${w - 2}px" src="data:image/png;base64,${readFileSync(f).toString("base64")}">`).join("")}`,
);
await p.waitForTimeout(300);
await p.screenshot({ path: out, fullPage: true });
await b.close();
