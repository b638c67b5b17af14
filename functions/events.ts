/**
 * Server-sent events: one tick each `ms` milliseconds, `n` of them. Shows a body that is made as it is sent, and `request.signal`, which
 * aborts when the caller leaves: the timer stops with it.
 *
 *   npx fn deploy functions/events.ts
 *   curl -N 'http://127.0.0.1:8080/fn/events?n=5&ms=200'
 */
import { setInterval } from "node:timers/promises";

export const config = { timeoutMs: 300_000 };

export function GET(request: Request): Response {
  const { searchParams } = new URL(request.url);
  const count = clamp(Number(searchParams.get("n") ?? 10), 1, 10_000);
  const everyMs = clamp(Number(searchParams.get("ms") ?? 1000), 1, 60_000);
  const body = ReadableStream.from(ticks(count, everyMs, request.signal)).pipeThrough(new TextEncoderStream());
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

async function* ticks(count: number, everyMs: number, signal: AbortSignal): AsyncGenerator<string> {
  let id = 0;
  try {
    for await (const _ of setInterval(everyMs, undefined, { signal })) {
      yield `id: ${++id}\nevent: tick\ndata: ${JSON.stringify({ id, time: new Date() })}\n\n`;
      if (id === count) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log(`the caller left after ${id} ticks`);
  }
}

/** Not a number becomes the least. */
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, Math.trunc(value) || least));
