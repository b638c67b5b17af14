import { z } from "zod";
import { parseAddress, parsePrefix, type Prefix } from "./ipv4.ts";

const DNS_NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT = /^[1-9]\d{0,4}$/;

/** What one rule lets a function reach, by TCP and UDP. */
export type AllowRule = { port: number } & ({ name: string } | { range: Prefix });

/**
 * Of `<name>:<port>`, `*.<domain>:<port>` (any name below it), `<address>:<port>` or `<address>/<bits>:<port>`.
 * @returns undefined for anything else. A name is in lower case, without a trailing dot.
 */
export function parseAllowRule(text: string): AllowRule | undefined {
  const colon = text.lastIndexOf(":");
  const [host, port] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 1)];
  if (colon < 1 || !PORT.test(port) || Number(port) > 65_535) return undefined;
  const range = parsePrefix(host);
  if (range !== undefined) return { range, port: Number(port) };
  return host.length <= 253 && DNS_NAME.test(host) ? { name: host, port: Number(port) } : undefined;
}

/** Some spellings are addresses to the C library and names to us, so that a rule must not look like one. */
const Rule = z
  .string()
  .max(300)
  .refine((text) => parseAllowRule(text) !== undefined, 'must be "name:port", "*.domain:port", "1.2.3.4:port" or "10.1.0.0/16:port"');

/** What a function reaches beyond itself and its tenant's functions: nothing, the public internet, or just what is listed. */
export const NetworkPolicy = z.union([z.enum(["none", "internet"]), z.strictObject({ allow: z.array(Rule).min(1).max(64) })], {
  error: 'must be "none", "internet" or { allow: ["name:port", …] }',
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

/** Prefixes that an operator lets rules name although they are not public, written `10.1.0.0/16,192.168.7.0/24`. */
export const PrivatePrefixes = z.string().transform((text, context): Prefix[] => {
  const parts = text.split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "")
    .flatMap((part) => {
      const prefix = parsePrefix(part);
      if (prefix === undefined) context.addIssue(`${part} is no IPv4 prefix such as 10.1.0.0/16`);
      return prefix ?? [];
    });
});

/** Name servers, written `192.0.2.53,198.51.100.53`. */
export const NameServers = z.string().transform((text, context): string[] => {
  const parts = text.split(",").map((part) => part.trim());
  for (const part of parts) if (parseAddress(part) === undefined) context.addIssue(`${part} is no IPv4 address`);
  return parts;
});
