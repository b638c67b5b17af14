import { setTimeout as sleep } from "node:timers/promises";

/** An outcome that Redis did not take is told again after this, milliseconds. */
const AGAIN_MS = 500;
/** For as long as the lock on it may hold. */
const FOR_MS = 4000;

/** @param tell may be repeated: what was told once is not told twice. @throws what it threw last */
export async function tellUntilHeard(tell: () => Promise<void>): Promise<void> {
  for (const untilMs = performance.now() + FOR_MS; ;) {
    try {
      return await tell();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
