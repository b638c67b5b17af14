import { request } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

const WITHIN_MS = 5_000;

const Instances = z.object({
  instances: z.array(
    z.object({
      /** Of the sandbox: its cgroups are called `sb-<id>`. */
      id: z.int(),
      function: z.string(),
      version: z.string(),
      /** Host pid. */
      pid: z.int(),
      start: z.string(),
      state: z.enum(["busy", "idle"]),
      ageMs: z.number(),
      /** Of its sandbox in the network. */
      address: z.string().nullable(),
      refusals: z.int(),
    }),
  ),
  templates: z.array(
    z.object({
      function: z.string(),
      version: z.string(),
      state: z.enum(["ready", "making", "none", "unfit"]),
      reasons: z.array(z.string()),
      /** Host pid. */
      pid: z.int().optional(),
      spares: z.int(),
    }),
  ),
});
export type TemplateView = z.infer<typeof Instances>["templates"][number];
export type InstanceView = z.infer<typeof Instances>["instances"][number];

/** What a worker says of its instances and templates, asked on its own socket. @throws Error when no worker listens there */
export async function listInstances(socketPath: string): Promise<z.infer<typeof Instances>> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const body = await new Promise<unknown>((resolve, reject) => {
    const call = request({ socketPath, path: "/instances", signal }, (response) => {
      json(response).then(resolve, reject);
    });
    call.once("error", reject).end();
  });
  return Instances.parse(body);
}
