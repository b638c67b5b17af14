import { FnError, VolumeCreate, VolumeName, type VersionRecord } from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import type { Store } from "@zygo/store";
import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";

const MIB = 1024 * 1024;
/** Volumes of one tenant. */
const MOST = 100;

/** Volumes of the tenant: making, listing and removing them. */
export function volumeRoutes({ store, volumes }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/volumes", async (c) => {
    const { tenant } = c.get("access");
    const [all, users] = await Promise.all([volumes.list(tenant), usersOf(store, tenant)]);
    return c.json({ volumes: all.map((volume) => ({ ...volume, functions: users(volume.name) })) });
  });
  app.post("/volumes", async (c) => {
    const { tenant } = c.get("access");
    const { name, sizeMb } = parseRequest(VolumeCreate, await readJson(c.req.raw), "body");
    if ((await volumes.list(tenant)).length >= MOST)
      throw new FnError("QUOTA_EXCEEDED", `The tenant '${tenant}' has ${MOST} volumes already`);
    const made = await volumes.create(tenant, { name, sizeBytes: sizeMb * MIB });
    return c.json({ ...made, functions: (await usersOf(store, tenant))(name) });
  });
  app.delete("/volumes/:volume", async (c) => {
    const { tenant } = c.get("access");
    const name = parseRequest(VolumeName, c.req.param("volume"), "volume");
    const users = (await usersOf(store, tenant))(name);
    if (users.length > 0)
      throw new FnError(
        "IN_USE",
        `Versions of ${users.join(", ")} have the volume '${name}': delete ${users.length === 1 ? "it" : "them"} first`,
      );
    if (!(await volumes.remove(tenant, name))) throw new FnError("NOT_FOUND", `There is no volume '${name}'`);
    return c.body(null, 204);
  });
  return app;
}

/** Of a volume's name: the functions of which any version has it, for a rollback needs it too. */
async function usersOf(store: Pick<Store, "list" | "listVersions">, tenant: string): Promise<(volume: string) => string[]> {
  const functions = await store.list(tenant);
  const versions: VersionRecord[] = (await Promise.all(functions.map(({ name }) => store.listVersions(name)))).flat();
  return (volume) => {
    const users = versions.filter(({ limits }) => limits.volumes.some(({ name }) => name === volume));
    return [...new Set(users.map((version) => localName(version.function)))].sort();
  };
}
