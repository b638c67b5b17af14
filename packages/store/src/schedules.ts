import { SlotRecord, StoredSchedule } from "@zygo/contracts";
import type { Redis } from "ioredis";
import { z } from "zod";
import { answered } from "./connection.ts";
import { CHANGED_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** Records kept of each schedule. */
const SLOTS_KEPT = 200;
/** A scheduler that took a slot and wrote down nothing is taken for dead, milliseconds. */
const CLAIM_MS = 5000;

/** What a schedule remembers between its slots. */
export const ScheduleState = z.object({
  /** Fields and zone that `sinceMs` is about. */
  spec: z.string(),
  /** Slots before this are not its, epoch milliseconds. */
  sinceMs: z.number(),
  paused: z.boolean(),
  failures: z.int(),
  /** The run that began last. */
  last: z.object({ slotMs: z.number(), invocation: z.string() }).nullable(),
  /** The newest slot that has a record; null: none has. */
  newestMs: z.number().nullable(),
});
export type ScheduleState = z.infer<typeof ScheduleState>;

/** Which schedule of which function. */
export interface ScheduleKey {
  function: string;
  name: string;
}

export interface OpenSlot extends ScheduleKey {
  slotMs: number;
}

export interface SlotChange extends ScheduleKey {
  record: SlotRecord;
  /** How the number of failures in a row changes. */
  failures?: "+" | "=";
}

export interface Schedules {
  /** Those that were added by hand: of a function, or all. */
  storedSchedules(id?: string): Promise<StoredSchedule[]>;
  /** Tells `onChanged`. False: there is one of that name. */
  addSchedule(schedule: StoredSchedule): Promise<boolean>;
  /** Tells `onChanged`. False: there is none that was added by hand. Its slots are forgotten. */
  removeSchedule(key: ScheduleKey): Promise<boolean>;
  /** What it remembers; with another `spec` than before it starts anew, now. */
  scheduleState(key: ScheduleKey, spec: string): Promise<ScheduleState>;
  pauseSchedule(key: ScheduleKey, paused: boolean): Promise<void>;
  /** True: the slot is the caller's to deal with, who has to record it soon. */
  claimSlot(key: ScheduleKey, slotMs: number): Promise<boolean>;
  recordSlot(change: SlotChange): Promise<void>;
  /** The newest first. */
  slotRecords(key: ScheduleKey, limit: number): Promise<SlotRecord[]>;
  slotRecord(key: ScheduleKey, slotMs: number): Promise<SlotRecord | null>;
  /** Slots whose runs have not ended, the oldest first. */
  openSlots(limit: number): Promise<OpenSlot[]>;
  /** Slots that a scheduler took and did not write down in time. */
  abandonedSlots(): Promise<OpenSlot[]>;
}

const memberOf = ({ function: id, name }: ScheduleKey, slotMs: number): string => `${id} ${name} ${slotMs}`;
const fieldOf = ({ function: id, name }: ScheduleKey): string => `${id} ${name}`;
const isOpen = ({ state }: SlotRecord): boolean => state === "fired" || state === "waiting";

export function createSchedules(redis: Redis, now: () => number): Schedules {
  const tell = (id: string): Promise<number> => answered(redis.publish(CHANGED_CHANNEL, id));
  return {
    async storedSchedules(id) {
      const all = Object.entries(await answered(redis.hgetall(keys.schedules)));
      const wanted = all.filter(([field]) => id === undefined || field.startsWith(`${id} `));
      return wanted.map(([, json]) => parseStored(StoredSchedule, json, keys.schedules));
    },
    async addSchedule(schedule) {
      const added = (await answered(redis.hsetnx(keys.schedules, fieldOf(schedule), JSON.stringify(schedule)))) === 1;
      if (added) await tell(schedule.function);
      return added;
    },
    async removeSchedule(key) {
      if ((await answered(redis.hdel(keys.schedules, fieldOf(key)))) === 0) return false;
      const { function: id, name } = key;
      await answered(redis.unlink(keys.scheduleState(id, name), keys.slots(id, name), keys.slotTimes(id, name)));
      await tell(id);
      return true;
    },
    async pauseSchedule(key, paused) {
      await answered(redis.hset(keys.scheduleState(key.function, key.name), "paused", paused ? 1 : 0, "sinceMs", now()));
      await tell(key.function);
    },
    ...slotCalls(redis, now),
  };
}

function slotCalls(
  redis: Redis,
  now: () => number,
): Omit<Schedules, "storedSchedules" | "addSchedule" | "removeSchedule" | "pauseSchedule"> {
  return {
    async scheduleState(key, spec) {
      const place = keys.scheduleState(key.function, key.name);
      const found = await answered(redis.hgetall(place));
      const fresh = found["spec"] !== spec;
      if (fresh) await answered(redis.hset(place, "spec", spec, "sinceMs", now()));
      const [newest] = await answered(redis.zrange(keys.slotTimes(key.function, key.name), "-1", "-1"));
      const state = {
        spec,
        sinceMs: fresh ? now() : Number(found["sinceMs"] ?? now()),
        paused: found["paused"] === "1",
        failures: Number(found["failures"] ?? 0),
        last: found["last"] === undefined ? null : (JSON.parse(found["last"]) as unknown),
        newestMs: newest === undefined ? null : Number(newest),
      };
      return parseStored(ScheduleState, JSON.stringify(state), place);
    },
    async claimSlot(key, slotMs) {
      const { function: id, name } = key;
      const member = memberOf(key, slotMs);
      const places = [keys.slots(id, name), keys.slotTimes(id, name), keys.slotClaims] as const;
      return (await answered(redis.claimSlot(...places, slotMs, now(), CLAIM_MS, member, SLOTS_KEPT))) === 1;
    },
    async recordSlot({ record, failures, ...key }) {
      const { function: id, name } = key;
      const { slotMs, invocation, state } = record;
      const places = [
        keys.slots(id, name),
        keys.slotTimes(id, name),
        keys.slotClaims,
        keys.openSlots,
        keys.scheduleState(id, name),
      ] as const;
      const last = state === "fired" && invocation !== undefined ? JSON.stringify({ slotMs, invocation }) : "";
      const [open, member] = [isOpen(record) ? "open" : "closed", memberOf(key, slotMs)] as const;
      await answered(redis.recordSlot(...places, slotMs, JSON.stringify(record), member, SLOTS_KEPT, open, failures ?? "0", last));
    },
    async slotRecords({ function: id, name }, limit) {
      const times = await answered(redis.zrevrange(keys.slotTimes(id, name), 0, String(limit - 1)));
      if (times.length === 0) return [];
      const found = await answered(redis.hmget(keys.slots(id, name), ...times));
      return found.flatMap((json) => (json === null ? [] : [parseStored(SlotRecord, json, keys.slots(id, name))]));
    },
    async slotRecord({ function: id, name }, slotMs) {
      const json = await answered(redis.hget(keys.slots(id, name), String(slotMs)));
      return json === null ? null : parseStored(SlotRecord, json, keys.slots(id, name));
    },
    async openSlots(limit) {
      return (await answered(redis.zrange(keys.openSlots, 0, String(limit - 1)))).map(readMember);
    },
    async abandonedSlots() {
      return (await answered(redis.zrangebyscore(keys.slotClaims, 0, now() - CLAIM_MS))).map(readMember);
    },
  };
}

function readMember(member: string): OpenSlot {
  const [id = "", name = "", slotMs] = member.split(" ");
  return { function: id, name, slotMs: Number(slotMs) };
}
