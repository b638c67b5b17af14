import { execFileSync } from "node:child_process";
import { makeProject, startPlatform, waitFor, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const SOURCE = `import { appendFileSync, readFileSync } from "node:fs";
export default async (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  const file = "/data" + pathname;
  try {
    if (searchParams.has("fill")) for (;;) appendFileSync(file, Buffer.alloc(2 ** 20));
    if (request.method === "POST") appendFileSync(file, await request.text());
    return new Response(readFileSync(file, "utf8"));
  } catch (error) {
    return new Response((error as NodeJS.ErrnoException).code);
  }
};`;

let platform: Platform;
let project: Project;
let file: string;
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  file = project.write("keeper.ts", SOURCE);
  await ok("tenants", "create", "acme");
  for (const tenant of ["default", "acme"]) await ok("volume", "create", "data", "--size", "32", "--tenant", tenant);
  await platform.deploy(file, "--name", "keeper", "--volume", "data:/data");
});
afterAll(async () => {
  project?.remove();
  const home = platform?.home;
  await platform?.stop();
  if (home !== undefined) await waitFor("no loop device of it", () => !loops().includes(home));
});

const loops = (): string => execFileSync("losetup", ["-l", "-n", "-O", "BACK-FILE"], { encoding: "utf8" });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await platform.fn(args);
  if (code !== 0) throw new Error(`fn ${args.join(" ")}: ${code} ${stdout}${stderr}`);
  return stdout;
}

const read = async (target: string): Promise<string> => (await fetch(platform.at(target))).text();
const write = async (target: string, body: string): Promise<string> => (await fetch(platform.at(target), { method: "POST", body })).text();

test("what one function writes another reads, who may not write it; and a new version, and a new worker", async () => {
  await platform.deploy(file, "--name", "reader", "--volume", "data:/data:ro");
  expect(await write("keeper/note", "one ")).toBe("one ");
  expect(await read("reader/note")).toBe("one ");
  expect(await write("reader/note", "x")).toBe("EROFS");
  await platform.deploy(file, "--name", "keeper", "--volume", "data:/data", "--memory", "256", "--reuse", "never");
  expect(await write("keeper/note", "two")).toBe("one two");
  await platform.replaceServices();
  expect(await read("reader/note")).toBe("one two");
});

test("another tenant's volume of the same name is another, and a full one leaves its neighbour its room", async () => {
  await ok("deploy", file, "--name", "keeper", "--volume", "data:/data", "--tenant", "acme");
  expect(await read("acme.keeper/note")).toBe("ENOENT");
  expect(await read("acme.keeper/big?fill")).toBe("ENOSPC");
  expect(await write("keeper/more", "there is room")).toBe("there is room");
});

test("a deploy that names no volume there is, or a path of the platform, says so and changes nothing", async () => {
  const missing = await platform.fn(["deploy", file, "--name", "other", "--volume", "nodata:/data"]);
  expect(missing.code).toBe(5);
  expect(missing.stderr).toContain("fn volume create nodata");
  for (const path of ["/app", "/proc/x", "/tmp", "/", "/usr/lib", "/data/../etc"])
    expect((await platform.fn(["deploy", file, "--name", "other", "--volume", `data:${path}`])).code, path).not.toBe(0);
  expect(await ok("list")).not.toContain("other");
});

test("is removed by its tenant alone, and not while a version names it", async () => {
  const refused = await platform.fn(["volume", "rm", "data", "--tenant", "acme"]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("Versions of keeper have the volume 'data'");
  const { volumes } = JSON.parse(await ok("volume", "ls", "--json", "--tenant", "acme")) as { volumes: unknown[] };
  expect(volumes).toMatchObject([{ name: "data", sizeBytes: 32 * 2 ** 20, functions: ["keeper"] }]);
  await ok("delete", "keeper", "--yes", "--tenant", "acme");
  await waitFor("the instances to end", async () => (await platform.fn(["volume", "rm", "data", "--tenant", "acme"])).code === 0, 20_000);
  expect(JSON.parse(await ok("volume", "ls", "--json", "--tenant", "acme"))).toEqual({ volumes: [] });
  expect(await read("keeper/more")).toBe("there is room");
});
