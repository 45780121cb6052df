// Shows what Kilat pushes while no page is open, and opens the alerts by a tap. It answers no fetches: the page and what
// it shows always come from the server.

/* global self, clients */

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // Whatever it was: the browser wants something to be shown.
  }
  const { id = "kilat", why, title = "Kilat", message = "", priority, lang = "en", timestamp } = told;
  const isOver = why === "resolved";
  event.waitUntil(
    self.registration.showNotification(title, {
      body: message,
      lang,
      // One notification stays one, however often it is told.
      tag: id,
      renotify: !isOver,
      silent: isOver,
      requireInteraction: priority === "critical" && !isOver,
      timestamp: Date.parse(timestamp) || Date.now(),
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function open() {
  const address = new URL("/admin/#/alerts", self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname.startsWith("/admin"));
  if (!page) return self.clients.openWindow(address);
  await page.focus();
  return page.navigate(address).catch(() => page.postMessage({ go: "alerts" }));
}
