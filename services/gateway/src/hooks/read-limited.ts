import { FnError } from "@zygo/contracts";

/** A sender has this long for its body, milliseconds. */
const BODY_MS = 30_000;

/** The raw bytes of a body. @throws FnError PAYLOAD_TOO_LARGE as soon as it is known, INVALID_REQUEST when it does not come */
export async function readLimited(request: Request, maxBytes: number, taker = "The webhook"): Promise<Buffer> {
  const tooLarge = new FnError("PAYLOAD_TOO_LARGE", `${taker} takes at most ${maxBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge;
  if (request.body === null) return Buffer.alloc(0);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const late = setTimeout(() => void reader.cancel().catch(() => {}), BODY_MS);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      if ((bytes += read.value.byteLength) > maxBytes) throw tooLarge;
    }
  } catch (cause) {
    void reader.cancel().catch(() => {});
    throw cause instanceof FnError ? cause : new FnError("INVALID_REQUEST", "The body broke off", { cause });
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}
