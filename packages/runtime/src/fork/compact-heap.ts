import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage and moves what lives together. Every page that a child writes is copied: a garbage collection in the child, which
 * a nearly full young generation brings on, would write hundreds.
 */
export function compactHeap(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  gc();
  gc();
}
