import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@zygo/service";

const EVERY_MS = 1_000;

/** Tells the store each second that this worker lives, until the signal aborts. Never rejects; a store that is away is told later. */
export async function announce(tell: () => Promise<void>, log: Log, signal: AbortSignal): Promise<void> {
  let away = false;
  while (!signal.aborted) {
    try {
      await tell();
      away = false;
    } catch (error) {
      if (!away) log.warn("worker cannot be announced", { error });
      away = true;
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
