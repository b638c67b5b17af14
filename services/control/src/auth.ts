import { createHash, timingSafeEqual } from "node:crypto";
import { FnError } from "@zygo/contracts";
import type { MiddlewareHandler } from "hono";
import type { Context } from "./context.ts";

/** A longer one is no key of ours, characters. */
const MAX_KEY_LENGTH = 512;

/**
 * Lets a request through whose `Authorization: Bearer` key has a known hash: the admin's of the settings, which works even when the
 * store has lost its own, or one in the store.
 */
export function requireKey(context: Pick<Context, "store" | "adminKeyHash">): MiddlewareHandler {
  return async (c, next) => {
    const presented = hashOf(bearerKey(c.req.header("authorization")));
    if (!isOneOf(presented, context.adminKeyHash === undefined ? [] : [context.adminKeyHash])) {
      const known = await context.store.listKeyHashes();
      if (!isOneOf(presented, known.keys())) throw new FnError("UNAUTHENTICATED", "The API key is not known here");
    }
    await next();
  };
}

function bearerKey(header: string | undefined): string {
  const key = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (key === undefined || key.length > MAX_KEY_LENGTH) {
    throw new FnError("UNAUTHENTICATED", "This needs an API key, as `Authorization: Bearer <key>`");
  }
  return key;
}

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Takes as long for a hash that matches early as for one that matches late. */
function isOneOf(presented: Buffer, hashes: Iterable<string>): boolean {
  let found = false;
  for (const hash of hashes) {
    const bytes = Buffer.from(hash, "hex");
    if (bytes.length === presented.length && timingSafeEqual(bytes, presented)) found = true;
  }
  return found;
}
