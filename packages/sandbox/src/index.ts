import { KernelHost } from "./kernel-host.ts";
import type { OpenSandboxHost } from "./ports.ts";

export { checkHost } from "./host-checks/check-host.ts";
export { LauncherError } from "./launcher-link.ts";
export { isSyscall } from "./seccomp/syscalls.ts";
export type {
  ExitStatus,
  Frozen,
  InstanceProcess,
  NestedSpec,
  Sandbox,
  SandboxHost,
  SandboxHostOptions,
  SandboxLimits,
  SandboxSpec,
  SandboxUsage,
  Template,
  TemplateSpec,
  ZygoteInfo,
} from "./ports.ts";

/** Starts a launcher; its failure shows in `lost` and in the first request. */
export const openSandboxHost: OpenSandboxHost = (options) => Promise.resolve(new KernelHost(options));
