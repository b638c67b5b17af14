import { AsyncLocalStorage } from "node:async_hooks";
import type { LogOwner } from "./log-budget.ts";

/** An invocation, as far as what its code logs and leaves unawaited is concerned. */
export interface Running extends LogOwner {
  fail(code: string, thrown: unknown): void;
}

const storage = new AsyncLocalStorage<Running>();

/** The invocation whose code is running, through every await and callback of it. */
export const currentInvocation = (): Running | undefined => storage.getStore();

const run = storage.run.bind(storage);

export function runAs(invocation: Running, work: () => void): void {
  run(invocation, work);
}
