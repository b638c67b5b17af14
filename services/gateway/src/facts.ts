import { shortVersion, type Receipt } from "@zygo/contracts";
import { HEADERS, type StartKind } from "@zygo/contracts/names";

/** All that is known of one request: one flat sheet, the same for success and failure. It makes the headers, the log line, the metrics. */
export interface Facts {
  requestId: string;
  method: string;
  /** Without the query, which may hold secrets. */
  path: string;
  function?: string;
  /** Digest. */
  version?: string;
  trigger?: string;
  caller?: string;
  worker?: string;
  start?: StartKind;
  queueMs?: number;
  startMs?: number;
  initMs?: number;
  handlerMs?: number;
  durationMs?: number;
  bytesIn: number;
  bytesOut: number;
  status?: number;
  /** Code of the error table; absent when all went well. */
  code?: string;
  detail?: string;
  /** What it took, where that was asked for. It is in the worker's log anyway. */
  receipt?: Receipt;
  /** Value of the `RateLimit` header, for a tenant that has a rate. */
  rateLimit?: string;
  /** What the function threw, or why the platform failed. For the log alone. */
  error?: unknown;
}

/** The platform's headers of an answer, names and values by turns, as far as the facts are known. */
export function platformHeaders(facts: Facts): string[] {
  const flat = [HEADERS.requestId, facts.requestId, HEADERS.serverTiming, serverTiming(facts)];
  if (facts.version !== undefined) flat.push(HEADERS.version, shortVersion(facts.version));
  if (facts.start !== undefined) flat.push(HEADERS.start, facts.start);
  if (facts.rateLimit !== undefined) flat.push("ratelimit", facts.rateLimit);
  if (facts.receipt !== undefined) flat.push(HEADERS.receipt, JSON.stringify(facts.receipt));
  return flat;
}

/** @source W3C Server Timing: `name;dur=milliseconds`. A phase that was not reached has no duration. */
function serverTiming({ queueMs, startMs, initMs, handlerMs }: Facts): string {
  return `${phase("queue", queueMs)}, ${phase("start", startMs)}, ${phase("init", initMs)}, ${phase("handler", handlerMs)}`;
}

const phase = (name: string, ms: number | undefined): string => (ms === undefined ? name : `${name};dur=${Math.round(ms * 1000) / 1000}`);
