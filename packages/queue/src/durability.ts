import { FnError } from "@zygo/contracts";
import type { Redis } from "ioredis";

/** `fsync`: on disk before the caller is told. `kernel`: in the kernel's hands, which outlives every process but not a power cut. */
export type DurabilityTier = "fsync" | "kernel";

/** WAITAOF may take as long as Redis takes to fsync, which it does each second, milliseconds. */
const FSYNC_MS = 1500;

/**
 * Checks how a Redis keeps what it accepts.
 * @returns what is wrong, one sentence each; empty when all is well.
 */
export async function checkRedis(redis: Redis, tier: DurabilityTier): Promise<string[]> {
  const config = await settingsOf(redis);
  if (config === null) return [];
  const wrong: string[] = [];
  if (config["maxmemory-policy"] !== "noeviction" && config["maxmemory"] !== "0")
    wrong.push(`maxmemory-policy is ${config["maxmemory-policy"]}: accepted work would be thrown out; set it to noeviction.`);
  if (config["appendonly"] !== "yes") wrong.push("appendonly is no: accepted work would not survive a restart; set it to yes.");
  else if (tier === "fsync" && config["appendfsync"] !== "always" && !(await knowsWaitAof(redis)))
    wrong.push(
      `appendfsync is ${config["appendfsync"]} and this Redis has no WAITAOF (7.2 has): set appendfsync to always, or FN_DURABILITY to kernel.`,
    );
  return wrong;
}

/** Null: the server does not tell (CONFIG is often closed in managed services). */
async function settingsOf(redis: Redis): Promise<Record<string, string> | null> {
  const flat: unknown = await redis.config("GET", "maxmemory*", "append*").catch(() => null);
  if (!Array.isArray(flat)) return null;
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at] as string, flat[2 * at + 1] as string]));
}

async function knowsWaitAof(redis: Redis): Promise<boolean> {
  const info = await redis.call("COMMAND", "INFO", "WAITAOF");
  return Array.isArray(info) && Array.isArray(info[0]);
}

/** Makes what was written before durable, as far as the tier asks and the server does not do it by itself. */
export class Durability {
  readonly #tier: DurabilityTier;
  /** Undefined: not asked yet. */
  #waits: Promise<boolean> | undefined;

  constructor(tier: DurabilityTier) {
    this.#tier = tier;
  }

  /** @throws FnError QUEUE_UNAVAILABLE when it could not be made durable */
  async sync(redis: Redis): Promise<void> {
    if (this.#tier === "kernel" || !(await (this.#waits ??= this.#ask(redis)))) return;
    const [local] = (await redis.call("WAITAOF", 1, 0, FSYNC_MS)) as [number, number];
    if (local < 1) throw new FnError("QUEUE_UNAVAILABLE", "Redis did not write to its disk in time.");
  }

  #ask(redis: Redis): Promise<boolean> {
    const asked = this.#mustWait(redis);
    asked.catch(() => (this.#waits = undefined));
    return asked;
  }

  async #mustWait(redis: Redis): Promise<boolean> {
    const config = await settingsOf(redis);
    return config?.["appendfsync"] !== "always" && (await knowsWaitAof(redis));
  }
}
