import type { Job } from "@zygo/contracts";
import { expect, test } from "vitest";
import { showRecord } from "./show-record.ts";

const job = (name: string): Job => ({ id: "a".repeat(24), function: name }) as Job;

test.each(["mail", "acme.mail"])("the logs of %s are where the API has them: by its name in its tenant", (name) => {
  const view = showRecord({ job: job(name), state: "queued", attempts: [], reason: null, settledMs: null, answer: null });
  expect(view.links.logs).toBe("/api/functions/mail/logs");
});
