import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { refillDelayMs } from "@zygo/core";
import { DEFAULT_RUNTIME, type RuntimeName } from "@zygo/contracts/names";
import type { SandboxHost } from "@zygo/sandbox";
import type { Log } from "@zygo/service";
import type { Starter } from "./starter.ts";

/** A zygote that lived this long is no failure of a row, milliseconds. */
const LONG_LIFE_MS = 60_000;

export interface RuntimesOptions {
  host: SandboxHost;
  starter: Starter;
  poolSize: number | undefined;
  pressure: () => { waiting: number; starting: number };
  log: Log;
}

/** Trying again changes nothing: the zygote lives, and is not used. */
class SelfTestFailed extends Error {
  override name = "SelfTestFailed";
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
    const [first, ...others] = [...runtimes].sort((a, b) => Number(b === DEFAULT_RUNTIME) - Number(a === DEFAULT_RUNTIME));
    if (first === undefined) throw new Error("no base layer of any runtime is here");
    let previous = this.#use(first, this.#start(first));
    const opened = previous;
    for (const runtime of others) {
      previous = this.#use(
        runtime,
        previous.catch(() => undefined).then(() => this.#start(runtime)),
      );
      previous.catch((error: unknown) => this.#retry(runtime, error));
    }
    await opened;
  }

  /** A zygote that ended is started again, ever later when it ends over and over. Its instances live on. Once for each end. */
  restart(runtime: RuntimeName): void {
    if (this.#closing.signal.aborted) return;
    const failures = this.#note(runtime);
    this.#options.log.error("zygote ended", { runtime, failures });
    const up = sleep(refillDelayMs(failures), undefined, { signal: this.#closing.signal }).then(() => this.#start(runtime));
    this.#use(runtime, up).catch((error: unknown) => this.#retry(runtime, error));
  }

  close(): void {
    this.#closing.abort();
  }

  /** Starts wait for the zygote. Resolves once the runtime's pool is full. */
  async #use(runtime: RuntimeName, up: Promise<void>): Promise<void> {
    const { starter, poolSize, pressure } = this.#options;
    starter.useZygote(runtime, up);
    await up;
    await starter.pools.open(runtime, poolSize, pressure);
  }

  #retry(runtime: RuntimeName, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#options.log.error("zygote not started", { runtime, error });
    if (!(error instanceof SelfTestFailed)) this.restart(runtime);
  }

  /** Counts its ends in a row: one after a long life is the first. */
  #note(runtime: RuntimeName): number {
    const lived = performance.now() - (this.#upSince.get(runtime) ?? performance.now());
    this.#upSince.delete(runtime);
    const failures = lived > LONG_LIFE_MS ? 1 : (this.#failures.get(runtime) ?? 0) + 1;
    this.#failures.set(runtime, failures);
    return failures;
  }

  async #start(runtime: RuntimeName): Promise<void> {
    const { nodeVersion, pid, startMs, selfTest } = await this.#options.host.startZygote(runtime);
    if (!selfTest.ok)
      throw new SelfTestFailed(`zygote of ${runtime} failed its self-test`, { cause: selfTest.checks.filter((check) => !check.ok) });
    this.#upSince.set(runtime, performance.now());
    this.#options.log.info("zygote ready", { runtime, node: nodeVersion, pid, startMs: Math.round(startMs) });
  }
}
