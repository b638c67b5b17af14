import { z } from "zod";
import { Digest, FunctionId } from "./config.ts";
import { DELIVERS, TRIGGERS } from "./names.ts";

/**
 * What the gateway puts into the sync lane: `[u32 LE head bytes][head JSON][inline body]`.
 * The answer, and a body that is not inline, travel on the link to `gateway`.
 */
export const EnvelopeHead = z.object({
  requestId: z.string(),
  /** Where the worker answers: `unix:/path#<nonce>` or `tcp:host:port#<nonce>`; the nonce is the gateway process, echoed in `hello`. */
  gateway: z.string(),
  /** Number of the invocation on the gateway link. */
  stream: z.int().min(1),
  function: FunctionId,
  version: Digest,
  method: z.string(),
  url: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  deadlineMs: z.number(),
  enqueuedMs: z.number(),
  trigger: z.enum(TRIGGERS),
  attempt: z.int().min(1),
  deliver: z.enum(DELIVERS).default("fetch"),
  /** Who wants its receipt: the caller, with the answer, or a record, when all of it is settled too. */
  receipt: z.enum(["answer", "record"]).optional(),
  /** The inline body is the whole body. False: the rest follows on the link as body frames. */
  complete: z.boolean(),
});
export type EnvelopeHead = z.infer<typeof EnvelopeHead>;

export interface Envelope {
  head: EnvelopeHead;
  body: Buffer;
}

export function encodeEnvelope(head: z.input<typeof EnvelopeHead>, body: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const out = Buffer.allocUnsafe(4 + json.length + body.byteLength);
  out.writeUInt32LE(json.length, 0);
  out.set(json, 4);
  out.set(body, 4 + json.length);
  return out;
}

/** @throws ZodError, SyntaxError or RangeError when the bytes are no envelope: the caller drops it and logs. */
export function decodeEnvelope(bytes: Buffer): Envelope {
  const headLength = bytes.readUInt32LE(0);
  const head = EnvelopeHead.parse(JSON.parse(bytes.toString("utf8", 4, 4 + headLength)));
  return { head, body: bytes.subarray(4 + headLength) };
}
