import { bearerKey, FnError, idOfKey, verifyCaller, type Caller } from "@zygo/contracts";
import type { HeaderList } from "@zygo/contracts/frames";
import { HEADERS, localName, MAX_CALL_DEPTH } from "@zygo/contracts/names";
import { connectionOptions, isHopByHop } from "./hop-by-hop.ts";

/** What the rules need to know of a request. */
export interface RawRequest {
  /** Names and values by turns, as they came. */
  rawHeaders: readonly string[];
  /** All Connection headers, joined. */
  connection: string | undefined;
  remoteAddress: string;
  nowMs: number;
  linkSecret: string;
  /** The value of `x-fn-key`. */
  key: string | undefined;
  /** The function is for holders of a key: a bearer token is one, unless `x-fn-key` is there. */
  takesKey: boolean;
}

export interface SeenRequest {
  headers: HeaderList;
  /** Scheme and authority of the URL that the function sees. */
  origin: string;
  /** The function that calls; null for a call from outside. */
  caller: Caller | null;
  /** The API key; null when there is none. It is in no header that the function sees. */
  key: string | null;
}

/** Only a proxy on this machine is believed about the scheme that the client spoke. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * The headers that a function sees: names in lower case, values and order as they came, without hop-by-hop headers and without any
 * `x-fn-` header from outside. `x-forwarded-for` gets the peer's address appended, so its last entry is true.
 * @throws FnError INVALID_REQUEST for a Host that makes no URL, CALL_DEPTH_EXCEEDED
 */
export function seenRequest(request: RawRequest): SeenRequest {
  const { rawHeaders, remoteAddress } = request;
  const listed = connectionOptions(request.connection);
  const headers: HeaderList = [];
  let host: string | undefined;
  let signature: string | undefined;
  let key = request.key ?? null;
  let via = "";
  let proto = "http";
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    if (name === "host") host = onlyHost(host, value);
    else if (name === "x-forwarded-for") via += `${value}, `;
    else if (name === "x-forwarded-proto") proto = believedScheme(value, remoteAddress);
    else if (name === HEADERS.caller) signature = value;
    else if (name === "authorization" && isPlatformKey(value, request)) key ??= bearerKey(value);
    else if (name !== "forwarded" && name !== "x-forwarded-host" && !name.startsWith("x-fn-") && !isHopByHop(name, listed))
      headers.push([name, value]);
  }
  const authority = validHost(host);
  headers.push(
    ["host", authority],
    ["x-forwarded-for", via + remoteAddress],
    ["x-forwarded-proto", proto],
    ["x-forwarded-host", authority],
  );
  const caller = signature === undefined ? null : verifyCaller(signature, request.nowMs, request.linkSecret);
  if (caller !== null) addCaller(headers, caller);
  return { headers, origin: `${proto}://${authority}`, caller, key };
}

/** What has the form of a platform's key never reaches a function, not even one that asks for none. */
function isPlatformKey(authorization: string, { key, takesKey }: RawRequest): boolean {
  const bearer = bearerKey(authorization);
  return bearer !== null && ((takesKey && key === undefined) || idOfKey(bearer) !== null);
}

function addCaller(headers: HeaderList, caller: Caller): void {
  if (caller.depth >= MAX_CALL_DEPTH) {
    throw new FnError(
      "CALL_DEPTH_EXCEEDED",
      `Functions called each other ${caller.depth} times in a row; the most is ${MAX_CALL_DEPTH - 1}.`,
    );
  }
  headers.push([HEADERS.caller, localName(caller.function)], [HEADERS.depth, String(caller.depth)]);
}

/** @source RFC 9112, 3.2: a request with more than one Host is refused. */
function onlyHost(before: string | undefined, value: string): string {
  if (before !== undefined) throw new FnError("INVALID_REQUEST", "The request has more than one Host header.");
  return value;
}

/** The last Host that was found valid: most requests come for one name. */
let lastValid = "";

function validHost(host = ""): string {
  if (host === lastValid) return host;
  if (host === "" || /[/?#@\\\s]/.test(host) || !URL.canParse(`http://${host}/`)) {
    throw new FnError("INVALID_REQUEST", "The Host header does not name a host.");
  }
  lastValid = host;
  return host;
}

function believedScheme(value: string, remoteAddress: string): string {
  const scheme = value.trim().toLowerCase();
  return scheme === "https" && LOOPBACK.test(remoteAddress) ? "https" : "http";
}
