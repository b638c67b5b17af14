import { readFileSync, readdirSync } from "node:fs";
import { release } from "node:os";

/** Where checks look. Tests give made-up hosts. */
export interface HostFacts {
  /** As `uname -r`. */
  kernel: string;
  /** Text of a file, trimmed; undefined: it cannot be read. */
  read(path: string): string | undefined;
  /** Names in a directory; none when there is no such directory. */
  list(path: string): string[];
}

/** The machine that this process runs on. */
export const thisHost: HostFacts = {
  kernel: release(),
  read(path) {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      return undefined;
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
};
