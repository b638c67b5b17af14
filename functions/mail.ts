/**
 * A queue: `POST /` puts a message for each recipient on this function's own queue, and `queue` gets them in batches. Each message has its
 * own end: one that went out is acknowledged, one that did not comes again in a minute, and after five times it is a dead letter.
 *
 *   npx fn deploy functions/mail.ts
 *   npx fn invoke mail -d '{"to":["ada@example.com","bob@example.com"],"subject":"hello"}'
 *   npx fn queue send mail '{"to":"eve@example.com","subject":"hello"}'
 *   npx fn queue ls; npx fn logs mail; npx fn dlq list -f mail
 */
import type { Env, ExportedHandler, FunctionConfig } from "@zygo/sdk";
import { z } from "zod";

export const config: FunctionConfig = { queue: { batchSize: 20, maxWaitMs: 500, maxAttempts: 5 } };

const Mail = z.object({ to: z.email(), subject: z.string().max(200) });
type Mail = z.infer<typeof Mail>;
const Mailing = Mail.extend({ to: z.array(z.email()).min(1).max(100) });

export default {
  async fetch(request, env) {
    const mailing = Mailing.safeParse(await request.json().catch(() => null));
    if (!mailing.success) return Response.json({ error: "invalid", issues: mailing.error.issues }, { status: 400 });
    const { to: recipients, subject } = mailing.data;
    const ids = await env.queue.sendBatch(recipients.map((to) => ({ body: { to, subject } satisfies Mail })));
    return Response.json({ ids }, { status: 202 });
  },

  async queue(batch, _env, ctx) {
    await Promise.all(
      batch.messages.map(async ({ id, body, attempts, ack, retry }) => {
        try {
          await deliver(Mail.parse(body));
          ctx.log.info("sent", { id, attempts });
          ack();
        } catch (error) {
          ctx.log.warn("not sent", { id, attempts, error: String(error) });
          retry({ delaySeconds: 60 });
        }
      }),
    );
  },
} satisfies ExportedHandler<Env, Mail>;

/** Stands for a mail server, which knows nobody at `nowhere.example`. */
async function deliver({ to }: Mail): Promise<void> {
  await Promise.resolve();
  if (to.endsWith("@nowhere.example")) throw new Error(`${to} is not known`);
}
