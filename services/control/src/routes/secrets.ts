import { FnError, FunctionName, LIVE_ALIAS, SecretName, SecretSet } from "@zygo/contracts";
import { functionId } from "@zygo/contracts/names";
import { sealSecret, type SecretPlace, type Store } from "@zygo/store";
import { Hono, type Context as HonoContext } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";

/** A value of 32 KiB, each of whose characters may take six in JSON. */
const MAX_BODY_BYTES = 200 * 1024;

/** Secrets of the tenant and of its functions. A value goes in and never comes out again. */
export function secretRoutes({ store, sealer }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/secrets", async (c) => {
    const secrets = await store.listSecrets(c.get("access").tenant);
    return c.json({ secrets: secrets.map(({ tenant: _, ...shown }) => shown) });
  });
  for (const path of ["/secrets/:secret", "/functions/:name/secrets/:secret"]) {
    app.put(path, async (c) => {
      const place = placeOf(c);
      const { value } = parseRequest(SecretSet, await readJson(c.req.raw, MAX_BODY_BYTES), "body");
      await store.putSecret(place, sealSecret(sealer, place, value));
      return c.body(null, 204);
    });
    app.delete(path, async (c) => {
      const place = placeOf(c);
      await refuseInUse(store, place);
      if (!(await store.removeSecret(place))) throw new FnError("NOT_FOUND", `There is no such secret '${place.name}'`);
      return c.body(null, 204);
    });
  }
  return app;
}

function placeOf(c: HonoContext<RequestEnv>): SecretPlace {
  const owner = c.req.param("name");
  return {
    tenant: c.get("access").tenant,
    function: owner === undefined ? null : parseRequest(FunctionName, owner, "name"),
    name: parseRequest(SecretName, c.req.param("secret"), "secret"),
  };
}

/** @throws FnError IN_USE: without it a live version could not start any more */
async function refuseInUse(store: Store, { tenant, function: owner, name }: SecretPlace): Promise<void> {
  const records = await store.list(tenant);
  for (const { name: id, aliases } of records.filter((record) => owner === null || record.name === functionId(tenant, owner))) {
    const live = await store.version(id, aliases[LIVE_ALIAS] ?? "");
    if (live?.limits.secrets.includes(name) !== true) continue;
    const [used] = await store.findSecrets(id, [name]);
    if (used?.function === owner) throw new FnError("IN_USE", `The live version of '${id}' asks for the secret '${name}'`);
  }
}
