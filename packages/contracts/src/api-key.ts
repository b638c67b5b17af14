import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** RFC 4648 base32 in lower case: 32 letters, so that five bits of a random byte pick one without bias. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_LETTERS = 10;
/** 160 bits. */
const SECRET_LETTERS = 32;
const CHECK_LETTERS = 7;
const FORMAT = new RegExp(`^zk_([a-z2-7]{${ID_LETTERS}})_[a-z2-7]{${SECRET_LETTERS + CHECK_LETTERS}}$`);

/** Longest text that can be a key, of this format or of an older one, characters. */
const MAX_KEY_LENGTH = 512;

/**
 * A fresh key: `zk_<id>_<secret><checksum>`. The prefix and the checksum (CRC-32 of what stands before it, in base32) let a scanner that
 * looks for leaked secrets tell a real key from a look-alike without asking anyone.
 */
export function makeApiKey(): { id: string; key: string } {
  const id = letters(ID_LETTERS);
  const body = `zk_${id}_${letters(SECRET_LETTERS)}`;
  return { id, key: body + checksum(body) };
}

/** The id that a key names; null when its form or checksum is wrong, as it is for keys of the older form. Says nothing of its validity. */
export function idOfKey(key: string): string | null {
  const id = FORMAT.exec(key)?.[1];
  if (id === undefined) return null;
  const body = key.slice(0, -CHECK_LETTERS);
  return key.endsWith(checksum(body)) ? id : null;
}

/** SHA-256, hex: all that is kept of a key. Keys are random, so no slow hash is needed. */
export const hashOfKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** The key in an `Authorization` header; null when it holds no bearer token that could be one. */
export function bearerKey(header: string | undefined): string | null {
  const key = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  return key === undefined || key.length > MAX_KEY_LENGTH ? null : key;
}

const letters = (count: number): string => Array.from(randomBytes(count), (byte) => ALPHABET[byte & 31]).join("");

function checksum(text: string): string {
  const value = crc32(text);
  return Array.from({ length: CHECK_LETTERS }, (_, at) => ALPHABET[(value >>> (5 * at)) & 31]).join("");
}
