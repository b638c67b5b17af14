import { FnError, isErrorCode, ProbeResult, type ProbeRequest } from "@zygo/contracts";
import type { Store, Worker } from "@zygo/store";
import { z } from "zod";
import { NotListening, postToWorker, type WorkerAnswer } from "./worker-http.ts";

/** A worker that was not seen for this long takes no probe, milliseconds. */
export const WORKER_ALIVE_MS = 5_000;
const PROBE_MS = 30_000;

export interface Prober {
  /**
   * Has a live worker load the bundle once. A bundle that does not load is a result.
   * @throws FnError NO_WORKER, WORKER_LOST, or the code with which the worker refused.
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult>;
}

export function createProber(store: Pick<Store, "liveWorkers">, deadlineMs = PROBE_MS): Prober {
  return {
    async probe(request, signal) {
      const deadline = AbortSignal.timeout(deadlineMs);
      const workers = await store.liveWorkers(WORKER_ALIVE_MS);
      const answer = await firstAnswer(workers, request, AbortSignal.any([signal, deadline])).catch((cause: unknown) => {
        signal.throwIfAborted();
        if (cause instanceof FnError) throw cause;
        const detail = deadline.aborted
          ? `The worker did not answer within ${deadlineMs} ms`
          : "The worker went away while it loaded the function";
        throw new FnError("WORKER_LOST", detail, { cause });
      });
      return readResult(answer);
    },
  };
}

/** Asks the workers in turn until one listens. Whoever has begun is not asked again: the bundle may be what ends workers. */
async function firstAnswer(workers: Worker[], request: ProbeRequest, signal: AbortSignal): Promise<WorkerAnswer> {
  let cause: unknown;
  for (const { address } of workers) {
    try {
      return await postToWorker(address, "/probe", request, signal);
    } catch (error) {
      if (!(error instanceof NotListening)) throw error;
      cause = error;
    }
  }
  throw new FnError("NO_WORKER", "No worker is running that could load the function: is the platform still starting?", { cause });
}

const Refusal = z.object({ code: z.string(), detail: z.string() });

function readResult({ status, text }: WorkerAnswer): ProbeResult {
  try {
    const body: unknown = JSON.parse(text);
    if (status === 200) return ProbeResult.parse(body);
    throw toError(Refusal.parse(body));
  } catch (cause) {
    if (cause instanceof FnError) throw cause;
    throw new FnError("INTERNAL", "The worker's answer cannot be understood", { cause });
  }
}

/** The worker's refusal as ours, save one that blames us: that is no caller's doing. */
function toError({ code, detail }: z.infer<typeof Refusal>): FnError {
  if (isErrorCode(code) && code !== "INVALID_REQUEST" && code !== "NOT_FOUND") return new FnError(code, detail);
  return new FnError("INTERNAL", undefined, { cause: new Error(`the worker refused: ${code}: ${detail}`) });
}
