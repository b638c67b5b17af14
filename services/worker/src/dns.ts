/**
 * The few records that a sandbox's resolver answers itself: `*.fn.internal` is this very sandbox, where the worker listens.
 * @source RFC 1035 (messages), RFC 8020 (NXDOMAIN)
 */
const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const TYPE_A = 1;
const CLASS_IN = 1;
const NOERROR = 0;
const FORMERR = 1;
const NOTIMP = 4;
const REFUSED = 5;
const TTL_SECONDS = 60;
/** A compression pointer to the question's name, which follows the header. */
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;

interface Question {
  name: string;
  type: number;
  class: number;
  /** Offset after the question. */
  end: number;
}

/** The answer to one packet; undefined when it deserves none (not a query, or too short to answer). Never throws. */
export function answerDns(query: Buffer, domain: string): Buffer | undefined {
  if (query.length < HEADER_BYTES || isResponse(query)) return undefined;
  if (opcode(query) !== 0) return reply(query, undefined, NOTIMP);
  const question = query.readUInt16BE(4) === 1 ? readQuestion(query) : undefined;
  if (question === undefined) return reply(query, undefined, FORMERR);
  if (question.class !== CLASS_IN || !question.name.endsWith(`.${domain}`)) return reply(query, question, REFUSED);
  return reply(query, question, NOERROR, question.type === TYPE_A ? loopbackRecord() : undefined);
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
  return { name: labels.join("."), type: packet.readUInt16BE(at), class: packet.readUInt16BE(at + 2), end: at + 4 };
}

function reply(query: Buffer, question: Question | undefined, code: number, record?: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  const recursionDesired = query.readUInt8(2) & 0x01;
  header.writeUInt8(0x80 | (opcode(query) << 3) | 0x04 | recursionDesired, 2);
  header.writeUInt8(0x80 | code, 3);
  header.writeUInt16BE(question === undefined ? 0 : 1, 4);
  header.writeUInt16BE(record === undefined ? 0 : 1, 6);
  const asked = question === undefined ? Buffer.alloc(0) : query.subarray(HEADER_BYTES, question.end);
  return Buffer.concat([header, asked, record ?? Buffer.alloc(0)]);
}

function loopbackRecord(): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(POINTER_TO_QUESTION, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set([127, 0, 0, 1], 12);
  return record;
}
