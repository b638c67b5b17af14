/** /proc, /sys and /dev: what they tell of the host and of others, and what can be set there. `?case=<id>` */
import * as fs from "node:fs";
import { serve } from "./attack.ts";

export const config = { timeoutMs: 10_000, reuse: "never" };

/** The length of what is there to read: a masked file is empty. */
function read(path: string): string {
  const file = fs.openSync(path, "r");
  const length = fs.readSync(file, Buffer.alloc(4096), 0, 4096, null);
  return length === 0 ? "empty" : "read";
}

const write = (path: string, text: string): void => fs.writeFileSync(path, text);
const pids = (): string =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .join(",") || "none";

export default serve({
  "other-processes": pids,
  "init-environ": () => read("/proc/1/environ"),
  "init-maps": () => read("/proc/1/maps"),
  "init-descriptors": () => fs.readdirSync("/proc/1/fd").join(","),
  kcore: () => read("/proc/kcore"),
  keys: () => read("/proc/keys"),
  interrupts: () => read("/proc/interrupts"),
  kallsyms: () => read("/proc/kallsyms"),
  modules: () => read("/proc/modules"),
  "timer-list": () => read("/proc/timer_list"),
  kmsg: () => read("/proc/kmsg"),
  "core-pattern": () => write("/proc/sys/kernel/core_pattern", "|/tmp/evil"),
  modprobe: () => write("/proc/sys/kernel/modprobe", "/tmp/evil"),
  sysrq: () => write("/proc/sysrq-trigger", "h"),
  hostname: () => write("/proc/sys/kernel/hostname", "evil"),
  "oom-score": () => write("/proc/self/oom_score_adj", "-1000"),
  "uid-map": () => write("/proc/self/uid_map", "0 0 1"),
  powercap: () => read("/sys/class/powercap"),
  "huge-pages": () => write("/sys/kernel/mm/transparent_hugepage/enabled", "never"),
  cgroups: () => fs.readdirSync("/sys/fs/cgroup").join(","),
  "release-agent": () => write("/sys/fs/cgroup/pids/release_agent", "/tmp/evil"),
  mem: () => read("/dev/mem"),
  disk: () => read("/dev/vda"),
  tty: () => read("/dev/tty"),
  fuse: () => read("/dev/fuse"),
  kvm: () => read("/dev/kvm"),
});
