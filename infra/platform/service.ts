import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import type { LogFile } from "./log-file.ts";
import { StartupError } from "./startup-error.ts";

/** How a service is started, known to be ready, and stopped. */
export interface ServiceSpec {
  name: string;
  command: [program: string, ...args: string[]];
  env: Record<string, string | undefined>;
  log: LogFile;
  /** Descriptors that it inherits besides standard output and error: an IPC channel or numbers. */
  inherit: ("ipc" | number)[];
  /** Resolves when the process can do its work. Ends early when the signal aborts. */
  ready(child: ChildProcess, signal: AbortSignal): Promise<void>;
  readyMs: number;
  /** After SIGTERM it may take this long to finish what it has. */
  graceMs: number;
}

/** Says what happens to services, one line each. */
export type Report = (message: string) => void;

/**
 * A process that is kept running. It gets a session of its own, so that a signal to the supervisor's process group does not hit it:
 * services stop in order, when the supervisor says so.
 */
export class Service {
  readonly #spec: ServiceSpec;
  readonly #report: Report;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;

  constructor(spec: ServiceSpec, report: Report) {
    this.#spec = spec;
    this.#report = report;
  }

  /** @throws StartupError with what it logged, when it ends or does not get ready in time. From then on it is restarted when it dies. */
  async start(): Promise<void> {
    await this.#run();
  }

  /** SIGTERM, and SIGKILL when the time of grace is over. Resolves when the process is gone; at once when it is not running. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const timer = setTimeout(() => {
      this.#report(`${this.#spec.name} did not stop within ${this.#spec.graceMs / 1000} s and is killed`);
      child.kill("SIGKILL");
    }, this.#spec.graceMs);
    child.kill("SIGTERM");
    await ended(child);
    clearTimeout(timer);
  }

  /** SIGKILL, now. */
  kill(): void {
    this.#stopping.abort();
    this.#child?.kill("SIGKILL");
  }

  /** Starts the process once and waits until it is ready; what comes after is watched, not awaited. */
  async #run(): Promise<void> {
    const { name, log, ready, readyMs } = this.#spec;
    const { child, logStart } = this.#spawn();
    const startedMs = performance.now();
    const over = new AbortController();
    const end = ended(child).finally(() => over.abort());
    const late = AbortSignal.any([over.signal, this.#stopping.signal, AbortSignal.timeout(readyMs)]);
    try {
      await ready(child, late);
    } catch (cause) {
      if (this.#stopping.signal.aborted) throw new StartupError(`${name} was stopped before it was ready`, { cause });
      const why = hasEnded(child) ? `ended (${await end})` : `was not ready within ${readyMs / 1000} s`;
      child.kill("SIGKILL");
      throw new StartupError(`${name} ${why} at its start. ${log.path} ends in:\n${log.since(logStart)}`, { cause });
    }
    void end.then((how) => this.#restart(how, performance.now() - startedMs));
  }

  #spawn(): { child: ChildProcess; logStart: number } {
    const { command, env, log, inherit } = this.#spec;
    const [program, ...args] = command;
    const { fd, start } = log.open();
    const child = spawn(program, args, { detached: true, env, stdio: ["ignore", fd, fd, ...inherit] });
    closeSync(fd);
    this.#child = child;
    return { child, logStart: start };
  }

  /** Tries until it is ready again or the platform stops. */
  async #restart(how: string, livedMs: number): Promise<void> {
    const signal = this.#stopping.signal;
    for (let lastMs = livedMs, why = how; !signal.aborted; lastMs = 0) {
      const waitMs = this.#backoff.next(lastMs);
      this.#report(`${this.#spec.name} ended (${why}), restarting in ${waitMs / 1000} s`);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#run();
        return this.#report(`${this.#spec.name} runs again`);
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
    }
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

/** Resolves with how the process ended; also when it could not be started. */
async function ended(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null) return child.signalCode ?? `exit code ${child.exitCode}`;
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
