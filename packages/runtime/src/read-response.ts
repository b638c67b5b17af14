import type { HeaderList } from "@zygo/contracts/frames";
import { display } from "./describe-error.ts";

/** What a handler returned, as far as the answer needs it. */
export interface Answer {
  status: number;
  headers: HeaderList;
  /** null: there is none. A function: the body of a Response without a stream, read when it is needed. */
  body: ReadableStream<unknown> | (() => Promise<ArrayBuffer>) | null;
}

/** Handlers must return a Response. The message says what came instead. */
export class InvalidResponse extends Error {
  override name = "InvalidResponse";
}

interface ResponseLike {
  status: number;
  headers: Headers;
  body?: ReadableStream<unknown> | null;
  bodyUsed?: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Head bytes, about: what must fit into one frame beside a body chunk. */
const MAX_HEADER_CHARS = 256 * 1024;

/**
 * Reads Node's Response or a polyfill's: anything with a status, headers and a body that can be read.
 * @throws InvalidResponse for other things; whatever the members' getters throw passes through.
 */
export function readResponse(returned: unknown): Answer {
  if (!isResponseLike(returned)) throw new InvalidResponse(`The handler returned ${describe(returned)}, not a Response`);
  const { status } = returned;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new InvalidResponse(`The handler's Response has status ${display(status)}; a function answers with 200 to 599`);
  }
  return { status, headers: readHeaders(returned.headers), body: readBody(returned) };
}

function isResponseLike(value: unknown): value is ResponseLike {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers, arrayBuffer } = value as Partial<ResponseLike>;
  return typeof status === "number" && typeof headers?.forEach === "function" && typeof arrayBuffer === "function";
}

function readHeaders(headers: Headers): HeaderList {
  const list: HeaderList = [];
  let chars = 0;
  const add = (value: string, name: string): void => {
    chars += name.length + value.length;
    list[list.length] = [name, value];
  };
  // Node's own `forEach` yields each set-cookie apart; a polyfill's may join them.
  const apart = typeof headers.getSetCookie === "function";
  headers.forEach((value, name) => {
    if (!apart || name !== "set-cookie") add(value, name);
  });
  if (apart) for (const cookie of headers.getSetCookie()) add(cookie, "set-cookie");
  if (chars > MAX_HEADER_CHARS) throw new InvalidResponse("The handler's Response has more than 256 KiB of headers");
  return list;
}

function readBody(response: ResponseLike): Answer["body"] {
  const { body } = response;
  if (body === null || response.status === 204 || response.status === 304) return null;
  if (response.bodyUsed === true || body?.locked === true)
    throw new InvalidResponse("The handler's Response has a body that was read already");
  return typeof body?.getReader === "function" ? body : () => response.arrayBuffer();
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object" && typeof value !== "function") return `a ${typeof value}`;
  return `${typeof value === "function" ? "a function" : "an object"}, ${display(value).slice(0, 200)}`;
}
