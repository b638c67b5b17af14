import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Controller → directory of the cgroup that `pid` is in, as the host sees it; v2's single one under "". */
export function cgroupPaths(pid: number): Map<string, string> {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const paths = new Map<string, string>();
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n")) {
    const [, controllers = "", path = ""] = line.split(":");
    for (const controller of controllers.split(",")) {
      const mount = mounts.find((m) =>
        controller === "" ? m.includes(" - cgroup2 ") : new RegExp(` - cgroup .*\\b${controller}\\b`).test(m),
      );
      if (mount !== undefined) paths.set(controller, join(mount.split(" ")[4]!, path));
    }
  }
  return paths;
}

/** The controller's file in whichever hierarchy has it. */
export function cgroupFile(paths: Map<string, string>, controller: string, name: { v1: string; v2: string }): string {
  const v1 = paths.get(controller);
  const file = v1 !== undefined && existsSync(join(v1, name.v1)) ? join(v1, name.v1) : join(paths.get("") ?? "", name.v2);
  return readFileSync(file, "utf8").trim();
}
