import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A control group as the host sees it. */
export interface CgroupDirectory {
  /** Empty for the one hierarchy of version 2. */
  controllers: string[];
  path: string;
}

interface Hierarchy {
  controllers: string[];
  root: string;
  at: string;
}

let mounted: Hierarchy[] | undefined;

/** The groups of a process, by this process's view of the file system. Two small files. @throws Error when it has ended */
export function groupsOf(pid: number): CgroupDirectory[] {
  // Where hierarchies are mounted does not change while a machine runs containers of any kind.
  mounted ??= parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"));
  return parseMembership(readFileSync(`/proc/${pid}/cgroup`, "utf8"), mounted);
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
