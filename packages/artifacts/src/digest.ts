import { createHash } from "node:crypto";
import { Digest, FnError } from "@zygo/contracts";

export const digestOf = (bytes: Uint8Array | string): Digest => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** The 64 hex digits, safe as a file's name. @throws FnError INTERNAL for anything but a digest. */
export function hexOf(digest: string): string {
  const parsed = Digest.safeParse(digest);
  if (!parsed.success) throw new FnError("INTERNAL", "Not a digest");
  return parsed.data.slice("sha256:".length);
}
