import type { ExitStatus, SandboxUsage } from "@zygo/sandbox";
import type { Verdict } from "./verdict.ts";

/** The exit status of the runtime after an error that no handler caught; failure frames went before it. */
const UNCAUGHT_EXIT = 70;

/**
 * What the end of an instance's process means to those who wait for it. `exit` and `usage` are undefined when they could not be
 * learnt in time.
 */
export function classifyDeath(exit: ExitStatus | undefined, usage: SandboxUsage | undefined, memoryMb: number): Verdict {
  if (usage?.oomKilled === true) return outOfMemory(usage, memoryMb);
  if (exit === undefined) return { code: "FUNCTION_CRASHED", detail: "The function closed its connection to the platform." };
  if (exit.signal !== null) return { code: "FUNCTION_CRASHED", detail: `The function's process was ended by SIG${exit.signal}.` };
  if (exit.code === UNCAUGHT_EXIT) return { code: "FUNCTION_EXITED", detail: "The function's process ended after an uncaught error." };
  return { code: "FUNCTION_EXITED", detail: `The function ended its process with exit code ${exit.code}.` };
}

function outOfMemory({ memoryPeakBytes }: SandboxUsage, memoryMb: number): Verdict {
  const peakMiB = Math.round(memoryPeakBytes / 2 ** 20);
  return { code: "FUNCTION_OOM", detail: `The function exceeded its memory limit of ${memoryMb} MiB (peak: ${peakMiB} MiB).` };
}

/** Milliseconds that callers wait for the cause of a death to be known. */
const CAUSE_MS = 250;

/** Reads exit status and usage of a dying instance, each within a bound; never rejects. */
export async function learnCause(of: {
  exited: Promise<ExitStatus>;
  usage: () => Promise<SandboxUsage>;
}): Promise<[ExitStatus | undefined, SandboxUsage | undefined]> {
  const exit = await within(CAUSE_MS, of.exited);
  return [exit, exit === undefined || exit.signal !== null ? await within(CAUSE_MS, of.usage()) : undefined];
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, limitMs, undefined);
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
