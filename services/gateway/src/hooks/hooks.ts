import { asFnError, FnError, webhookSeal, type JobQueue, type StoredWebhook } from "@zygo/contracts";
import { verifyWebhook, type Delivery } from "@zygo/core";
import type { Sealer } from "@zygo/store";
import type { Log } from "@zygo/service";
import { readLimited } from "./read-limited.ts";

/** What webhooks are read from. Port of `Store` in `packages/store`. */
export interface WebhookStore {
  webhook(name: string): Promise<StoredWebhook | null>;
}

export interface HooksOptions {
  store: WebhookStore;
  sealer: Sealer;
  queue: JobQueue;
  log: Log;
  now: () => number;
}

/** Headers that are the connection's, a credential's or the platform's, and not the delivery's. */
const DROPPED = /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*|authorization|cookie|x-fn-.*)$/;

/** Said alike of a hook that there is not and of a wrong signature: a stranger learns no names. */
const REFUSED = "There is no such webhook, or the delivery is not signed as it must be";

/**
 * `POST /hooks/<name>`: a delivery is verified on its raw bytes, then queued durably, then accepted. One that came before is accepted
 * again and not queued again.
 * @throws FnError UNAUTHENTICATED, METHOD_NOT_ALLOWED, PAYLOAD_TOO_LARGE, QUEUE_UNAVAILABLE
 */
export async function takeDelivery(given: HooksOptions, name: string, request: Request): Promise<Response> {
  const { store, queue, log } = given;
  const hook = /^[a-z0-9-]{1,63}$/.test(name) ? await store.webhook(name) : null;
  if (hook === null) throw new FnError("UNAUTHENTICATED", REFUSED);
  if (!(hook.methods as string[]).includes(request.method))
    throw new FnError("METHOD_NOT_ALLOWED", `This webhook takes ${hook.methods.join(", ")}`);
  const delivery: Delivery = { headers: Object.fromEntries(request.headers), body: await readLimited(request, hook.maxBytes) };
  const verdict = verifyWebhook(hook, delivery, { secrets: openSecrets(given, hook), nowMs: given.now() });
  if (!verdict.genuine) {
    log.warn("webhook refused", { webhook: name, provider: hook.provider, why: verdict.why });
    throw new FnError("UNAUTHENTICATED", REFUSED);
  }
  const challenge = slackChallenge(hook, delivery.body);
  if (challenge !== null) return new Response(challenge, { headers: { "content-type": "text/plain" } });
  const { id, duplicate } = await queue.enqueue({
    function: hook.function,
    trigger: "webhook",
    method: request.method,
    url: request.url,
    headers: headersFor(hook, request.headers, verdict),
    body: delivery.body,
    dedupeKey: `webhook:${hook.name}:${hook.createdMs}:${verdict.id}`,
  });
  log.info("webhook accepted", { webhook: name, function: hook.function, invocation: id, duplicate });
  return Response.json({ accepted: true, id, duplicate }, { status: 202, headers: { location: `/invocations/${id}` } });
}

/** Those that have not expired. A secret that cannot be opened verifies nothing. */
function openSecrets({ sealer, log, now }: HooksOptions, hook: StoredWebhook): string[] {
  return hook.secrets.flatMap(({ sealed, expiresMs }) => {
    if (expiresMs !== null && expiresMs <= now()) return [];
    try {
      return [sealer.open(sealed, webhookSeal(hook.name))];
    } catch (error) {
      log.error("webhook secret not opened", { webhook: hook.name, error: asFnError(error).cause });
      return [];
    }
  });
}

function headersFor(hook: StoredWebhook, headers: Headers, { id, event }: { id: string; event: string | null }): [string, string][] {
  const own: [string, string][] = [
    ["x-fn-webhook", hook.name],
    ["x-fn-webhook-provider", hook.provider],
    ["x-fn-webhook-delivery", id.replaceAll(/[^\x21-\x7e]/g, "_")],
  ];
  if (event !== null) own.push(["x-fn-webhook-event", event.replaceAll(/[^\x20-\x7e]/g, "_")]);
  return [...[...headers].filter(([name]) => !DROPPED.test(name)), ...own];
}

/** @source https://docs.slack.dev/reference/events/url_verification */
function slackChallenge(hook: StoredWebhook, body: Buffer): string | null {
  if (hook.provider !== "slack") return null;
  try {
    const { type, challenge } = JSON.parse(body.toString("utf8")) as { type?: unknown; challenge?: unknown };
    return type === "url_verification" && typeof challenge === "string" ? challenge.slice(0, 1024) : null;
  } catch {
    return null;
  }
}
