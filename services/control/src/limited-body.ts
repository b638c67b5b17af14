import { FnError } from "@zygo/contracts";
import { parseJson } from "./parse.ts";

/**
 * The body of a request, cut off at `maxBytes`: at once when it announces more, else when it has sent more.
 * Nothing is kept: reading is the caller's.
 * @throws FnError PAYLOAD_TOO_LARGE, also from the stream that is returned.
 */
export function limitedBody(request: Request, maxBytes: number): ReadableStream<Uint8Array> | null {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  let left = maxBytes;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) controller.error(tooLarge(maxBytes));
      else controller.enqueue(chunk);
    },
  });
  return request.body?.pipeThrough(count) ?? null;
}

export const tooLarge = (maxBytes: number, what = "The request"): FnError =>
  new FnError("PAYLOAD_TOO_LARGE", `${what} is larger than ${maxBytes} bytes`);

/** @throws FnError PAYLOAD_TOO_LARGE */
async function readText(request: Request, maxBytes: number): Promise<string> {
  return new Response(limitedBody(request, maxBytes)).text();
}

/** Longest JSON body of an operation that is no upload, bytes. */
const MAX_JSON_BYTES = 64 * 1024;

/** @throws FnError PAYLOAD_TOO_LARGE, INVALID_REQUEST */
export const readJson = async (request: Request, maxBytes = MAX_JSON_BYTES): Promise<unknown> =>
  parseJson(await readText(request, maxBytes), "The body");
