/**
 * The frame protocol: one codec for both links an invocation crosses, gateway ↔ worker and worker ↔ instance.
 *
 *   header, 12 bytes, little endian:  u32 payload bytes · u8 type · u8 flags · u16 zero · u32 stream
 *
 * A stream is one invocation. On the gateway link the gateway picks the number, on the instance link the worker does; the worker
 * relays body, window and cancel frames by rewriting the number alone. Stream 0 is the link itself.
 *
 * Flow control, per stream and direction: a sender may have WINDOW_BYTES of body bytes outstanding; the receiver returns credit
 * with `window` frames as it consumes. Body bytes inside `request` and `response` frames count too. Overrunning the window is a
 * protocol violation: the receiver ends the link.
 *
 * node: built-ins only: this file is bundled into the runtime of every sandbox.
 */

export type * from "./frame-payloads.ts";

export const FrameType = {
  /** First frame on a link. worker → gateway `HelloPayload`; instance → worker `{}` once it can take `load`. JSON. */
  hello: 1,
  /** worker → gateway: this worker has taken the invocation off the queue. No payload. */
  claim: 2,
  /** → instance: `[u32 head bytes][RequestHead JSON][body bytes]`; flag END when the body is complete. */
  request: 3,
  /** ← instance: `[u32 head bytes][ResponseHead JSON][body bytes]`; flag END when the body is complete. */
  response: 4,
  /** either way: body bytes; flag END on the last (which may be empty). */
  body: 5,
  /** either way: u32, bytes of credit returned to the sender of the body. */
  window: 6,
  /** → instance: the caller left. Aborts `request.signal`. No payload. */
  cancel: 7,
  /** → gateway: `FailurePayload` JSON, ends the stream. instance → worker: the same, for a handler that threw. */
  failure: 8,
  /** instance → worker: `LogPayload` JSON; stream of the invocation, or 0 outside one. */
  log: 9,
  /** worker → instance, stream 0: `LoadPayload` JSON. Once in an instance's life. */
  load: 10,
  /** instance → worker, stream 0: `LoadedPayload` JSON. */
  loaded: 11,
  /** instance → worker: the answer is out and every waitUntil has settled: `DonePayload` JSON. The stream number is free again. */
  done: 12,
  /** worker → template, stream 0: load no more, serve no more, fork from now on. No payload; its answer goes to the launcher. */
  freeze: 13,
  /**
   * worker → gateway, where the envelope asks: `Receipt` JSON. Of the invocation's stream: right before the frame that ends its answer. Of
   * stream 0: once all of it is settled, for `receipt: "record"` alone.
   */
  receipt: 14,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

// Taken once: in a sandbox this file shares its globals with a function that may replace them.
const { parse, stringify } = JSON;
const { allocUnsafe, byteLength } = Buffer;

export const FLAG_END = 1;
export const HEADER_BYTES = 12;
/** Longest payload that a peer may send; longer is a protocol violation. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;
/** Body bytes a sender may have outstanding on a stream. */
export const WINDOW_BYTES = 256 * 1024;
/** Senders split bodies into frames of at most this. */
export const BODY_CHUNK_BYTES = 64 * 1024;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  /** A view into the receive buffer: valid until the handler returns, copy it to keep it. */
  payload: Buffer;
}

/** Encode one frame; `parts` are concatenated into the payload. */
export function encodeFrame(type: number, stream: number, flags: number, ...parts: Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const frame = allocUnsafe(HEADER_BYTES + length);
  writeHeader(frame, type, stream, flags, length);
  let at = HEADER_BYTES;
  for (const part of parts) {
    frame.set(part, at);
    at += part.byteLength;
  }
  return frame;
}

export function encodeJson(type: number, stream: number, value: unknown, flags = 0): Buffer {
  return encodeText(type, stream, stringify(value), flags);
}

/** As `encodeJson`, for a payload that is JSON text already. */
export function encodeText(type: number, stream: number, json: string, flags = 0): Buffer {
  const length = byteLength(json);
  const frame = allocUnsafe(HEADER_BYTES + length);
  writeHeader(frame, type, stream, flags, length);
  frame.write(json, HEADER_BYTES, "utf8");
  return frame;
}

/** `request` and `response`: a JSON head followed by body bytes. */
export function encodeHead(type: number, stream: number, head: unknown, body: Uint8Array, flags: number): Buffer {
  return encodeHeadText(type, stream, stringify(head), body, flags);
}

/** As `encodeHead`, for a head that is JSON text already. */
export function encodeHeadText(type: number, stream: number, json: string, body: Uint8Array, flags: number): Buffer {
  const headLength = byteLength(json);
  const frame = allocUnsafe(HEADER_BYTES + 4 + headLength + body.byteLength);
  writeHeader(frame, type, stream, flags, 4 + headLength + body.byteLength);
  frame.writeUInt32LE(headLength, HEADER_BYTES);
  frame.write(json, HEADER_BYTES + 4, "utf8");
  frame.set(body, HEADER_BYTES + 4 + headLength);
  return frame;
}

