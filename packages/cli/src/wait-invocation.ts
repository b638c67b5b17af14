import type { Client } from "@zygo/client";
import type { InvocationView } from "@zygo/contracts";

/** As long as the server keeps a caller, seconds. */
const POLL_S = 30;

const OVER: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled"]);

/** Until an asynchronous invocation has ended. @throws ApiError, or the signal's reason */
export async function waitForInvocation(client: Client, id: string, signal: AbortSignal): Promise<InvocationView> {
  for (;;) {
    const view = await client.invocation(id, { waitS: POLL_S, signal });
    if (OVER.has(view.state)) return view;
  }
}
