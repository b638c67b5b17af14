import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "..", "..");
const STDIO: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
const POLL_MS = 20;

/** A supervisor that runs stand-ins for the services, and what it has printed so far. */
export interface Supervisor {
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code, null after a signal. */
  ended: Promise<number | null>;
}

/** A test run that is killed leaves nothing behind. */
const TIED = ["--pdeathsig", "TERM"];

const ARGUMENTS = ["--services", join(import.meta.dirname, "stand-ins"), "--no-examples"];

export function startSupervisor(home: string, port: number, env: Record<string, string> = {}): Supervisor {
  const variables = { PATH: process.env["PATH"], FN_HOME: home, FN_PORT: String(port), ...env };
  return watch(
    spawn("setpriv", [...TIED, process.execPath, join(ROOT, "infra/platform/main.ts"), ...ARGUMENTS], { env: variables, stdio: STDIO }),
  );
}

/** The same through `npm start`, in a process group of its own as a shell would make it. */
export function npmStart(home: string, port: number): Supervisor {
  const env = { ...process.env, FN_HOME: home, FN_PORT: String(port) };
  return watch(
    spawn("setpriv", [...TIED, "npm", "start", "--silent", "--", ...ARGUMENTS], { cwd: ROOT, env, detached: true, stdio: STDIO }),
  );
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): Supervisor {
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.err += chunk));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { process: child, stdout: () => text.out, stderr: () => text.err, ended };
}

/** @throws Error with what the supervisor said, when the condition does not come true within 15 s */
export async function until(supervisor: Supervisor, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadlineMs)
      throw new Error(`waited too long; the supervisor said:\n${supervisor.stdout()}${supervisor.stderr()}`);
    await sleep(POLL_MS);
  }
}

export const isReady = (supervisor: Supervisor) => (): boolean => supervisor.stdout().includes("ready ");

/** Lines that the stand-ins wrote. */
export function events(home: string): string[] {
  const file = join(home, "events");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}
