import { expect, test } from "vitest";
import { checkHost } from "./check-host.ts";
import type { HostFacts } from "./facts.ts";

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

const GOOD: Record<string, string> = {
  "/proc/filesystems": "nodev\tproc\nnodev\toverlay",
  "/proc/sys/kernel/seccomp/actions_avail": "kill_process kill_thread trap errno user_notif trace log allow",
  "/proc/self/status": "Name:\tnode\nCapEff:\t000001ffffffffff",
  "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids",
  "/proc/swaps": "Filename Type Size Used Priority",
  "/proc/self/uid_map": "         0          0 4294967295",
  "/etc/subuid": "ada:100000:65536",
  "/sys/kernel/mm/ksm/run": "0",
  "/proc/sys/kernel/pid_max": "4194304",
  "/proc/sys/kernel/core_pattern": "core",
  "/sys/devices/system/cpu/vulnerabilities/meltdown": "Mitigation: PTI",
};
const DIRECTORIES: Record<string, string[]> = {
  "/proc/self/ns": NAMESPACES,
  "/dev": ["loop-control"],
  "/usr/sbin": ["mkfs.ext4"],
  "/sys/devices/system/cpu/vulnerabilities": ["meltdown"],
};

function host(files: Record<string, string | undefined> = {}, more: Partial<HostFacts> & { directories?: Record<string, string[]> } = {}) {
  const all: Record<string, string | undefined> = { ...GOOD, ...files };
  const directories = { ...DIRECTORIES, ...more.directories };
  return { kernel: more.kernel ?? "6.1.0", read: (path: string) => all[path], list: (path: string) => directories[path] ?? [] };
}

const failing = (facts: HostFacts): string[] =>
  checkHost(facts)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

test("a good host lacks nothing, and has no advice", () => {
  expect(failing(host())).toEqual([]);
  expect(checkHost(host()).every(({ mend }) => mend === undefined)).toBe(true);
});

test.each<[lack: string, facts: HostFacts, mandatory: boolean]>([
  ["kernel", host({}, { kernel: "5.10.0-28-amd64" }), true],
  ["namespaces", host({ "/proc/sys/user/max_user_namespaces": "0" }), true],
  ["namespaces", host({}, { directories: { "/proc/self/ns": NAMESPACES.slice(1) } }), true],
  ["capabilities", host({ "/proc/self/status": "CapEff:\t00000000a80425fb" }), true],
  ["cgroups", host({ "/sys/fs/cgroup/cgroup.controllers": "cpu io pids" }), true],
  ["overlay", host({ "/proc/filesystems": "nodev\tproc" }), true],
  ["seccomp", host({ "/proc/sys/kernel/seccomp/actions_avail": undefined }), true],
  ["disk-bandwidth", host({ "/sys/fs/cgroup/cgroup.controllers": "cpu memory pids" }), false],
  ["user-ids", host({ "/etc/subuid": "ada:100000:65536\nbob:1900000000:65536" }), false],
  ["user-ids", host({ "/etc/subgid": "ada:100000:4000000000" }), false],
  ["user-ids", host({ "/proc/self/uid_map": "0 100000 65536" }), false],
  ["swap", host({ "/proc/swaps": "Filename Type\n/swapfile file 2097148 0 -2" }), false],
  ["ksm", host({ "/sys/kernel/mm/ksm/run": "1" }), false],
  ["cpu-flaws", host({ "/sys/devices/system/cpu/vulnerabilities/meltdown": "Vulnerable" }), false],
  ["pid-space", host({ "/proc/sys/kernel/pid_max": "32768" }), false],
])("%s: is found, and how to mend it is told", (lack, facts, mandatory) => {
  expect(failing(facts)).toEqual([lack]);
  const check = checkHost(facts).find(({ name }) => name === lack);
  expect(check).toMatchObject({ mandatory, mend: expect.stringMatching(/\S/) as string });
});

test("controllers of cgroup v1 are found in their own hierarchies", () => {
  const v1 = host(
    { "/sys/fs/cgroup/cgroup.controllers": undefined },
    { directories: { "/sys/fs/cgroup": ["cpu,cpuacct", "memory", "pids", "blkio"] } },
  );
  expect(failing(v1)).toEqual([]);
  expect(checkHost(v1).find(({ name }) => name === "cgroups")?.found).toContain("version 1");
});

test("this host has what sandboxes need", () => {
  expect(checkHost().filter(({ ok, mandatory }) => mandatory && !ok)).toEqual([]);
});
