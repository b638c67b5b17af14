/** IPv4 addresses and prefixes as numbers. Only the plain spelling is one: what else a resolver may take for an address is a name. */

/** A range of addresses, both ends belong to it. */
export interface Prefix {
  first: number;
  last: number;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;

/** Of four decimal octets without leading zeros; undefined for any other text. */
export function parseAddress(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export const formatAddress = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

/** Of `a.b.c.d/n`, or an address alone; undefined for anything else, and where bits beyond the prefix are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const [base = "", length = "32", ...rest] = text.split("/");
  const first = parseAddress(base);
  if (first === undefined || rest.length > 0 || !OCTET.test(length) || Number(length) > 32) return undefined;
  const size = 2 ** (32 - Number(length));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export const within = (inner: Prefix, outer: Prefix): boolean => inner.first >= outer.first && inner.last <= outer.last;
export const overlap = (a: Prefix, b: Prefix): boolean => a.first <= b.last && b.first <= a.last;
