import { FnError, type ErrorCode } from "@zygo/contracts";

/** Why an invocation got no answer of its function's own. */
export interface Verdict {
  code: ErrorCode;
  /** One sentence for the caller. */
  detail: string;
}

/** Those that need nothing known but what happened. For the others see `death.ts`. */
export const VERDICTS = {
  deadline: { code: "FUNCTION_TIMEOUT", detail: "The function did not answer before its deadline." },
  deadlineLoading: { code: "FUNCTION_TIMEOUT", detail: "The function's module did not finish loading before the deadline." },
  deadlineWaiting: { code: "QUEUE_TIMEOUT", detail: "Every instance of the function was busy until the deadline." },
  deadlineQueued: { code: "QUEUE_TIMEOUT", detail: "The invocation waited in the queue until its deadline." },
  protocol: { code: "FUNCTION_PROTOCOL", detail: "The function's process broke the protocol with the platform." },
  /** What was wrong with it is in the worker's log. */
  fault: { code: "INTERNAL", detail: "The platform failed while it served this invocation; its instance was ended." },
  neighbour: {
    code: "FUNCTION_CRASHED",
    detail: "The instance was ended because another invocation that it served overran its deadline.",
  },
  tooLarge: { code: "FUNCTION_RESPONSE_TOO_LARGE", detail: "The function's answer is larger than its limit (responseMb)." },
  /** For nobody: an idle instance serves none. */
  idle: { code: "FUNCTION_CRASHED", detail: "The instance was ended while idle." },
  stopping: { code: "SHUTTING_DOWN", detail: "The worker is stopping." },
} as const satisfies Record<string, Verdict>;

/** What callers are told when a version cannot be had. */
export function unavailable(error: unknown): Verdict {
  if (error instanceof FnError) return { code: error.code, detail: error.message };
  return { code: "INTERNAL", detail: "The platform could not prepare the function." };
}
