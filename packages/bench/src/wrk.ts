import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

/** A block of load on many connections. */
export interface Block {
  rps: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
}

/** Its version; undefined when it is not installed. */
export function findWrk(): string | undefined {
  const { stdout, error } = spawnSync("wrk", ["-v"], { encoding: "utf8", timeout: 10_000 });
  return error === undefined ? (/^wrk (?:debian\/)?(\S+)/.exec(stdout)?.[1] ?? "?") : undefined;
}

/** One thread, keep-alive, a closed loop. @throws Error when wrk fails */
export async function runWrk(
  url: string,
  { connections, durationMs }: { connections: number; durationMs: number },
  signal: AbortSignal,
): Promise<Block> {
  const args = ["-t1", `-c${connections}`, `-d${Math.max(1, Math.round(durationMs / 1000))}s`, "--latency", url];
  const { stdout } = await promisify(execFile)("wrk", args, { signal, timeout: durationMs + 30_000 });
  return parseWrk(stdout);
}

/** @throws Error when it is not what wrk prints with --latency */
export function parseWrk(text: string): Block {
  const rps = /^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1];
  const at = (percent: number): number => milliseconds(new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)$`, "m").exec(text));
  if (rps === undefined) throw new Error(`wrk printed no rate: ${text.slice(0, 200)}`);
  return { rps: Number(rps), p50Ms: at(50), p99Ms: at(99), errors: countErrors(text) };
}

const MS = { us: 0.001, ms: 1, s: 1000, m: 60_000 } as const;

function milliseconds(match: RegExpExecArray | null): number {
  if (match === null) throw new Error("wrk printed no latency");
  return Number(match[1]) * MS[match[2] as keyof typeof MS];
}

function countErrors(text: string): number {
  const statuses = /^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1] ?? 0;
  const sockets = /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(text)?.slice(1) ?? [];
  return sockets.reduce((sum, count) => sum + Number(count), Number(statuses));
}
