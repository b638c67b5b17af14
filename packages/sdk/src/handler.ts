import type { Context } from "./context.ts";

/** The function's variables, as deployed; frozen. */
export type Env = Readonly<Record<string, string>>;

/** A default export that is a function, or an export named after a method (`GET`, `POST`, …). */
export type Handler<E = Env> = (request: Request, env: E, ctx: Context) => Response | Promise<Response>;

/** A default export that is an object; `export default { … } satisfies ExportedHandler`. A Hono app is one. */
export interface ExportedHandler<E = Env> {
  fetch: Handler<E>;
  scheduled?: (event: unknown, env: E, ctx: Context) => unknown;
  queue?: (batch: unknown, env: E, ctx: Context) => unknown;
}
