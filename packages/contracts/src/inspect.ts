import { z } from "zod";
import { FunctionId } from "./config.ts";
import { START_KINDS } from "./names.ts";
import { NetworkPolicy } from "./network.ts";

/** What the kernel allows, and what is used now; null: no limit, or the kernel does not tell. */
const Use = z.object({ limit: z.number().nullable(), used: z.number().nullable() });

const CapabilitySet = z.string().regex(/^[0-9a-f]{16}$/);

/** One live instance, read from the kernel at the time of the question. */
export const InspectedInstance = z.object({
  worker: z.string(),
  /** Of its sandbox, unique in its worker. */
  sandbox: z.int(),
  version: z.string(),
  runtime: z.string(),
  start: z.enum(START_KINDS),
  state: z.enum(["busy", "idle"]),
  /** Invocations at the moment, and those that it was given in its life. */
  active: z.int(),
  served: z.int(),
  ageMs: z.number(),
  /** In its own pid namespace. */
  pid: z.int(),
  uid: z.int(),
  gid: z.int(),
  /** As `/proc/<pid>/ns` names them, beside those of the worker, which are the host's. */
  namespaces: z.array(z.object({ kind: z.string(), id: z.string(), host: z.string(), shared: z.boolean() })),
  /** Hexadecimal masks. */
  capabilities: z.object({
    inheritable: CapabilitySet,
    permitted: CapabilitySet,
    effective: CapabilitySet,
    bounding: CapabilitySet,
    ambient: CapabilitySet,
  }),
  noNewPrivileges: z.boolean(),
  seccomp: z.object({ mode: z.enum(["off", "strict", "filter"]), filters: z.int().nullable() }),
  limits: z.object({
    memoryBytes: Use.extend({ peak: z.number().nullable() }),
    /** Cores, and milliseconds used in its life; `throttledMs`: how long it was held back by its limit. */
    cpu: z.object({ limitCores: z.number().nullable(), usedMs: z.number().nullable(), throttledMs: z.number().nullable() }),
    pids: Use,
    /** /tmp and what else is written. */
    tmpBytes: Use,
    tmpInodes: Use,
    openFiles: Use,
  }),
  /** Of the root, the topmost first; the function's is at /app. */
  layers: z.array(z.object({ kind: z.enum(["function", "dependencies", "base"]), name: z.string() })),
  /** What its version may reach; its own interfaces, their addresses of IPv4, and what went through them, the loopback left out. */
  network: z.object({
    policy: NetworkPolicy,
    interfaces: z.array(z.string()),
    addresses: z.array(z.string()),
    receivedBytes: z.number(),
    sentBytes: z.number(),
  }),
  /** What only the operator is told. */
  host: z
    .object({
      pid: z.int(),
      initPid: z.int(),
      /** Of its user namespace: `inside` and the `count - 1` ids after it are `outside` and so on, on the host. */
      uidMap: z.array(z.object({ inside: z.int(), outside: z.int(), count: z.int() })),
      uid: z.int(),
      /** Directories. `controllers` is empty for the one hierarchy of version 2. */
      cgroups: z.array(z.object({ controllers: z.array(z.string()), path: z.string() })),
    })
    .optional(),
});
export type InspectedInstance = z.infer<typeof InspectedInstance>;

/** `GET /inspect/<function id>` on a worker's socket. */
export const WorkerInspection = z.object({ instances: z.array(InspectedInstance.omit({ worker: true })) });
export type WorkerInspection = z.infer<typeof WorkerInspection>;

/** `GET /api/functions/<name>/instances`: of all workers that are alive; `silent`: those that did not answer. */
export const Inspection = z.object({ instances: z.array(InspectedInstance), silent: z.array(z.string()) });
export type Inspection = z.infer<typeof Inspection>;

/** What a function's instances use now, and have used since the worker started: counters never go back while it lives. */
export const FunctionUse = z.object({
  function: FunctionId,
  instances: z.int(),
  busy: z.int(),
  memoryBytes: z.number(),
  invocations: z.number(),
  cpuMs: z.number(),
  /** Of the network: through interfaces other than the loopback. */
  receivedBytes: z.number(),
  sentBytes: z.number(),
  /** From and to block devices; what stayed in the page cache is not counted. */
  diskReadBytes: z.number().default(0),
  diskWriteBytes: z.number().default(0),
  /** How long they were held back by their CPU limit. */
  throttledMs: z.number(),
});
export type FunctionUse = z.infer<typeof FunctionUse>;

/** `GET /usage` on a worker's socket. */
export const WorkerUsage = z.object({ functions: z.array(FunctionUse) });
export type WorkerUsage = z.infer<typeof WorkerUsage>;

/** `GET /api/usage`: summed over the workers that are alive. Rates are differences of two answers. */
export const UsageReport = z.object({
  /** When it was read, Unix milliseconds. */
  atMs: z.number(),
  /** By name in the tenant. */
  functions: z.array(FunctionUse),
  silent: z.array(z.string()),
});
export type UsageReport = z.infer<typeof UsageReport>;
