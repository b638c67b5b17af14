import { encodeFrame, FrameDecoder, FrameError, type Frame } from "@zygo/contracts/frames";
import { expect, test } from "vitest";
import { FrameReader } from "./frame-reader.ts";

const STREAM = Buffer.concat([
  encodeFrame(4, 1, 1, Buffer.from("first")),
  encodeFrame(6, 2, 0),
  encodeFrame(5, 3, 0, Buffer.alloc(10_000, "b")),
  encodeFrame(5, 3, 1, Buffer.from("last")),
]);

/** What a reader makes of the stream in pieces that lie in one buffer, each over the one before. */
function read(pieceBytes: number): string[] {
  const seen: string[] = [];
  const reader = new FrameReader((frame) => seen.push(show(frame)));
  const shared = Buffer.alloc(pieceBytes);
  for (let at = 0; at < STREAM.length; at += pieceBytes) {
    const piece = shared.subarray(0, STREAM.copy(shared, 0, at, at + pieceBytes));
    reader.push(piece);
    shared.fill(0xff);
  }
  return seen;
}

const show = ({ type, flags, stream, payload }: Frame): string => `${type} ${flags} ${stream} ${payload.toString()}`;

test.each([1, 3, 11, 12, 13, 17, 30, 4096, 20_000])("pieces of %i bytes give the frames that the common decoder gives", (pieceBytes) => {
  const expected: string[] = [];
  new FrameDecoder((frame) => expected.push(show(frame))).push(STREAM);
  expect(read(pieceBytes)).toEqual(expected);
});

test("a frame that is too long is refused, also when its header comes in pieces", () => {
  const header = encodeFrame(5, 1, 0);
  header.writeUInt32LE(2 ** 24, 0);
  const reader = new FrameReader(() => {});
  reader.push(header.subarray(0, 5));
  expect(() => reader.push(header.subarray(5))).toThrow(FrameError);
});
