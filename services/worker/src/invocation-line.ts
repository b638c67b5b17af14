import { shortVersion } from "@zygo/contracts";
import type { Invocation } from "./invocation.ts";
import type { PeerDone } from "./peer.ts";

/** The one wide line of an invocation; times in milliseconds. */
export function describeInvocation(invocation: Invocation, done: PeerDone | undefined): Record<string, unknown> {
  const { head, outcome, seat } = invocation;
  return {
    requestId: head.requestId,
    function: head.function,
    version: shortVersion(head.version),
    trigger: head.trigger,
    method: head.method,
    status: outcome.status,
    code: outcome.code,
    start: seat?.kind,
    queueMs: invocation.queueMs,
    startMs: round(invocation.startMs),
    initMs: round(seat?.initMs ?? 0),
    handlerMs: outcome.handlerMs,
    cpuMs: done?.cpuMs,
    totalMs: round(invocation.ageMs),
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
