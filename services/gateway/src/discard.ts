import type { IncomingMessage } from "node:http";

/** How much of a body that nobody wants is read, so that the client gets to read its answer, bytes and milliseconds. */
const DISCARD_BYTES = 16 * 1024 * 1024;
const DISCARD_MS = 2000;

export const hasBody = ({ headers }: Pick<IncomingMessage, "headers">): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

/**
 * Reads the rest of a request body to nowhere; past its bounds the connection is cut. A connection that is closed with unread bytes is
 * reset, and a reset may take the answer with it.
 */
export function discardBody(request: IncomingMessage): void {
  if (!hasBody(request) || request.readableEnded || request.destroyed) return;
  let left = DISCARD_BYTES;
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, DISCARD_MS);
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.on("close", () => clearTimeout(timer));
  request.on("end", () => clearTimeout(timer));
  request.resume();
}
