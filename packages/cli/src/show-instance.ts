import type { InspectedInstance } from "@zygo/contracts";
import { showMs } from "./units.ts";

type Branch = [label: string, text: string];

/** An instance as a tree, a line a fact. */
export function showInstance(instance: InspectedInstance): string {
  const { sandbox, worker, version, start, state, served, ageMs } = instance;
  const head = `instance ${sandbox} of ${version} on ${worker}: ${state}, ${start} start, ${showMs(ageMs)} old, ${served} served`;
  const branches = [...identity(instance), ...privileges(instance), ...limits(instance), ...surroundings(instance)];
  const width = Math.max(...branches.map(([label]) => label.length));
  const lines = branches.map(([label, text], at) => `${at === branches.length - 1 ? "└─" : "├─"} ${label.padEnd(width)}  ${text}`);
  return [head, ...lines].join("\n");
}

function identity({ pid, uid, gid, host, namespaces }: InspectedInstance): Branch[] {
  const shared = (flag: boolean): string => (flag ? "SHARED with the host" : "own");
  return [
    ["pid", host === undefined ? `${pid}` : `${pid} inside, ${host.pid} on the host (pid 1 is ${host.initPid})`],
    ["ids", `uid ${uid}, gid ${gid}${host === undefined ? "" : `; uid ${host.uid} on the host`}`],
    ...(host?.uidMap ?? []).map(({ inside, outside, count }): Branch => [
      "uid map",
      `${inside}…${inside + count - 1} → ${outside}…${outside + count - 1}`,
    ]),
    ...namespaces.map((space): Branch => [`ns ${space.kind}`, `${space.id}  host ${space.host}  ${shared(space.shared)}`]),
  ];
}

function privileges({ capabilities, noNewPrivileges, seccomp }: InspectedInstance): Branch[] {
  const held = Object.entries(capabilities).filter(([, mask]) => !/^0+$/.test(mask));
  const filters = seccomp.filters === null ? "" : `, ${seccomp.filters} filter${seccomp.filters === 1 ? "" : "s"}`;
  return [
    ["capabilities", held.length === 0 ? "none in all five sets" : held.map(([set, mask]) => `${set} ${mask}`).join(", ")],
    ["privileges", noNewPrivileges ? "no_new_privs" : "MAY GAIN NEW ONES"],
    ["seccomp", `${seccomp.mode}${filters}`],
  ];
}

function limits({ limits: { memoryBytes, cpu, pids, tmpBytes, tmpInodes, openFiles } }: InspectedInstance): Branch[] {
  const plain = (value: number | null): string => (value === null ? "?" : String(value));
  return [
    ["memory", `${mib(memoryBytes.used)} of ${mib(memoryBytes.limit)}, at most ${mib(memoryBytes.peak)}`],
    ["cpu", `${ms(cpu.usedMs)} on at most ${plain(cpu.limitCores)} cores, held back for ${ms(cpu.throttledMs)}`],
    ["processes", `${plain(pids.used)} of ${plain(pids.limit)}`],
    ["open files", `${plain(openFiles.used)} of ${plain(openFiles.limit)}`],
    ["/tmp", `${mib(tmpBytes.used)} of ${mib(tmpBytes.limit)}, ${plain(tmpInodes.used)} of ${plain(tmpInodes.limit)} inodes`],
  ];
}

function surroundings({ layers, network, host }: InspectedInstance): Branch[] {
  const { policy, interfaces, addresses, receivedBytes, sentBytes } = network;
  const reach = typeof policy === "string" ? policy : policy.allow.join(" ");
  const net = `${reach}; ${interfaces.join(" ")} (${addresses.join(" ")}); ${receivedBytes} B in, ${sentBytes} B out`;
  return [
    ...layers.map(({ kind, name }): Branch => ["layer", `${kind} ${name}`]),
    ["network", net],
    ...(host?.cgroups ?? []).map(({ controllers, path }): Branch => ["cgroup", `${controllers.join(",") || "all"} ${path}`]),
  ];
}

const mib = (bytes: number | null): string => (bytes === null ? "?" : `${(bytes / 1024 / 1024).toFixed(1)} MiB`);
const ms = (value: number | null): string => (value === null ? "?" : showMs(value));
