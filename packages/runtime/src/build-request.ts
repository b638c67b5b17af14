import type { HeaderList, RequestHead } from "@zygo/contracts/frames";
import { NativeRequest } from "./intrinsics.ts";

/** Methods whose Request must not have a body. @source https://fetch.spec.whatwg.org/#dom-request */
export const isBodiless = (method: string): boolean => method === "GET" || method === "HEAD";

interface RequestParts {
  method: string;
  headers: HeaderList;
  signal: AbortSignal;
  body: Uint8Array | ReadableStream<Uint8Array> | null;
  duplex: "half";
}

/**
 * The Request that a handler receives: Node's own, so that `fetch(request)`, `clone` and `instanceof` work.
 * Bytes of the body are copied. @throws TypeError for a method or header that no Request may have.
 */
export function buildRequest(head: RequestHead, body: RequestParts["body"], signal: AbortSignal): Request {
  const parts: RequestParts = { method: head.method, headers: head.headers, signal, body, duplex: "half" };
  return new NativeRequest(head.url, parts);
}
