/**
 * Server-sent events: one tick each `ms` milliseconds, `n` of them. Shows a body that is made as it is sent, `ctx.signal`, which aborts when
 * the caller leaves (the timer stops with it), and a structured line for `fn logs`.
 *
 *   npx fn deploy functions/events.ts
 *   curl -N 'http://127.0.0.1:8080/fn/events?n=5&ms=200'
 */
import { setInterval } from "node:timers/promises";
import type { Context, Env, FunctionConfig } from "@zygo/sdk";

export const config: FunctionConfig = { timeoutMs: 300_000 };

export function GET(request: Request, _env: Env, ctx: Context): Response {
  const { searchParams } = new URL(request.url);
  const count = clamp(Number(searchParams.get("n") ?? 10), 1, 10_000);
  const everyMs = clamp(Number(searchParams.get("ms") ?? 1000), 1, 60_000);
  const body = ReadableStream.from(ticks(count, everyMs, ctx)).pipeThrough(new TextEncoderStream());
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

async function* ticks(count: number, everyMs: number, { signal, log }: Context): AsyncGenerator<string> {
  let id = 0;
  try {
    for await (const _ of setInterval(everyMs, undefined, { signal })) {
      yield `id: ${++id}\nevent: tick\ndata: ${JSON.stringify({ id, time: new Date() })}\n\n`;
      if (id === count) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    log.info("the caller left", { ticks: id });
  }
}

/** Not a number becomes the least. */
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, Math.trunc(value) || least));
