import { webhookSeal, type NewJob, type StoredWebhook, type WebhookProvider } from "@zygo/contracts";
import { signWebhook } from "@zygo/core";
import { createLog } from "@zygo/service";
import { createSealer } from "@zygo/store";
import { expect, test } from "vitest";
import { takeDelivery } from "./hooks.ts";

const NOW = 1_800_000_000_000;
const sealer = createSealer("ab".repeat(32));
const log = createLog({ service: "gateway", level: "error", sink: { write: () => undefined, flush: () => undefined } });

function hookOf(provider: WebhookProvider, more: Partial<StoredWebhook> = {}): StoredWebhook {
  const secret = (text: string, expiresMs: number | null) => ({
    id: text,
    sealed: sealer.seal(text, webhookSeal("h")),
    createdMs: 1,
    expiresMs,
  });
  const secrets = [secret("newest-secret", null), secret("older-secret", NOW + 1), secret("expired-secret", NOW)];
  return { name: "h", function: "acme.f", provider, hmac: null, methods: ["POST"], maxBytes: 1000, createdMs: 1, secrets, ...more };
}

/** A gateway that remembers what it queued, as the async lane does. */
function gateway(hook: StoredWebhook) {
  const jobs: NewJob[] = [];
  const enqueue = (job: NewJob): Promise<{ id: string; duplicate: boolean }> => {
    const duplicate = jobs.some(({ dedupeKey }) => dedupeKey === job.dedupeKey);
    if (!duplicate) jobs.push(job);
    return Promise.resolve({ id: "i".repeat(20), duplicate });
  };
  const store = { webhook: (name: string) => Promise.resolve(name === "h" ? hook : null) };
  const post = (headers: Record<string, string>, body = "{}", init: RequestInit = {}): Promise<Response> => {
    const request = new Request("http://x/hooks/h", { method: "POST", headers, body, ...init });
    return takeDelivery({ store, sealer, queue: { enqueue }, log, now: () => NOW }, "h", request);
  };
  return { jobs, post };
}

const github = (secret: string, body = "{}"): Record<string, string> =>
  signWebhook(hookOf("github"), Buffer.from(body), { secret, nowMs: NOW, id: "d1" });
const refused = expect.objectContaining({ code: "UNAUTHENTICATED" }) as Error;

test("a delivery is queued for the function, raw, with what was learnt of it; the platform's headers are the platform's", async () => {
  const { jobs, post } = gateway(hookOf("github"));
  const body = '{"zen" :  "ü"}';
  const answer = await post(
    { ...github("newest-secret", body), authorization: "Bearer x", cookie: "a", "x-fn-webhook-event": "forged", "x-own": "1" },
    body,
  );
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: true, id: "i".repeat(20), duplicate: false }]);
  expect(jobs[0]).toMatchObject({ function: "acme.f", trigger: "webhook", method: "POST" });
  expect(Buffer.from(jobs[0]?.body ?? []).toString()).toBe(body);
  const headers = Object.fromEntries(jobs[0]?.headers ?? []);
  expect(headers).toMatchObject({
    "x-own": "1",
    "x-fn-webhook": "h",
    "x-fn-webhook-provider": "github",
    "x-fn-webhook-delivery": "d1",
    "x-fn-webhook-event": "ping",
  });
  expect(headers).not.toHaveProperty("authorization");
  expect(headers).not.toHaveProperty("cookie");
});

test("a delivery that comes again is accepted, marked, and not queued again", async () => {
  const { jobs, post } = gateway(hookOf("github"));
  await post(github("newest-secret"));
  const again = await post(github("newest-secret"));
  expect([again.status, ((await again.json()) as { duplicate: boolean }).duplicate, jobs.length]).toEqual([202, true, 1]);
});

test("the secrets of before work until they expire", async () => {
  const { post } = gateway(hookOf("github"));
  expect((await post(github("older-secret"))).status).toBe(202);
  await expect(post(github("expired-secret"))).rejects.toEqual(refused);
});

test("nothing is queued without a secret that verifies it", async () => {
  const empty = { id: "e", sealed: sealer.seal("", webhookSeal("h")), createdMs: 1, expiresMs: null };
  const moved = { id: "m", sealed: sealer.seal("moved-secret", webhookSeal("other")), createdMs: 1, expiresMs: null };
  for (const secrets of [[], [empty], [moved]]) {
    const { jobs, post } = gateway(hookOf("github", { secrets }));
    // Node refuses no empty key: the signature with it is right, and must not count.
    for (const secret of ["", "moved-secret", "guess"]) await expect(post(github(secret))).rejects.toEqual(refused);
    expect(jobs).toEqual([]);
  }
});

test("wrong methods, large bodies and unknown hooks", async () => {
  const { post } = gateway(hookOf("github"));
  await expect(post(github("newest-secret"), "{}", { method: "PUT" })).rejects.toMatchObject({ code: "METHOD_NOT_ALLOWED" });
  const large = "x".repeat(1001);
  await expect(post(github("newest-secret", large), large)).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  const request = new Request("http://x/hooks/none", { method: "POST", body: "{}" });
  const given = {
    store: { webhook: () => Promise.resolve(null) },
    sealer,
    queue: { enqueue: () => Promise.reject(new Error()) },
    log,
    now: () => NOW,
  };
  await expect(takeDelivery(given, "none", request)).rejects.toEqual(refused);
});

test("Slack's challenge is answered when it is signed, and is no delivery", async () => {
  const { jobs, post } = gateway(hookOf("slack"));
  const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1aB10" });
  const signed = signWebhook(hookOf("slack"), Buffer.from(body), { secret: "newest-secret", nowMs: NOW, id: "" });
  expect(await (await post(signed, body)).text()).toBe("3eZbrw1aB10");
  await expect(post({ ...signed, "x-slack-signature": "v0=00" }, body)).rejects.toEqual(refused);
  expect(jobs).toEqual([]);
});