/**
 * The start of a frame whose last `bodyBytes` the caller writes right behind it: large bodies need no copy.
 * `head` is the JSON text of a `request` or `response`; absent: a `body` frame.
 */
export function encodePrefix(type: number, stream: number, bodyBytes: number, head?: string): Buffer {
  const headLength = head === undefined ? 0 : byteLength(head);
  const length = head === undefined ? 0 : 4 + headLength;
  const frame = allocUnsafe(HEADER_BYTES + length);
  writeHeader(frame, type, stream, 0, length + bodyBytes);
  if (head === undefined) return frame;
  frame.writeUInt32LE(headLength, HEADER_BYTES);
  frame.write(head, HEADER_BYTES + 4, "utf8");
  return frame;
}

export function encodeWindow(stream: number, bytes: number): Buffer {
  const frame = allocUnsafe(HEADER_BYTES + 4);
  writeHeader(frame, FrameType.window, stream, 0, 4);
  frame.writeUInt32LE(bytes, HEADER_BYTES);
  return frame;
}

/** @throws FrameError when the payload is no head. The body is a view into the payload. */
export function decodeHead(payload: Buffer): { head: unknown; body: Buffer } {
  if (payload.length < 4) throw new FrameError("head frame shorter than its length field");
  const headLength = payload.readUInt32LE(0);
  if (4 + headLength > payload.length) throw new FrameError("head longer than its frame");
  return { head: decodeJson(payload.subarray(4, 4 + headLength)), body: payload.subarray(4 + headLength) };
}

/** @throws FrameError when the payload is no JSON. */
export function decodeJson(payload: Buffer): unknown {
  try {
    return parse(payload.toString("utf8")) as unknown;
  } catch (cause) {
    throw new FrameError("payload is not JSON", { cause });
  }
}

/** The peer broke the protocol; the link must end. */
export class FrameError extends Error {
  override name = "FrameError";
}

const NOTHING = allocUnsafe(0);

/**
 * Cuts a byte stream into frames. Feed it what the socket yields; it calls `onFrame` for each whole frame, in order. A peer that dribbles
 * costs memory and time in proportion to what it sent, not to what its header announces.
 */
export class FrameDecoder {
  /** The beginning of a frame that is not whole: its first `#length` bytes. */
  #held = NOTHING;
  #length = 0;
  /** Bytes of it to wait for: a header, or a whole frame. */
  #needed = HEADER_BYTES;
  readonly #onFrame: (frame: Frame) => void;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws FrameError on a header that no peer of ours writes. */
  push(chunk: Buffer): void {
    if (this.#length === 0) return this.#cut(chunk);
    this.#hold(chunk);
    if (this.#length < this.#needed) return;
    const whole = this.#held.subarray(0, this.#length);
    this.#held = NOTHING;
    this.#length = 0;
    this.#cut(whole);
  }

  #cut(buffer: Buffer): void {
    this.#needed = HEADER_BYTES;
    while (buffer.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + readPayloadLength(buffer, 0);
      this.#needed = end;
      if (buffer.length < end) break;
      this.#onFrame(readFrame(buffer, 0, end - HEADER_BYTES));
      this.#needed = HEADER_BYTES;
      buffer = buffer.subarray(end);
    }
    if (buffer.length > 0) this.#hold(buffer);
  }

  #hold(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#held.length) {
      const grown = allocUnsafe(Math.max(length, Math.min(2 * this.#held.length, this.#needed)));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(chunk, this.#length);
    this.#length = length;
  }
}

/** Payload bytes of the frame whose header is at `at`. @throws FrameError on a header that no peer of ours writes. */
export function readPayloadLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at);
  if (length > MAX_PAYLOAD_BYTES || bytes.readUInt16LE(at + 6) !== 0) throw new FrameError("malformed frame header");
  return length;
}

/** The frame of `payloadLength` bytes whose header is at `at`; its payload is a view. */
export function readFrame(bytes: Buffer, at: number, payloadLength: number): Frame {
  return {
    type: bytes.readUInt8(at + 4),
    flags: bytes.readUInt8(at + 5),
    stream: bytes.readUInt32LE(at + 8),
    payload: bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + payloadLength),
  };
}

function writeHeader(frame: Buffer, type: number, stream: number, flags: number, length: number): void {
  frame.writeUInt32LE(length, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt8(flags, 5);
  frame.writeUInt16LE(0, 6);
  frame.writeUInt32LE(stream, 8);
}
