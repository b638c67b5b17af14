import { FnError } from "@zygo/contracts";
import { MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import type { Asker } from "../exchange.ts";

/** A client that sends nothing of its body for so long is given up, milliseconds. */
const IDLE_MS = 30_000;

/** The whole body of a request. @throws FnError PAYLOAD_TOO_LARGE, INVALID_REQUEST when it does not come, CLIENT_CLOSED_REQUEST */
export function readBody(exchange: Asker): Promise<Buffer> {
  const { request, facts } = exchange;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const idle = setTimeout(() => reject(new FnError("INVALID_REQUEST", "The rest of the request body did not come.")), IDLE_MS);
  request.on("data", (chunk: Buffer) => {
    idle.refresh();
    facts.bytesIn += chunk.length;
    chunks.push(chunk);
    if (facts.bytesIn <= MAX_REQUEST_BYTES) return;
    request.removeAllListeners("data");
    reject(new FnError("PAYLOAD_TOO_LARGE", `The request body has more than ${MAX_REQUEST_BYTES} bytes.`));
  });
  request.once("end", () => resolve(Buffer.concat(chunks)));
  exchange.onLeft = () => reject(new FnError("CLIENT_CLOSED_REQUEST"));
  return promise.finally(() => {
    clearTimeout(idle);
    exchange.onLeft = undefined;
  });
}
