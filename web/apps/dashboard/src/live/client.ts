// The dashboard's one link to Kilat.

import { configure, getWebSocketClient } from "@kilat/client";

// The server writes the socket's address into the page; where it wrote none, the socket is at the page's own.
const written = document.querySelector<HTMLMetaElement>('meta[name="kilat-ws"]')?.content ?? "";
// The calls stay with the page: its cookie is there.
configure(/^wss?:/.test(written) ? { url: written, httpUrl: "" } : {});

export const client = getWebSocketClient();
