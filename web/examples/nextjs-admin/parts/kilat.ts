// Where this site's Kilat is. Imported before anything reads from it; nothing connects here.

import { configure } from "@kilat/client";

// The calls go where the socket goes: ws://localhost:3001/ws and http://localhost:3001/api/….
configure({ url: process.env.NEXT_PUBLIC_WS_URL ?? "ws://localhost:3001/ws" });
