import type { z } from "zod";
import type { Context } from "./context.ts";
import { WORKER_ALIVE_MS } from "./probe.ts";
import { askWorker } from "./worker-http.ts";

/** All workers are asked at once, and none holds up the answer for longer, milliseconds. */
const ANSWER_MS = 3_000;

export interface Told<T> {
  answers: { worker: string; answer: T }[];
  /** Workers that gave no sound answer in time: what they have is missing. */
  silent: string[];
}

/** Asks every live worker. A worker that does not answer is named, with the cause in the log, and fails nothing. @throws the signal's reason */
export async function askWorkers<S extends z.ZodType>(
  { store, log }: Pick<Context, "store" | "log">,
  { path, schema, signal }: { path: string; schema: S; signal: AbortSignal },
): Promise<Told<z.output<S>>> {
  const workers = await store.liveWorkers(WORKER_ALIVE_MS);
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const asked = await Promise.allSettled(
    workers.map(async ({ address }) => schema.parse(JSON.parse((await askWorker(address, path, within)).text))),
  );
  signal.throwIfAborted();
  const told: Told<z.output<S>> = { answers: [], silent: [] };
  for (const [at, outcome] of asked.entries()) {
    const worker = (workers[at] as { id: string }).id;
    if (outcome.status === "fulfilled") {
      told.answers.push({ worker, answer: outcome.value });
      continue;
    }
    told.silent.push(worker);
    log.warn("a worker gave no sound answer", { worker, path, error: outcome.reason as unknown });
  }
  return told;
}
