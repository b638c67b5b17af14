import type { Context } from "./context.ts";
import type { Batch, QueueSender, ScheduledEvent } from "./triggers.ts";

/** The function's variables, as deployed, and `queue`, which sends messages; frozen. */
export type Env = Readonly<{ queue: QueueSender } & Record<Exclude<string, "queue">, string>>;

/** A default export that is a function, or an export named after a method (`GET`, `POST`, …). */
export type Handler<E = Env> = (request: Request, env: E, ctx: Context) => Response | Promise<Response>;

/**
 * The named export `afterFork`: runs in each instance that was forked from its version's template, before its first request. What the module
 * drew, read or opened as it loaded (a random id, a timestamp, a counter) is the same in all of them; this renews it. Awaited; when it
 * throws, the instance is given up and the invocation fails with FUNCTION_ERROR. Not called where an instance loads the module itself.
 */
export type AfterFork = () => unknown;

/**
 * A default export that is an object; `export default { … } satisfies ExportedHandler`. A Hono app is one. At least one member is needed.
 * `ExportedHandler<Env, Mail>` says what bodies messages have, for the compiler: what is sent is not checked.
 */
export interface ExportedHandler<E = Env, Body = unknown> {
  fetch?: Handler<E>;
  /** Runs at each slot of `config.cron` and of `fn cron add`. */
  scheduled?: (event: ScheduledEvent, env: E, ctx: Context) => unknown;
  /** Runs with the messages that were sent to this function, some at a time: `config.queue`. */
  queue?: (batch: Batch<Body>, env: E, ctx: Context) => unknown;
  /** As the named export of that name, which goes before it. */
  afterFork?: AfterFork;
}
