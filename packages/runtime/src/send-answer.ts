import { bytesOf } from "./intrinsics.ts";
import type { OutgoingBody } from "./outgoing-body.ts";
import type { Answer } from "./read-response.ts";

type Reader = ReadableStreamDefaultReader<unknown>;

const { isView } = ArrayBuffer;
const NativeArrayBuffer = ArrayBuffer;

/** Sends the body and ends the answer. Resolves when it is out, or when `out` was cut; then the stream is cancelled. Rejects with the body's error. */
export async function sendBody(body: NonNullable<Answer["body"]>, out: OutgoingBody, onReader: (reader: Reader) => void): Promise<void> {
  out.sendHeadSoon();
  if (typeof body === "function") {
    await out.write(new Uint8Array(await body()));
    return out.end();
  }
  const reader = body.getReader();
  onReader(reader);
  for (;;) {
    const { done, value } = await reader.read();
    if (out.isCut) return;
    if (done) return out.end();
    const blocked = out.write(toBytes(value));
    if (blocked !== undefined) await blocked;
  }
}

/** Streams should yield Uint8Array; strings and other buffers are taken for what they mean. @throws TypeError for the rest. */
function toBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return bytesOf(chunk);
  if (chunk instanceof NativeArrayBuffer) return new Uint8Array(chunk);
  if (isView(chunk)) return chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`A response body yielded a ${typeof chunk}; it must yield Uint8Array`);
}
