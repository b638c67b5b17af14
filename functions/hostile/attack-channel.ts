/** The control socket: what it says there is taken for nothing but what an instance may say. `?case=<id>` */
import { fstatSync, readdirSync, writeSync } from "node:fs";
import { serve } from "./attack.ts";

export const config = { timeoutMs: 1_500, reuse: "never" };

/** `u32 payload bytes · u8 type · u8 flags · u16 zero · u32 stream`, little endian, then the payload: contracts/src/frames.ts. */
function frame(type: number, payload: Uint8Array, { stream = 1, length = payload.length } = {}): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32LE(stream, 8);
  return Buffer.concat([head, payload]);
}

/** Writes to every socket that this process has: one of them is the platform's. */
function say(bytes: Uint8Array, times = 1): Promise<never> {
  const sockets = readdirSync("/proc/self/fd").map(Number).filter(isSocket);
  for (let at = 0; at < times; at++) for (const fd of sockets) writeAll(fd, bytes);
  return new Promise(() => {});
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  try {
    writeSync(fd, bytes);
  } catch {
    // full or gone
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** A `response` frame. */
function answer(head: unknown): Buffer {
  const text = json(head);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return frame(4, Buffer.concat([length, text]));
}

export default serve({
  garbage: () => say(Buffer.alloc(4096, 0xa5)),
  zeros: () => say(Buffer.alloc(4096)),
  "half-frame": () => say(frame(4, Buffer.alloc(0), { length: 1000 })),
  "huge-length": () => say(frame(4, Buffer.alloc(0), { length: 0xffff_ffff })),
  "unknown-type": () => say(frame(250, json({}))),
  "foreign-stream": () => say(frame(5, Buffer.from("forged"), { stream: 77 })),
  "second-hello": () => say(frame(1, json({}), { stream: 0 })),
  "bad-head": () => say(frame(4, Buffer.concat([Buffer.from([255, 255, 255, 127]), json({})]))),
  "status-zero": () => say(answer({ status: 0, headers: [] })),
  "split-headers": () => say(answer({ status: 200, headers: [["x", "a\r\nset-cookie: evil=1"]] })),
  "overrun-window": () => say(frame(5, Buffer.alloc(60_000)), 20),
  "flood-frames": () => say(frame(250, Buffer.alloc(0)), 50_000),
});
