// What breaks takes only its own part along.

import { Component, type ReactNode } from "react";
import { useWords } from "../live/choices.js";
import { common } from "../words/common.js";
import { Icon } from "./icon.js";

interface State {
  /** Names the failure in the browser's log. */
  id: string | null;
}

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { id: null };

  static getDerivedStateFromError(): State {
    return { id: Date.now().toString(36).slice(-6) };
  }

  override componentDidCatch(error: unknown) {
    console.error(`part broken, ${this.state.id}:`, error);
  }

  override render() {
    const { id } = this.state;
    return id === null ? this.props.children : <Broken id={id} reload={() => this.setState({ id: null })} />;
  }
}

function Broken({ id, reload }: { id: string; reload: () => void }) {
  const say = useWords(common);
  return (
    <div className="empty is-trouble part" role="alert">
      <Icon name="octagon" />
      <b>{say("part.broken")}</b>
      <p className="second">{say("part.report", { id })}</p>
      <button type="button" className="button" onClick={reload}>
        {say("do.reload")}
      </button>
    </div>
  );
}
