import { request } from "node:http";

/** A worker that was seen longer ago does not count, milliseconds. */
const WORKER_SEEN_MS = 5000;
const CHECK_MS = 1000;

/** Port of `Store` in `packages/store`. */
export interface WorkerList {
  ping(): Promise<void>;
  liveWorkers(maxAgeMs: number): Promise<unknown[]>;
}

export interface Readiness {
  ready: boolean;
  redis: boolean;
  control: boolean;
  worker: boolean;
  missing: string[];
}

/** Whether an invocation and a deploy could work now. Takes a second at most, never rejects. */
export async function readiness(given: { store: WorkerList; controlSocket: string; workerLinks: () => number }): Promise<Readiness> {
  const [redis, control, worker] = await Promise.all([
    holds(given.store.ping()),
    holds(answers(given.controlSocket)),
    given.workerLinks() > 0 || holds(someWorker(given.store)),
  ]);
  const missing = Object.entries({ redis, control, worker }).flatMap(([name, there]) => (there ? [] : [name]));
  return { ready: missing.length === 0, redis, control, worker, missing };
}

async function holds(check: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), CHECK_MS);
  try {
    return await Promise.race([check.then(() => true), late.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function someWorker(store: WorkerList): Promise<void> {
  if ((await store.liveWorkers(WORKER_SEEN_MS)).length === 0) throw new Error("no worker was seen lately");
}

/** Any HTTP answer means that the process is there. */
function answers(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path: "/healthz", agent: false, signal: AbortSignal.timeout(CHECK_MS) }, (answer) => {
      answer.resume();
      resolve();
    });
    asking.on("error", reject);
    asking.end();
  });
}
