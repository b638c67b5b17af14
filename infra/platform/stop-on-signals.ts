import type { Platform } from "./platform.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Signals within this time are one event. Ctrl-C comes from the terminal and from npm as well; and a parent with several threads that
 * is killed sends its `pdeathsig` once for each of them.
 *
 * @source Linux kernel/exit.c, forget_original_parent: children pass from a dying thread to the next one of the same process
 */
const SAME_EVENT_MS = 1000;

/**
 * The first signal stops the platform in order and then ends this process with 0; the second ends everything at once, with 1.
 *
 * @returns a signal that aborts when the first has come
 */
export function stopOnSignals(platform: Pick<Platform, "stop" | "kill">): AbortSignal {
  const stopping = new AbortController();
  let firstMs = 0;
  const onSignal = (): void => {
    if (stopping.signal.aborted) {
      if (performance.now() - firstMs < SAME_EVENT_MS) return;
      platform.kill();
      process.exit(1);
    }
    firstMs = performance.now();
    stopping.abort();
    console.error("stopping (a second signal ends it at once)");
    void platform.stop().then(() => process.exit(0));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stopping.signal;
}
