import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { refillDelayMs } from "@zygo/core";
import { DEFAULT_RUNTIME, type RuntimeName } from "@zygo/contracts/names";
import type { SandboxHost } from "@zygo/sandbox";
import type { Logger } from "./log.ts";
import type { Starter } from "./starter.ts";

/** A zygote that lived this long is no failure of a row, milliseconds. */
const LONG_LIFE_MS = 60_000;

export interface RuntimesOptions {
  host: SandboxHost;
  starter: Starter;
  poolSize: number | undefined;
  pressure: () => { waiting: number; starting: number };
  log: Logger;
}

/** The zygotes of this worker: brings them up and keeps them up. */
export class Runtimes {
  readonly #options: RuntimesOptions;
  readonly #failures = new Map<RuntimeName, number>();
  readonly #upSince = new Map<RuntimeName, number>();
  readonly #closing = new AbortController();

  constructor(options: RuntimesOptions) {
    this.#options = options;
  }

  /**
   * Starts them one after the other, the default runtime first. Resolves once that one's pool is full; the others follow.
   * @throws Error when the first one cannot start.
   */
  async open(runtimes: readonly RuntimeName[]): Promise<void> {
    const { starter, poolSize, pressure, log } = this.#options;
    const [first, ...others] = [...runtimes].sort((a, b) => Number(b === DEFAULT_RUNTIME) - Number(a === DEFAULT_RUNTIME));
    if (first === undefined) throw new Error("no base layer of any runtime is here");
    const open = (runtime: RuntimeName, up: Promise<void>): Promise<void> => {
      starter.useZygote(runtime, up);
      return up.then(() => starter.openPool(runtime, poolSize, pressure));
    };
    let previous = open(first, this.#start(first));
    const opened = previous;
    for (const runtime of others) {
      previous = open(
        runtime,
        previous.catch(() => undefined).then(() => this.#start(runtime)),
      );
      previous.catch((error: unknown) => log.error("runtime not available", { runtime, error }));
    }
    await opened;
  }

  /** A zygote that ended is started again, ever later when it ends over and over. Its instances live on. */
  restart(runtime: RuntimeName): void {
    if (this.#closing.signal.aborted) return;
    const { log, starter } = this.#options;
    const failures = this.#note(runtime);
    log.error("zygote ended", { runtime, failures });
    const up = sleep(refillDelayMs(failures), undefined, { signal: this.#closing.signal }).then(() => this.#start(runtime));
    starter.useZygote(runtime, up);
    up.catch((error: unknown) => {
      log.error("zygote not started", { runtime, error });
      this.restart(runtime);
    });
  }

  close(): void {
    this.#closing.abort();
  }

  /** Counts its ends in a row: one after a long life is the first. */
  #note(runtime: RuntimeName): number {
    const lived = performance.now() - (this.#upSince.get(runtime) ?? performance.now());
    const failures = lived > LONG_LIFE_MS ? 1 : (this.#failures.get(runtime) ?? 0) + 1;
    this.#failures.set(runtime, failures);
    return failures;
  }

  async #start(runtime: RuntimeName): Promise<void> {
    const { nodeVersion, pid, startMs, selfTest } = await this.#options.host.startZygote(runtime);
    if (!selfTest.ok) throw new Error(`zygote of ${runtime} failed its self-test`, { cause: selfTest.checks.filter((check) => !check.ok) });
    this.#upSince.set(runtime, performance.now());
    this.#options.log.info("zygote ready", { runtime, node: nodeVersion, pid, startMs: Math.round(startMs) });
  }
}
