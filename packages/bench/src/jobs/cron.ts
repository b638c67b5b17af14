import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SlotRecord } from "@zygo/contracts";
import { startPlatform, type Platform } from "@zygo/testkit";
import { summarise, type Summary } from "../statistics.ts";

const MINUTE_MS = 60_000;
/** What a slot needs until its run is written down. */
const AFTER_MS = 8_000;
/** API calls at a time. */
const TOGETHER = 16;

export interface CronSlots {
  schedules: number;
  /** `burst`: all in the same second; `spread`: each second of the minute has its share. */
  kind: "burst" | "spread";
  /** From the slot until its job was durable; until its attempt began in a gateway; until the function's own first line. */
  enqueued: Summary | null;
  started: Summary | null;
  ran: Summary | null;
  missing: number;
}

/** Schedules that are due once a minute, all at second 0 or spread over it, for one minute. */
export async function measureCron(schedules: number, kind: CronSlots["kind"]): Promise<CronSlots> {
  const platform = await startPlatform({ env: { FN_SPARES: "2" } });
  try {
    await platform.deploy(join(import.meta.dirname, "functions/tick.ts"));
    return await slots(platform, schedules, kind);
  } finally {
    await platform.stop();
  }
}

async function slots(platform: Platform, schedules: number, kind: CronSlots["kind"]): Promise<CronSlots> {
  const names = Array.from({ length: schedules }, (_, at) => `s${at}`);
  const fields = (at: number): string => `${kind === "burst" ? 0 : at % 60} * * * * *`;
  await eachOf(names, async (name, at) => void (await platform.client.cron.add("tick", { name, schedule: fields(at) })));
  const fromMs = Math.ceil((Date.now() + 3_000) / MINUTE_MS) * MINUTE_MS;
  await sleep(fromMs + (kind === "burst" ? 0 : MINUTE_MS) + AFTER_MS - Date.now());
  const late: Record<"enqueued" | "started" | "ran", number[]> = { enqueued: [], started: [], ran: [] };
  let missing = 0;
  await eachOf(names, async (name) => {
    const fired = (await platform.client.cron.slots("tick", name)).find(({ slotMs }) => slotMs >= fromMs && slotMs < fromMs + MINUTE_MS);
    if (fired?.invocation === undefined || fired.firedMs === undefined) return void missing++;
    await add(platform, fired as SlotRecord & { invocation: string; firedMs: number }, late);
  });
  return {
    ...{ schedules, kind, missing },
    ...{ enqueued: summarise(late.enqueued), started: summarise(late.started), ran: summarise(late.ran) },
  };
}

async function add(
  { client }: Platform,
  { slotMs, firedMs, invocation }: SlotRecord & { invocation: string; firedMs: number },
  late: Record<"enqueued" | "started" | "ran", number[]>,
): Promise<void> {
  const { attempts, answer } = await client.invocation(invocation);
  late.enqueued.push(firedMs - slotMs);
  if (attempts[0] !== undefined) late.started.push(attempts[0].startedMs - slotMs);
  if (answer !== null) late.ran.push(Number(answer.body) - slotMs);
}

async function eachOf<T>(all: readonly T[], work: (one: T, at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const go = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) await work(all[at] as T, at);
  };
  await Promise.all(Array.from({ length: TOGETHER }, go));
}
