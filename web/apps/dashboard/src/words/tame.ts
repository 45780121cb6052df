// What cameras, people and servers wrote, so that it cannot turn around the words beside it or its own ending.
//
// Characters that change the direction of text are seen in the place of being obeyed; everything else stands as it came.

import type { ReactNode } from "react";

export const tame = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** The same of what may also be more than text. */
export const tamed = (node: ReactNode): ReactNode => (typeof node === "string" ? tame(node) : node);
