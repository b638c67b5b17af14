import { createHash } from "node:crypto";
import type { Schedule, ScheduleSpec } from "@zygo/contracts";
import { Cron } from "croner";

/** The slots of a schedule: instants that its fields and zone alone decide, whoever asks and whenever. */
export interface Slots {
  /** The first slot later than `afterMs`, epoch milliseconds; null: there is none (30 February). */
  next(afterMs: number): number | null;
}

/** Fields or zone mean nothing; the message says why. */
export class InvalidSchedule extends Error {
  override name = "InvalidSchedule";
  /** The member that is wrong. */
  readonly member: "schedule" | "timeZone";

  constructor(member: "schedule" | "timeZone", message: string) {
    super(message);
    this.member = member;
  }
}

const FIELDS = "must have 5 fields (minute hour day month weekday), or 6 with seconds first";

/**
 * Reads 5 cron fields, or 6 with seconds first, in an IANA time zone.
 *
 * When clocks change, as in Vixie cron: a fixed time of day that the change skips runs once, at the first instant behind the gap; one
 * that the change repeats runs once, the first time. Where minutes or hours have a wildcard or step, slots follow elapsed time: none in a
 * gap, and again in a repeated hour.
 * @throws InvalidSchedule
 */
export function parseCron(schedule: string, timeZone: string): Slots {
  if (!isZone(timeZone)) throw new InvalidSchedule("timeZone", `'${timeZone}' is no IANA time zone, such as Europe/Berlin`);
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) throw new InvalidSchedule("schedule", `'${schedule}' ${FIELDS}`);
  const cron = read(schedule, timeZone);
  const next = (afterMs: number): number | null => cron.nextRun(new Date(afterMs))?.getTime() ?? null;
  return { next };
}

function read(schedule: string, timezone: string): Cron {
  try {
    return new Cron(schedule.trim(), { timezone });
  } catch (cause) {
    throw new InvalidSchedule("schedule", `'${schedule}': ${(cause as Error).message.replace(/^CronPattern: /, "")}`);
  }
}

function isZone(timeZone: string): boolean {
  try {
    // Offsets such as +02:00 are taken by Intl too, and are no zone.
    new Intl.DateTimeFormat("en", { timeZone });
    return /^[A-Za-z]/.test(timeZone);
  } catch {
    return false;
  }
}

/** A schedule as the user wrote it, with what was left out. @throws InvalidSchedule */
export function decideSchedule(written: string | ScheduleSpec): Schedule {
  const { schedule, timeZone = "UTC", ...spec } = typeof written === "string" ? { schedule: written } : written;
  if (parseCron(schedule, timeZone).next(0) === null) throw new InvalidSchedule("schedule", `'${schedule}' never comes`);
  return {
    schedule,
    timeZone,
    name: spec.name ?? nameOf(schedule, timeZone),
    overlap: spec.overlap ?? "skip",
    catchUp: spec.catchUp ?? "none",
    jitterMs: spec.jitterMs ?? 0,
    retry: spec.retry ?? { attempts: 1 },
    onFailureAfter: spec.onFailureAfter ?? 1,
    onFailure: spec.onFailure ?? null,
  };
}

const nameOf = (schedule: string, timeZone: string): string => `cron-${sha256(`${schedule} ${timeZone}`).toString("hex").slice(0, 8)}`;

/** How much later than its slot a run begins, milliseconds in [0, jitterMs]: the same for whoever asks. */
export function jitterOf({ jitterMs }: Schedule, slotKey: string): number {
  return jitterMs === 0 ? 0 : sha256(slotKey).readUInt32LE(0) % (jitterMs + 1);
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Slots that are looked at when many went by. */
const MOST_MISSED = 1000;

export interface Missed {
  /** Those that are to run now, oldest first. */
  run: number[];
  /** Those that are not, oldest first; of very many only the latest are told of. */
  missed: number[];
}

/** What becomes of the slots in (fromMs, toMs] that nothing fired in time. */
export function catchUp({ catchUp: rule }: Schedule, slots: Slots, { fromMs, toMs }: { fromMs: number; toMs: number }): Missed {
  const gone: number[] = [];
  for (let at = slots.next(fromMs); at !== null && at <= toMs; at = slots.next(at)) {
    gone.push(at);
    if (gone.length > 2 * MOST_MISSED) gone.splice(0, MOST_MISSED);
  }
  const kept = gone.slice(-MOST_MISSED);
  const count = rule === "none" ? 0 : rule === "last" ? 1 : rule.all;
  const first = Math.max(0, kept.length - count);
  return { run: kept.slice(first), missed: kept.slice(0, first) };
}
