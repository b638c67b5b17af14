import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What we read of the file that `turbo run --summarize` writes. @source https://turborepo.dev/docs/reference/run#--summarize */
const Summary = z.object({
  tasks: z.array(
    z.object({
      task: z.string(),
      logFile: z.string(),
      cache: z.object({ status: z.string() }),
      execution: z.object({ startTime: z.number(), endTime: z.number(), exitCode: z.number() }),
    }),
  ),
});

export interface CheckResult {
  durationMs: number;
  exitCode: number;
  /** It passed before with these very files, and was not run. */
  cached: boolean;
  /** Its output; relative to the repository. */
  logFile: string;
}

/**
 * Results by task name of the last `turbo run --summarize`; undefined when there is none. Removes the summaries, which turbo piles up.
 *
 * @throws ZodError when turbo writes something else by now
 */
export function readSummary(root: string): Map<string, CheckResult> | undefined {
  const directory = join(root, ".turbo", "runs");
  const newest = summaries(directory).at(-1);
  if (newest === undefined) return undefined;
  const { tasks } = Summary.parse(JSON.parse(readFileSync(join(directory, newest), "utf8")));
  rmSync(directory, { recursive: true });
  return new Map(
    tasks.map(({ task, logFile, cache, execution: { startTime, endTime, exitCode } }) => [
      task,
      { durationMs: endTime - startTime, exitCode, cached: cache.status === "HIT", logFile },
    ]),
  );
}

/** Names begin with a time-ordered id. */
function summaries(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
