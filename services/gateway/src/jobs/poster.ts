import { createHmac } from "node:crypto";
import { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { FnError, type VersionRecord } from "@zygo/contracts";
import type { HeldAttempt } from "@zygo/queue";
import type { Outcome } from "./recorded-exchange.ts";

/** A destination answers by then, milliseconds. */
const ANSWER_MS = 30_000;
/** As much of its answer is kept, bytes. */
const KEPT_BYTES = 16 * 1024;

/** Addresses that are not the public internet's. @source IANA special-purpose address registries; RFC 6890 */
const PRIVATE_4 = new BlockList();
/** Apart: a BlockList looks up IPv4 addresses as `::ffff:…` too, and these are all refused. */
const PRIVATE_6 = new BlockList();
for (const [net, bits] of [
  ...[
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
  ],
  ...[
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
  ],
  ...[
    ["203.0.113.0", 24],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4],
  ],
] as [string, number][])
  PRIVATE_4.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::", 96],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as [string, number][])
  PRIVATE_6.addSubnet(net, bits, "ipv6");

/** Whether an address is one that functions' results may not be sent to. What is no address is. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family === 0 || (family === 6 ? PRIVATE_6.check(address, "ipv6") : PRIVATE_4.check(address, "ipv4"));
}

/** Resolves a name and refuses private addresses: the address that is checked is the one that is connected to. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, []);
    if (found.length === 0 || found.some(({ address }) => isPrivate(address))) return callback(refused(host), []);
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  });
};

const refused = (host: string): FnError =>
  new FnError("DESTINATION_REFUSED", `${host} is a private address; the operator may allow these by FN_PRIVATE_DESTINATIONS=1.`);

/** A function's sealed secret; null: there is none. */
export type SecretOf = (id: string, name: string) => Promise<string | null>;

/** Sends results to URLs, signed. @source Standard Webhooks specification, 1.0 */
export class Poster {
  readonly #allowPrivate: boolean;
  readonly #secretOf: SecretOf;

  constructor({ allowPrivate, secretOf }: { allowPrivate: boolean; secretOf: SecretOf }) {
    this.#allowPrivate = allowPrivate;
    this.#secretOf = secretOf;
  }

  /** @throws FnError DESTINATION_REFUSED */
  async post({ job }: HeldAttempt, given: { version: VersionRecord; body: Buffer; signal: AbortSignal }): Promise<Outcome> {
    const { url, secretEnv } = job.post ?? { url: "", secretEnv: "" };
    const secret = given.version.env[secretEnv] ?? (await this.#secretOf(job.function, secretEnv)) ?? "";
    if (secret === "") throw new FnError("DESTINATION_REFUSED", `The function has no variable or secret ${secretEnv} to sign with.`);
    const target = new URL(url);
    const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
    // A name is checked when it is resolved; an address is not resolved.
    if (!this.#allowPrivate && isIP(host) !== 0 && isPrivate(host)) throw refused(host);
    const headers = { "content-type": "application/json", ...signature(job.id, given.body, secret) };
    return await this.#send(target, { headers, body: given.body, signal: given.signal });
  }

  #send(target: URL, { headers, body, signal }: { headers: Record<string, string>; body: Buffer; signal: AbortSignal }): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const request = target.protocol === "https:" ? httpsRequest : httpRequest;
    const ends = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const lookups = this.#allowPrivate ? {} : { lookup: publicLookup };
    const sent = request(target, {
      method: "POST",
      agent: false,
      signal: ends,
      headers: { ...headers, "content-length": String(body.length) },
      ...lookups,
    });
    sent.on("response", (answer) => void receive(answer).then(resolve, reject));
    sent.on("error", (cause) => reject(signal.aborted ? signal.reason : destinationError(cause)));
    sent.end(body);
    return promise;
  }
}

const destinationError = (cause: unknown): FnError =>
  cause instanceof FnError ? cause : new FnError("DESTINATION_REFUSED", "The destination could not be reached.", { cause });

async function receive(answer: IncomingMessage): Promise<Outcome> {
  const status = answer.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    answer.destroy();
    throw new FnError("DESTINATION_REFUSED", `The destination answered ${status}: redirects are not followed.`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, Math.max(0, KEPT_BYTES - bytes)));
    bytes += chunk.length;
    if (bytes >= KEPT_BYTES) break;
  }
  const retryAfter = answer.headers["retry-after"];
  return {
    kind: "answer",
    answer: { status, headers: retryAfter === undefined ? [] : [["retry-after", retryAfter]], body: Buffer.concat(chunks) },
  };
}

/** `whsec_` and base64, or any other text as it is. */
export function signature(id: string, body: Buffer, secret: string, nowMs = Date.now()): Record<string, string> {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const timestamp = String(Math.floor(nowMs / 1000));
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}
