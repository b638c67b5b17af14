import { parsePrefix, overlap, type Prefix } from "@zygo/contracts";
import { z } from "zod";

const Routes = z.array(z.looseObject({ dst: z.string(), dev: z.string().optional() }));
const Addresses = z.array(z.looseObject({ addr_info: z.array(z.looseObject({ local: z.string().optional() })).optional() }));
const Links = z.array(z.looseObject({ ifname: z.string() }));
const Tables = z.object({ nftables: z.array(z.looseObject({ table: z.object({ name: z.string() }).optional() })) });
const Guarded = z.object({
  nftables: z.array(z.looseObject({ set: z.looseObject({ name: z.string(), elem: z.array(z.string()).optional() }).optional() })),
});

const EVERYWHERE = parsePrefix("0.0.0.0/0")!;

export interface Route {
  to: Prefix;
  device: string | undefined;
}

/** What `ip -j -4 route show table all` says. */
export function readRoutes(json: string): Route[] {
  return Routes.parse(JSON.parse(json || "[]")).flatMap(({ dst, dev }) => {
    const to = dst === "default" ? EVERYWHERE : parsePrefix(dst);
    return to === undefined ? [] : [{ to, device: dev }];
  });
}

/** What `ip -j -4 address` says. */
export function readAddresses(json: string): Prefix[] {
  return Addresses.parse(JSON.parse(json || "[]")).flatMap(({ addr_info }) =>
    (addr_info ?? []).flatMap(({ local }) => (local === undefined ? [] : (parsePrefix(local) ?? []))),
  );
}

/** Names in what `ip -j link` says. */
export const linksIn = (json: string): Set<string> => new Set(Links.parse(JSON.parse(json || "[]")).map(({ ifname }) => ifname));

/** All that an installation's own addresses must not meet. The default route is no claim to anything. */
export const taken = (routes: readonly Route[], addresses: readonly Prefix[]): Prefix[] => [
  ...routes.map(({ to }) => to).filter((to) => to.last - to.first < 2 ** 31),
  ...addresses,
];

/** Devices by which sandboxes' packets leave: where the default route goes, and routes to what the operator permits. */
export function uplinks(routes: readonly Route[], permitted: readonly Prefix[]): string[] {
  const leads = ({ to }: Route): boolean => to === EVERYWHERE || permitted.some((range) => overlap(range, to));
  const devices = routes.filter(leads).flatMap(({ device }) => device ?? []);
  return [...new Set(devices)].filter((device) => device !== "lo" && /^[\w.@-]{1,15}$/.test(device));
}

/** Names of the tables of all installations here, of `nft -j list tables`. */
export const zygoTables = (json: string): string[] =>
  Tables.parse(JSON.parse(json)).nftables.flatMap(({ table }) => (table?.name.startsWith("zygo_") === true ? [table.name] : []));

/** Of `nft -j list set inet <table> guarded`. */
export const guardedIn = (json: string): string[] =>
  Guarded.parse(JSON.parse(json)).nftables.flatMap(({ set }) => (set?.name === "guarded" ? (set.elem ?? []) : []));
