import { FunctionConfig as Schema } from "@zygo/contracts";
import type { TRIGGERS } from "@zygo/contracts/names";
import type { z } from "zod";
import { expect, expectTypeOf, test } from "vitest";
import type { AfterFork, ExportedHandler, FunctionConfig, Handler, Trigger } from "./index.ts";

/** Fails to compile when the type has other members, and its test when the schema has. */
const MEMBERS: Record<keyof FunctionConfig, true> = {
  runtime: true,
  memoryMb: true,
  timeoutMs: true,
  cpu: true,
  pids: true,
  tmpMb: true,
  tmpFiles: true,
  openFiles: true,
  diskMbPerSecond: true,
  responseMb: true,
  concurrency: true,
  minInstances: true,
  maxInstances: true,
  idleTimeoutMs: true,
  reuse: true,
  template: true,
  warmup: true,
  network: true,
  networkMbps: true,
  auth: true,
  secrets: true,
  volumes: true,
  external: true,
  retry: true,
  maxJobs: true,
  onSuccess: true,
  onFailure: true,
  cron: true,
  queue: true,
};

test("FunctionConfig is what the platform's schema accepts", () => {
  // Checked by tsc: vitest alone does not look at types.
  expectTypeOf<FunctionConfig>().toEqualTypeOf<z.input<typeof Schema>>();
  expectTypeOf<Trigger>().toEqualTypeOf<(typeof TRIGGERS)[number]>();
  expect(Object.keys(MEMBERS).sort()).toEqual(Object.keys(Schema.shape).sort());
});

test("handlers may be objects or bare functions, sync or async", () => {
  const bare: Handler = (request, env, ctx) => new Response(`${request.url} ${env["A"]} ${ctx.remainingMs()}`);
  const app = { fetch: async (_request, env) => Promise.resolve(new Response(env.TOKEN)) } satisfies ExportedHandler<{ TOKEN: string }>;
  const renewed = { fetch: bare, afterFork: async () => Promise.resolve() } satisfies ExportedHandler;
  const afterFork: AfterFork = renewed.afterFork;
  // @ts-expect-error a handler must return a Response
  const wrong: Handler = () => "text";
  expect([bare, app.fetch, wrong, afterFork]).toHaveLength(4);
});
