import { randomBytes, randomUUID } from "node:crypto";
import { FnError, FunctionName, TriggerName, WebhookCreate, WebhookRotate, webhookSeal } from "@zygo/contracts";
import type { SignedDelivery, StoredWebhook, WebhookProvider, WebhookView } from "@zygo/contracts";
import { functionId, localName, tenantOf } from "@zygo/contracts/names";
import { signWebhook } from "@zygo/core";
import { Hono } from "hono";
import type { Access, Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";
import { requireFunction } from "../views.ts";

/** Secrets that work at a time. */
const MOST_SECRETS = 5;

/** Webhooks of the caller's tenant. Names are the installation's. A secret is shown once: when it is made. */
export function webhookRoutes(context: Context): Hono<RequestEnv> {
  const { store, now } = context;
  const app = new Hono<RequestEnv>();
  app.get("/webhooks", async (c) => {
    const own = (await store.listWebhooks()).filter((webhook) => mayHave(c.get("access"), webhook));
    return c.json({ webhooks: own.map((webhook) => view(context, webhook)).sort((a, b) => (a.name < b.name ? -1 : 1)) });
  });
  app.post("/webhooks", async (c) => {
    const access = c.get("access");
    const { secret: given, hmac, ...wanted } = parseRequest(WebhookCreate, await readJson(c.req.raw), "body");
    if ((wanted.provider === "hmac") !== (hmac !== undefined))
      throw new FnError("INVALID_REQUEST", "hmac: says how the provider 'hmac' signs, and is for it alone");
    const id = functionId(access.tenant, parseRequest(FunctionName, wanted.function, "function"));
    if (access.functions?.includes(wanted.function) === false)
      throw new FnError("FORBIDDEN", `This key is for ${access.functions.join(", ")} alone`);
    await requireFunction(store, id);
    const secret = given ?? makeSecret(wanted.provider);
    const webhook = { ...wanted, hmac: hmac ?? null, function: id, createdMs: now(), secrets: [seal(context, wanted.name, secret)] };
    if (!(await store.addWebhook(webhook)))
      throw new FnError("CONFLICT", `There is a webhook '${wanted.name}': names are the installation's`);
    c.header("cache-control", "no-store");
    return c.json({ webhook: view(context, webhook), secret });
  });
  app.get("/webhooks/:webhook", async (c) => c.json(view(context, await find(context, c.get("access"), c.req.param("webhook")))));
  app.delete("/webhooks/:webhook", async (c) => {
    await store.removeWebhook((await find(context, c.get("access"), c.req.param("webhook"))).name);
    return c.body(null, 204);
  });
  app.post("/webhooks/:webhook/rotate", async (c) => {
    const webhook = await find(context, c.get("access"), c.req.param("webhook"));
    const { secret: given, keepMs } = parseRequest(WebhookRotate, await readJson(c.req.raw), "body");
    const secret = given ?? makeSecret(webhook.provider);
    const rotated = rotate(webhook, { fresh: seal(context, webhook.name, secret), untilMs: now() + keepMs, nowMs: now() });
    await store.putWebhook(rotated);
    c.header("cache-control", "no-store");
    return c.json({ webhook: view(context, rotated), secret });
  });
  app.post("/webhooks/:webhook/sign", async (c) => c.json(sign(context, await find(context, c.get("access"), c.req.param("webhook")))));
  return app;
}

/** Those of before expire; those that have, and the oldest of too many, are gone. */
function rotate(webhook: StoredWebhook, given: { fresh: StoredWebhook["secrets"][number]; untilMs: number; nowMs: number }): StoredWebhook {
  const { fresh, untilMs, nowMs } = given;
  const before = webhook.secrets
    .map((secret) => ({ ...secret, expiresMs: Math.min(secret.expiresMs ?? Infinity, untilMs) }))
    .filter(({ expiresMs }) => expiresMs > nowMs);
  return { ...webhook, secrets: [fresh, ...before].slice(0, MOST_SECRETS) };
}

function seal({ sealer, now }: Context, name: string, secret: string): StoredWebhook["secrets"][number] {
  return { id: randomBytes(4).toString("hex"), sealed: sealer.seal(secret, webhookSeal(name)), createdMs: now(), expiresMs: null };
}

/** In the form in which the provider's own secrets come. */
function makeSecret(provider: WebhookProvider): string {
  const bytes = randomBytes(32);
  return provider === "standard" ? `whsec_${bytes.toString("base64")}` : bytes.toString("hex");
}

function sign({ sealer, now, publicUrl }: Context, webhook: StoredWebhook): SignedDelivery {
  const id = `test-${randomUUID()}`;
  const body = JSON.stringify({ id, type: "test", message: "Sent by `fn webhook test`" });
  const [newest] = webhook.secrets;
  if (newest === undefined) throw new FnError("CONFLICT", "The webhook has no secret: `fn webhook rotate` makes one");
  const secret = sealer.open(newest.sealed, webhookSeal(webhook.name));
  const headers = signWebhook(webhook, Buffer.from(body), { secret, nowMs: now(), id });
  return { url: `${publicUrl}/hooks/${webhook.name}`, headers: { "content-type": "application/json", ...headers }, body };
}

const mayHave = ({ tenant, functions }: Access, { function: id }: StoredWebhook): boolean =>
  tenantOf(id) === tenant && (functions === null || functions.includes(localName(id)));

/** @throws FnError NOT_FOUND, also for another tenant's */
async function find({ store }: Context, access: Access, name: string): Promise<StoredWebhook> {
  const webhook = await store.webhook(parseRequest(TriggerName, name, "webhook"));
  if (webhook === null || !mayHave(access, webhook))
    throw new FnError("NOT_FOUND", `There is no webhook '${name}': \`fn webhook ls\` shows those that there are`);
  return webhook;
}

function view({ publicUrl }: Context, { secrets, ...webhook }: StoredWebhook): WebhookView {
  return {
    ...webhook,
    function: localName(webhook.function),
    url: `${publicUrl}/hooks/${webhook.name}`,
    secrets: secrets.map(({ sealed: _, ...secret }) => secret),
  };
}
