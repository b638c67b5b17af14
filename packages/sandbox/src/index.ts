import { KernelHost } from "./kernel-host.ts";
import type { OpenSandboxHost } from "./ports.ts";

export { lookAtHost } from "./host-checks/look-at-host.ts";
export { Network, type NetworkOptions } from "./network/network.ts";
export { groupsOf, type CgroupDirectory } from "./cgroup-directories.ts";
export { LauncherError } from "./launcher-link.ts";
export { isSyscall } from "./seccomp/syscalls.ts";
export type {
  Counters,
  ExitStatus,
  Frozen,
  InstanceProcess,
  Meter,
  NetworkHost,
  NetworkPort,
  Pin,
  Refusal,
  NestedSpec,
  Sandbox,
  SandboxHost,
  SandboxHostOptions,
  SandboxLimits,
  SandboxNetwork,
  SandboxSpec,
  SandboxUsage,
  SandboxVolume,
  Template,
  TemplateSpec,
  ZygoteInfo,
} from "./ports.ts";

/** Starts a launcher; its failure shows in `lost` and in the first request. */
export const openSandboxHost: OpenSandboxHost = (options) => Promise.resolve(new KernelHost(options));
