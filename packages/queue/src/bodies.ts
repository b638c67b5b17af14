import { FnError, type StoredBody } from "@zygo/contracts";
import type { PayloadStore } from "./payloads.ts";

/** A body up to this lies in the record, bytes; a longer one in the payload store. */
export const INLINE_BODY_BYTES = 16 * 1024;

export const requestPayload = (id: string): string => `${id}.request`;
export const answerPayload = (id: string): string => `${id}.answer`;

export async function storeBody(payloads: PayloadStore, name: string, body: Uint8Array): Promise<StoredBody> {
  if (body.byteLength <= INLINE_BODY_BYTES) return { inline: Buffer.from(body).toString("base64") };
  await payloads.put(name, body);
  return { payload: name, bytes: body.byteLength };
}

/** @throws FnError INTERNAL when the payload is gone */
export async function loadBody(payloads: PayloadStore, body: StoredBody): Promise<Buffer> {
  if ("inline" in body) return Buffer.from(body.inline, "base64");
  const bytes = await payloads.get(body.payload);
  if (bytes === null) throw new FnError("INTERNAL", `The stored body ${body.payload} is gone.`);
  return bytes;
}
