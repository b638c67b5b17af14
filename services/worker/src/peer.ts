import { ERRORS, isErrorCode, type ErrorCode } from "@zygo/contracts";
import { decodeHead, decodeJson, FrameError } from "@zygo/contracts/frames";
import { z } from "zod";

/** What an instance says. It runs tenant code, so nothing in it is believed before it went through here. */

/** Values nested deeper than this are not kept: rendering them again recurses, and would overflow this process's stack. */
const MAX_DEPTH = 64;
/** Longest JSON head: with a whole window of body and what the worker adds it still fits into a frame to the gateway. Bytes. */
const MAX_HEAD_BYTES = 640 * 1024;

const text = (max: number) => z.string().transform((value) => (value.length > max ? `${value.slice(0, max)}…` : value));

const ThrownError = z.object({ name: text(256), message: text(8 * 1024), stack: text(32 * 1024).optional() });

/** An instance speaks of the function's faults alone, never of the platform's. */
const FunctionCode = z
  .string()
  .refine(
    (code): code is ErrorCode =>
      isErrorCode(code) && (ERRORS[code].blame === "function" || code === "METHOD_NOT_ALLOWED" || code === "INVALID_REQUEST"),
  );

export const Hello = z.object({});

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export const PeerResponse = z.object({
  status: z.int().min(200).max(599),
  headers: z.array(z.tuple([z.string().regex(HEADER_NAME), z.string().regex(HEADER_VALUE)])).max(1000),
  handlerMs: z.number().min(0).optional(),
});
export type PeerResponse = z.infer<typeof PeerResponse>;

export const PeerFailure = z.object({ code: FunctionCode, detail: text(2 * 1024), error: ThrownError.optional() });
export type PeerFailure = z.infer<typeof PeerFailure>;

/** The last millisecond that a date can name. @source ECMA-262, 21.4.1.1 */
const LAST_MS = 8.64e15;

export const PeerLog = z.object({
  time: z.number().min(0).max(LAST_MS),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: text(32 * 1024),
  fields: z
    .record(z.string(), z.unknown())
    .transform((fields) => (isShallow(fields) ? fields : { omitted: `fields nested more than ${MAX_DEPTH} deep` }))
    .optional(),
});
export type PeerLog = z.infer<typeof PeerLog>;

export const PeerLoaded = z.object({
  ok: z.boolean(),
  loadMs: z.number().min(0),
  config: z.unknown().refine((config) => isShallow(config)),
  handlers: z.array(z.string().max(64)).max(64),
  error: ThrownError.extend({ code: FunctionCode.catch("FUNCTION_LOAD_FAILED") }).optional(),
});
export type PeerLoaded = z.infer<typeof PeerLoaded>;

export const PeerDone = z.object({ durationMs: z.number() });
export type PeerDone = z.infer<typeof PeerDone>;

/** @throws FrameError when the payload is not what it should be. */
export function parsePeer<T>(schema: z.ZodType<T>, payload: Buffer): T {
  return checked(schema, decodeJson(payload));
}

/** @throws FrameError */
export function parsePeerHead<T>(schema: z.ZodType<T>, payload: Buffer): { head: T; body: Buffer } {
  const { head, body } = decodeHead(payload);
  if (payload.length - body.length > MAX_HEAD_BYTES) throw new FrameError("head is too long");
  return { head: checked(schema, head), body };
}

/** @throws FrameError */
export function parseWindow(payload: Buffer): number {
  if (payload.length !== 4) throw new FrameError("window frame is not four bytes");
  return payload.readUInt32LE(0);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new FrameError("payload is not of its frame's shape", { cause: result.error });
  return result.data;
}

/** Of a parsed JSON value. Its own recursion is bounded. */
function isShallow(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}
