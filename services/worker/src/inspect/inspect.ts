import { shortVersion, type InspectedInstance, type WorkerInspection } from "@zygo/contracts";
import type { Instance } from "../instance.ts";
import type { Rooms } from "../rooms.ts";
import { groupsOf, type CgroupDirectory } from "@zygo/sandbox";
import { readUse, type CgroupUse } from "./cgroup-view.ts";
import { readProcess, type ProcessFacts } from "./process-facts.ts";

/** What the kernel says of each live instance of a function. One that ends meanwhile is left out. */
export async function inspect(rooms: Rooms, functionId: string): Promise<WorkerInspection> {
  const instances = [...rooms.groups].filter(({ name }) => name === functionId).flatMap((group) => [...group.instances]);
  const found = await Promise.all(instances.map(inspectOne));
  return { instances: found.filter((one) => one !== undefined) };
}

async function inspectOne(instance: Instance): Promise<WorkerInspection["instances"][number] | undefined> {
  try {
    const groups = groupsOf(instance.pid);
    const [process, use] = await Promise.all([readProcess(instance.pid), readUse(groups)]);
    // Its pid may be another's by now.
    return instance.gone ? undefined : describe(instance, { process, groups, use });
  } catch (error) {
    if (instance.gone || isGone(error)) return undefined;
    throw error;
  }
}

/** @source proc(5): the files of a process that has ended fail with either. */
const isGone = (error: unknown): boolean => ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");

function describe(
  instance: Instance,
  { process, groups, use }: { process: ProcessFacts; groups: CgroupDirectory[]; use: CgroupUse },
): WorkerInspection["instances"][number] {
  const { record } = instance.version;
  const { hostUid, uidMap, openFiles, tmpBytes, tmpInodes, network, ...seen } = process;
  return {
    sandbox: instance.sandboxId,
    version: shortVersion(record.version),
    runtime: record.limits.runtime,
    start: instance.kind,
    state: instance.active > 0 ? "busy" : "idle",
    active: instance.active,
    served: instance.served,
    ageMs: Date.now() - instance.bornMs,
    ...seen,
    network: { policy: record.limits.network, ...network },
    limits: { memoryBytes: use.memory, cpu: use.cpu, pids: use.pids, openFiles, tmpBytes, tmpInodes },
    layers: layersOf(record),
    host: { pid: instance.pid, initPid: instance.initPid, uid: hostUid, uidMap, cgroups: groups },
  };
}

const layersOf = ({ layer, dependencies, limits }: Instance["version"]["record"]): InspectedInstance["layers"] => [
  { kind: "function", name: layer },
  ...(typeof dependencies === "string" ? [{ kind: "dependencies", name: dependencies } as const] : []),
  { kind: "base", name: limits.runtime },
];
