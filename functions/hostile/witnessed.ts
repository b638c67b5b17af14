import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Tells a witness outside of the platform, at an address of the internet, what it does; the fault harness holds that against what callers were told. */
export const config = {
  timeoutMs: 5_000,
  network: { allow: ["93.184.216.34:7070"] },
  retry: { attempts: 8, backoffMs: 200, maxBackoffMs: 2_000 },
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

/** `?id=` who asks; `&ms=` works for so long; `&fail=n` fails in its first n attempts. */
export default async function witnessed(request: Request, _env: unknown, { attempt }: { attempt: number }): Promise<Response> {
  const asked = new URL(request.url).searchParams;
  const deed = { id: asked.get("id") ?? "", run: randomUUID() };
  await tell({ ...deed, phase: "start" });
  await sleep(Number(asked.get("ms") ?? 0));
  if (attempt <= Number(asked.get("fail") ?? 0)) return new Response("not yet", { status: 500 });
  await tell({ ...deed, phase: "end" });
  return Response.json({ ...deed, edition: process.env["EDITION"] ?? "" });
}
