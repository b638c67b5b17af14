import { overlap, parseAllowRule, parsePrefix, within, type NetworkPolicy, type Prefix } from "@zygo/contracts";

/**
 * Addresses that no function ever reaches, whatever its rules: they are this machine, its link, nobody or everybody, or answer with the
 * machine's own credentials. @source IANA IPv4 special-purpose address registry; the clouds' manuals for metadata addresses
 */
export const FORBIDDEN = [
  "0.0.0.0/8", // this network
  "100.100.100.200/32", // Alibaba's metadata
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // Azure's wire server: a public address, answered by the host
  "169.254.0.0/16", // link-local: metadata of most clouds
  "192.0.0.0/24", // protocol assignments: Oracle's metadata, NAT64 discovery
  "192.88.99.0/24", // 6to4 relays
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
] as const;

/** Addresses of networks that are somebody's own: reached only where the operator permits a range and a rule names it. */
export const PRIVATE = [
  "10.0.0.0/8",
  "100.64.0.0/10", // shared by carriers
  "172.16.0.0/12",
  "192.0.2.0/24", // documentation, as the next two of 198 and 203
  "192.168.0.0/16",
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24",
  "203.0.113.0/24",
] as const;

const forbidden = FORBIDDEN.map(prefix);
const privates = PRIVATE.map(prefix);

/** Whether a range is reachable as a whole, given what the operator permits of what is not public. */
export function reachable(range: Prefix, permitted: readonly Prefix[]): boolean {
  if (forbidden.some((each) => overlap(each, range))) return false;
  if (!privates.some((each) => overlap(each, range))) return true;
  return permitted.some((each) => within(range, each));
}

/** Rules of a policy that name addresses which the operator does not permit, or nobody may. */
export function refusedRules(policy: NetworkPolicy, permitted: readonly Prefix[]): string[] {
  if (typeof policy === "string") return [];
  return policy.allow.filter((text) => {
    const rule = parseAllowRule(text);
    return rule !== undefined && "range" in rule && !reachable(rule.range, permitted);
  });
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}
