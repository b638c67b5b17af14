import { formatAddress, overlap, parsePrefix, type Prefix } from "@zygo/contracts";
import { FORBIDDEN } from "@zygo/core";

/** Addresses of one installation's sandboxes: a /16, of which each bridge has a /20 and the link to the host the last one. */
export interface Slice {
  range: Prefix;
  /** `100.64.0.0/16` */
  text: string;
}

const SLICE_SIZE = 2 ** 16;
const BRIDGE_SIZE = 2 ** 12;
/** Bridges of a slice; the last /20 is the link's. */
export const MAX_BRIDGES = 15;
/** Ports that the kernel lets a bridge have are 1,024. @source linux/net/bridge/br_private.h, BR_MAX_PORTS */
export const PORTS_PER_BRIDGE = 1000;

const at = (a: number, b: number): number => (a * 256 + b) * SLICE_SIZE;
/** Shared address space first, which nobody routes on purpose; then benchmarks', then the largest private range. */
const CANDIDATES = [
  Array.from({ length: 64 }, (_, index) => at(100, 64 + index)),
  [at(198, 18), at(198, 19)],
  Array.from({ length: 256 }, (_, index) => at(10, 255 - index)),
];

/** A metadata service has an address amid the shared address space: no sandbox may come to have it, nor its rules name it twice. */
const NOBODYS: readonly Prefix[] = FORBIDDEN.flatMap((text) => parsePrefix(text) ?? []);

/** A slice that meets nothing that the host has a route or an address for; the name decides where the search begins. Undefined: none. */
export function chooseSlice(name: string, taken: readonly Prefix[]): Slice | undefined {
  const seed = Number.parseInt(name.slice(0, 6), 16) || 0;
  for (const group of CANDIDATES) {
    for (let index = 0; index < group.length; index++) {
      const first = group[(seed + index) % group.length] ?? 0;
      const range = { first, last: first + SLICE_SIZE - 1 };
      if (![...taken, ...NOBODYS].some((each) => overlap(each, range))) return { range, text: `${formatAddress(first)}/16` };
    }
  }
  return undefined;
}

/** The router's address on a bridge, which is its sandboxes' gateway. */
export const gatewayOf = (slice: Slice, bridge: number): string => formatAddress(slice.range.first + bridge * BRIDGE_SIZE + 1);

/** Both ends of the link between router and host; it is a /30. */
export const linkOf = (slice: Slice): { host: string; router: string } => {
  const first = slice.range.first + MAX_BRIDGES * BRIDGE_SIZE;
  return { host: formatAddress(first + 1), router: formatAddress(first + 2) };
};

/**
 * Addresses for sandboxes. They go round, so that one that was given back is not somebody else's before thousands of others were:
 * what the world still sends to it, and what connection tracking remembers of it, has run out by then.
 */
export class AddressBook {
  readonly #slice: Slice;
  readonly #bridges: { used: Set<number>; next: number }[];

  constructor(slice: Slice, bridges: number) {
    this.#slice = slice;
    this.#bridges = Array.from({ length: bridges }, () => ({ used: new Set<number>(), next: 2 }));
  }

  /** On the bridge with the fewest sandboxes. @throws Error when all ports are taken */
  take(): { bridge: number; address: string; give: () => void } {
    const bridge = this.#bridges.reduce((best, { used }, index) => (used.size < this.#sizeOf(best) ? index : best), 0);
    const book = this.#bridges[bridge];
    if (book === undefined || book.used.size >= PORTS_PER_BRIDGE) throw new Error("no port is left for a sandbox");
    while (book.used.has(book.next)) book.next = after(book.next);
    const number = book.next;
    book.next = after(number);
    book.used.add(number);
    return {
      bridge,
      address: formatAddress(this.#slice.range.first + bridge * BRIDGE_SIZE + number),
      give: () => book.used.delete(number),
    };
  }

  #sizeOf(bridge: number): number {
    return this.#bridges[bridge]?.used.size ?? 0;
  }
}

/** The network's own address, the gateway's and the broadcast address are nobody's. */
const after = (number: number): number => (number + 1 >= BRIDGE_SIZE - 1 ? 2 : number + 1);
