// Every state × width × scheme × language: axe, targets, no overflow, the words that it must say; pictures on request.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Fake, fake } from "../server.js";
import * as states from "../states.js";
import { FILES, has, holds, launch, monitors, open, shoot } from "./open.js";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const WIDTHS = [360, 768, 1280];
type Lang = "en" | "id";

/** A state: how the server is, what is done on the page, and what must stand there. */
interface State {
  world: () => states.World;
  prepare?: (server: Fake) => void;
  reach: (page: Page, server: Fake) => Promise<unknown>;
  says?: Record<Lang, RegExp>;
  /** Errors of the page that belong to it. */
  breaks?: boolean;
}

const STATES: Record<string, State> = {
  loading: {
    world: states.live,
    prepare: (server) => {
      server.mode = "silent";
    },
    reach: (page) => monitors(page, "loading"),
    says: { en: /Connecting/, id: /Menyambung/ },
  },
  empty: {
    world: states.empty,
    reach: (page) => monitors(page, "live"),
    says: {
      en: /No photo from a camera yet[\s\S]*No backup yet/,
      id: /Belum ada foto dari kamera[\s\S]*Belum ada cadangan/,
    },
  },
  live: {
    world: states.live,
    reach: (page) => monitors(page, "live"),
    says: { en: /Live\s*· WebSocket/, id: /Langsung\s*· WebSocket/ },
  },
  busy: {
    world: states.busy,
    reach: async (page) => {
      await monitors(page, "live");
      await has(page, '[role=progressbar][aria-label="DSC_0411.NEF"]');
    },
    says: { en: /7\.1 of 11\.4 MB[\s\S]*398 of 415 photos · 182 MB\/s[\s\S]*3 s left/, id: /7,1 dari 11,4 MB/ },
  },
  partial: {
    world: states.partial,
    reach: async (page) => {
      await monitors(page, "live");
      await has(page, ".kl-notices .kl-note");
      await page.waitForFunction(() => document.body.textContent?.includes("DSC_0390.JPG"));
    },
    says: { en: /Storage takes no copies: \/media\/red-ssd[\s\S]*unknown/, id: /Penyimpanan menolak salinan/ },
  },
  stale: {
    world: states.stale,
    reach: (page) => monitors(page, "stale"),
    says: { en: /Too old to be sure/, id: /Terlalu lama/ },
  },
  nolink: {
    world: states.busy,
    reach: async (page, server) => {
      await monitors(page, "live");
      server.mode = "gone";
      server.cut();
      await page.waitForFunction(() => document.querySelectorAll(".kl-pill.kl-trouble").length === 3);
    },
    says: { en: /This page lost Kilat \d+ s ago/, id: /Halaman ini kehilangan Kilat \d+ dtk lalu/ },
  },
  polling: {
    world: states.live,
    prepare: (server) => {
      server.mode = "no-socket";
    },
    reach: (page) => page.waitForFunction(() => document.querySelectorAll(".kl-pill.kl-busy").length === 3),
    says: { en: /Polling 30 s[\s\S]*Polling 2 min/, id: /Cek tiap 30 dtk[\s\S]*Cek tiap 2 mnt/ },
  },
  refused: {
    world: states.live,
    prepare: (server) => {
      server.role = "nobody";
    },
    reach: (page) => monitors(page, "refused"),
    says: { en: /Sign in to Kilat to see this/, id: /Masuk ke Kilat/ },
  },
  open: {
    world: states.busy,
    reach: async (page, server) => {
      server.world.notices = [states.notice({ type: "upload_failed" })];
      await monitors(page, "live");
      await page.click(".kl-card:nth-of-type(1) button[aria-expanded]");
      await page.locator(".kl-card").nth(1).locator("button[aria-expanded]").first().click();
      await has(page, ".kl-choice");
    },
    says: { en: /Photographer’s name[\s\S]*Where to/, id: /Nama fotografer[\s\S]*Ke mana/ },
  },
  broken: {
    world: () => {
      const world = states.live();
      // What no server should say.
      return { ...world, now: { ...world.now, cameras: [null as never] } };
    },
    reach: (page) => has(page, '[role="alert"]'),
    says: { en: /DSLR Monitor broke[\s\S]*To report it: [A-Z0-9]+/, id: /Monitor DSLR rusak/ },
    breaks: true,
  },
  hostile: {
    world: states.hostile,
    reach: async (page) => {
      await monitors(page, "live");
      await has(page, ".kl-notices .kl-note");
      assert.equal(await page.title(), "Studio Admin");
      assert.equal(await page.locator("img").count(), 0);
      assert.doesNotMatch((await page.textContent("body")) ?? "", /\u202e/, "nothing turns the text around");
    },
    says: { en: /<img src=x onerror/, id: /<img src=x onerror/ },
  },
};

