import type { Socket } from "node:net";
import type { RuntimeName } from "@zygo/contracts/names";

/** What the kernel enforces on a sandbox. All of it is set before tenant code runs. */
export interface SandboxLimits {
  memoryBytes: number;
  /** Cores; 0.5 is half of one. */
  cpu: number;
  pids: number;
  tmpBytes: number;
}

export interface SandboxSpec {
  runtime: RuntimeName;
  /** Host directory that holds `app/`; absent for an empty pool sandbox, which gets it by `assign`. */
  layer?: string;
  limits: SandboxLimits;
  /** Inside name; the sandbox's own UTS namespace. */
  hostname: string;
}

/** How a process of a sandbox ended. Exactly one of code and signal is not null. */
export interface ExitStatus {
  code: number | null;
  signal: string | null;
}

/** What a sandbox used, read from its cgroups before they go. */
export interface SandboxUsage {
  /** The kernel killed for memory in this sandbox. */
  oomKilled: boolean;
  memoryPeakBytes: number;
  cpuMs: number;
}

/** A Node process forked from a zygote into a sandbox. */
export interface InstanceProcess {
  /** Host pid. */
  readonly pid: number;
  /** The worker's end of the socketpair; frames of `@zygo/contracts/frames`. Its `close` means that the process is gone or going. */
  readonly channel: Socket;
  /** Resolves when the kernel has reaped it; never rejects. */
  readonly exited: Promise<ExitStatus>;
}

export interface Sandbox {
  readonly id: number;
  /** Host pid of the sandbox's pid 1. */
  readonly initPid: number;
  /** Milliseconds the launcher took to make it. */
  readonly createMs: number;
  /** Forks an instance from the runtime's zygote into this sandbox. It drops every privilege, then sends `hello`. */
  fork(): Promise<InstanceProcess>;
  /** Gives a pool sandbox to a version, once: binds the layer at /app and sets the limits. @throws when called twice. */
  assign(given: { layer: string; limits: SandboxLimits }): Promise<void>;
  usage(): Promise<SandboxUsage>;
  /** A TCP listener inside the sandbox's network namespace, owned by this process. Loopback addresses only. */
  listenInside(address: string, port: number): Promise<{ fd: number }>;
  bindUdpInside(address: string, port: number): Promise<{ fd: number }>;
  /** Kills all in it and gives back everything it held; idempotent. Resolves when nothing is left. */
  destroy(): Promise<SandboxUsage>;
}

export interface ZygoteInfo {
  runtime: RuntimeName;
  nodeVersion: string;
  /** Host pid. */
  pid: number;
  /** What the fork self-test found. A zygote that fails it is not used. */
  selfTest: { ok: boolean; checks: { name: string; ok: boolean; detail?: string }[] };
  startMs: number;
}

/** One launcher process and all that it made. Its end, by whatever cause, ends every sandbox. */
export interface SandboxHost {
  /** Starts the runtime's zygote and its self-test. @throws when the zygote cannot start. */
  startZygote(runtime: RuntimeName): Promise<ZygoteInfo>;
  create(spec: SandboxSpec): Promise<Sandbox>;
  /** `create` and `fork` in one go, one wait shorter. @throws when either fails; nothing is left then. */
  createForked(spec: SandboxSpec): Promise<{ sandbox: Sandbox; process: InstanceProcess }>;
  /** Resolves with the reason when the launcher is gone, asked or not. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

export interface SandboxHostOptions {
  /** Names the cgroups, so that installations do not meet: hash of FN_HOME. */
  name: string;
  /** Directory for sockets and locks, 0700. */
  runDir: string;
  /** All layer directories given to `create` and `assign` are below it. */
  layersDir: string;
  /** Runtime → base layer directory. */
  bases: Partial<Record<RuntimeName, string>>;
  /** Told of each line that launcher or zygote writes to stderr. */
  onLog?: (line: string) => void;
  /** A zygote that had started has ended; its instances live on. Start another. One that ends before is told by `startZygote` alone. */
  onZygoteExit?: (runtime: RuntimeName) => void;
  /** Failure injection: the name of a step of the launcher's plan that fails. */
  failAt?: string;
}

/** Starts a launcher. A leftover of a crashed predecessor of the same name is reaped first. */
export type OpenSandboxHost = (options: SandboxHostOptions) => Promise<SandboxHost>;
