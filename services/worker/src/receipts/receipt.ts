import { shortVersion, type EnvelopeHead, type Receipt, type Used } from "@zygo/contracts";
import type { StartKind } from "@zygo/contracts/names";

/** What is known of an invocation by itself. */
export interface Told {
  head: EnvelopeHead;
  outcome: { status?: number; code?: string; handlerMs?: number };
  seat: { kind: StartKind; initMs: number; instance: string } | undefined;
  queueMs: number;
  startMs: number;
  ageMs: number;
}

/** What its instance adds. */
export interface Reckoning {
  used: Used | null;
  shared: boolean;
}

export const NO_INSTANCE: Reckoning = { used: null, shared: false };

export function receiptOf(told: Told, { used, shared }: Reckoning, settled: boolean): Receipt {
  const { head, outcome, seat } = told;
  return {
    requestId: head.requestId,
    function: head.function,
    version: shortVersion(head.version),
    trigger: head.trigger,
    attempt: head.attempt,
    endedMs: Date.now(),
    status: outcome.status ?? null,
    code: outcome.code ?? null,
    start: seat?.kind ?? null,
    instance: seat?.instance ?? null,
    phases: {
      queueMs: told.queueMs,
      startMs: round(told.startMs),
      initMs: round(seat?.initMs ?? 0),
      handlerMs: outcome.handlerMs ?? null,
      totalMs: round(told.ageMs),
    },
    used,
    shared,
    settled,
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
