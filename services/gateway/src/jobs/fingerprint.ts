import { createHash } from "node:crypto";

/** Tells one request from another: function, reference, method, path and body; not its headers, which a retry may vary. */
export function fingerprint(request: { function: string; ref: string | null; method: string; path: string; body: Uint8Array }): string {
  const head = JSON.stringify([request.function, request.ref, request.method, request.path]);
  return createHash("sha256").update(head).update("\0").update(request.body).digest("base64url");
}

export const digestOfKey = (key: string): string => createHash("sha256").update(key).digest("base64url");
