import { readFileSync } from "node:fs";
import type { Platform } from "@zygo/testkit";

/** What was seen at one moment of a drain. Memory in MiB: resident, without what is shared with files. */
export interface Moment {
  atMs: number;
  /** Jobs settled since the first. */
  settled: number;
  gateway: number;
  worker: number;
  /** Both, the jobs' one for the most part: it keeps a record of each settled invocation. */
  redis: number;
}

/** Anonymous resident memory of a process, MiB; 0: it is gone. @source proc_pid_status(5) */
export function anonymousMib(pid: number | undefined): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Of the platform's processes. */
export function memoryOf(platform: Platform): Pick<Moment, "gateway" | "worker" | "redis"> {
  const { gateway, worker, redis, jobs } = platform.pids();
  return { gateway: anonymousMib(gateway), worker: anonymousMib(worker), redis: anonymousMib(redis) + anonymousMib(jobs) };
}

/** A process that has come to its working size may still move by so much, MiB, or by a part of it. */
const SLACK_MIB = 16;
const SLACK_PART = 0.15;

/**
 * Whether memory stays where it is: the median of the last fifth against that of the second, when all caches are warm. Pure.
 * @param values in the order of time, ten at least
 */
export function isFlat(values: readonly number[]): boolean {
  const fifth = Math.floor(values.length / 5);
  const [early, late] = [medianOf(values.slice(fifth, 2 * fifth)), medianOf(values.slice(-fifth))];
  return late <= early + Math.max(SLACK_MIB, early * SLACK_PART);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
