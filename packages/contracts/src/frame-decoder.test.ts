import { expect, test } from "vitest";
import { encodeFrame, FrameDecoder, FrameError, MAX_PAYLOAD_BYTES, type Frame } from "./frames.ts";

const show = ({ type, flags, stream, payload }: Frame): string => `${type} ${flags} ${stream} ${payload.toString("latin1")}`;
const STREAM = Buffer.concat([
  encodeFrame(4, 1, 1, Buffer.from("first")),
  encodeFrame(6, 2, 0),
  encodeFrame(5, 3, 0, Buffer.alloc(10_000, "b")),
  encodeFrame(5, 4_294_967_295, 1, Buffer.from("last")),
]);
const WHOLE = ["4 1 1 first", "6 0 2 ", `5 0 3 ${"b".repeat(10_000)}`, "5 1 4294967295 last"];

test.each([1, 3, 11, 12, 13, 17, 30, 4096, 20_000])("pieces of %i bytes give the same frames", (bytes) => {
  const seen: string[] = [];
  const decoder = new FrameDecoder((frame) => seen.push(show(frame)));
  for (let at = 0; at < STREAM.length; at += bytes) decoder.push(Buffer.from(STREAM.subarray(at, at + bytes)));
  expect(seen).toEqual(WHOLE);
});

test("the largest frame passes, one byte more is refused before any of it is held", () => {
  const sizes: number[] = [];
  const decoder = new FrameDecoder(({ payload }) => sizes.push(payload.length));
  decoder.push(encodeFrame(5, 1, 0, Buffer.alloc(MAX_PAYLOAD_BYTES)));
  expect(sizes).toEqual([MAX_PAYLOAD_BYTES]);
  const header = encodeFrame(5, 1, 0);
  header.writeUInt32LE(MAX_PAYLOAD_BYTES + 1, 0);
  expect(() => decoder.push(header)).toThrow(FrameError);
});

test("a frame that comes in many pieces is put together once whole", () => {
  const payload = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
  const frame = encodeFrame(5, 1, 0, payload);
  const seen: Buffer[] = [];
  const decoder = new FrameDecoder((whole) => seen.push(Buffer.from(whole.payload)));
  for (let at = 0; at < frame.length; at += 64) decoder.push(frame.subarray(at, at + 64));
  expect(seen.length).toBe(1);
  expect(seen[0]?.equals(payload)).toBe(true);
});
