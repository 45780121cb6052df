"use client";
// What breaks in a part breaks that part alone: it says so, with a name for the report, and can be loaded again.

import { Component, Fragment, type ReactNode } from "react";
import { Button, Note } from "./pieces.js";
import { useSpeech } from "./speak.js";

interface BoundaryState {
  readonly report: string | null;
  readonly life: number;
}

export interface BoundaryProps {
  readonly children: ReactNode;
  /** What is in it, for whoever reads that it broke. */
  readonly name: string;
  /** Told of each failure, with the name that the viewer sees. */
  readonly onError?: ((error: unknown, report: string) => void) | undefined;
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { report: null, life: 0 };

  static getDerivedStateFromError(): Partial<BoundaryState> {
    // Short enough to be read out on the telephone.
    return { report: Math.random().toString(36).slice(2, 8).toUpperCase() };
  }

  override componentDidCatch(error: unknown): void {
    const report = this.state.report ?? "";
    console.error(`kilat ${report}`, error);
    this.props.onError?.(error, report);
  }

  override render(): ReactNode {
    const { report, life } = this.state;
    // Another life: nothing of the broken one is kept.
    if (report === null) return <Fragment key={life}>{this.props.children}</Fragment>;
    return (
      <Broken name={this.props.name} report={report} onReload={() => this.setState({ report: null, life: life + 1 })} />
    );
  }
}

interface BrokenProps {
  readonly name: string;
  readonly report: string;
  onReload(): void;
}

function Broken({ name, report, onReload }: BrokenProps): ReactNode {
  const { t } = useSpeech();
  return (
    <div className="kl-body" role="alert">
      <Note kind="trouble" title={t("broken", { what: name })}>
        {t("report", { id: report })}
      </Note>
      <div className="kl-buttons">
        <Button onClick={onReload}>{t("reload")}</Button>
      </div>
    </div>
  );
}
