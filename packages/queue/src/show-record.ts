import type { DeadLetter } from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import type { InvocationRecord } from "./invocation-records.ts";

export const invocationPath = (id: string): string => `/invocations/${id}`;

/** A record as callers see it, without its answer. The API takes the tenant from the key, so its links hold the name alone. */
export function showRecord({ job, state, attempts, reason, settledMs }: InvocationRecord): DeadLetter {
  const { id, function: name, ref, trigger, method, url, acceptedMs, runAtMs, parent } = job;
  const links = { self: invocationPath(id), logs: `/api/functions/${localName(name)}/logs` };
  return { id, function: name, ref, trigger, state, method, url, acceptedMs, runAtMs, settledMs, reason, attempts, parent, links };
}
