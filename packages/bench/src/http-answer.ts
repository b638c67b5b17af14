/** An HTTP/1.1 answer, as far as a benchmark looks at it. */
export interface Answer {
  status: number;
  /** Lower-case names. */
  headers: ReadonlyMap<string, string>;
}

/** The first answer in `bytes` and how many of them it takes; undefined as long as it is not whole. @throws Error when it is no answer of ours */
export function takeAnswer(bytes: Buffer): { answer: Answer; length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const answer = parseHead(bytes.toString("latin1", 0, headEnd));
  const length = bodyEnd(bytes, headEnd + 4, answer.headers);
  return length === undefined || length > bytes.length ? undefined : { answer, length };
}

function parseHead(text: string): Answer {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  if (status === undefined) throw new Error(`not an HTTP/1.1 answer: ${JSON.stringify(first.slice(0, 80))}`);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), headers: new Map(headers) };
}

/** Undefined: not known yet. @source RFC 9112, 6.3 and 7.1 */
function bodyEnd(bytes: Buffer, start: number, headers: Answer["headers"]): number | undefined {
  if (headers.get("transfer-encoding") === "chunked") return chunksEnd(bytes, start);
  const length = headers.get("content-length");
  if (length === undefined || !/^\d+$/.test(length))
    throw new Error("an answer that tells no length ends with its connection, which is kept here");
  return start + Number(length);
}

function chunksEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("a chunk without a size");
    at = lineEnd + 2 + size + 2;
    if (size === 0) return at;
  }
}
