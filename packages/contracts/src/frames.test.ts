import { expect, test } from "vitest";
import { decodeHead, decodeJson, encodeHead, encodeJson, FLAG_END, type Frame, FrameDecoder, FrameError, FrameType } from "./frames.ts";

function decodeOne(bytes: Buffer): Frame {
  let seen: Frame | undefined;
  new FrameDecoder((frame) => (seen = frame)).push(bytes);
  return seen!;
}

test("a head comes out with its body, whatever letters it holds", () => {
  const frame = decodeOne(encodeHead(FrameType.request, 7, { url: "/é" }, Buffer.from("body"), FLAG_END));
  const { head, body } = decodeHead(frame.payload);
  expect([frame.type, frame.stream, frame.flags, head, body.toString()]).toEqual([FrameType.request, 7, FLAG_END, { url: "/é" }, "body"]);
});

test("JSON payloads come out as they went in", () => {
  expect(decodeJson(decodeOne(encodeJson(FrameType.log, 3, { message: "ünï" })).payload)).toEqual({ message: "ünï" });
});

test.each([
  ["shorter than its length field", Buffer.alloc(3)],
  ["longer than its frame", Buffer.from([100, 0, 0, 0, 0, 0])],
  ["no JSON", Buffer.from([2, 0, 0, 0, 0x7b, 0x7b])],
])("a head that is %s is refused", (_, payload) => {
  expect(() => decodeHead(payload)).toThrow(FrameError);
});
