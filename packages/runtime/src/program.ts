import type { RequestHead } from "@zygo/contracts/frames";
import type { InvocationContext, VersionIdentity } from "./context.ts";
import { refuseMethod } from "./refuse-method.ts";
import type { Handlers } from "./resolve-handlers.ts";
import type { MessageSender } from "./triggers/message-sender.ts";
import { runEvent } from "./triggers/run-event.ts";

/** A loaded version: what an instance runs, the same for all its invocations. */
export interface Program {
  identity: VersionIdentity;
  handlers: Handlers;
  /** The second argument of every handler; frozen. */
  env: Readonly<Record<string, string | MessageSender>>;
  /** The entry's `afterFork`: rebuilds, in an instance that was forked from a template, what instances must not share. */
  afterFork?: () => unknown;
}

/** Calls the entry's handler for the request. May throw, and may return anything. */
export function callHandler(
  program: Program,
  request: Request,
  context: InvocationContext,
  deliver: RequestHead["deliver"] = "fetch",
): unknown {
  if (deliver !== "fetch") return runEvent({ deliver, call: program.handlers[deliver], request, env: program.env, context });
  const call = program.handlers.forMethod(request.method);
  if (call === undefined) return refuseMethod(request.method, program.handlers.allowed, context.requestId);
  return call(request, program.env, context);
}
