import { connect } from "node:net";
import { text } from "node:stream/consumers";

const WITHIN_MS = 10_000;

/** Sends bytes that no HTTP client would, and gives all that comes back until the server closes. @throws Error when it does not within 10 s */
export async function rawHttp(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error("no end of the answer")));
  socket.write(bytes);
  return text(socket);
}
