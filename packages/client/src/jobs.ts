import { Accepted, Count, DeadLetter, DeadLetterList, InvocationId, InvocationView, type DeadLetterPick } from "@zygo/contracts";
import { parseAnswer } from "./answer.ts";
import { ApiError } from "./api-error.ts";
import type { Transport } from "./transport.ts";

const CALL_MS = 15_000;
/** Over all dead letters of a tenant. */
const MANY_MS = 120_000;

interface Abortable {
  signal?: AbortSignal | undefined;
}

/** Calls about asynchronous invocations. Each throws ApiError. */
export interface JobCalls {
  /** The newest first; without `function`, of all of the tenant's. */
  deadLetters(options?: Abortable & { function?: string | undefined; limit?: number | undefined }): Promise<DeadLetterList>;
  deadLetter(id: string, options?: Abortable): Promise<DeadLetter>;
  /** @returns how many */
  redrive(pick: DeadLetterPick, options?: Abortable): Promise<number>;
  purge(pick: DeadLetterPick, options?: Abortable): Promise<number>;
  replay(id: string, options?: Abortable): Promise<Accepted>;
  /** A job as it is now, or at its end if that comes within `waitS` seconds (at most 60). */
  invocation(id: string, options?: Abortable & { waitS?: number }): Promise<InvocationView>;
}

export function jobCalls(admin: Transport): JobCalls {
  const act = async (path: string, pick: DeadLetterPick, signal: AbortSignal | undefined): Promise<number> => {
    const headers = new Headers({ "content-type": "application/json" });
    return parseAnswer(Count, await admin.ask({ path, method: "POST", headers, body: JSON.stringify(pick), signal, deadlineMs: MANY_MS }))
      .count;
  };
  return {
    async deadLetters({ function: name, limit, signal } = {}) {
      const query = new URLSearchParams({
        ...(name === undefined ? {} : { function: name }),
        ...(limit === undefined ? {} : { limit: String(limit) }),
      });
      return parseAnswer(DeadLetterList, await admin.ask({ path: `/api/dead-letters?${query.toString()}`, signal, deadlineMs: CALL_MS }));
    },
    async deadLetter(id, { signal } = {}) {
      return parseAnswer(DeadLetter, await admin.ask({ path: `/api/dead-letters/${checked(id)}`, signal, deadlineMs: CALL_MS }));
    },
    redrive: async (pick, { signal } = {}) => await act("/api/dead-letters/redrive", pick, signal),
    purge: async (pick, { signal } = {}) => await act("/api/dead-letters/purge", pick, signal),
    async replay(id, { signal } = {}) {
      return parseAnswer(
        Accepted,
        await admin.ask({ path: `/api/invocations/${checked(id)}/replay`, method: "POST", signal, deadlineMs: CALL_MS }),
      );
    },
    async invocation(id, { waitS = 0, signal } = {}) {
      const call = { path: `/invocations/${checked(id)}?wait=${waitS}`, signal, deadlineMs: CALL_MS + waitS * 1000 };
      return parseAnswer(InvocationView, await admin.ask(call));
    },
  };
}

/** @throws ApiError INVALID_REQUEST: what is no id must not become another path */
function checked(id: string): string {
  if (!InvocationId.safeParse(id).success) throw new ApiError("INVALID_REQUEST", `'${id.slice(0, 64)}' is not the id of an invocation.`);
  return id;
}
