import { expect, test } from "vitest";
import { parseHierarchies, parseMembership } from "./cgroup-directories.ts";

const V1 = `30 23 0:26 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
31 23 0:27 /outer /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
33 23 0:29 / /tmp rw - tmpfs tmpfs rw`;

test("on version 1 each controller's group is found, below where its hierarchy is mounted", () => {
  const groups = parseMembership("5:memory:/zygo-a/sb-3\n4:cpu,cpuacct:/outer/zygo-a/sb-3\n1:name=systemd:/\n0::/\n", parseHierarchies(V1));
  expect(groups).toEqual([
    { controllers: ["memory"], path: "/sys/fs/cgroup/memory/zygo-a/sb-3" },
    { controllers: ["cpu", "cpuacct"], path: "/sys/fs/cgroup/cpu,cpuacct/zygo-a/sb-3" },
    { controllers: [], path: "/sys/fs/cgroup/unified" },
  ]);
});

test("on version 2 there is one", () => {
  const hierarchies = parseHierarchies("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
  expect(parseMembership("0::/zygo-a/sb-3\n", hierarchies)).toEqual([{ controllers: [], path: "/sys/fs/cgroup/zygo-a/sb-3" }]);
});
