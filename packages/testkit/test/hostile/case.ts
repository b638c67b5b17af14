import type { ErrorCode } from "@zygo/contracts";

/** The only ways that a hostile case may end for its caller; exactly one of them, and it must be the one that is told here. */
export type Expected =
  /** The function answers, and was held: it got this, or one of these. */
  | { outcome: string | readonly string[] }
  /** The caller gets this problem. */
  | { code: ErrorCode }
  /** The caller gets an answer that breaks off. */
  | { brokenOff: true };

/** What to take away so that the attack goes further: the proof that it is this that held it. */
export type Control =
  | {
      /** Steps of the jail's plans that are left out. */
      without: readonly string[];
      /** Other limits for it, in the place of the case's own. */
      limits?: { memoryBytes?: number; pids?: number; tmpBytes?: number; tmpFiles?: number };
      /** What it gets then; absent: anything else than what it got before. */
      gives?: string;
    }
  /** Why there is none. */
  | { none: string };

export interface HostileCase {
  /** `<area>/<id>`: `attack-<area>` of functions/hostile is asked for `?case=<id>`. */
  id: string;
  title: string;
  /** A CVE, or another place where this got a program out. */
  reference?: string;
  held: Expected;
  control: Control;
}

/** Everything that makes a function's process a nobody. Without it the process has every capability in its sandbox's user namespace. */
export const PRIVILEGES = ["bounding-set", "ids", "capabilities", "no-new-privileges"] as const;
