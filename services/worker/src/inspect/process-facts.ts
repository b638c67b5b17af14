import { readdir, readFile, readlink, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { InspectedInstance } from "@zygo/contracts";

/** Every kind that `/proc/<pid>/ns` has and that a sandbox could share. */
const KINDS = ["pid", "net", "mnt", "uts", "ipc", "user", "cgroup"] as const;
/** @source proc_pid_status(5), Seccomp */
const MODES = ["off", "strict", "filter"] as const;

export type ProcessFacts = Pick<
  InspectedInstance,
  "pid" | "uid" | "gid" | "namespaces" | "capabilities" | "noNewPrivileges" | "seccomp"
> & {
  network: Omit<InspectedInstance["network"], "policy">;
  uidMap: { inside: number; outside: number; count: number }[];
  hostUid: number;
  openFiles: { limit: number | null; used: number | null };
  tmpBytes: { limit: number | null; used: number | null };
  tmpInodes: { limit: number | null; used: number | null };
};

/** What the kernel says of a sandbox's process. @param pid on the host @throws Error when it has ended meanwhile */
export async function readProcess(pid: number): Promise<ProcessFacts> {
  const proc = `/proc/${pid}`;
  const [status, limits, uidMap, network, open, tmp, namespaces] = await Promise.all([
    readFile(join(proc, "status"), "utf8"),
    readFile(join(proc, "limits"), "utf8"),
    readFile(join(proc, "uid_map"), "utf8"),
    readNetwork(pid),
    readdir(join(proc, "fd")),
    // A mount of our own below a root that the function cannot write to: there is no link for it to lay.
    statfs(join(proc, "root/tmp")),
    readNamespaces(proc),
  ]);
  const map = parseIdMap(uidMap);
  const field = fieldsOf(status);
  const hostUid = Number(field("Uid").split(/\s+/)[0]);
  return {
    pid: Number(field("NSpid").split(/\s+/).at(-1)),
    uid: insideOf(map, hostUid),
    gid: insideOf(map, Number(field("Gid").split(/\s+/)[0])),
    hostUid,
    uidMap: map,
    namespaces,
    capabilities: {
      inheritable: field("CapInh"),
      permitted: field("CapPrm"),
      effective: field("CapEff"),
      bounding: field("CapBnd"),
      ambient: field("CapAmb"),
    },
    noNewPrivileges: field("NoNewPrivs") === "1",
    seccomp: { mode: MODES[Number(field("Seccomp"))] ?? "off", filters: numberOr(field("Seccomp_filters")) },
    network,
    openFiles: { limit: numberOr(/^Max open files\s+(\d+)/m.exec(limits)?.[1]), used: open.length },
    tmpBytes: { limit: tmp.blocks * tmp.bsize, used: (tmp.blocks - tmp.bfree) * tmp.bsize },
    tmpInodes: { limit: tmp.files, used: tmp.files - tmp.ffree },
  };
}

/** Of the process's network namespace. Nothing of one that has ended. */
export async function readNetwork(pid: number): Promise<ProcessFacts["network"]> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "");
  const [devices, routes] = await Promise.all([read("dev"), read("fib_trie")]);
  const interfaces = parseInterfaces(devices);
  const beyond = interfaces.filter(({ name }) => name !== "lo");
  return {
    interfaces: interfaces.map(({ name }) => name),
    addresses: parseAddresses(routes),
    receivedBytes: beyond.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    sentBytes: beyond.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
  };
}

/** @source proc_pid_net(5), /proc/net/dev */
export function parseInterfaces(text: string): { name: string; receivedBytes: number; sentBytes: number }[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      const [name, counts] = line.split(":");
      if (name === undefined || counts === undefined) return [];
      const numbers = counts.trim().split(/\s+/).map(Number);
      return [{ name: name.trim(), receivedBytes: numbers[0] ?? 0, sentBytes: numbers[8] ?? 0 }];
    });
}

/** Addresses that are local there. @source Documentation/networking/fib_trie.rst */
export function parseAddresses(trie: string): string[] {
  const local = Array.from(trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g), ([, address = ""]) => address);
  return [...new Set(local)];
}

async function readNamespaces(proc: string): Promise<InspectedInstance["namespaces"]> {
  return Promise.all(
    KINDS.map(async (kind) => {
      const [id, host] = await Promise.all([readlink(join(proc, "ns", kind)), readlink(`/proc/self/ns/${kind}`)]);
      return { kind, id, host, shared: id === host };
    }),
  );
}

function fieldsOf(status: string): (name: string) => string {
  const fields = new Map(status.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
  return (name) => fields.get(name) ?? "";
}

const numberOr = (text: string | undefined): number | null => (text === undefined || text === "" ? null : Number(text));

/** @source user_namespaces(7), uid_map */
export function parseIdMap(text: string): { inside: number; outside: number; count: number }[] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}

function insideOf(map: ReturnType<typeof parseIdMap>, host: number): number {
  const range = map.find(({ outside, count }) => host >= outside && host < outside + count);
  return range === undefined ? host : host - range.outside + range.inside;
}
