import type { MiddlewareHandler } from "hono";
import type { Context, RequestEnv } from "./context.ts";
import { findOperation } from "./operations.ts";

/** Writes down each change that somebody with a key tried: who, what, and how it ended. In the service's log and in the tenant's. */
export function audit({ store, log, now }: Context): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const { method, path } = c.req;
    await next();
    if (method === "GET" || method === "HEAD") return;
    const access = c.get("access");
    const line = {
      time: now(),
      who: access.key ?? "operator",
      tenant: access.tenant,
      operation: `${method} ${findOperation(method, path)?.path ?? "unknown"}`,
      path: path.slice(0, 256),
      status: c.res.status,
      requestId: c.get("requestId"),
    };
    log.info("audit", line);
    await store.appendAudit(line).catch((error: unknown) => log.warn("audit line not stored", { ...line, error }));
  };
}
