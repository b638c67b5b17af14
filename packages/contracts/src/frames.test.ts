import { describe, expect, it } from "vitest";
import { decodeHead, decodeJson, encodeFrame, encodeHead, encodeJson, encodeWindow, FLAG_END, type Frame, FrameDecoder, FrameError, FrameType, HEADER_BYTES } from "./frames.ts";

/** Feeds the bytes in pieces of `size`; copies payloads, which are views. */
function decode(bytes: Buffer, size = bytes.length): Frame[] {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((frame) => frames.push({ ...frame, payload: Buffer.from(frame.payload) }));
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
  return frames;
}

describe("frames", () => {
  const sent = Buffer.concat([
    encodeJson(FrameType.hello, 0, { a: "é" }),
    encodeHead(FrameType.request, 7, { url: "/x" }, Buffer.from("body"), FLAG_END),
    encodeFrame(FrameType.body, 0xffffffff, 0, Buffer.from("a"), Buffer.from("bc")),
    encodeWindow(9, 65536),
    encodeFrame(FrameType.done, 1, 0),
  ]);

  it.each([1, 2, 5, 11, 12, 13, 64, 10_000])("come out as they went in, in pieces of %i bytes", (size) => {
    const frames = decode(sent, size);
    expect(frames.map(({ type, flags, stream }) => [type, flags, stream])).toEqual([
      [FrameType.hello, 0, 0],
      [FrameType.request, FLAG_END, 7],
      [FrameType.body, 0, 0xffffffff],
      [FrameType.window, 0, 9],
      [FrameType.done, 0, 1],
    ]);
    expect(decodeJson(frames[0]!.payload)).toEqual({ a: "é" });
    const { head, body } = decodeHead(frames[1]!.payload);
    expect([head, body.toString(), frames[2]!.payload.toString()]).toEqual([{ url: "/x" }, "body", "abc"]);
    expect(frames[3]!.payload.readUInt32LE(0)).toBe(65536);
  });

  it("refuse a header that no peer of ours writes", () => {
    const long = Buffer.alloc(HEADER_BYTES);
    long.writeUInt32LE(0x7fffffff, 0);
    const reserved = Buffer.alloc(HEADER_BYTES);
    reserved.writeUInt16LE(1, 6);
    for (const header of [long, reserved]) expect(() => decode(header)).toThrow(FrameError);
  });

  it("refuse a head that is none", () => {
    const beyond = Buffer.alloc(6);
    beyond.writeUInt32LE(100, 0);
    for (const payload of [Buffer.alloc(3), beyond, Buffer.from([2, 0, 0, 0, 0x7b, 0x7b])]) expect(() => decodeHead(payload)).toThrow(FrameError);
  });
});
