import type { HeaderList } from "@zygo/contracts/frames";
import { connectionOptions, isHopByHop } from "./hop-by-hop.ts";

export interface SentHeaders {
  /** Names and values by turns, without content-length. */
  flat: string[];
  /** What the function says its body has, bytes; undefined when it says nothing that is a number. */
  contentLength: number | undefined;
}

/**
 * The function's headers that reach the client: no hop-by-hop ones, and none of the platform's `x-fn-`. The length is taken out, for
 * the gateway to state it truly.
 */
export function sentHeaders(headers: HeaderList): SentHeaders {
  const listed = connectionOptions(headers.find(([name]) => name.toLowerCase() === "connection")?.[1]);
  const flat: string[] = [];
  let contentLength: number | undefined;
  for (const [raw, value] of headers) {
    const name = raw.toLowerCase();
    if (name === "content-length") contentLength ??= bytes(value);
    else if (!name.startsWith("x-fn-") && !isHopByHop(name, listed)) flat.push(name, value);
  }
  return { flat, contentLength };
}

const bytes = (value: string): number | undefined => (/^\d{1,15}$/.test(value) ? Number(value) : undefined);
