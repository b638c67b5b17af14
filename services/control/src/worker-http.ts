import { request } from "node:http";
import { FnError } from "@zygo/contracts";

/** A longer answer is no worker's, bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface WorkerAnswer {
  status: number;
  text: string;
}

/** Thrown when nobody listens at the address: the call was not made. */
export class NotListening extends Error {
  override name = "NotListening";
}

/**
 * One JSON call to a worker's API.
 * @param address `unix:/path`, as the worker announced it.
 * @throws NotListening; Error when the connection broke; the signal's reason.
 */
export function postToWorker(address: string, path: string, body: unknown, signal: AbortSignal): Promise<WorkerAnswer> {
  return call(address, { method: "POST", path, json: JSON.stringify(body) }, signal);
}

/** The same for what only asks. */
export function askWorker(address: string, path: string, signal: AbortSignal): Promise<WorkerAnswer> {
  return call(address, { method: "GET", path }, signal);
}

function call(address: string, asked: { method: string; path: string; json?: string }, signal: AbortSignal): Promise<WorkerAnswer> {
  const socketPath = /^unix:(\/.+)$/.exec(address)?.[1];
  if (socketPath === undefined) return Promise.reject(new NotListening("not an address of a worker"));
  const { method, path, json = "" } = asked;
  const headers = json === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method, headers, signal, agent: false }, (response) => {
      collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    call.on("error", (cause: NodeJS.ErrnoException) => {
      const refused = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      reject(refused ? new NotListening("nobody listens there", { cause }) : cause);
    });
    call.end(json);
  });
}

async function collect(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new FnError("INTERNAL", "The worker's answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
