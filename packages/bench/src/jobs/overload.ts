import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startPlatform, type Platform } from "@zygo/testkit";
import { addressOf, Connection, type Address } from "../connection.ts";
import { load } from "../load.ts";
import { summarise, type Summary } from "../statistics.ts";

export interface Overload {
  function: string;
  /** Requests a second that it serves with every instance busy and nobody waiting. */
  capacity: number;
  /** And that were asked. */
  asked: number;
  unloaded: Summary | null;
  admitted: Summary | null;
  refused: Summary | null;
  /** 503 without `Retry-After`. */
  bare: number;
  /** Any other status, or none. */
  other: number;
  /** 5 s after the end. */
  after: Summary | null;
}

const SOME = 200;
const RECOVERY_MS = 5_000;
/** Requests are sent in groups, so many milliseconds apart: nobody waits for an answer before they ask. */
const STEP_MS = 5;

/** Asks one function for `times` its capacity. @param name of a file in `functions/`; @param instances that it may have */
export async function measureOverload(name: string, given: { instances: number; times: number; forMs: number }): Promise<Overload> {
  const platform = await startPlatform({ env: { FN_SPARES: "2" } });
  try {
    await platform.deploy(join(import.meta.dirname, `functions/${name}.ts`));
    return await overload(platform, name, given);
  } finally {
    await platform.stop();
  }
}

async function overload(platform: Platform, name: string, given: { instances: number; times: number; forMs: number }): Promise<Overload> {
  const address = addressOf(platform.url);
  const path = `/fn/${name}/`;
  const never = new AbortController().signal;
  await load({ address, path }, { connections: given.instances, requests: SOME }, never);
  const busy = await load({ address, path }, { connections: given.instances, durationMs: 3_000 }, never);
  const unloaded = await load({ address, path }, { connections: 1, requests: SOME }, never);
  const capacity = busy.done / (busy.elapsedMs / 1000);
  const asked = capacity * given.times;
  const flood = await openLoop(address, path, { perSecond: asked, forMs: given.forMs });
  await sleep(RECOVERY_MS);
  const after = await load({ address, path }, { connections: 1, requests: SOME }, never);
  return {
    ...{ function: name, capacity, asked, bare: flood.bare, other: flood.other + after.errors },
    ...{ unloaded: summarise(unloaded.firstByteMs), after: summarise(after.firstByteMs) },
    ...{ admitted: summarise(flood.admitted), refused: summarise(flood.refused) },
  };
}

interface Flood {
  admitted: number[];
  refused: number[];
  bare: number;
  other: number;
}

async function openLoop(address: Address, path: string, { perSecond, forMs }: { perSecond: number; forMs: number }): Promise<Flood> {
  const flood: Flood = { admitted: [], refused: [], bare: 0, other: 0 };
  const idle: Connection[] = [];
  const under = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const connection = idle.pop() ?? new Connection(address);
    try {
      const { answer, firstByteMs } = await connection.ask(path);
      idle.push(connection);
      if (answer.status === 200) flood.admitted.push(firstByteMs);
      else if (answer.status === 503) flood.refused.push(firstByteMs);
      else flood.other++;
      if (answer.status === 503 && !answer.headers.has("retry-after")) flood.bare++;
    } catch {
      flood.other++;
      connection.close();
    }
  };
  const startedAt = performance.now();
  let sent = 0;
  for (let goneMs = 0; goneMs < forMs; goneMs = performance.now() - startedAt) {
    for (const due = (goneMs / 1000) * perSecond; sent < due; sent++) {
      const one = ask().finally(() => under.delete(one));
      under.add(one);
    }
    await sleep(STEP_MS);
  }
  await Promise.all(under);
  for (const connection of idle) connection.close();
  return flood;
}
