import { FnError, MAX_REQUEST_BYTES, MAX_WAITING_MESSAGES, verifyCaller } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { readMessages, requireQueueHandler, type AsyncLane } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Gate } from "../gate.ts";
import { readLimited } from "../hooks/read-limited.ts";
import type { Routes } from "../routes.ts";

export interface SendingOptions {
  lane: AsyncLane;
  routes: Routes;
  gate: Gate;
  linkSecret: string;
  log: Log;
}

/**
 * `POST /queues/<id>`: what a function sends by `env.queue`. A worker vouches for the function; to anybody else there is nothing here.
 * @throws FnError NOT_FOUND, FUNCTION_NOT_FOUND (also for another tenant's), INVALID_REQUEST, PAYLOAD_TOO_LARGE, RATE_LIMITED, OVERLOADED,
 *   QUEUE_UNAVAILABLE
 */
export async function takeMessages(given: SendingOptions, id: string, request: Request): Promise<Response> {
  const { lane, routes, gate, log } = given;
  const caller = verifyCaller(request.headers.get(HEADERS.caller) ?? "", Date.now(), given.linkSecret);
  if (caller === null) throw new FnError("NOT_FOUND");
  const version = routes.remembered(id, null) ?? (await routes.resolve(id, null));
  await gate.pass(version, { key: null, caller }, {});
  requireQueueHandler(version);
  const messages = readMessages(parsed(await readLimited(request, MAX_REQUEST_BYTES, "env.queue")));
  const sending = { messages, sender: caller.function, limits: version.limits.queue, most: MAX_WAITING_MESSAGES };
  const ids = await lane.messages.send({ function: version.function, ...sending });
  log.info("messages sent", { function: version.function, caller: caller.function, messages: ids.length });
  return Response.json({ ids }, { status: 202 });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new FnError("INVALID_REQUEST", "The body is not JSON", { cause });
  }
}
