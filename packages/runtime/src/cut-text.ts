import { byteLength, bytesOf } from "./intrinsics.ts";

/** UTF-16 units that are surely no more than this many bytes need not be counted. */
const MOST_BYTES_PER_UNIT = 3;

/** The text, or its first `limit` bytes of UTF-8 and a mark that tells how much is missing. */
export function cutText(text: string, limit: number): string {
  if (text.length * MOST_BYTES_PER_UNIT <= limit) return text;
  const bytes = byteLength(text);
  if (bytes <= limit) return text;
  // The units that could fit are enough to encode: the text may be huge.
  const head = bytesOf(text.slice(0, limit))
    .toString("utf8", 0, limit)
    .replace(/\uFFFD$/, "");
  return `${head}… [${bytes - limit} bytes cut]`;
}
