import { formatAddress, parseAddress, type Prefix } from "@zygo/contracts";
import { TABLE } from "./rules.ts";

/** An element of a set of the router, as its protocol has it (native/src/router/service.h). */
export interface Element {
  family: number;
  table: string;
  set: string;
  /** Hex. */
  key: string;
  keyEnd?: string;
  timeoutMs?: number;
  remove?: boolean;
}

const INET = 1;
const BRIDGE = 7;
const IFNAME_BYTES = 16;
const PROTOCOLS = [6, 17];

const hex = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, "0");
const addressHex = (address: string): string => hex(parseAddress(address) ?? 0, 4);
/** Each part of a key takes whole words of four bytes, filled up at its end. */
const tail = (protocol: number, port: number): string => `${hex(protocol, 1)}000000${hex(port, 2)}0000`;

export const inOnline = (address: string): Element => ({ family: INET, table: TABLE, set: "online", key: addressHex(address) });
export const inListed = (address: string): Element => ({ family: INET, table: TABLE, set: "listed", key: addressHex(address) });

/** Which port may send from which address. */
export const ofPort = (port: string, address: string): Element => ({
  family: BRIDGE,
  table: TABLE,
  set: "ports",
  key:
    Buffer.from(port)
      .toString("hex")
      .padEnd(IFNAME_BYTES * 2, "0") + addressHex(address),
});

/** What a sandbox may reach for a while, by TCP and UDP. */
export const pinned = (source: string, target: { address: string; port: number }, timeoutMs: number): Element[] =>
  PROTOCOLS.map((protocol) => ({
    family: INET,
    table: TABLE,
    set: "pins",
    key: addressHex(source) + addressHex(target.address) + tail(protocol, target.port),
    timeoutMs,
  }));

/** What a sandbox may reach as long as it lives, by TCP and UDP. */
export const ranged = (source: string, target: { range: Prefix; port: number }): Element[] =>
  PROTOCOLS.map((protocol) => {
    const key = (address: number) => addressHex(source) + addressHex(formatAddress(address)) + tail(protocol, target.port);
    return { family: INET, table: TABLE, set: "ranges", key: key(target.range.first), keyEnd: key(target.range.last) };
  });

export const removed = (elements: readonly Element[]): Element[] => elements.map((element) => ({ ...element, remove: true }));
