import type { BatchPayload, ScheduledPayload } from "@zygo/contracts/frames";
import type { Deliver } from "@zygo/contracts/names";
import { describeError } from "../describe-error.ts";
import { NativeResponse, parseJson } from "../intrinsics.ts";
import type { Call } from "../resolve-handlers.ts";
import { Batch } from "./batch.ts";
import { ScheduledEvent } from "./scheduled-event.ts";

type EventHandler = Exclude<Deliver, "fetch">;

/** The entry has no handler for what started the invocation. */
export class NoHandler extends Error {
  override name = "NoHandler";
}

interface EventCall {
  deliver: EventHandler;
  /** Undefined: the entry has none. */
  call: Call | undefined;
  request: Request;
  env: unknown;
  context: { log: { error(message: string): void } };
}

/**
 * Runs a `scheduled` or `queue` handler with what the request's body tells of.
 * @returns the Response that tells the platform how it went. @throws NoHandler, and what a `scheduled` handler throws.
 */
export async function runEvent(given: EventCall): Promise<Response> {
  const { deliver, call, request, env, context } = given;
  if (call === undefined) throw new NoHandler(`The entry has no \`${deliver}\` handler: export default { async ${deliver}(…) { … } }`);
  const payload = parseJson(await request.text());
  if (deliver === "queue") return runBatch(new Batch(payload as BatchPayload), { ...given, call });
  await call(new ScheduledEvent(payload as ScheduledPayload), env, context);
  return new NativeResponse(null, { status: 204 });
}

/** What was decided before the handler threw holds all the same. */
async function runBatch(batch: Batch, { call, env, context }: EventCall & { call: Call }): Promise<Response> {
  try {
    await call(batch, env, context);
    return new NativeResponse(batch.outcome(), { headers: JSON_TYPE });
  } catch (thrown) {
    const { error, detail } = describeError(thrown, "FUNCTION_ERROR");
    context.log.error(error.stack ?? detail);
    return new NativeResponse(batch.outcome(detail), { status: 500, headers: JSON_TYPE });
  }
}

const JSON_TYPE = { "content-type": "application/json" };
