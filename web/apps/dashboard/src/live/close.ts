// Closes what stands over a page: the back gesture does the same, and no step of it leads to where one is.

import { useCallback, useEffect, useRef } from "react";
import { go } from "./route.js";

/** `detail`: what follows the page's name in the address; empty while nothing stands over it. */
export function useClose(page: string, detail: string): () => void {
  // Whether it was opened from the page, or came with the address.
  const isOpenedHere = useRef(false);
  const before = useRef(detail);
  useEffect(() => {
    if (before.current === "" && detail !== "") isOpenedHere.current = true;
    if (detail === "") isOpenedHere.current = false;
    before.current = detail;
  }, [detail]);
  return useCallback(() => {
    if (isOpenedHere.current) history.back();
    else go(page, "", "replace");
  }, [page]);
}
