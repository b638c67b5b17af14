import { createHmac, timingSafeEqual } from "node:crypto";
import type { HmacScheme, WebhookProvider } from "@zygo/contracts";

/** How far a delivery's time of sending may be from now, either way, seconds. */
export const TOLERANCE_S = 300;

export interface Scheme {
  provider: WebhookProvider;
  /** Of provider `hmac`. */
  hmac: HmacScheme | null;
}

/** A delivery as it came: header names in lower case, one value each. */
export interface Delivery {
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

export type Verdict = { genuine: true; id: string; event: string | null } | { genuine: false; why: string };

/** What is signed, with which algorithm, and what the sender says the signature is. */
interface Claim {
  signed: Buffer;
  algorithm: string;
  /** Signatures any of which may be the right one. */
  signatures: Buffer[];
  /** Unix seconds; null: the scheme has none. */
  sentS: number | null;
  /** The delivery's id; undefined: its signature stands for it. */
  id: string | undefined;
  event: string | null;
}

/**
 * Whether a delivery was signed with one of the secrets, over its raw bytes, and (where the scheme says when) within five minutes of now.
 * Compares in constant time. An empty secret, or none, verifies nothing.
 */
export function verifyWebhook(scheme: Scheme, delivery: Delivery, { secrets, nowMs }: { secrets: string[]; nowMs: number }): Verdict {
  const claim = readClaim(scheme, delivery);
  if (typeof claim === "string") return { genuine: false, why: claim };
  const { signed, algorithm, signatures, sentS, id, event } = claim;
  const keys = secrets.filter((secret) => secret !== "").map((secret) => keyOf(scheme.provider, secret));
  const expected = keys.filter((key) => key.length > 0).map((key) => createHmac(algorithm, key).update(signed).digest());
  const matching = expected.filter((digest) => signatures.filter((given) => isSame(digest, given)).length > 0);
  if (matching.length === 0) return { genuine: false, why: "The signature does not fit" };
  // Behind the signature: only who has a secret learns of the clocks.
  if (sentS !== null && Math.abs(nowMs / 1000 - sentS) > TOLERANCE_S)
    return { genuine: false, why: `The delivery's timestamp is more than ${TOLERANCE_S} s from now` };
  return { genuine: true, id: id ?? `sig-${(signatures[0] as Buffer).toString("hex")}`, event };
}

const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);

/** A claim, or why there is none. */
function readClaim(scheme: Scheme, delivery: Delivery): Claim | string {
  switch (scheme.provider) {
    case "standard":
      return standard(delivery);
    case "github":
      return github(delivery);
    case "stripe":
      return stripe(delivery);
    case "slack":
      return slack(delivery);
    case "hmac":
      return scheme.hmac === null ? "The webhook has no scheme" : hmac(scheme.hmac, delivery);
  }
}

/** @source https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function standard({ headers, body }: Delivery): Claim | string {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = headers;
  if (id === undefined || at === undefined || signature === undefined)
    return "webhook-id, webhook-timestamp or webhook-signature is missing";
  const signatures = signature.split(" ").flatMap((each) => (each.startsWith("v1,") ? [Buffer.from(each.slice(3), "base64")] : []));
  return claim({ signed: [`${id}.${at}.`, body], signatures, sent: at, id, event: text(json(body), "type") });
}

/** @source https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
function github({ headers, body }: Delivery): Claim | string {
  const signature = headers["x-hub-signature-256"];
  if (!signature?.startsWith("sha256=")) return "x-hub-signature-256 is missing";
  const signatures = [Buffer.from(signature.slice("sha256=".length), "hex")];
  return claim({ signed: [body], signatures, sent: null, id: headers["x-github-delivery"], event: headers["x-github-event"] ?? null });
}

/** @source https://docs.stripe.com/webhooks#verify-manually */
function stripe({ headers, body }: Delivery): Claim | string {
  const parts = (headers["stripe-signature"] ?? "").split(",").map((part) => part.trim().split("=", 2) as [string, string | undefined]);
  const at = parts.find(([name]) => name === "t")?.[1];
  const signatures = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [Buffer.from(value, "hex")] : []));
  if (at === undefined || signatures.length === 0) return "stripe-signature has no t or v1";
  const event = json(body);
  return claim({ signed: [`${at}.`, body], signatures, sent: at, id: text(event, "id") ?? undefined, event: text(event, "type") });
}

