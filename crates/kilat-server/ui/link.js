// @ts-check
// The page's link to Kilat: a WebSocket, and polling behind it while there is none.
//
// Attempts at the socket never end. A socket that says nothing is dead after a deadline, whatever
// the browser believes. Words of a socket that was given up are ignored by its generation.
// Absent: any knowledge of what the messages mean, beyond `now` and `notification`.

/** @typedef {import("./wire.js").Now} Now */
/** @typedef {import("./wire.js").Notification} Notification */
/** @typedef {import("./verdict.js").Link} Link */
/**
 * @typedef {object} Told
 * @property {(now: Now) => void} now
 * @property {(link: Link) => void} link
 * @property {(notice: Notification) => void} notice
 * @property {() => void} out nobody is signed in any more
 */

/** How often the state is fetched without a socket. */
const POLL_MS = 30_000;
/** A fetch that takes longer has failed. */
const POLL_TIMEOUT_MS = 10_000;
/** A socket that did not open by then is given up. */
const OPEN_MS = 8_000;
/** The server is asked for a word so often, */
const PING_MS = 15_000;
/** and must have said something by then. */
const ANSWER_MS = 8_000;
/** The first wait before another attempt, doubled up to the last; a random part of it is taken. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 20_000;
/** The server's word that nobody is signed in any more. */
const SIGNED_OUT = 4401;
/** A page that nobody saw for so long lets its socket go. */
const HIDDEN_MS = 5 * 60_000;

/**
 * Connects and stays connected.
 * @param {string} address of the socket @param {Told} told
 */
export function connect(address, told) {
  let generation = 0;
  let failures = 0;
  /** @type {Link} */
  let state = "connecting";
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let ping;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let deadline;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let poll;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let hidden;
  /** @type {AbortController | null} */
  let fetching = null;
  /** Nobody is signed in: there is nothing to connect for, until the page is loaded again. */
  let isOut = false;

  /** @param {Link} next */
  function become(next) {
    if (next === state) return;
    state = next;
    told.link(next);
  }

  function out() {
    if (isOut) return;
    isOut = true;
    close();
    stopPolling();
    become("none");
    told.out();
  }

  function open() {
    if (isOut) return;
    close();
    const mine = ++generation;
    const isMine = () => mine === generation;
    /** @type {WebSocket} */
    let opening;
    try {
      opening = new WebSocket(address);
    } catch {
      lost();
      return;
    }
    socket = opening;
    deadline = setTimeout(() => isMine() && lost(), OPEN_MS);
    opening.onopen = () => {
      if (!isMine()) return opening.close();
      send("subscribe", { channel: "dslr" });
      send("subscribe", { channel: "system" });
    };
    opening.onmessage = ({ data }) => {
      if (!isMine()) return;
      alive();
      const message = parse(data);
      if (message?.type === "now") {
        failures = 0;
        stopPolling();
        become("live");
        told.now(message.payload);
      } else if (message?.type === "notification") {
        told.notice(message.payload);
      }
    };
    opening.onclose = ({ code }) => isMine() && (code === SIGNED_OUT ? out() : lost());
  }

  /** @param {string} type @param {Record<string, string>} payload */
  function send(type, payload) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString() }));
  }

  /** Something was heard: the next silence is counted from here. */
  function alive() {
    clearTimeout(deadline);
    clearTimeout(ping);
    ping = setTimeout(probe, PING_MS);
  }

  /** Asks the server for a word. */
  function probe() {
    clearTimeout(ping);
    if (socket?.readyState !== WebSocket.OPEN) return;
    const mine = generation;
    send("heartbeat", { timestamp: new Date().toISOString() });
    clearTimeout(deadline);
    deadline = setTimeout(() => mine === generation && lost(), ANSWER_MS);
  }

  function close() {
    clearTimeout(retry);
    clearTimeout(ping);
    clearTimeout(deadline);
    generation += 1;
    const old = socket;
    socket = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }

  function lost() {
    close();
    failures += 1;
    if (state === "live") become("connecting");
    startPolling();
    const most = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
    retry = setTimeout(open, Math.random() * most);
  }

  function startPolling() {
    if (isOut || poll !== undefined || document.hidden) return;
    poll = setTimeout(fetchNow, 0);
  }

  function stopPolling() {
    clearTimeout(poll);
    poll = undefined;
    fetching?.abort();
    fetching = null;
  }

  async function fetchNow() {
    const abort = new AbortController();
    fetching = abort;
    const timeout = setTimeout(() => abort.abort(), POLL_TIMEOUT_MS);
    try {
      const answer = await fetch("/api/now", { signal: abort.signal, cache: "no-store" });
      if (answer.status === 401) return out();
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (fetching !== abort) return;
      become("polling");
      told.now(now);
    } catch {
      // Refused, unreachable or too late: all mean that there is no link.
      if (fetching === abort) become("none");
    } finally {
      clearTimeout(timeout);
      if (fetching === abort) {
        fetching = null;
        poll = document.hidden || isOut ? undefined : setTimeout(fetchNow, POLL_MS);
      }
    }
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (isOut) return;
    if (document.hidden) {
      hidden = setTimeout(() => {
        close();
        stopPolling();
      }, HIDDEN_MS);
    } else if (socket) {
      probe();
    } else {
      stopPolling();
      open();
    }
  });
  // What the browser believes of its network is a reason to ask, not an answer.
  addEventListener("online", () => (socket ? probe() : open()));
  addEventListener("offline", probe);
  addEventListener("pageshow", (event) => event.persisted && open());

  told.link(state);
  open();
}

/** @param {unknown} data @returns {{ type: string, payload: any } | null} */
function parse(data) {
  try {
    return typeof data === "string" ? JSON.parse(data) : null;
  } catch {
    return null;
  }
}
