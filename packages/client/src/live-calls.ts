import { Inspection, ReceiptList, UsageReport } from "@zygo/contracts";
import { parseAnswer } from "./answer.ts";
import { functionPath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const CALL_MS = 10_000;

export interface LiveCalls {
  /** Live instances as the kernel sees them, of every worker; with `host` for the operator's key. */
  inspect(name: string, options?: { signal?: AbortSignal | undefined }): Promise<Inspection>;
  /** Of the last `limit` (default 20) invocations, the newest first. A worker keeps 100 a function, in memory. */
  receipts(name: string, options?: { limit?: number | undefined; signal?: AbortSignal | undefined }): Promise<ReceiptList>;
  /** What the functions use now. Rates: two answers' difference. */
  usage(options?: { signal?: AbortSignal | undefined }): Promise<UsageReport>;
}

export function liveCalls(admin: Transport): LiveCalls {
  return {
    async inspect(name, { signal } = {}) {
      return parseAnswer(Inspection, await admin.ask({ path: `${functionPath(name)}/instances`, signal, deadlineMs: CALL_MS }));
    },
    async receipts(name, { limit = 20, signal } = {}) {
      return parseAnswer(
        ReceiptList,
        await admin.ask({ path: `${functionPath(name)}/receipts?limit=${limit}`, signal, deadlineMs: CALL_MS }),
      );
    },
    async usage({ signal } = {}) {
      return parseAnswer(UsageReport, await admin.ask({ path: "/api/usage", signal, deadlineMs: CALL_MS }));
    },
  };
}
