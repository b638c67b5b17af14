import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@zygo/store";
import type { Log } from "@zygo/service";

const ADMIN = "admin";
const RETRY_MS = 500;

/** Makes this hash the admin's only one in the store: a key that was replaced stops working. Tries until the store takes it. */
export async function registerAdminKey(store: Store, hash: string, log: Log, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      await store.putKeyHash(hash, ADMIN);
      for (const [other, { name }] of await store.listKeyHashes()) if (name === ADMIN && other !== hash) await store.removeKeyHash(other);
      return;
    } catch (error) {
      log.warn("admin key not registered yet", { error });
      await sleep(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}
