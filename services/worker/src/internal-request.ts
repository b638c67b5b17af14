import { FnError, FunctionName } from "@zygo/contracts";
import { functionId, INTERNAL_DOMAIN, PLATFORM_HOSTS } from "@zygo/contracts/names";

/** Headers that belong to one connection (RFC 9110, 7.6.1), and the host, which the proxy sets. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "host", "expect"]);

/** The name of the function, in the tenant of its caller, that a Host header names; undefined for anything but `<function>.fn.internal`. */
export function functionOfHost(host: string | undefined): string | undefined {
  const name = onlyHost(host);
  const suffix = `.${INTERNAL_DOMAIN}`;
  if (name?.endsWith(suffix) !== true) return undefined;
  const label = name.slice(0, -suffix.length);
  return FunctionName.safeParse(label).success ? label : undefined;
}

/**
 * The path at the gateway of what a function of that tenant asks for: another function, or the queue of one. A name means a function of
 * the caller's own tenant: no other can be named. @throws FnError NOT_FOUND for anything else
 */
export function gatewayPath(host: string | undefined, url: string, tenant: string): string {
  const name = functionOfHost(host);
  if (name !== undefined) return `/fn/${functionId(tenant, name)}${url}`;
  if (onlyHost(host) !== PLATFORM_HOSTS.queue) throw new FnError("NOT_FOUND", "Only <function>.fn.internal is served here.");
  const receiver = FunctionName.safeParse(url.slice(1));
  if (!receiver.success) throw new FnError("INVALID_REQUEST", "`to` is the name of a function of this tenant");
  return `/queues/${functionId(tenant, receiver.data)}`;
}

/** In lower case, without port 80; undefined with another port. */
function onlyHost(host: string | undefined): string | undefined {
  const [name, port] = (host ?? "").toLowerCase().split(":");
  return port === undefined || port === "80" ? name : undefined;
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