for (const [name, state] of Object.entries(STATES)) {
  test(`${name}: at every width, light and dark, in English and Indonesian`, async (t) => {
    for (const lang of ["en", "id"] as const) {
      const server = await fake(state.world(), FILES[19]);
      t.after(server.close);
      state.prepare?.(server);
      const { page, context, done } = await open(browser, `${server.url}?lang=${lang}`);
      await state.reach(page, server);
      const text = (await page.locator("main").innerText()).replaceAll(/[\u2066-\u2069]/g, "");
      assert.match(text, state.says?.[lang] ?? /./, name);
      for (const width of WIDTHS)
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await shoot(page, `${name}-${width}-${colorScheme}-${lang}`);
          await holds(
            page,
            `${name} ${width} ${colorScheme} ${lang}`,
            width === 360 && colorScheme === "light" ? "all" : "looks",
          );
        }
      if (state.breaks) await context.close();
      else await done();
    }
  });
}

/** What of a text's look a host page could change. */
const LOOK =
  "color background-color font-size font-weight font-style font-family line-height letter-spacing text-transform text-align box-shadow border-top-width border-radius".split(
    " ",
  );

test("the look is the same whatever a host page says of all headings, lists and buttons", async (t) => {
  const server = await fake(states.partial(), FILES[19]);
  t.after(server.close);
  const { page, done } = await open(browser, `${server.url}?host=none`, { reducedMotion: "reduce" });
  await monitors(page, "live");
  await page.click(".kl-card:nth-of-type(1) button[aria-expanded]");
  await page.locator(".kl-card").nth(1).locator("button[aria-expanded]").first().click();
  await has(page, ".kl-choice");
  await page.waitForFunction(() => document.querySelectorAll(".kl-notices .kl-note").length === 3);
  await page.waitForFunction(() => document.body.textContent?.includes("DSC_0390.JPG"));
  /** Where every part stands in its card, and what its text looks like. */
  const look = (host: string) =>
    page.evaluate(
      ([host, LOOK]) => {
        document.documentElement.className = `host-${host}`;
        return [...document.querySelectorAll(".kl-card")].flatMap((card) => {
          const { x, y } = card.getBoundingClientRect();
          return [...card.querySelectorAll("*")].map((part) => {
            const box = part.getBoundingClientRect();
            const style = getComputedStyle(part);
            // A drawing has no text.
            const looks = part.closest("svg") ? style.color : LOOK.map((name) => style.getPropertyValue(name));
            // Ages tick: how wide they are, and where what stands beside them begins, is theirs.
            const place =
              (part.querySelector(".kl-age") ?? part.closest(".kl-age, .kl-right")) ? [] : [box.x - x, box.width];
            const lines = [box.y - y, box.height, ...place].map(Math.round);
            return `${part.tagName}.${part.getAttribute("class")} ${lines} ${looks}`;
          });
        });
      },
      [host, LOOK] as const,
    );
  const plain = await look("none");
  assert.ok(plain.length > 200, `${plain.length} parts`);
  for (const host of ["reset", "preflight", "bootstrap", "hostile"]) {
    const parts = await look(host);
    await shoot(page, `host-${host}`);
    assert.deepEqual(
      parts.filter((part, place) => part !== plain[place]),
      [],
      host,
    );
  }
  await done();
});
