/** Both decoders cut any stream of bytes, however it is chunked, into the same frames, and throw nothing but FrameError. */
import { FrameDecoder, FrameError, type Frame } from "@zygo/contracts/frames";
import { fc, fuzz, FUZZ_DEADLINE_MS, peerBytes } from "@zygo/testkit";
import { expect, test } from "vitest";
import { FrameReader } from "../src/frame-reader.ts";

interface Reader {
  push(bytes: Buffer): void;
}

function cut(make: (onFrame: (frame: Frame) => void) => Reader, chunks: Buffer[]): unknown[] {
  const seen: unknown[] = [];
  const reader = make(({ type, flags, stream, payload }) => seen.push([type, flags, stream, payload.toString("hex")]));
  try {
    for (const chunk of chunks) reader.push(Buffer.from(chunk));
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    seen.push("violation");
  }
  return seen;
}

function chunked(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

test(
  "frame decoders",
  () =>
    fuzz(
      "frame decoders",
      fc.tuple(peerBytes, fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 })),
      ([bytes, sizes]) => {
        const whole = cut((onFrame) => new FrameDecoder(onFrame), [bytes]);
        expect(cut((onFrame) => new FrameDecoder(onFrame), chunked(bytes, sizes))).toEqual(whole);
        expect(cut((onFrame) => new FrameReader(onFrame), chunked(bytes, sizes))).toEqual(whole);
      },
    ),
  FUZZ_DEADLINE_MS,
);
