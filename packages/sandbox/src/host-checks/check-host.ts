import type { HostCheck } from "@zygo/contracts";
import { cgroups, diskBandwidth } from "./cgroups.ts";
import { thisHost, type HostFacts } from "./facts.ts";
import { capabilities, kernelVersion, namespaces, overlay, seccomp } from "./isolation.ts";
import { coreDumps, cpuFlaws, ksm, pidSpace, swap, volumes } from "./neighbourhood.ts";
import { userIds } from "./user-ids.ts";

const CHECKS: readonly ((facts: HostFacts) => HostCheck)[] = [
  kernelVersion,
  namespaces,
  capabilities,
  cgroups,
  overlay,
  seccomp,
  userIds,
  diskBandwidth,
  swap,
  ksm,
  volumes,
  cpuFlaws,
  pidSpace,
  coreDumps,
];

/** What the host offers and lacks, the mandatory first. Reads files below /proc and /sys, changes nothing. */
export function checkHost(facts: HostFacts = thisHost): HostCheck[] {
  return CHECKS.map((check) => check(facts));
}
