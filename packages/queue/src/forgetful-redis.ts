import { asFnError } from "@zygo/contracts";
import type { AsyncLane } from "./async-lane.ts";

/** A Redis that is just starting is asked again after this, milliseconds. */
const ASK_AGAIN_MS = 50;

/**
 * Asks how the lane's Redis keeps data, until it answers or, after `withinMs`, no more.
 * @throws Error that says what to set when it would lose what it accepts; FnError QUEUE_UNAVAILABLE when it is away
 */
export async function refuseForgetfulRedis(lane: Pick<AsyncLane, "check">, withinMs: number): Promise<void> {
  for (const untilMs = Date.now() + withinMs; ;) {
    try {
      const wrong = await lane.check();
      if (wrong.length > 0) throw new Error(`The queue's Redis may lose work that was accepted. ${wrong.join(" ")}`);
      return;
    } catch (error) {
      if (asFnError(error).code !== "QUEUE_UNAVAILABLE" || Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS).unref());
    }
  }
}
