import { FnError, MAX_MESSAGE_BYTES, MessagesSend, type VersionRecord } from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import type { Sending } from "./message-queue.ts";

/** What somebody wants to send, given as JSON that was parsed. @throws FnError INVALID_REQUEST, PAYLOAD_TOO_LARGE; each names the message */
export function readMessages(value: unknown): Sending["messages"] {
  const parsed = MessagesSend.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path, message }));
    const [first] = issues;
    const detail = `${["body", ...(first?.path ?? []).map(String)].join(".")}: ${first?.message ?? "is malformed"}`;
    throw new FnError("INVALID_REQUEST", detail, { cause: parsed.error, extra: { issues } });
  }
  return parsed.data.messages.map(({ body, delaySeconds = 0 }, at) => ({ body: bytesOf(body, at), delayMs: delaySeconds * 1000 }));
}

function bytesOf(body: unknown, at: number): Buffer {
  const bytes = Buffer.from(textOf(body, at));
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  throw new FnError("PAYLOAD_TOO_LARGE", `Message ${at} has ${bytes.length} bytes of JSON; the most is ${MAX_MESSAGE_BYTES}`);
}

/** What is nested too deeply to be written is refused as such. */
function textOf(body: unknown, at: number): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new FnError("INVALID_REQUEST", `body.messages.${at}.body: is nested too deeply`, { cause });
  }
}

/** Messages for a version that takes none are refused where they are sent. @throws FnError INVALID_REQUEST */
export function requireQueueHandler({ function: id, handlers }: Pick<VersionRecord, "function" | "handlers">): void {
  if (handlers.includes("queue")) return;
  const detail = `'${localName(id)}' has no \`queue\` handler: export default { async queue(batch, env, ctx) { … } }`;
  throw new FnError("INVALID_REQUEST", detail);
}
