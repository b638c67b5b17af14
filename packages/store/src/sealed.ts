import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { FnError } from "@zygo/contracts";

const FORMAT = "s1";
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** @source NIST SP 800-38D, 8.2.2: random 96-bit nonces are good for 2^32 values under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts values that are stored: secrets of webhooks and functions. */
export interface Sealer {
  /**
   * `s1.<key id>.<base64url of nonce, tag and ciphertext>`; sealing the same text twice gives two values.
   * @param context where the value belongs, e.g. `webhook:<function>/<name>`: it opens with the same context alone, so that whoever
   * can write to the store cannot make one place's value another's.
   */
  seal(text: string, context: string): string;
  /** @throws FnError INTERNAL when the value was sealed with another key, for another context, or is damaged. */
  open(sealed: string, context: string): string;
}

/** @param keyHex the text of `homePaths().secretsKey`: 32 bytes in hex. @throws Error when it is not that. */
export function createSealer(keyHex: string): Sealer {
  const key = Buffer.from(keyHex.trim(), "hex");
  if (key.length !== KEY_BYTES || key.toString("hex") !== keyHex.trim()) throw new Error(`a sealing key is ${KEY_BYTES} bytes in hex`);
  const keyId = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${FORMAT}.${keyId}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")}`;
    },
    open(sealed, context) {
      const [format, sealedWith, payload = "", ...rest] = sealed.split(".");
      if (format !== FORMAT || rest.length > 0) throw cannotOpen("it is of no known format");
      if (sealedWith !== keyId) throw cannotOpen(`it was sealed with key ${sealedWith ?? ""}, and this installation has ${keyId}`);
      try {
        const bytes = Buffer.from(payload, "base64url");
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
      } catch (cause) {
        throw cannotOpen("it is damaged or belongs elsewhere", cause);
      }
    },
  };
}

function cannotOpen(why: string, cause?: unknown): FnError {
  const reason = new Error(`a stored secret cannot be opened: ${why}`, cause === undefined ? undefined : { cause });
  return new FnError("INTERNAL", "A stored secret cannot be opened: see the log", { cause: reason });
}
