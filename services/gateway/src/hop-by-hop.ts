/** Headers that belong to one connection and end at the gateway. @source RFC 9110, 7.6.1; RFC 9112, 6.1 */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // Answered by the gateway itself.
  "expect",
  "http2-settings",
]);

const NONE: ReadonlySet<string> = new Set();

/**
 * A Connection header may name any header but this one: without its length, a body would be read as the next request.
 * @param name in lower case; `listed` is what the message's own Connection header names.
 */
export const isHopByHop = (name: string, listed: ReadonlySet<string>): boolean =>
  HOP_BY_HOP.has(name) || (listed.has(name) && name !== "content-length");

/** The names in Connection headers, in lower case. */
export function connectionOptions(value: string | undefined): ReadonlySet<string> {
  if (value === undefined || value === "keep-alive" || value === "close") return NONE;
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}
