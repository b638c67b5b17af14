import { z } from "zod";
import { TriggerName } from "./schedule.ts";

/** How a webhook's sender proves itself. */
export const WEBHOOK_PROVIDERS = ["standard", "github", "stripe", "slack", "hmac"] as const;
export const WebhookProvider = z.enum(WEBHOOK_PROVIDERS);
export type WebhookProvider = z.infer<typeof WebhookProvider>;

const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, "is no header name")
  .transform((name) => name.toLowerCase());

/** The scheme of provider `hmac`: over the raw body, or with a timestamp over `<timestamp>.<body>`. */
export const HmacScheme = z.strictObject({
  /** Header of the signature. */
  header: HeaderName,
  algorithm: z.enum(["sha256", "sha512", "sha1"]).default("sha256"),
  encoding: z.enum(["hex", "base64"]).default("hex"),
  /** What stands before the signature, `sha256=` say. */
  prefix: z.string().max(32).default(""),
  /** Header of the time of sending, Unix seconds; without one an old request cannot be told from a new one. */
  timestampHeader: HeaderName.nullable().default(null),
  /** Header of the delivery's id; without one the signature stands for it. */
  idHeader: HeaderName.nullable().default(null),
});
export type HmacScheme = z.infer<typeof HmacScheme>;

/** Shorter ones can be guessed. */
const Secret = z.string().min(8).max(512);

/** `POST /api/webhooks`. */
export const WebhookCreate = z.strictObject({
  name: TriggerName,
  /** The function that gets the deliveries. */
  function: z.string(),
  provider: WebhookProvider,
  /** Needed with provider `hmac`, refused with others. */
  hmac: HmacScheme.optional(),
  /** As the sender shows it; absent: one is made. */
  secret: Secret.optional(),
  methods: z
    .array(z.enum(["POST", "PUT", "PATCH"]))
    .min(1)
    .max(3)
    .default(["POST"]),
  /** Largest body, bytes. */
  maxBytes: z
    .int()
    .min(1)
    .max(6 * 1024 * 1024)
    .default(1024 * 1024),
});
export type WebhookCreate = z.input<typeof WebhookCreate>;

/** In the store. Secrets are sealed. */
export const StoredWebhook = WebhookCreate.omit({ secret: true, hmac: true }).extend({
  hmac: HmacScheme.nullable(),
  createdMs: z.number(),
  /** The newest first. One that has expired verifies nothing. */
  secrets: z.array(z.object({ id: z.string(), sealed: z.string(), createdMs: z.number(), expiresMs: z.number().nullable() })),
});
export type StoredWebhook = z.infer<typeof StoredWebhook>;

/** As the API shows it: never a secret. */
export const WebhookView = StoredWebhook.omit({ secrets: true }).extend({
  url: z.string(),
  secrets: z.array(z.object({ id: z.string(), createdMs: z.number(), expiresMs: z.number().nullable() })),
});
export type WebhookView = z.infer<typeof WebhookView>;
export const WebhookList = z.object({ webhooks: z.array(WebhookView) });
export type WebhookList = z.infer<typeof WebhookList>;

/** The one time that a secret is shown. */
export const WebhookSecret = z.object({ webhook: WebhookView, secret: z.string() });
export type WebhookSecret = z.infer<typeof WebhookSecret>;

/** `POST /api/webhooks/<name>/rotate`. */
export const WebhookRotate = z.strictObject({
  secret: Secret.optional(),
  /** How long the secrets of before go on working, milliseconds; default a day. */
  keepMs: z
    .int()
    .min(0)
    .max(30 * 86_400_000)
    .default(86_400_000),
});

/** A delivery as its sender would make it, to be sent to `url` as it is: `fn webhook test` does. */
export const SignedDelivery = z.object({ url: z.string(), headers: z.record(z.string(), z.string()), body: z.string() });
export type SignedDelivery = z.infer<typeof SignedDelivery>;

/** The context of a sealed secret. */
export const webhookSeal = (name: string): string => `webhook:${name}`;
