import type { Prefix } from "@zygo/contracts";
import { guardedIn, linksIn, readAddresses, readRoutes, taken, uplinks, zygoTables } from "./host-state.ts";
import { LauncherError } from "../launcher-link.ts";
import type { Router, Step } from "./router.ts";
import { hostRules, LINK_PREFIX, routerRules, UPLINK } from "./rules.ts";
import { chooseSlice, gatewayOf, linkOf, type Slice } from "./slice.ts";

interface Wiring {
  /** Of the installation: hex. */
  name: string;
  permitted: readonly Prefix[];
  bridges: number;
}

export interface Wired {
  slice: Slice;
  /** Devices by which packets leave; none: this machine has no way out. */
  uplinks: string[];
}

const FORWARDING = (device: string): string => `net/ipv4/conf/${device.replaceAll(".", "/")}/forwarding`;
const NFT = ["nft", "-f", "-"];
/** A device goes back to not forwarding, unless another installation still needs it: one whose router lives has its link beside its table. */
const UNGUARD = [
  "for name in $(nft list tables | sed -n 's/^table inet zygo_//p'); do",
  `  ip link show "${LINK_PREFIX}\${name%??}" >/dev/null 2>&1 && exit 0`,
  "done",
  'echo 0 > "/proc/sys/$1"',
].join("\n");

export const bridgeName = (index: number): string => `br${index}`;
/** Its own, or it would change with the ports, and sandboxes would send to one that is nobody's any more. */
const macOf = (index: number): string => `02:7a:79:67:6f:${index.toString(16).padStart(2, "0")}`;
/** Twelve digits of the name would be too long for a link. `UNGUARD` knows how many are cut off. */
const linkName = (name: string): string => `${LINK_PREFIX}${name.slice(0, 10)}`;
const tableName = (name: string): string => `zygo_${name}`;
/** Packets that are refused go to a group of the kernel's log that nobody else listens to. */
export const logGroupOf = (name: string): number => 0x4000 + (Number.parseInt(name.slice(0, 6), 16) % 0x4000 || 1);

/** The router's own namespace: bridges, addresses, rules. Touches nothing of the host. */
export async function wireInside(router: Router, { name, permitted, bridges }: Wiring, slice: Slice): Promise<void> {
  for (const family of ["all", "default"]) {
    await router.sysctl("inside", `net/ipv6/conf/${family}/disable_ipv6`, "1").catch(withoutIpv6);
    await router.sysctl("inside", `net/ipv4/conf/${family}/send_redirects`, "0");
    await router.sysctl("inside", `net/ipv4/conf/${family}/accept_redirects`, "0");
  }
  await router.run("inside", NFT, routerRules({ slice: slice.text, permitted, logGroup: logGroupOf(name) }));
  const lines = Array.from({ length: bridges }, (_, index) => [
    `link add ${bridgeName(index)} address ${macOf(index)} type bridge`,
    `address add ${gatewayOf(slice, index)}/20 dev ${bridgeName(index)}`,
    `link set ${bridgeName(index)} up`,
  ]).flat();
  await router.run("inside", ["ip", "-batch", "-"], ["link set lo up", ...lines, ""].join("\n"));
  await router.sysctl("inside", "net/ipv4/ip_forward", "1");
}

/** The link to the host, the host's rules, and its leave to forward. What is left of a predecessor is replaced. */
export async function wireHost(router: Router, wiring: Wiring): Promise<Wired> {
  const { name, permitted } = wiring;
  const link = linkName(name);
  // A predecessor's link ends with its namespace, but not at once.
  await router.run("host", ["ip", "link", "delete", link]).catch(() => undefined);
  const routes = readRoutes(await router.run("host", ["ip", "-j", "-4", "route", "show", "table", "all"]));
  const addresses = readAddresses(await router.run("host", ["ip", "-j", "-4", "address"]));
  const slice = chooseSlice(name, taken(routes, addresses));
  if (slice === undefined) throw new LauncherError("network", "every range that sandboxes could have is routed elsewhere on this machine");
  await wireInside(router, wiring, slice);
  const out = uplinks(routes, permitted);
  const { guarded, orphans } = await guardedBy(router, name, out);
  await router.farewell(leave(name, guarded));
  await router.run("host", NFT, hostRules({ table: tableName(name), link, slice: slice.text, guarded, logGroup: logGroupOf(name) }));
  await connect(router, link, slice);
  for (const device of [link, ...guarded]) await router.sysctl("host", FORWARDING(device), "1");
  // Only now, that this one's table holds what they held.
  for (const table of orphans) await router.run("host", ["nft", "delete", "table", "inet", table]);
  return { slice, uplinks: out };
}

async function connect(router: Router, link: string, slice: Slice): Promise<void> {
  const ends = linkOf(slice);
  const pid = router.pid;
  if (pid === undefined) throw new LauncherError("network", "the router is gone");
  await router.run("host", ["ip", "link", "add", "name", link, "type", "veth", "peer", "name", UPLINK, "netns", String(pid)]);
  await router.sysctl("host", `net/ipv6/conf/${link}/disable_ipv6`, "1").catch(withoutIpv6);
  const inside = [`address add ${ends.router}/30 dev ${UPLINK}`, `link set ${UPLINK} up`, `route add default via ${ends.host}`, ""];
  const outside = [`address add ${ends.host}/30 dev ${link}`, `link set ${link} up`, `route add ${slice.text} via ${ends.router}`, ""];
  await router.run("host", ["ip", "-batch", "-"], outside.slice(0, 2).join("\n") + "\n");
  await router.run("inside", ["ip", "-batch", "-"], inside.join("\n"));
  await router.run("host", ["ip", "-batch", "-"], outside.slice(2).join("\n"));
}

/**
 * Devices that forward for no other reason than Zygo: they do not yet, or a Zygo of before or beside this one made them. `orphans`: tables of
 * others whose router was killed and has no successor; what they guard is taken over.
 */
async function guardedBy(router: Router, name: string, devices: readonly string[]): Promise<{ guarded: string[]; orphans: string[] }> {
  const guarded = new Set<string>();
  const orphans: string[] = [];
  const links = linksIn(await router.run("host", ["ip", "-j", "link"]));
  for (const table of zygoTables(await router.run("host", ["nft", "-j", "list", "tables"]))) {
    const own = table === tableName(name);
    const orphan = !own && !links.has(linkName(table.slice(tableName("").length)));
    if (orphan) orphans.push(table);
    const json = await router.run("host", ["nft", "-j", "list", "set", "inet", table, "guarded"]).catch(() => '{"nftables":[]}');
    // One of an older start of this installation may have another uplink by now: it is given back all the same.
    for (const device of guardedIn(json)) if (devices.includes(device) || own || orphan) guarded.add(device);
  }
  for (const device of devices) {
    const now = (await router.run("host", ["cat", `/proc/sys/${FORWARDING(device)}`])).trim();
    if (now === "0") guarded.add(device);
  }
  // One that was unplugged meanwhile has nothing to forward.
  return { guarded: [...guarded].filter((device) => links.has(device)), orphans };
}

function leave(name: string, guarded: readonly string[]): Step[] {
  return [
    { where: "host", argv: ["nft", "delete", "table", "inet", tableName(name)] },
    ...guarded.map((device): Step => ({ where: "host", argv: ["sh", "-c", UNGUARD, "sh", FORWARDING(device)] })),
  ];
}

/** A kernel without IPv6 has nothing to switch off. */
function withoutIpv6(error: unknown): void {
  if (!(error instanceof LauncherError) || !error.message.includes("No such file")) throw error;
}
