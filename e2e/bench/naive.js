// @ts-check
// The page that a site writes first: no framework, and each message straight into the document. A reference.

const root = document.getElementById("root");
/** One line for each kind. @type {Map<string, HTMLElement>} */
const lines = new Map();
const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws`);
socket.onopen = () =>
  socket.send(JSON.stringify({ type: "subscribe", payload: { channels: ["dslr", "upload", "backup", "system"] } }));
socket.onmessage = (/** @type {MessageEvent<string>} */ { data }) => {
  const { type, payload } = JSON.parse(data);
  let line = lines.get(type);
  if (!line) {
    line = document.createElement("p");
    root?.append(line);
    lines.set(type, line);
  }
  line.textContent = `${type}: ${payload.fileName ?? ""} ${payload.progress ?? ""} ${payload.counts?.held ?? ""}`;
};
