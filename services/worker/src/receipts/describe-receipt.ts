import type { Receipt } from "@zygo/contracts";

/** The one wide line of an invocation: its receipt, flat. */
export function describeReceipt(receipt: Receipt, method: string): Record<string, unknown> {
  const { phases, used, status, code, endedMs: _time, settled: _always, ...plain } = receipt;
  return { ...plain, method, status: status ?? undefined, code: code ?? undefined, ...phases, ...used };
}
