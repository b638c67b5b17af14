import { FnError, Job, type NewJob } from "@zygo/contracts";
import { requestPayload, storeBody } from "./bodies.ts";
import type { PayloadStore } from "./payloads.ts";
import { RandomIds } from "./random-ids.ts";

const ids = new RandomIds();

/** An id that cannot be guessed. */
export const randomId = (): string => ids.next();

/** The job with all that was left out, its body stored. @throws FnError INVALID_REQUEST when it is malformed */
export async function completeJob(payloads: PayloadStore, id: string, job: NewJob): Promise<Job> {
  const nowMs = Date.now();
  const parsed = Job.safeParse({
    id,
    function: job.function,
    ref: job.ref ?? null,
    trigger: job.trigger ?? "async",
    deliver: job.deliver ?? "fetch",
    method: job.method ?? "POST",
    url: job.url,
    headers: job.headers ?? [],
    body: await storeBody(payloads, requestPayload(id), job.body ?? Buffer.alloc(0)),
    retry: job.retry ?? {},
    priority: job.priority ?? 0,
    acceptedMs: nowMs,
    runAtMs: Math.max(nowMs, job.runAtMs ?? nowMs + (job.delayMs ?? 0)),
    delayMs: job.delayMs ?? null,
    onSuccess: job.onSuccess ?? null,
    onFailure: job.onFailure ?? null,
    parent: job.parent ?? null,
    post: job.post ?? null,
  });
  if (!parsed.success) throw new FnError("INVALID_REQUEST", "The job is malformed.", { cause: parsed.error });
  return parsed.data;
}
