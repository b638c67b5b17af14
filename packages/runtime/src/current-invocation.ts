import { AsyncLocalStorage } from "node:async_hooks";
import type { Invocation } from "./invocation.ts";

const storage = new AsyncLocalStorage<Invocation>();

/** The invocation whose code is running, through every await and callback of it. */
export const currentInvocation = (): Invocation | undefined => storage.getStore();

const run = storage.run.bind(storage);

export function runAs(invocation: Invocation, work: () => void): void {
  run(invocation, work);
}
