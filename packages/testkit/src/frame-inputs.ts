import { encodeFrame, FrameType } from "@zygo/contracts/frames";
import fc from "fast-check";

/** JSON with the names that payloads have, of every type. */
const payloadJson = fc.oneof(
  fc.json(),
  fc
    .dictionary(
      fc.constantFrom(
        "status",
        "headers",
        "code",
        "message",
        "stack",
        "ok",
        "handlers",
        "level",
        "text",
        "fields",
        "timeMs",
        "start",
        "timing",
      ),
      fc.oneof(fc.jsonValue(), fc.array(fc.array(fc.string())), fc.integer()),
    )
    .map((value) => JSON.stringify(value)),
);

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  payloadJson.map((text) => Buffer.from(text)),
  fc.tuple(payloadJson, fc.uint8Array({ maxLength: 32 })).map(([text, body]) => withHead(text, body)),
);

function withHead(text: string, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text), body]);
}

const type = fc.oneof(fc.constantFrom(...Object.values(FrameType)), fc.integer({ min: 0, max: 255 }));

const frame = fc
  .tuple(type, fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(0xffff_ffff)), fc.constantFrom(0, 1, 255), payload)
  .map(([kind, stream, flags, bytes]) => encodeFrame(kind, stream, flags, bytes));

/** What a hostile peer may write to a link: frames that are nearly right, and bytes that are no frames. */
export const peerBytes: fc.Arbitrary<Buffer> = fc
  .array(fc.oneof({ weight: 8, arbitrary: frame }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map(Buffer.from) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => Buffer.concat(parts));
