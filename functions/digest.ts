/**
 * Cron: at 7:00 in Berlin on working days, and whenever `fn cron run` says so. A slot runs at least once, so its name makes the work
 * idempotent: a second run of the same slot does nothing new.
 *
 *   npx fn deploy functions/digest.ts
 *   npx fn cron ls; npx fn cron run digest morning
 *   npx fn cron history digest morning; npx fn logs digest
 */
import type { ExportedHandler, FunctionConfig } from "@zygo/sdk";

export const config: FunctionConfig = {
  cron: [{ name: "morning", schedule: "0 7 * * 1-5", timeZone: "Europe/Berlin", catchUp: "last", retry: { attempts: 3 } }],
};

export default {
  async scheduled({ name, slot, manual }, _env, ctx) {
    ctx.log.info("digest", { schedule: name, slot, manual, attempt: ctx.attempt });
    // What takes long, or may fail part by part, is better done message by message: functions/mail.ts.
    await Promise.resolve();
  },
} satisfies ExportedHandler;
