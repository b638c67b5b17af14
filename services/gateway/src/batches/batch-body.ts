import { BatchReply } from "@zygo/contracts";
import type { BatchEnd } from "@zygo/core";
import { loadBody, type HeldMessage, type PayloadStore } from "@zygo/queue";
import type { Outcome } from "../jobs/recorded-exchange.ts";

/** A message whose body cannot be read. */
export interface Unreadable {
  message: HeldMessage;
  error: unknown;
}

/** JSON of the BatchPayload of those messages whose bodies can be read: they are JSON already. */
export async function writeBatch(
  payloads: PayloadStore,
  queue: string,
  messages: readonly HeldMessage[],
): Promise<{ body: Buffer; read: HeldMessage[]; unreadable: Unreadable[] }> {
  const parts: Buffer[] = [Buffer.from(`{"queue":${JSON.stringify(queue)},"messages":[`)];
  const read: HeldMessage[] = [];
  const unreadable: Unreadable[] = [];
  const bodies = await Promise.allSettled(messages.map(async ({ job }) => await loadBody(payloads, job.body)));
  bodies.forEach((body, at) => {
    const message = messages[at] as HeldMessage;
    if (body.status === "rejected") return void unreadable.push({ message, error: body.reason });
    const { job, number, base } = message;
    const head = JSON.stringify({ id: job.id, sentMs: job.acceptedMs, attempts: number - base });
    parts.push(Buffer.from(`${read.length === 0 ? "" : ","}${head.slice(0, -1)},"body":`), body.value, Buffer.from("}"));
    read.push(message);
  });
  return { body: Buffer.concat([...parts, Buffer.from("]}")]), read, unreadable };
}

/** How the handler answered. What an instance says is hostile: what is no BatchReply is a failure of the function. */
export function readReply(outcome: Outcome): BatchEnd {
  if (outcome.kind === "error") return { kind: "failed", code: outcome.error.code, detail: outcome.error.message };
  const reply = BatchReply.safeParse(parsed(outcome.answer.body));
  if (!reply.success) return { kind: "failed", code: "FUNCTION_PROTOCOL", detail: "Its answer to a batch is none." };
  const { acks, retries, threw } = reply.data;
  return {
    kind: "answered",
    acks: new Set(acks),
    retries: new Map(retries.map(({ id, delaySeconds }) => [id, delaySeconds === undefined ? null : delaySeconds * 1000])),
    threw: threw ?? null,
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
