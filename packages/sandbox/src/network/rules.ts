import { formatAddress, type Prefix } from "@zygo/contracts";
import { FORBIDDEN, PRIVATE } from "@zygo/core";

/** Connections that one sandbox may have at a time: each costs the host's connection tracking an entry. */
const MAX_CONNECTIONS = 1024;

/** Of the router's own table. */
export const TABLE = "zygo";
/** The router's end of its link to the host. */
export const UPLINK = "uplink";

/**
 * The router's rules: what sandboxes may send through it. Everything is refused that no rule lets pass; a sandbox that is in neither
 * `online` nor `listed` reaches nothing. `bridge` sees frames first: a port speaks for its own address alone, and no IPv6.
 */
export function routerRules(given: { slice: string; permitted: readonly Prefix[]; logGroup: number }): string {
  const { slice, permitted, logGroup } = given;
  const key = "ipv4_addr . ipv4_addr . inet_proto . inet_service";
  return [
    `table inet ${TABLE} {`,
    set("forbidden", "ipv4_addr; flags interval", [...FORBIDDEN, slice]),
    set("private", "ipv4_addr; flags interval", PRIVATE),
    set("permitted", "ipv4_addr; flags interval", permitted.map(rangeText)),
    "set online { type ipv4_addr; }",
    "set listed { type ipv4_addr; }",
    `set pins { type ${key}; flags timeout; }`,
    `set ranges { type ${key}; flags interval; }`,
    "set busy { type ipv4_addr; flags dynamic; }",
    "set noisy { type ipv4_addr; flags dynamic,timeout; timeout 1m; }",
    "chain refuse {",
    `  update @noisy { ip saddr limit rate 5/second burst 10 packets } log group ${logGroup} snaplen 64`,
    "  reject with icmp type admin-prohibited",
    "}",
    "chain leave {",
    "  meta l4proto != { tcp, udp } goto refuse",
    `  add @busy { ip saddr ct count over ${MAX_CONNECTIONS} } goto refuse`,
    "  accept",
    "}",
    "chain forward {",
    "  type filter hook forward priority filter; policy drop;",
    `  iifname "${UPLINK}" ct state established,related accept`,
    `  iifname "${UPLINK}" drop`,
    "  meta nfproto != ipv4 drop",
    "  ct state established,related accept",
    "  ct state invalid drop",
    "  ip daddr @forbidden goto refuse",
    "  ip saddr @online ip daddr != @private goto leave",
    "  ip daddr @private ip daddr != @permitted goto refuse",
    "  ip saddr @listed ip saddr . ip daddr . meta l4proto . th dport @pins goto leave",
    "  ip saddr @listed ip saddr . ip daddr . meta l4proto . th dport @ranges goto leave",
    "  goto refuse",
    "}",
    "chain input {",
    "  type filter hook input priority filter; policy drop;",
    `  iifname != "${UPLINK}" ip protocol { tcp, udp, icmp } goto refuse`,
    "}",
    "}",
    `table bridge ${TABLE} {`,
    "set ports { type ifname . ipv4_addr; }",
    "chain prerouting {",
    "  type filter hook prerouting priority filter; policy drop;",
    "  ether type ip iifname . ip saddr @ports accept",
    "  ether type arp iifname . arp saddr ip @ports accept",
    "}",
    "}",
    "",
  ].join("\n");
}

/**
 * The host's rules: sandboxes' packets go out, with the host's address, and nowhere else; nothing of the host itself is theirs, whatever
 * its addresses are. `guarded` interfaces forward only because Zygo asked for it, so all else that they would forward is dropped.
 */
export function hostRules(given: { table: string; link: string; slice: string; guarded: readonly string[]; logGroup: number }): string {
  const { table, link, slice, guarded, logGroup } = given;
  return [
    `add table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    set("guarded", "ifname", guarded.map(quoted)),
    "set noisy { type ipv4_addr; flags dynamic,timeout; timeout 1m; }",
    "chain refuse {",
    `  update @noisy { ip saddr limit rate 5/second burst 10 packets } log group ${logGroup} snaplen 64`,
    "  reject with icmp type admin-prohibited",
    "}",
    "chain input {",
    "  type filter hook input priority -10; policy accept;",
    `  iifname "${link}" meta nfproto ipv4 goto refuse`,
    `  iifname "${link}" drop`,
    "}",
    "chain forward {",
    "  type filter hook forward priority -10; policy accept;",
    `  iifname "${link}" meta nfproto != ipv4 drop`,
    `  iifname "${link}" ip saddr != ${slice} drop`,
    `  iifname "${link}" oifname "${LINK_PREFIX}*" drop`,
    `  oifname "${link}" ct state established,related accept`,
    `  oifname "${link}" drop`,
    `  iifname @guarded oifname != "${LINK_PREFIX}*" drop`,
    "}",
    "chain postrouting {",
    "  type nat hook postrouting priority srcnat; policy accept;",
    `  ip saddr ${slice} oifname != "${link}" masquerade`,
    "}",
    "}",
    "",
  ].join("\n");
}

/** Links of all installations on a host begin so, and tables with `zygo_`. */
export const LINK_PREFIX = "zygo";

function set(name: string, type: string, elements: readonly string[]): string {
  return `set ${name} { type ${type}; ${elements.length === 0 ? "" : `elements = { ${elements.join(", ")} } `}}`;
}

const quoted = (name: string): string => `"${name}"`;
const rangeText = ({ first, last }: Prefix): string => `${formatAddress(first)}-${formatAddress(last)}`;
