import { timingSafeEqual } from "node:crypto";
import { bearerKey, FnError, hashOfKey, TenantName } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { identify, KeyUses, mayDo, operatorIdentity, type Identity } from "@zygo/store";
import type { MiddlewareHandler } from "hono";
import type { Access, Context, RequestEnv } from "./context.ts";
import type { Operation } from "./operation.ts";
import { findOperation } from "./operations.ts";

type KeyContext = Pick<Context, "store" | "adminKeyHash" | "now">;

/**
 * Lets a request through whose `Authorization: Bearer` key may do what the operation needs: the operator's of the settings, which works
 * even when the store has lost its own, or one in the store. Sets `access`.
 * A path that is no operation needs a key too, so that nothing tells a stranger what there is.
 */
export function requireKey(context: KeyContext): MiddlewareHandler<RequestEnv> {
  const uses = new KeyUses((id, atMs) => context.store.touchApiKey(id, atMs));
  return async (c, next) => {
    const identity = await whoCalls(context, c.req.header("authorization"));
    uses.note(identity, context.now());
    const operation = findOperation(c.req.method, c.req.path);
    if (operation !== undefined) allow(identity, operation, c.req.path);
    c.set("access", await forTenant(context, identity, c.req.header(HEADERS.tenant)));
    await next();
  };
}

async function whoCalls({ store, adminKeyHash, now }: KeyContext, header: string | undefined): Promise<Identity> {
  const key = bearerKey(header);
  if (key === null) throw new FnError("UNAUTHENTICATED", "This needs an API key, as `Authorization: Bearer <key>`");
  if (adminKeyHash !== undefined && timingSafeEqual(Buffer.from(hashOfKey(key), "hex"), Buffer.from(adminKeyHash, "hex")))
    return operatorIdentity("admin");
  const identity = await identify(store, key, now());
  if (identity === null) throw new FnError("UNAUTHENTICATED", "The API key is not known here: it is wrong, was revoked or has expired");
  return identity;
}

/** @throws FnError FORBIDDEN that names what is missing */
function allow(identity: Identity, operation: Operation, called: string): void {
  const { needs } = operation;
  if (needs === "none" || needs === "any key") return;
  if (needs === "operator") {
    if (!identity.operator) throw new FnError("FORBIDDEN", "This needs the operator's key", { extra: { needs } });
    return;
  }
  if (!mayDo(identity, needs)) {
    const detail = `This needs a key with the scope '${needs}'; this one has ${identity.scopes.join(", ")}`;
    throw new FnError("FORBIDDEN", detail, { extra: { needs } });
  }
  if (identity.functions !== null) allowFunction(identity.functions, operation, called);
}

/** A key for some functions is good for what is about one of them, and for what keeps to them by itself. */
function allowFunction(functions: readonly string[], { path, narrows }: Operation, called: string): void {
  const name = path.startsWith("/api/functions/{name}") ? called.split("/")[3] : undefined;
  if (narrows === true || (name !== undefined && functions.includes(name))) return;
  throw new FnError("FORBIDDEN", `This key is for ${functions.join(", ")} alone`);
}

/** @throws FnError FORBIDDEN, NOT_FOUND */
async function forTenant({ store }: KeyContext, identity: Identity, wanted: string | undefined): Promise<Access> {
  if (wanted === undefined || wanted === identity.tenant) return identity;
  if (!identity.operator) throw new FnError("FORBIDDEN", "Only the operator's key may speak for another tenant");
  if (!TenantName.safeParse(wanted).success || (await store.tenant(wanted)) === null)
    throw new FnError("NOT_FOUND", `There is no tenant ${JSON.stringify(wanted.slice(0, 64))}: \`fn tenants create\` makes one`);
  return { ...identity, tenant: wanted };
}
