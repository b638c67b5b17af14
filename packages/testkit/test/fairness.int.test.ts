/** Tenants share the slots for asynchronous attempts by turns: what one has waiting is no queue for another. By order, not by time. */
import { makeProject, startPlatform, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const SLOTS = 4;
const FLOOD = 400;
/** Of the flood's, those that may end while another's only job has its turn and runs: a few rounds of all slots. */
const ROUNDS = 6;

let platform: Platform;
let project: Project;
const keyOf = new Map<string, string>();
beforeAll(async () => {
  platform = await startPlatform({ env: { FN_JOB_SLOTS: String(SLOTS) } });
  project = makeProject();
  const source = "export default async () => { await new Promise((resolve) => setTimeout(resolve, 40)); return new Response('done'); };";
  for (const tenant of ["flood", "quiet"]) {
    await fn(["tenants", "create", tenant]);
    keyOf.set(tenant, (await fn(["keys", "create", "--tenant", tenant, "--scopes", "admin"])).trim());
    await fn(["deploy", project.write(`${tenant}.ts`, source), "--name", "work"], tenant);
  }
}, 120_000);
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

async function fn(args: string[], tenant?: string): Promise<string> {
  const key = tenant === undefined ? undefined : keyOf.get(tenant);
  const { code, stdout, stderr } = await platform.fn(args, {
    ...(key !== undefined && { env: { FN_URL: platform.url, FN_API_KEY: key } }),
  });
  if (code !== 0) throw new Error(`fn ${args.join(" ")}: ${code} ${stdout}${stderr}`);
  return stdout;
}

async function accept(tenant: string): Promise<string> {
  const answer = await fetch(platform.at(`${tenant}.work`), { method: "POST", headers: { prefer: "respond-async" } });
  expect(answer.status).toBe(202);
  return (answer.headers.get("location") ?? "").replace("/invocations/", "");
}

test("a single job has its turn while another tenant's 400 wait", async () => {
  const flood = await Promise.all(Array.from({ length: FLOOD }, () => accept("flood")));
  const own = await platform.client.invocation(await accept("quiet"), { waitS: 40 });
  const [from, to] = [own.acceptedMs, own.settledMs ?? 0];
  const ends = (await Promise.all(flood.map((id) => platform.client.invocation(id)))).map(({ settledMs }) => settledMs ?? Infinity);
  expect(own.state).toBe("succeeded");
  expect(ends.filter((at) => at > to).length, "flood that still waits").toBeGreaterThan(FLOOD / 2);
  expect(ends.filter((at) => at > from && at <= to).length, "flood that went first").toBeLessThanOrEqual(SLOTS * ROUNDS);
});
