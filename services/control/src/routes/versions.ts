import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { deploy } from "../deploy.ts";
import { NameQueue } from "../name-queue.ts";
import { readUpload } from "../upload.ts";
import { idOf } from "./functions.ts";

/** Deploying. */
export function versionRoutes(context: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  const queue = new NameQueue();
  app.post("/functions/:name/versions", async (c) => {
    const name = idOf(c, c.req.param("name"));
    const upload = await readUpload(c.req.raw);
    const { signal } = c.req.raw;
    return c.json(await queue.run(name, () => deploy(context, { ...upload, name, signal })));
  });
  return app;
}
