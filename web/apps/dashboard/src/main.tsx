// Starts the dashboard: who is signed in is asked while the page is drawn.

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./shell/shell.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { enter } from "./live/session.js";
import { App } from "./shell/app.js";

enter();
// A link that is opened in a tab where the page stands already only changes the address.
addEventListener("hashchange", () => {
  if (new URLSearchParams(location.hash.slice(1)).has("in")) enter();
});

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
