/**
 * DNS messages of sandboxes: read, answered. `*.fn.internal` is the very sandbox that asks, where the worker listens.
 * @source RFC 1035 (messages), RFC 8020 (NXDOMAIN)
 */
const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const TYPE_A = 1;
const CLASS_IN = 1;
/** Response codes. */
export const DNS = { ok: 0, malformed: 1, failed: 2, noSuchName: 3, notImplemented: 4, refused: 5 } as const;
const INTERNAL_TTL_SECONDS = 60;
const LABEL = /^[a-z0-9_-]+$/;
/** A compression pointer to the question's name, which follows the header. */
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;

interface Question {
  labels: string[];
  type: number;
  class: number;
  /** Offset after the question. */
  end: number;
}

/** What a sandbox asks of a name that is not this platform's. */
export interface DnsQuestion {
  /** Lower case, without a trailing dot. */
  name: string;
  /** It asks for IPv4 addresses. */
  wantsAddresses: boolean;
  reply(code: number, addresses?: readonly string[], ttlSeconds?: number): Buffer;
}

/**
 * Reads one packet: what can be answered at once (names below `domain`, all of which are here, and what is wrong) is; undefined when it
 * deserves no answer (not a query, or too short to answer). Never throws.
 */
export function readDns(query: Buffer, domain: string): { answer: Buffer } | { question: DnsQuestion } | undefined {
  if (query.length < HEADER_BYTES || isResponse(query)) return undefined;
  if (opcode(query) !== 0) return { answer: reply(query, undefined, DNS.notImplemented) };
  const question = query.readUInt16BE(4) === 1 ? readQuestion(query) : undefined;
  if (question === undefined) return { answer: reply(query, undefined, DNS.malformed) };
  // A label may hold any byte, a dot too; a name that is not plainly a host's is one to go wrong with.
  if (question.class !== CLASS_IN || !question.labels.every((label) => LABEL.test(label))) {
    return { answer: reply(query, question, DNS.refused) };
  }
  const name = question.labels.join(".");
  const wantsAddresses = question.type === TYPE_A;
  if (name.endsWith(`.${domain}`)) {
    return { answer: reply(query, question, DNS.ok, wantsAddresses ? [addressRecord("127.0.0.1", INTERNAL_TTL_SECONDS)] : []) };
  }
  return {
    question: {
      name,
      wantsAddresses,
      reply: (code, addresses = [], ttlSeconds = 0) =>
        reply(
          query,
          question,
          code,
          addresses.map((address) => addressRecord(address, ttlSeconds)),
        ),
    },
  };
}

const isResponse = (packet: Buffer): boolean => (packet.readUInt8(2) & 0x80) !== 0;
const opcode = (packet: Buffer): number => (packet.readUInt8(2) >> 3) & 0x0f;

/** Labels alone: a query has no need of compression, so a pointer is malformed here and loops cannot be. */
function readQuestion(packet: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63 || at - HEADER_BYTES > MAX_NAME_BYTES) return undefined;
    at++;
    if (length === 0) break;
    if (at + length > packet.length) return undefined;
    labels.push(packet.toString("latin1", at, at + length).toLowerCase());
    at += length;
  }
  if (at + 4 > packet.length) return undefined;
  return { labels, type: packet.readUInt16BE(at), class: packet.readUInt16BE(at + 2), end: at + 4 };
}

function reply(query: Buffer, question: Question | undefined, code: number, records: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  const recursionDesired = query.readUInt8(2) & 0x01;
  header.writeUInt8(0x80 | (opcode(query) << 3) | 0x04 | recursionDesired, 2);
  header.writeUInt8(0x80 | code, 3);
  header.writeUInt16BE(question === undefined ? 0 : 1, 4);
  header.writeUInt16BE(records.length, 6);
  const asked = question === undefined ? Buffer.alloc(0) : query.subarray(HEADER_BYTES, question.end);
  return Buffer.concat([header, asked, ...records]);
}

function addressRecord(address: string, ttlSeconds: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(POINTER_TO_QUESTION, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split(".").map(Number), 12);
  return record;
}
