import { FunctionName } from "@zygo/contracts";
import { INTERNAL_DOMAIN } from "@zygo/contracts/names";

/** Headers that belong to one connection (RFC 9110, 7.6.1), and the host, which the proxy sets. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "host", "expect"]);

/** The name of the function, in the tenant of its caller, that a Host header names; undefined for anything but `<function>.fn.internal`. */
export function functionOfHost(host: string | undefined): string | undefined {
  const [name, port] = (host ?? "").toLowerCase().split(":");
  const suffix = `.${INTERNAL_DOMAIN}`;
  if (name === undefined || !name.endsWith(suffix) || (port !== undefined && port !== "80")) return undefined;
  const label = name.slice(0, -suffix.length);
  return FunctionName.safeParse(label).success ? label : undefined;
}

/** What user code sent, as name, value, name, value…, without what is the connection's or the platform's (`x-fn-*`). */
export const requestHeaders = (raw: readonly string[]): string[] =>
  without(raw, (name) => CONNECTION_HEADERS.has(name) || name.startsWith("x-fn-"));

/** What the gateway answered, without what is the connection's. */
export const responseHeaders = (raw: readonly string[]): string[] => without(raw, (name) => CONNECTION_HEADERS.has(name));

function without(raw: readonly string[], dropped: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!dropped(name.toLowerCase())) kept.push(name, raw[at + 1] ?? "");
  }
  return kept;
}
