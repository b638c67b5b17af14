import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 25;

/** Polls until `find` gives something else than undefined, null or false, and gives that. @throws Error named `what` when it never does */
export async function waitFor<T>(
  what: string,
  find: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== null && found !== false) return found as Exclude<T, undefined | null | false>;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await sleep(POLL_MS);
  }
}
