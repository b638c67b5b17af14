import type { Answer } from "./answer.ts";
import { ApiError, unreachable } from "./api-error.ts";

export type Fetch = typeof globalThis.fetch;
export type Body = RequestInit["body"];
export type HeaderList = RequestInit["headers"];

export interface Call {
  /** Path and query below the server's URL. */
  path: string;
  method?: string | undefined;
  headers?: Headers | undefined;
  body?: Body | undefined;
  signal?: AbortSignal | undefined;
  /** Until the whole answer is there, milliseconds. None: the signal alone ends the call. */
  deadlineMs?: number | undefined;
}

/**
 * Calls to one server. Redirects are answers like any other.
 * @throws ApiError UNREACHABLE or TIMEOUT; the signal's reason when the caller aborts.
 */
export interface Transport {
  /** Resolves with the head of the answer. */
  send(call: Call): Promise<Response>;
  /** Resolves with the whole answer. */
  ask(call: Call): Promise<Answer>;
}

export function createTransport(base: URL, fetch: Fetch): Transport {
  return {
    send: (call) => attempt(base, call, (init) => fetch(below(base, call.path), init)),
    ask: (call) =>
      attempt(base, call, async (init) => {
        const response = await fetch(below(base, call.path), init);
        return { response, text: await response.text() };
      }),
  };
}

async function attempt<T>(base: URL, call: Call, run: (init: RequestInit) => Promise<T>): Promise<T> {
  const { method = "GET", headers = new Headers(), body = null, signal, deadlineMs } = call;
  const deadline = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
  const either = AbortSignal.any([signal, deadline].filter((each) => each !== undefined));
  try {
    return await run({ method, headers, body, redirect: "manual", signal: either, ...(body === null ? {} : { duplex: "half" }) });
  } catch (cause) {
    signal?.throwIfAborted();
    if (deadline?.aborted) throw new ApiError("TIMEOUT", `No answer from ${base.origin} within ${deadlineMs} ms.`, { cause });
    throw unreachable(base.origin, cause);
  }
}

const below = (base: URL, path: string): string => base.href.replace(/\/$/, "") + path;
