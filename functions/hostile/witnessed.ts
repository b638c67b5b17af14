import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Env, ExportedHandler } from "@zygo/sdk";

/** Tells a witness outside of the platform, at an address of the internet, what it does; the fault harness holds that against what callers were told. */
export const config = {
  timeoutMs: 5_000,
  network: { allow: ["93.184.216.34:7070"] },
  retry: { attempts: 8, backoffMs: 200, maxBackoffMs: 2_000 },
  queue: { batchSize: 5, maxWaitMs: 100, maxAttempts: 8, backoffMs: 200 },
};

let witness: Socket | undefined;

async function tell(deed: { id: string; run: string; phase: "start" | "end" }): Promise<void> {
  if (witness === undefined || witness.destroyed) {
    witness = connect(7070, "93.184.216.34");
    await once(witness, "connect");
  }
  witness.write(`${JSON.stringify({ ...deed, edition: process.env["EDITION"] ?? "" })}\n`);
  await Promise.race([once(witness, "data"), once(witness, "close").then(() => Promise.reject(new Error("the witness is gone")))]);
}

interface Asked {
  id: string;
  /** Works for so long, milliseconds. */
  ms: number;
  /** Fails in its first so many attempts. */
  fail: number;
}

/** Null: it failed, as asked. */
async function work({ id, ms, fail }: Asked, attempt: number): Promise<{ id: string; run: string } | null> {
  const deed = { id, run: randomUUID() };
  await tell({ ...deed, phase: "start" });
  await sleep(ms);
  if (attempt <= fail) return null;
  await tell({ ...deed, phase: "end" });
  return deed;
}

export default {
  async fetch(request: Request, _env: unknown, { attempt }: { attempt: number }): Promise<Response> {
    const asked = new URL(request.url).searchParams;
    const number = (name: string): number => Number(asked.get(name) ?? 0);
    const done = await work({ id: asked.get("id") ?? "", ms: number("ms"), fail: number("fail") }, attempt);
    if (done === null) return new Response("not yet", { status: 500 });
    return Response.json({ ...done, edition: process.env["EDITION"] ?? "" });
  },
  async queue(batch) {
    for (const { body, attempts, ack, retry } of batch.messages) {
      if ((await work(body, attempts)) === null) retry();
      else ack();
    }
  },
} satisfies ExportedHandler<Env, Asked>;
