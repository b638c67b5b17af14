/** The kernel's own word on calls, by `native/test/seccomp-probe.cc`. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../../../../native/test/seccomp-probe.cc", import.meta.url));
const FLAGS = ["-std=c++20", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"];
const BUILD_DEADLINE_MS = 60_000;
const PROBE_DEADLINE_MS = 50_000;

export interface ProbeCall {
  entry: "native" | "int80";
  number: number;
  /** Six, unsigned 64-bit. */
  args: readonly bigint[];
}

/** `errno 1`, `returned 0`, `signal 31`. */
export type Observed = string;

/** Builds the probe below `dir`. @throws when g++ is missing or does not like it. */
export function buildProbe(dir: string): string {
  const probe = join(dir, "seccomp-probe");
  execFileSync("g++", [...FLAGS, "-o", probe, SOURCE], { timeout: BUILD_DEADLINE_MS });
  return probe;
}

/** Makes each call in a process of its own, under the programs (none: unfiltered), and says what came of each. Needs root. */
export function observe(probe: string, programs: string[], calls: ProbeCall[]): Observed[] {
  const input = calls.map(({ entry, number, args }) => `${entry} ${number} ${args.join(" ")}\n`).join("");
  const output = execFileSync(probe, ["calls", ...programs], { input, encoding: "utf8", timeout: PROBE_DEADLINE_MS });
  return output.trimEnd().split("\n");
}
