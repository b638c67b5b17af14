import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CgroupDirectory } from "@zygo/sandbox";

export interface CgroupUse {
  memory: { limit: number | null; used: number | null; peak: number | null };
  cpu: { limitCores: number | null; usedMs: number | null; throttledMs: number | null };
  pids: { limit: number | null; used: number | null };
  disk: { readBytes: number; writtenBytes: number };
}

/** Limits and use in these groups; null for what there is no limit of, or what this kernel does not count. */
export async function readUse(groups: readonly CgroupDirectory[]): Promise<CgroupUse> {
  const unified = groups.find(({ controllers }) => controllers.length === 0)?.path;
  const of = (controller: string): string | undefined => groups.find(({ controllers }) => controllers.includes(controller))?.path;
  const [memory, cpu, pids, disk] = await Promise.all([
    of("memory") === undefined ? memoryV2(unified) : memoryV1(of("memory")),
    of("cpu") === undefined ? cpuV2(unified) : cpuV1(of("cpu"), of("cpuacct")),
    pidsUse(of("pids") ?? unified),
    of("blkio") === undefined ? diskV2(unified) : diskV1(of("blkio")),
  ]);
  return { memory, cpu, pids, disk };
}

async function memoryV1(path: string | undefined): Promise<CgroupUse["memory"]> {
  const [limit, used, peak] = await numbers(path, ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"]);
  return { limit: limit ?? null, used: used ?? null, peak: peak ?? null };
}

async function memoryV2(path: string | undefined): Promise<CgroupUse["memory"]> {
  const [limit, used, peak] = await numbers(path, ["memory.max", "memory.current", "memory.peak"]);
  return { limit: limit ?? null, used: used ?? null, peak: peak ?? null };
}

async function cpuV1(cpu: string | undefined, accounting: string | undefined): Promise<CgroupUse["cpu"]> {
  const [[quota, period], [nanos], stat] = await Promise.all([
    numbers(cpu, ["cpu.cfs_quota_us", "cpu.cfs_period_us"]),
    numbers(accounting, ["cpuacct.usage"]),
    text(cpu, "cpu.stat"),
  ]);
  const limited = quota !== undefined && quota !== null && quota > 0;
  return {
    limitCores: limited && period ? quota / period : null,
    usedMs: over(nanos, 1e6),
    throttledMs: over(keyed(stat, "throttled_time"), 1e6),
  };
}

async function cpuV2(path: string | undefined): Promise<CgroupUse["cpu"]> {
  const [max, stat] = await Promise.all([text(path, "cpu.max"), text(path, "cpu.stat")]);
  const [quota = Number.NaN, period = Number.NaN] = max.split(" ").map(Number);
  return {
    limitCores: Number.isFinite(quota / period) ? quota / period : null,
    usedMs: over(keyed(stat, "usage_usec"), 1e3),
    throttledMs: over(keyed(stat, "throttled_usec"), 1e3),
  };
}

async function pidsUse(path: string | undefined): Promise<CgroupUse["pids"]> {
  const [limit, used] = await numbers(path, ["pids.max", "pids.current"]);
  return { limit: limit ?? null, used: used ?? null };
}

/** @source admin-guide/cgroup-v1/blkio-controller.rst: lines of `major:minor Read bytes`, a device and a direction each */
async function diskV1(path: string | undefined): Promise<CgroupUse["disk"]> {
  const told = await text(path, "blkio.throttle.io_service_bytes");
  return { readBytes: sumOf(told, / Read (\d+)$/gm), writtenBytes: sumOf(told, / Write (\d+)$/gm) };
}

/** @source admin-guide/cgroup-v2.rst, io.stat */
async function diskV2(path: string | undefined): Promise<CgroupUse["disk"]> {
  const told = await text(path, "io.stat");
  return { readBytes: sumOf(told, /\brbytes=(\d+)/g), writtenBytes: sumOf(told, /\bwbytes=(\d+)/g) };
}

const sumOf = (told: string, pattern: RegExp): number =>
  Array.from(told.matchAll(pattern), ([, count]) => Number(count)).reduce((a, b) => a + b, 0);

const over = (value: number | null | undefined, by: number): number | null => (value === null || value === undefined ? null : value / by);

/** `max` and what is no number are null. */
const numbers = (path: string | undefined, names: string[]): Promise<(number | null)[]> =>
  Promise.all(
    names.map(async (name) => {
      const said = (await text(path, name)).trim();
      return /^-?\d+$/.test(said) ? Number(said) : null;
    }),
  );

const keyed = (stat: string, key: string): number | null => {
  const found = new RegExp(`^${key} (\\d+)$`, "m").exec(stat)?.[1];
  return found === undefined ? null : Number(found);
};

/** "" for a file that is not there: an older kernel, or a group that has just gone. */
async function text(path: string | undefined, name: string): Promise<string> {
  return path === undefined ? "" : readFile(join(path, name), "utf8").catch(() => "");
}
