import { setTimeout as sleep } from "node:timers/promises";
import { refillDelayMs } from "@zygo/core";
import { DEFAULT_RUNTIME, type RuntimeName } from "@zygo/contracts/names";
import type { SandboxHost } from "@zygo/sandbox";
import type { Logger } from "./log.ts";
import type { Starter } from "./starter.ts";

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
      previous = open(runtime, previous.catch(() => undefined).then(() => this.#start(runtime)));
      previous.catch((error: unknown) => log.error("runtime not available", { runtime, error }));
    }
    await opened;
  }

  /** A zygote that ended is started again, ever later when it ends over and over. Its instances live on. */
  restart(runtime: RuntimeName): void {
    if (this.#closing.signal.aborted) return;
    const failures = (this.#failures.get(runtime) ?? 0) + 1;
    this.#failures.set(runtime, failures);
    this.#options.log.error("zygote ended", { runtime, failures });
    const up = sleep(refillDelayMs(failures), undefined, { signal: this.#closing.signal }).then(() => this.#start(runtime));
    this.#options.starter.useZygote(runtime, up);
  }

  close(): void {
    this.#closing.abort();
  }

  async #start(runtime: RuntimeName): Promise<void> {
    const { nodeVersion, pid, startMs, selfTest } = await this.#options.host.startZygote(runtime);
    if (!selfTest.ok) throw new Error(`zygote of ${runtime} failed its self-test`, { cause: selfTest.checks.filter((check) => !check.ok) });
    this.#options.log.info("zygote ready", { runtime, node: nodeVersion, pid, startMs: Math.round(startMs) });
  }
}
