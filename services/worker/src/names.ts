import { promises } from "node:dns";
import { parseAddress, parseAllowRule, type NetworkPolicy, type Prefix } from "@zygo/contracts";
import { reachable } from "@zygo/core";
import type { Pin } from "@zygo/sandbox";
import { DNS, type DnsQuestion } from "./dns.ts";

/** How long one name server is waited for, and how often it is asked. A function's own resolver gives up after five seconds. */
const UPSTREAM = { timeout: 1_500, tries: 2, maxTimeout: 2_500 };
/** Addresses of an answer: they fit into a packet, with the longest name. */
const MAX_ADDRESSES = 12;
/** Bounds of how long an answer may be kept, seconds. What a name server says of it is the name owner's word. */
const TTL_SECONDS = { least: 5, most: 300 };
/** An address stays reachable for a list's function this much longer than it was told, so that what it is told works, milliseconds. */
const GRACE_MS = 60_000;

/** Looks up IPv4 addresses; rejects with `code` ENOTFOUND, ENODATA or another. */
export type Lookup = (name: string) => Promise<{ address: string; ttl: number }[]>;

/** Asks the given name servers, or those of this machine. */
export function lookupBy(servers: readonly string[]): Lookup {
  const resolver = new promises.Resolver(UPSTREAM);
  if (servers.length > 0) resolver.setServers([...servers]);
  return (name) => resolver.resolve4(name, { ttl: true });
}

/** The one that asks. */
export interface Asker {
  policy: NetworkPolicy;
  /** Lets it reach what a name resolved to. */
  pin(pins: readonly Pin[], forMs: number): Promise<void>;
  /** Something was refused: what, in a few words. */
  refused(what: string): void;
}

/**
 * Resolves names for functions. What is not public is never told, unless a rule names the name and the operator permits the range: a name's
 * owner decides where it points, so that it must not open what the addresses' own rules keep shut. Never rejects.
 */
export class Names {
  readonly #lookup: Lookup;
  readonly #permitted: readonly Prefix[];

  constructor(given: { lookup: Lookup; permitted: readonly Prefix[] }) {
    this.#lookup = given.lookup;
    this.#permitted = given.permitted;
  }

  async answer(question: DnsQuestion, asker: Asker): Promise<Buffer> {
    const ports = portsFor(question.name, asker.policy);
    if (ports === undefined) {
      asker.refused(`the name ${question.name}`);
      return question.reply(DNS.refused);
    }
    // Sandboxes have no IPv6, and nothing that Node needs has other records.
    if (!question.wantsAddresses) return question.reply(DNS.ok);
    try {
      const found = await this.#lookup(question.name);
      return await this.#tell(question, asker, { found, ports });
    } catch (error) {
      return question.reply(codeOf(error));
    }
  }

  async #tell(
    question: DnsQuestion,
    asker: Asker,
    { found, ports }: { found: { address: string; ttl: number }[]; ports: readonly number[] },
  ): Promise<Buffer> {
    const permitted = asker.policy === "internet" ? [] : this.#permitted;
    const good = found.filter(({ address }) => mayReach(address, permitted)).slice(0, MAX_ADDRESSES);
    const bad = found.find(({ address }) => !mayReach(address, permitted));
    if (bad !== undefined) asker.refused(`${question.name}, which resolves to ${bad.address}`);
    const ttl = Math.min(TTL_SECONDS.most, Math.max(TTL_SECONDS.least, ...good.map((each) => each.ttl)));
    const pins = good.flatMap(({ address }) => ports.map((port) => ({ address, port })));
    if (pins.length > 0) await asker.pin(pins, ttl * 1000 + GRACE_MS);
    return question.reply(
      DNS.ok,
      good.map(({ address }) => address),
      ttl,
    );
  }
}

/** Ports that a policy's rules name with this name; none are needed where all of the internet is allowed. Undefined: not to be resolved. */
export function portsFor(name: string, policy: NetworkPolicy): number[] | undefined {
  if (policy === "none") return undefined;
  if (policy === "internet") return [];
  const ports = policy.allow.flatMap((text) => {
    const rule = parseAllowRule(text);
    return rule !== undefined && "name" in rule && matches(name, rule.name) ? [rule.port] : [];
  });
  return ports.length === 0 ? undefined : [...new Set(ports)];
}

const matches = (name: string, rule: string): boolean =>
  rule.startsWith("*.") ? name.endsWith(rule.slice(1)) && name.length > rule.length - 1 : name === rule;

function mayReach(text: string, permitted: readonly Prefix[]): boolean {
  const address = parseAddress(text);
  return address !== undefined && reachable({ first: address, last: address }, permitted);
}

function codeOf(error: unknown): number {
  const { code } = error as { code?: string };
  if (code === "ENOTFOUND") return DNS.noSuchName;
  return code === "ENODATA" ? DNS.ok : DNS.failed;
}
