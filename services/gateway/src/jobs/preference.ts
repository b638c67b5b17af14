import type { IncomingHttpHeaders } from "node:http";
import { FnError } from "@zygo/contracts";

/** The longest that a caller is kept waiting for a job, seconds. */
const LONGEST_WAIT_S = 60;
const MOST_PRIORITY = 2_097_151;
/** A job may be put off by as much, milliseconds. */
const LONGEST_DELAY_MS = 366 * 86_400_000;
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How a caller wants an invocation run. */
export interface Preference {
  /** Run it as a job; milliseconds to wait for its end. Null: the caller waits for the answer itself. */
  waitMs: number | null;
  /** Not before; a time, or so long after it was accepted. */
  when: { runAtMs?: number; delayMs?: number };
  priority: number;
  idempotencyKey: string | undefined;
}

/**
 * `Prefer: respond-async` and `Prefer: wait=N` (seconds), `x-fn-delay` (30s, 5m, or seconds), `x-fn-run-at` (a date), `x-fn-priority`
 * (1, the most urgent, to 2097151) and `Idempotency-Key`. @source RFC 7240, 4.1 and 4.3; draft-ietf-httpapi-idempotency-key-header
 * @throws FnError INVALID_REQUEST
 */
export function readPreference(headers: IncomingHttpHeaders, nowMs: number): Preference {
  const { respondAsync, waitMs } = readPrefer(headers["prefer"]);
  const when = readWhen(single(headers["x-fn-delay"]), single(headers["x-fn-run-at"]), nowMs);
  const priority = single(headers["x-fn-priority"]);
  const isJob = respondAsync || waitMs !== null;
  if (!isJob && (when !== NOW || priority !== undefined))
    throw new FnError("INVALID_REQUEST", "x-fn-delay, x-fn-run-at and x-fn-priority need `Prefer: respond-async`.");
  return {
    waitMs: isJob ? (waitMs ?? 0) : null,
    when,
    priority: priority === undefined ? 0 : readPriority(priority),
    idempotencyKey: readKey(single(headers["idempotency-key"])),
  };
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

function readPrefer(value: string | string[] | undefined): { respondAsync: boolean; waitMs: number | null } {
  const tokens = [value ?? []].flat().join(",").toLowerCase().split(",");
  const wait = tokens.map((token) => /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;|$)/.exec(token)?.[1]).find((digits) => digits !== undefined);
  return {
    respondAsync: tokens.some((token) => /^\s*respond-async\s*(?:;|$)/.test(token)),
    waitMs: wait === undefined ? null : Math.min(Number(wait), LONGEST_WAIT_S) * 1000,
  };
}

const NOW: Preference["when"] = {};

function readWhen(delay: string | undefined, runAt: string | undefined, nowMs: number): Preference["when"] {
  if (delay === undefined && runAt === undefined) return NOW;
  if (delay !== undefined && runAt !== undefined) throw new FnError("INVALID_REQUEST", "Give x-fn-delay or x-fn-run-at, not both.");
  const [, digits, unit = "s"] = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(delay ?? "") ?? [];
  const delayMs = delay === undefined ? Date.parse(runAt ?? "") - nowMs : Number(digits) * (UNITS[unit] ?? 0);
  if (Number.isNaN(delayMs))
    throw new FnError("INVALID_REQUEST", "x-fn-delay must be like 30s or 5m, x-fn-run-at a date like 2027-01-31T08:00:00Z.");
  if (delayMs > LONGEST_DELAY_MS) throw new FnError("INVALID_REQUEST", "An invocation can be put off by a year at most.");
  return delay === undefined ? { runAtMs: Math.round(nowMs + delayMs) } : { delayMs: Math.round(delayMs) };
}

function readPriority(text: string): number {
  const priority = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (priority < 1 || priority > MOST_PRIORITY) throw new FnError("INVALID_REQUEST", `x-fn-priority must be 1 to ${MOST_PRIORITY}.`);
  return priority;
}

/** The draft says a quoted string; most clients send the bare text. */
function readKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (key === "" || key.length > 255) throw new FnError("INVALID_REQUEST", "An Idempotency-Key has 1 to 255 characters.");
  return key;
}
