import { createHmac, timingSafeEqual } from "node:crypto";

/** The function that makes a function-to-function call, as the worker vouches for it. */
export interface Caller {
  /** Its id. */
  function: string;
  /** How many functions already called each other to get here: 1 when a function that was called from outside makes the call. */
  depth: number;
}

/** A signature older (or further ahead) than this is refused, milliseconds. */
export const CALLER_FRESH_MS = 30_000;

const FORMAT = /^([a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?);(\d{1,4});(\d{1,15});([0-9a-f]{64})$/;

/**
 * The `x-fn-caller` header of a call from inside: `<function>;<depth>;<unix ms>;<hmac>`, the hmac being HMAC-SHA256 in hex over the
 * first three, joined by ';', keyed with the text of the link secret.
 */
export function signCaller(caller: Caller, nowMs: number, linkSecret: string): string {
  const claim = `${caller.function};${caller.depth};${nowMs}`;
  return `${claim};${hmac(claim, linkSecret).toString("hex")}`;
}

/** The caller that the header names; null when it is malformed, signed with another secret or not fresh. Constant-time. */
export function verifyCaller(header: string, nowMs: number, linkSecret: string): Caller | null {
  const match = FORMAT.exec(header);
  if (match === null) return null;
  const [, name = "", depth, signedMs, signature = ""] = match;
  const genuine = timingSafeEqual(hmac(`${name};${depth};${signedMs}`, linkSecret), Buffer.from(signature, "hex"));
  if (!genuine || Math.abs(nowMs - Number(signedMs)) > CALLER_FRESH_MS) return null;
  return { function: name, depth: Number(depth) };
}

const hmac = (claim: string, secret: string): Buffer => createHmac("sha256", secret).update(claim).digest();
