import type { Platform } from "./platform.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The first signal stops the platform in order and then ends this process with 0; the second ends everything at once, with 1.
 *
 * @returns a signal that aborts when the first has come
 */
export function stopOnSignals(platform: Pick<Platform, "stop" | "kill">): AbortSignal {
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) {
      platform.kill();
      process.exit(1);
    }
    stopping.abort();
    console.error("stopping (a second signal ends it at once)");
    void platform.stop().then(() => process.exit(0));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stopping.signal;
}
