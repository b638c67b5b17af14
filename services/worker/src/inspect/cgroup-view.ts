import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A control group as the host sees it. */
export interface CgroupDirectory {
  /** Empty for the one hierarchy of version 2. */
  controllers: string[];
  path: string;
}

export interface CgroupUse {
  memory: { limit: number | null; used: number | null; peak: number | null };
  cpu: { limitCores: number | null; usedMs: number | null; throttledMs: number | null };
  pids: { limit: number | null; used: number | null };
}

interface Hierarchy {
  controllers: string[];
  root: string;
  at: string;
}

/** Where control groups are mounted. @source proc_pid_mountinfo(5) */
export function parseHierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const [root = "", at = ""] = left.split(" ").slice(3);
    const [type = "", , options = ""] = right.split(" ");
    if (type === "cgroup2") return [{ controllers: [], root, at }];
    return type === "cgroup" ? [{ controllers: options.split(","), root, at }] : [];
  });
}

/** @param membership `/proc/<pid>/cgroup` @source cgroups(7) */
export function parseMembership(membership: string, hierarchies: readonly Hierarchy[]): CgroupDirectory[] {
  return membership
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, names = "", ...path] = line.split(":");
      const controllers = names === "" ? [] : names.split(",").filter((name) => !name.startsWith("name="));
      if (names !== "" && controllers.length === 0) return [];
      const hierarchy = hierarchies.find((mounted) =>
        controllers.length === 0 ? mounted.controllers.length === 0 : controllers.every((name) => mounted.controllers.includes(name)),
      );
      return hierarchy === undefined ? [] : [{ controllers, path: join(hierarchy.at, relative(hierarchy.root, path.join(":"))) }];
    });
}

/** The groups of a process, by the worker's view of the file system. @throws Error when it has ended */
export async function groupsOf(pid: number, mountinfo: string): Promise<CgroupDirectory[]> {
  return parseMembership(await readFile(`/proc/${pid}/cgroup`, "utf8"), parseHierarchies(mountinfo));
}

/** Limits and use in these groups; null for what there is no limit of, or what this kernel does not count. */
export async function readUse(groups: readonly CgroupDirectory[]): Promise<CgroupUse> {
  const unified = groups.find(({ controllers }) => controllers.length === 0)?.path;
  const of = (controller: string): string | undefined => groups.find(({ controllers }) => controllers.includes(controller))?.path;
  const [memory, cpu, pids] = await Promise.all([
    of("memory") === undefined ? memoryV2(unified) : memoryV1(of("memory")),
    of("cpu") === undefined ? cpuV2(unified) : cpuV1(of("cpu"), of("cpuacct")),
    pidsUse(of("pids") ?? unified),
  ]);
  return { memory, cpu, pids };
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
