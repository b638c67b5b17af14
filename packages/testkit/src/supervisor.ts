import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { homePaths } from "@zygo/contracts";
import { CHECKOUT, PINNED_NODE } from "./checkout.ts";

const READY_MS = 60_000;
const STOP_MS = 60_000;
const TAIL_LINES = 20;

/** `npm start` without the set-up: one supervisor process, and what it has said so far. */
export class Supervisor {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  readonly #home: string;
  #stdout = "";
  #stderr = "";

  /** `before` runs the supervisor: another program and its first arguments, in front of it. */
  constructor(home: string, args: string[], env: Record<string, string>, before: readonly string[] = []) {
    this.#home = home;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(FN_|REDIS_URL$|VITEST)/.test(name)));
    const [program = "", ...words] = [...before, PINNED_NODE, join(CHECKOUT, "infra/platform/main.ts"), ...args];
    this.process = spawn(program, words, {
      cwd: CHECKOUT,
      env: { ...inherited, FN_HOME: home, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.setEncoding("utf8").on("data", (chunk: string) => (this.#stdout += chunk));
    this.process.stderr?.setEncoding("utf8").on("data", (chunk: string) => (this.#stderr += chunk));
    this.ended = once(this.process, "close").then(() => undefined);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the URL it is ready at. @throws Error with the ends of all logs */
  async ready(): Promise<string> {
    const said = new Promise<string>((resolve) => {
      this.process.stdout?.on("data", () => {
        const url = /^ready (\S+)$/m.exec(this.#stdout)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const late = sleep(READY_MS, undefined, { ref: false });
    const url = await Promise.race([said, late, this.ended]);
    if (url === undefined) throw new Error(`the platform does not get ready:\n${this.#stdout}${this.#stderr}\n${this.logTails()}`);
    return url;
  }

  /** SIGTERM, and SIGKILL a minute later. Resolves with the exit code when the process is gone. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGTERM");
    const timer = setTimeout(() => this.process.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(timer);
    return this.process.exitCode;
  }

  /** The last lines of every service's log. */
  logTails(): string {
    const { logs } = homePaths(this.#home);
    return readdirSync(logs)
      .map((name) => `--- ${name}\n${readFileSync(join(logs, name), "utf8").trimEnd().split("\n").slice(-TAIL_LINES).join("\n")}`)
      .join("\n");
  }
}