/** @source https://docs.slack.dev/authentication/verifying-requests-from-slack */
function slack({ headers, body }: Delivery): Claim | string {
  const { "x-slack-request-timestamp": at, "x-slack-signature": signature } = headers;
  if (at === undefined || !signature?.startsWith("v0=")) return "x-slack-request-timestamp or x-slack-signature is missing";
  const event = json(body);
  const signatures = [Buffer.from(signature.slice("v0=".length), "hex")];
  return claim({ signed: [`v0:${at}:`, body], signatures, sent: at, id: text(event, "event_id") ?? undefined, event: text(event, "type") });
}

function hmac(scheme: HmacScheme, { headers, body }: Delivery): Claim | string {
  const given = headers[scheme.header];
  const at = scheme.timestampHeader === null ? null : headers[scheme.timestampHeader];
  if (!given?.startsWith(scheme.prefix) || at === undefined)
    return `${scheme.header} or ${scheme.timestampHeader ?? "its prefix"} is missing`;
  const signatures = [Buffer.from(given.slice(scheme.prefix.length), scheme.encoding)];
  const id = scheme.idHeader === null ? undefined : headers[scheme.idHeader];
  const signed = at === null ? [body] : [`${at}.`, body];
  return claim({ signed, signatures, sent: at, id, event: null, algorithm: scheme.algorithm });
}

interface ClaimParts extends Pick<Claim, "signatures" | "event"> {
  signed: (string | Buffer)[];
  sent: string | null;
  id: string | undefined;
  algorithm?: string;
}

function claim({ signed, sent, id, algorithm = "sha256", ...rest }: ClaimParts): Claim | string {
  if (sent !== null && !/^\d{1,12}$/.test(sent)) return "The timestamp is no number of seconds";
  const bytes = Buffer.concat(signed.map((part) => Buffer.from(part as string)));
  return { ...rest, signed: bytes, algorithm, sentS: sent === null ? null : Number(sent), id: id === "" ? undefined : id };
}

/** Secrets of Standard Webhooks are base64 behind `whsec_`; Stripe's, which look the same, are the text itself. */
function keyOf(provider: WebhookProvider, secret: string): Buffer {
  if (provider === "standard" && secret.startsWith("whsec_")) return Buffer.from(secret.slice("whsec_".length), "base64");
  return Buffer.from(secret);
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function text(value: unknown, member: string): string | null {
  const found = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[member] : undefined;
  return typeof found === "string" ? found.slice(0, 200) : null;
}

/** The headers with which a sender of this scheme would sign a body: what `fn webhook test` sends. */
export function signWebhook(
  scheme: Scheme,
  body: Buffer,
  { secret, nowMs, id }: { secret: string; nowMs: number; id: string },
): Record<string, string> {
  const at = String(Math.floor(nowMs / 1000));
  const sign = (prefix: string, encoding: "hex" | "base64", algorithm = "sha256"): string =>
    createHmac(algorithm, keyOf(scheme.provider, secret)).update(prefix).update(body).digest(encoding);
  switch (scheme.provider) {
    case "standard":
      return { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": `v1,${sign(`${id}.${at}.`, "base64")}` };
    case "github":
      return { "x-github-event": "ping", "x-github-delivery": id, "x-hub-signature-256": `sha256=${sign("", "hex")}` };
    case "stripe":
      return { "stripe-signature": `t=${at},v1=${sign(`${at}.`, "hex")}` };
    case "slack":
      return { "x-slack-request-timestamp": at, "x-slack-signature": `v0=${sign(`v0:${at}:`, "hex")}` };
    case "hmac":
      return signHmac(scheme.hmac, sign, { at, id });
  }
}

function signHmac(
  scheme: HmacScheme | null,
  sign: (prefix: string, encoding: "hex" | "base64", algorithm?: string) => string,
  { at, id }: { at: string; id: string },
): Record<string, string> {
  if (scheme === null) return {};
  const timed = scheme.timestampHeader !== null;
  return {
    [scheme.header]: scheme.prefix + sign(timed ? `${at}.` : "", scheme.encoding, scheme.algorithm),
    ...(scheme.timestampHeader === null ? {} : { [scheme.timestampHeader]: at }),
    ...(scheme.idHeader === null ? {} : { [scheme.idHeader]: id }),
  };
}
