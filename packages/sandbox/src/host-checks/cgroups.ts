import type { HostCheck } from "@zygo/contracts";
import type { HostFacts } from "./facts.ts";

const MANDATORY = ["memory", "cpu", "pids"];
const ROOT = "/sys/fs/cgroup";

/** Which controllers there are, on v2 in one hierarchy, on v1 in one each. */
export function controllersOf({ read, list }: HostFacts): { version: 1 | 2; controllers: string[] } {
  const unified = (read(`${ROOT}/cgroup.controllers`) ?? "").split(" ").filter((name) => name !== "");
  if (unified.length > 0) return { version: 2, controllers: unified };
  return { version: 1, controllers: list(ROOT).flatMap((name) => name.split(",")) };
}

export function cgroups(facts: HostFacts): HostCheck {
  const { version, controllers } = controllersOf(facts);
  const missing = MANDATORY.filter((name) => !controllers.includes(name));
  return {
    name: "cgroups",
    mandatory: true,
    ok: missing.length === 0,
    found: missing.length === 0 ? `version ${version}: ${MANDATORY.join(", ")}` : `version ${version}, without ${missing.join(", ")}`,
    means: "They decide how much a function can use. Without one of them a single function can take the whole machine.",
    ...(missing.length > 0 && {
      mend: `Mount the controllers, or boot with systemd.unified_cgroup_hierarchy=1 (memory: cgroup_enable=memory).`,
    }),
  };
}

export function diskBandwidth(facts: HostFacts): HostCheck {
  const { version, controllers } = controllersOf(facts);
  const name = version === 2 ? "io" : "blkio";
  const ok = controllers.includes(name);
  return {
    name: "disk-bandwidth",
    mandatory: false,
    ok,
    found: ok ? name : `no ${name} controller`,
    means: "Limits what a function reads from and writes to disks in a second.",
    ...(!ok && { mend: `Enable the ${name} controller.` }),
  };
}
