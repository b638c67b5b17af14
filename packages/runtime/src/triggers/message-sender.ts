import { PLATFORM_HOSTS } from "@zygo/contracts/names";
import { jsonText, stringOf } from "../intrinsics.ts";

interface Recipient {
  /** Name of a function of the same tenant; default: the sender itself. */
  to?: string;
}

interface SendOptions extends Recipient {
  delaySeconds?: number;
}

interface Answer {
  ids?: string[];
  code?: string;
  detail?: string;
}

const nativeFetch = globalThis.fetch;

/** `env.queue`; `QueueSender` of `@zygo/sdk`. The worker vouches for who sends: nothing here can say otherwise. */
export class MessageSender {
  readonly send: (body: unknown, options?: SendOptions) => Promise<string>;
  readonly sendBatch: (messages: Iterable<{ body: unknown; delaySeconds?: number }>, options?: Recipient) => Promise<string[]>;

  /** @param self the name of the function within its tenant */
  constructor(self: string) {
    this.send = async (body, { to = self, delaySeconds } = {}) => (await post(to, [{ body, delaySeconds }]))[0]!;
    this.sendBatch = (messages, { to = self } = {}) => post(to, [...messages]);
    Object.freeze(this);
  }
}

/** @throws Error with the platform's `code`; TypeError when there is no body to send. */
async function post(to: string, messages: { body: unknown; delaySeconds?: number | undefined }[]): Promise<string[]> {
  for (const { body } of messages) if (body === undefined) throw new TypeError("env.queue: a message's body must be a JSON value");
  const url = `http://${PLATFORM_HOSTS.queue}/${encodeURIComponent(stringOf(to))}`;
  const headers = { "content-type": "application/json" };
  const answer = await nativeFetch(url, { method: "POST", body: jsonText({ messages }), headers });
  const { ids, code, detail } = (await answer.json()) as Answer;
  if (answer.status !== 202 || ids === undefined) throw Object.assign(new Error(`env.queue: ${detail ?? answer.statusText}`), { code });
  return ids;
}
