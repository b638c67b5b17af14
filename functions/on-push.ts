/**
 * A webhook: GitHub tells of pushes. The platform has verified the signature on the raw bytes before this runs, and answered GitHub; a
 * delivery that comes twice runs once. What throws is tried again.
 *
 *   npx fn deploy functions/on-push.ts
 *   npx fn webhook create repo on-push --provider github     (URL and secret for the repository's settings)
 *   npx fn webhook test repo; npx fn logs on-push
 */
import type { ExportedHandler } from "@zygo/sdk";
import { z } from "zod";

const Push = z.object({ ref: z.string(), repository: z.object({ full_name: z.string() }), commits: z.array(z.object({ id: z.string() })) });

export default {
  async fetch(request, _env, ctx) {
    // Anybody may call a public function by its own URL: only what came by the webhook was verified.
    if (ctx.trigger !== "webhook") return new Response("deliveries come to /hooks/<name>\n", { status: 404 });
    const event = request.headers.get("x-fn-webhook-event");
    const delivery = request.headers.get("x-fn-webhook-delivery");
    const push = Push.safeParse(await request.json());
    if (event !== "push" || !push.success) {
      ctx.log.info("ignored", { event, delivery });
      return new Response(null, { status: 204 });
    }
    const { ref, repository, commits } = push.data;
    ctx.log.info("push", { delivery, repository: repository.full_name, ref, commits: commits.length });
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler;
